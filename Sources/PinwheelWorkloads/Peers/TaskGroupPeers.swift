// The structured-concurrency forms: `async let` for two children, a task group for more.

extension Fibonacci {
  public func runTaskGroup(_ n: Int) async -> Int { await Self.tasks(n) }

  private static func tasks(_ n: Int) async -> Int {
    if n < 2 { return n }
    async let b = tasks(n - 2)
    let a = await tasks(n - 1)
    return await a + b
  }
}

extension Skynet {
  public func runTaskGroup(_ depth: Int) async -> Int {
    await Self.tasks(first: 0, leaves: Self.leaves(depth))
  }

  private static func tasks(first: Int, leaves: Int) async -> Int {
    if leaves == 1 { return first }
    let share = leaves / 10
    return await withTaskGroup(of: Int.self) { group in
      for child in 0..<10 {
        group.addTask { await tasks(first: first + child * share, leaves: share) }
      }
      return await group.reduce(0, +)
    }
  }
}

extension NQueens {
  public func runTaskGroup(_ n: Int) async -> Int { await Self.tasks(Board(n)) }

  private static func tasks(_ board: Board) async -> Int {
    if board.rowsLeft <= serialRows { return board.solutions() }
    return await withTaskGroup(of: Int.self) { group in
      for column in board.freeColumns {
        group.addTask { await tasks(board.placing(column)) }
      }
      return await group.reduce(0, +)
    }
  }
}

extension MatrixMultiply {
  public func runTaskGroup(_ input: Input) async -> TiledMatrix {
    let left = DisjointStorage(input.left.storage)
    let right = DisjointStorage(input.right.storage)
    var product = TiledMatrix(side: input.left.side)
    let result = DisjointStorage(product.storage)
    let tiles = product.tilesPerRow
    let factors = Factors(left: left.elements, right: right.elements, tilesPerRow: tiles)
    await withTaskGroup(of: Void.self) { group in
      for tile in 0..<(tiles * tiles) {
        group.addTask { factors.computeTile(tile / tiles, tile % tiles, of: result.elements) }
      }
    }
    withExtendedLifetime((left, right)) { product.storage = result.array() }
    return product
  }
}

extension MergeSort {
  public func runTaskGroup(_ input: [Record]) async -> [Record] {
    let (records, scratch) = (DisjointStorage(input), DisjointStorage(input))
    await Self.taskSort(0..<input.count, in: records.elements, with: scratch.elements)
    return withExtendedLifetime(scratch) { records.array() }
  }

  private static func taskSort(
    _ range: Range<Int>, in records: DisjointBuffer<Record>, with scratch: DisjointBuffer<Record>
  ) async {
    if range.count <= grain { return sort(range, in: records, with: scratch) }
    let middle = range.lowerBound + range.count / 2
    async let second: Void = taskSort(middle..<range.upperBound, in: scratch, with: records)
    await taskSort(range.lowerBound..<middle, in: scratch, with: records)
    await second
    await taskMerge(
      range.lowerBound..<middle, middle..<range.upperBound, of: scratch, to: range.lowerBound, of: records)
  }

  private static func taskMerge(
    _ left: Range<Int>, _ right: Range<Int>, of source: DisjointBuffer<Record>, to start: Int,
    of target: DisjointBuffer<Record>
  ) async {
    if left.count + right.count <= grain { return merge(left, right, of: source, to: start, of: target) }
    let (leftCut, rightCut) = cut(left, right, of: source)
    let secondStart = start + (leftCut - left.lowerBound) + (rightCut - right.lowerBound)
    async let second: Void = taskMerge(
      leftCut..<left.upperBound, rightCut..<right.upperBound, of: source, to: secondStart, of: target)
    await taskMerge(left.lowerBound..<leftCut, right.lowerBound..<rightCut, of: source, to: start, of: target)
    await second
  }
}

extension WordCount {
  public func runTaskGroup(_ input: Input) async -> WordTable {
    let paths = input.paths
    let tables = await Self.taskMap(Self.batches) { Self.count(paths, Self.batch($0, of: paths.count)) }
    let shards = await Self.taskMap(WordTable.shardCount) { Self.mergedShard($0, of: tables) }
    return Self.assemble(shards, from: tables)
  }

  /// A map with a child task an index.
  private static func taskMap<R: Sendable>(_ count: Int, _ body: @escaping @Sendable (Int) -> R) async -> [R] {
    await withTaskGroup(of: (Int, R).self) { group in
      for index in 0..<count { group.addTask { (index, body(index)) } }
      var results: [(Int, R)] = []
      for await result in group { results.append(result) }
      return results.sorted { $0.0 < $1.0 }.map(\.1)
    }
  }
}

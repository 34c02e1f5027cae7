internal import Dispatch

// The Dispatch forms. Dispatch has no fork of its own; what people write instead is `concurrentPerform` over two, or
// over as many iterations as there are children, with an array for what they return.

/// Runs two closures with `concurrentPerform` and returns both results.
@inline(__always)
private func dispatchPair<R: BitwiseCopyable & Sendable>(
  empty: R, _ a: @Sendable () -> R, _ b: @Sendable () -> R
) -> (R, R) {
  var results = [empty, empty]
  DisjointBuffer.with(&results) { results in
    DispatchQueue.concurrentPerform(iterations: 2) { index in
      results[index] = index == 0 ? a() : b()
    }
  }
  return (results[0], results[1])
}

/// Runs `count` iterations with `concurrentPerform` and sums what they return.
@inline(__always)
private func dispatchSum(_ count: Int, _ body: @Sendable (Int) -> Int) -> Int {
  var results = [Int](repeating: 0, count: count)
  DisjointBuffer.with(&results) { results in
    DispatchQueue.concurrentPerform(iterations: count) { index in results[index] = body(index) }
  }
  return results.reduce(0, +)
}

extension Fibonacci {
  public func runDispatch(_ n: Int) -> Int { Self.dispatched(n) }

  private static func dispatched(_ n: Int) -> Int {
    if n < 2 { return n }
    let (a, b) = dispatchPair(empty: 0, { dispatched(n - 1) }, { dispatched(n - 2) })
    return a + b
  }
}

extension Skynet {
  public func runDispatch(_ depth: Int) -> Int { Self.dispatched(first: 0, leaves: Self.leaves(depth)) }

  private static func dispatched(first: Int, leaves: Int) -> Int {
    if leaves == 1 { return first }
    let share = leaves / 10
    return dispatchSum(10) { dispatched(first: first + $0 * share, leaves: share) }
  }
}

extension NQueens {
  public func runDispatch(_ n: Int) -> Int { Self.dispatched(Board(n)) }

  private static func dispatched(_ board: Board) -> Int {
    if board.rowsLeft <= serialRows { return board.solutions() }
    let columns = board.freeColumns
    return dispatchSum(columns.count) { dispatched(board.placing(columns[$0])) }
  }
}

extension MatrixMultiply {
  public func runDispatch(_ input: Input) -> TiledMatrix {
    Self.product(input) { factors, result in
      let tiles = factors.tilesPerRow
      DispatchQueue.concurrentPerform(iterations: tiles * tiles) { tile in
        factors.computeTile(tile / tiles, tile % tiles, of: result)
      }
    }
  }
}

extension MergeSort {
  public func runDispatch(_ input: [Record]) -> [Record] {
    Self.sorted(input) { Self.dispatchedSort(0..<$0.count, in: $0, with: $1) }
  }

  private static func dispatchedSort(
    _ range: Range<Int>, in records: DisjointBuffer<Record>, with scratch: DisjointBuffer<Record>
  ) {
    if range.count <= grain { return sort(range, in: records, with: scratch) }
    let middle = range.lowerBound + range.count / 2
    let halves = [range.lowerBound..<middle, middle..<range.upperBound]
    DispatchQueue.concurrentPerform(iterations: 2) { half in
      dispatchedSort(halves[half], in: scratch, with: records)
    }
    dispatchedMerge(halves[0], halves[1], of: scratch, to: range.lowerBound, of: records)
  }

  private static func dispatchedMerge(
    _ left: Range<Int>, _ right: Range<Int>, of source: DisjointBuffer<Record>, to start: Int,
    of target: DisjointBuffer<Record>
  ) {
    if left.count + right.count <= grain { return merge(left, right, of: source, to: start, of: target) }
    let (leftCut, rightCut) = cut(left, right, of: source)
    let second = start + (leftCut - left.lowerBound) + (rightCut - right.lowerBound)
    DispatchQueue.concurrentPerform(iterations: 2) { half in
      if half == 0 {
        dispatchedMerge(
          left.lowerBound..<leftCut, right.lowerBound..<rightCut, of: source, to: start, of: target)
      } else {
        dispatchedMerge(
          leftCut..<left.upperBound, rightCut..<right.upperBound, of: source, to: second, of: target)
      }
    }
  }
}

extension WordCount {
  public func runDispatch(_ input: Input) -> WordTable {
    let paths = input.paths
    let tables = Self.dispatchMap(Self.batches) { Self.count(paths, Self.batch($0, of: paths.count)) }
    let shards = Self.dispatchMap(WordTable.shardCount) { Self.mergedShard($0, of: tables) }
    return Self.assemble(shards, from: tables)
  }

  /// A map for results that own memory, each kept in a box of its own.
  private static func dispatchMap<R: Sendable>(_ count: Int, _ body: @Sendable (Int) -> R) -> [R] {
    let boxes = (0..<count).map { _ in ResultBox<R>() }
    DispatchQueue.concurrentPerform(iterations: count) { index in boxes[index].set(body(index)) }
    return boxes.compactMap { $0.take() }
  }
}

import PeerKit
import PeerProtocol

// The recursive families over tasks: `async let` where two run, a group where more do. Leaves are PeerKit's.

extension TaskRuntime {
  func addForkJoin(to table: inout FamilyTable) {
    let tasks = self
    func add(_ name: String, _ run: @escaping @Sendable (Int) async -> UInt64) {
      table[name] = { size, _ in
        let (result, span) = wait { await timed { await run(size) } }
        return span.measured(result)
      }
    }
    add("fib") { UInt64(await tasks.fibonacci($0)) }
    add("skynet") { await tasks.skynet(first: 0, leaves: Skynet.leaves($0)) }
    add("nqueens") { await tasks.queens(Queens($0)) }
    add("uts") { await tasks.tree(PublishedTree(seed: $0)) }
    add("uts.fine") { await tasks.tree(FineTree(seed: $0)) }
    table["knapsack"] = { count, _ in
      Knapsack.with(count) { knapsack in
        SharedMaximum.with { best in
          let (_, span) = wait { await timed { await tasks.pack(knapsack, knapsack.start, best) } }
          return span.measured(best.value)
        }
      }
    }
    table["matmul"] = { n, _ in
      Matrix.with(n) { a, b, c in
        let (_, span) = wait { await timed { await tasks.multiply(a, b, c, m: n, k: n, n: n) } }
        return span.measured(c.checksum(n))
      }
    }
    table["strassen"] = { n, _ in
      Matrix.with(n) { a, b, c in
        let (_, span) = wait { await timed { await tasks.strassen(a, b, c, n) } }
        return span.measured(c.checksum(n))
      }
    }
    table["mergesort"] = { count, _ in
      MergeSort.with(count) { keys, room in
        let (_, span) = wait { await timed { await tasks.sort(0..<count, keys, room, moves: false) } }
        return span.measured(MergeSort.checksum(keys))
      }
    }
  }

  private func fibonacci(_ n: Int) async -> Int {
    if n < 2 { return n }
    async let b = fibonacci(n - 2)
    let a = await fibonacci(n - 1)
    return await a + b
  }

  private func skynet(first: UInt64, leaves: UInt64) async -> UInt64 {
    if leaves == 1 { return first }
    let share = leaves / 10
    return await forkSum(10) { await skynet(first: first &+ UInt64($0) &* share, leaves: share) }
  }

  private func queens(_ board: Queens) async -> UInt64 {
    if board.isSerial { return board.serial() }
    return await forkSum(board.freeSquares) { await queens(board.placing(free: $0)) }
  }

  private func tree<T: SearchTree>(_ root: T) async -> UInt64 {
    1 &+ (await forkSum(TreeSearch.rootChildren) { await node(root.child($0)) })
  }

  private func node<T: SearchTree>(_ node: T) async -> UInt64 {
    if !node.hasChildren { return 1 }
    return 1 &+ (await forkSum(TreeSearch.children) { await self.node(node.child($0)) })
  }

  private func pack(_ knapsack: Knapsack, _ node: Knapsack.Node, _ best: SharedMaximum) async {
    switch knapsack.visit(node, best) {
    case .done: return
    case .one(let next): await pack(knapsack, next, best)
    case .two(let take, let leave):
      async let second: Void = pack(knapsack, leave, best)
      await pack(knapsack, take, best)
      await second
    }
  }

  private func multiply(_ a: Matrix, _ b: Matrix, _ c: Matrix, m: Int, k: Int, n: Int) async {
    switch MatrixProduct.split(m: m, k: k, n: n) {
    case .none: Matrix.addProduct(a, b, to: c, m: m, k: k, n: n)
    case .rows(let half):
      async let second: Void = multiply(a.from(half, 0), b, c.from(half, 0), m: m - half, k: k, n: n)
      await multiply(a, b, c, m: half, k: k, n: n)
      await second
    case .columns(let half):
      async let second: Void = multiply(a, b.from(0, half), c.from(0, half), m: m, k: k, n: n - half)
      await multiply(a, b, c, m: m, k: k, n: half)
      await second
    case .inner(let half):
      await multiply(a, b, c, m: m, k: half, n: n)
      await multiply(a.from(0, half), b.from(half, 0), c, m: m, k: k - half, n: n)
    }
  }

  private func strassen(_ a: Matrix, _ b: Matrix, _ c: Matrix, _ n: Int) async {
    if n <= Matrix.leaf { return Strassen.multiplyLeaf(a, b, c, n) }
    let half = n / 2
    let room = Strassen.room(half)
    let view = room.view
    _ = await forkSum(7) { product in
      let (left, right) = Strassen.operands(product, a, b, half, in: view)
      await strassen(left, right, Strassen.part(product, of: view, half), half)
      return 0
    }
    withExtendedLifetime(room) { Strassen.combine(view, into: c, half: half) }
  }

  private func sort(_ range: Range<Int>, _ keys: MergeSort.Keys, _ room: MergeSort.Keys, moves: Bool) async {
    if range.count < MergeSort.sortGrain { return MergeSort.sortShort(range, in: keys, with: room, moves: moves) }
    let middle = range.lowerBound + range.count / 2
    async let second: Void = sort(middle..<range.upperBound, keys, room, moves: !moves)
    await sort(range.lowerBound..<middle, keys, room, moves: !moves)
    await second
    let (source, target) = moves ? (keys, room) : (room, keys)
    await merge(source, range.lowerBound..<middle, middle..<range.upperBound, to: target, range.lowerBound)
  }

  private func merge(
    _ source: MergeSort.Keys, _ left: Range<Int>, _ right: Range<Int>, to target: MergeSort.Keys, _ start: Int
  ) async {
    if left.count + right.count < MergeSort.mergeGrain {
      return MergeSort.merge(source, left, right, to: target, start)
    }
    let cut = MergeSort.cut(source, left, right)
    let next = start + (cut.left - left.lowerBound) + (cut.right - right.lowerBound)
    async let second: Void = merge(
      source, cut.left..<left.upperBound, cut.right..<right.upperBound, to: target, next)
    await merge(source, left.lowerBound..<cut.left, right.lowerBound..<cut.right, to: target, start)
    await second
  }
}

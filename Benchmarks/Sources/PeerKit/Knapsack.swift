/// `knapsack`: branch and bound, where a better solution found anywhere cuts branches everywhere.
public struct Knapsack: Sendable {
  /// The last so many items are searched without forking.
  @usableFromInline static var serialItems: Int { 12 }

  public struct Item: Sendable, BitwiseCopyable {
    public var weight, value: UInt64
  }

  @usableFromInline let items: SharedView<Item>
  @usableFromInline let capacity: UInt64

  /// Calls `body` with the problem of that many items.
  public static func with<R>(_ count: Int, _ body: (Knapsack) throws -> R) rethrows -> R {
    let items = (0..<UInt64(count)).map {
      // Values that go with the weights: what is worth most for its weight says little (Pisinger 2005).
      let weight = 1 + Arithmetic.random(2 &* $0) % 9999
      return Item(weight: weight, value: weight + 1000)
    }
    // By value for weight, best first; of equals the one with the lower index.
    let order = items.indices.sorted {
      let (left, right) = (items[$0].value * items[$1].weight, items[$1].value * items[$0].weight)
      return left == right ? $0 < $1 : left > right
    }
    return try SharedBuffer<Item>.with(count, of: Item(weight: 0, value: 0)) { view in
      for (place, index) in order.enumerated() { view[place] = items[index] }
      return try body(Knapsack(items: view, capacity: items.reduce(0) { $0 + $1.weight } / 2))
    }
  }

  /// Whether nothing better than `best` can come of what is left: all items that fit, and a part of the next.
  @inlinable @inline(__always)
  func isHopeless(_ first: Int, value: UInt64, room: UInt64, best: UInt64) -> Bool {
    var (bound, left, index) = (value, room, first)
    while index < items.count {
      let item = items[index]
      if item.weight > left {
        bound &+= left &* item.value / item.weight
        break
      }
      bound &+= item.value
      left &-= item.weight
      index &+= 1
    }
    return bound <= best
  }

  public func serial() -> UInt64 {
    SharedMaximum.with { best in
      search(0, value: 0, room: capacity, best)
      return best.value
    }
  }

  @inline(never) @usableFromInline
  func search(_ index: Int, value: UInt64, room: UInt64, _ best: SharedMaximum) {
    if value > best.value { best.raise(to: value) }
    if index == items.count || isHopeless(index, value: value, room: room, best: best.value) { return }
    let item = items[index]
    if item.weight <= room { search(index &+ 1, value: value &+ item.value, room: room &- item.weight, best) }
    search(index &+ 1, value: value, room: room, best)
  }

  /// A search that has decided about the first items.
  public struct Node: Sendable {
    @usableFromInline let index: Int
    @usableFromInline let value, room: UInt64

    @inlinable
    init(index: Int, value: UInt64, room: UInt64) { (self.index, self.value, self.room) = (index, value, room) }
  }

  /// What is left to do of a node: nothing, one branch, or two that may run in parallel.
  public enum Step: Sendable {
    case done
    case one(Node)
    case two(Node, Node)
  }

  @inlinable public var start: Node { Node(index: 0, value: 0, room: capacity) }

  @inlinable @inline(__always)
  public func visit(_ node: Node, _ best: SharedMaximum) -> Step {
    if items.count &- node.index <= Self.serialItems {
      search(node.index, value: node.value, room: node.room, best)
      return .done
    }
    if node.value > best.value { best.raise(to: node.value) }
    if isHopeless(node.index, value: node.value, room: node.room, best: best.value) { return .done }
    let item = items[node.index]
    let leave = Node(index: node.index &+ 1, value: node.value, room: node.room)
    if item.weight > node.room { return .one(leave) }
    return .two(Node(index: node.index &+ 1, value: node.value &+ item.value, room: node.room &- item.weight), leave)
  }

  @inlinable
  public func forked<R: ForkJoinRuntime>(_ runtime: R) -> UInt64 {
    SharedMaximum.with { best in
      forkedSearch(runtime, start, best)
      return best.value
    }
  }

  @inlinable @inline(never)
  func forkedSearch<R: ForkJoinRuntime>(_ runtime: R, _ node: Node, _ best: SharedMaximum) {
    switch visit(node, best) {
    case .done: return
    case .one(let next): forkedSearch(runtime, next, best)
    case .two(let take, let leave):
      _ = runtime.join({ forkedSearch(runtime, take, best) }, { forkedSearch(runtime, leave, best) })
    }
  }
}

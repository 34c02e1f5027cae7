public import Pinwheel

/// A tree where every inner node has ten children; the leaves are numbered from zero and summed.
///
/// Wider than ``Fibonacci``: a node waits for ten children rather than two. The idea is the "skynet" microbenchmark
/// that has been used to compare goroutines and actors. The size is the depth: depth 6 has a million leaves.
public struct Skynet: Workload {
  public let name = "skynet"
  public let summary = "a tree of ten children a node, leaves numbered and summed: wide forks"
  public let operation = "node"
  public let sizeUnit = "depth"
  public let sizes = Array(2...8)
  public let quickSize = 6

  public init() {}

  public func prepare(size: Int) throws(WorkloadError) -> Int {
    // The sum of the leaves overflows beyond nine.
    try WorkloadError.requireSize(size, in: 0...9, of: name)
    return size
  }

  public func operationCount(_ depth: Int) -> Int { (10 * Self.leaves(depth) - 1) / 9 }

  public func runSerial(_ depth: Int) -> Int { Self.serial(first: 0, leaves: Self.leaves(depth)) }
  public func runPool(_ pool: ThreadPool, _ depth: Int) -> Int {
    Self.forked(first: 0, leaves: Self.leaves(depth), pool)
  }

  public func check(_ output: Int, for depth: Int) throws(WorkloadError) {
    let leaves = Self.leaves(depth)
    try WorkloadError.requireEqual(output, leaves * (leaves - 1) / 2, of: name)
  }

  static func leaves(_ depth: Int) -> Int {
    (0..<depth).reduce(1) { product, _ in product * 10 }
  }

  /// The sum of the `leaves` leaves from number `first` on.
  @inline(never)
  static func serial(first: Int, leaves: Int) -> Int {
    if leaves == 1 { return first }
    let share = leaves / 10
    var sum = 0
    for child in 0..<10 { sum += serial(first: first + child * share, leaves: share) }
    return sum
  }

  /// The same, shared: a plain loop over the children while enough lies ready for others.
  @inline(never)
  static func forked(first: Int, leaves: Int, _ pool: ThreadPool) -> Int {
    if leaves == 1 { return first }
    let share = leaves / 10
    return pool.reduce(regrouping: 0..<10, identity: 0, combine: +) { child in
      forked(first: first + child * share, leaves: share, pool)
    }
  }
}

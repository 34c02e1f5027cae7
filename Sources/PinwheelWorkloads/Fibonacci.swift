public import Pinwheel

/// Fibonacci numbers by their definition: two calls and an addition a node, so that nearly all there is to measure is
/// the cost of a fork.
///
/// No form has a cutoff: every node above the leaves forks. It is the usual yardstick of fork-join runtimes since
/// Cilk-5 (Frigo, Leiserson and Randall, 1998).
public struct Fibonacci: Workload {
  public let name = "fib"
  public let summary = "recursive Fibonacci without a cutoff: the cost of one fork"
  public let operation = "call"
  public let sizeUnit = "n"
  public let sizes = Array(14...39)
  public let quickSize = 32

  public init() {}

  public func prepare(size: Int) throws(WorkloadError) -> Int {
    // 90 is the last whose number of calls fits in an Int.
    try WorkloadError.requireSize(size, in: 0...90, of: name)
    return size
  }

  /// The tree for `n` has `fib(n + 1)` leaves, so twice that many nodes less one.
  public func operationCount(_ n: Int) -> Int { 2 * Self.known(n + 1) - 1 }

  public func runSerial(_ n: Int) -> Int { Self.serial(n) }
  public func runPool(_ pool: ThreadPool, _ n: Int) -> Int { Self.forked(pool, n) }

  public func check(_ output: Int, for n: Int) throws(WorkloadError) {
    try WorkloadError.requireEqual(output, Self.known(n), of: name)
  }

  /// Both calls stay calls: the checked addition keeps the optimiser from turning one of them into a loop, and the
  /// attribute keeps it from unrolling the recursion into itself.
  @inline(never)
  public static func serial(_ n: Int) -> Int {
    n < 2 ? n : serial(n - 1) + serial(n - 2)
  }

  /// One join a node.
  @inline(never)
  public static func forked(_ pool: ThreadPool, _ n: Int) -> Int {
    if n < 2 { return n }
    let (a, b) = pool.join({ forked(pool, n - 1) }, { forked(pool, n - 2) })
    return a + b
  }

  /// By iteration, for checks.
  static func known(_ n: Int) -> Int {
    var (a, b) = (0, 1)
    for _ in 0..<n { (a, b) = (b, a + b) }
    return a
  }
}

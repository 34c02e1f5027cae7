/// `fib`: two calls and an addition a node, a fork for each node above the leaves.
public enum Fibonacci {
  /// The checked addition keeps the optimiser from turning one of the calls into a loop.
  @inline(never)
  public static func serial(_ n: Int) -> Int { n < 2 ? n : serial(n - 1) + serial(n - 2) }

  @inlinable @inline(never)
  public static func forked<R: ForkJoinRuntime>(_ runtime: R, _ n: Int) -> Int {
    if n < 2 { return n }
    let (a, b) = runtime.join({ forked(runtime, n - 1) }, { forked(runtime, n - 2) })
    return a + b
  }
}

/// `skynet`: ten children a node down to 10^depth leaves, whose ordinals are summed.
public enum Skynet {
  @inlinable
  public static func leaves(_ depth: Int) -> UInt64 { (0..<depth).reduce(1) { leaves, _ in leaves &* 10 } }

  @inline(never)
  public static func serial(first: UInt64, leaves: UInt64) -> UInt64 {
    if leaves == 1 { return first }
    let share = leaves / 10
    var sum: UInt64 = 0
    for child in 0..<10 { sum &+= serial(first: first &+ UInt64(child) &* share, leaves: share) }
    return sum
  }

  @inlinable @inline(never)
  public static func forked<R: ForkJoinRuntime>(_ runtime: R, first: UInt64, leaves: UInt64) -> UInt64 {
    if leaves == 1 { return first }
    let share = leaves / 10
    return runtime.forkSum(10) { child in
      forked(runtime, first: first &+ UInt64(truncatingIfNeeded: child) &* share, leaves: share)
    }
  }
}

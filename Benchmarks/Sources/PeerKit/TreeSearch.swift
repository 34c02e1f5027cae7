/// `uts`: counts the nodes of an unbalanced tree whose shape a hash decides (after Olivier et al., "UTS: An Unbalanced
/// Tree Search Benchmark", LCPC 2006: the binomial trees, with another hash).
public enum TreeSearch {
  @inlinable public static var rootChildren: Int { 2000 }

  @inlinable
  public static func root(seed: Int) -> UInt64 { Arithmetic.mix(UInt64(truncatingIfNeeded: seed)) }

  /// Eight with a probability a little below an eighth, so that trees end, but late.
  @inlinable @inline(__always)
  public static func children(_ state: UInt64) -> Int {
    (Arithmetic.mix(state) >> 11) < 1_124_742_188_654_592 ? 8 : 0
  }

  @inlinable @inline(__always)
  public static func child(_ state: UInt64, _ index: Int) -> UInt64 {
    Arithmetic.mix(state &+ (UInt64(truncatingIfNeeded: index) &+ 1) &* Arithmetic.golden)
  }

  @inline(never)
  public static func serial(seed: Int) -> UInt64 {
    let root = root(seed: seed)
    return (0..<rootChildren).reduce(1) { $0 &+ serialNode(child(root, $1)) }
  }

  @inline(never)
  static func serialNode(_ state: UInt64) -> UInt64 {
    var count: UInt64 = 1
    for index in 0..<children(state) { count &+= serialNode(child(state, index)) }
    return count
  }

  @inlinable @inline(never)
  public static func forked<R: ForkJoinRuntime>(_ runtime: R, seed: Int) -> UInt64 {
    let root = root(seed: seed)
    return 1 &+ runtime.forkSum(rootChildren) { forkedNode(runtime, child(root, $0)) }
  }

  @inlinable @inline(never)
  static func forkedNode<R: ForkJoinRuntime>(_ runtime: R, _ state: UInt64) -> UInt64 {
    let count = children(state)
    if count == 0 { return 1 }
    return 1 &+ runtime.forkSum(count) { forkedNode(runtime, child(state, $0)) }
  }
}

public import CTreeHash

/// A tree of which nobody knows where it is deep (Olivier et al., "UTS: An Unbalanced Tree Search Benchmark", LCPC 2006):
/// one of their binomial ones, whose root has 2000 children, and any other node eight with a probability a little below an
/// eighth, or none. So it ends, but late.
public protocol SearchTree: Sendable {
  /// The root.
  init(seed: Int)
  var hasChildren: Bool { get }
  func child(_ index: Int) -> Self
}

/// `uts`: the published trees, whose nodes SHA-1 decides. T3 is the one of seed 42.
public struct PublishedTree: SearchTree {
  @usableFromInline let node: bench_node

  @inlinable init(_ node: bench_node) { self.node = node }

  @inlinable
  public init(seed: Int) { self.init(bench_tree_root(UInt32(truncatingIfNeeded: seed))) }

  @inlinable @inline(__always)
  public var hasChildren: Bool { bench_tree_has_children(node) }

  @inlinable @inline(__always)
  public func child(_ index: Int) -> PublishedTree {
    PublishedTree(bench_tree_child(node, UInt32(truncatingIfNeeded: index)))
  }
}

/// `uts.fine`: the same with a hash of a few instructions, so that a node takes a tenth of the time.
public struct FineTree: SearchTree {
  @usableFromInline let state: UInt64

  @inlinable init(_ state: UInt64) { self.state = state }

  @inlinable
  public init(seed: Int) { self.init(Arithmetic.mix(UInt64(truncatingIfNeeded: seed))) }

  @inlinable @inline(__always)
  public var hasChildren: Bool { (Arithmetic.mix(state) >> 11) < 1_124_742_188_654_592 }

  @inlinable @inline(__always)
  public func child(_ index: Int) -> FineTree {
    FineTree(Arithmetic.mix(state &+ (UInt64(truncatingIfNeeded: index) &+ 1) &* Arithmetic.golden))
  }
}

/// Counts a tree's nodes.
public enum TreeSearch {
  @inlinable public static var rootChildren: Int { 2000 }
  @inlinable public static var children: Int { 8 }

  @inline(never)
  public static func serial<T: SearchTree>(_ root: T) -> UInt64 {
    (0..<rootChildren).reduce(1) { $0 &+ serialNode(root.child($1)) }
  }

  @inline(never)
  static func serialNode<T: SearchTree>(_ node: T) -> UInt64 {
    if !node.hasChildren { return 1 }
    var count: UInt64 = 1
    for index in 0..<children { count &+= serialNode(node.child(index)) }
    return count
  }

  @inlinable @inline(never)
  public static func forked<R: ForkJoinRuntime, T: SearchTree>(_ runtime: R, _ root: T) -> UInt64 {
    1 &+ runtime.forkSum(rootChildren) { forkedNode(runtime, root.child($0)) }
  }

  @inlinable @inline(never)
  static func forkedNode<R: ForkJoinRuntime, T: SearchTree>(_ runtime: R, _ node: T) -> UInt64 {
    if !node.hasChildren { return 1 }
    return 1 &+ runtime.forkSum(children) { forkedNode(runtime, node.child($0)) }
  }
}

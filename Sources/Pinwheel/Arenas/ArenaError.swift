/// Why a pool can't lend a node's workers to an arena, or can't change while they are lent. See ``ThreadPool/arena(of:)``.
///
/// The description is a sentence for people. More cases may come: switch with a `default`.
public enum ArenaError: Error, Sendable, Hashable {
  /// The machine has no NUMA node of that number; those that it has, of which a CPU may be used.
  case unknownNode(Int, nodes: [Int])
  /// The pool's workers are bound to nothing, so none of them belongs to a node.
  case notBound(node: Int)
  /// No worker sits on that node alone; the nodes on which one does.
  case noWorker(node: Int, nodes: [Int])
  /// The node's workers are in an arena already.
  case alreadyLent(node: Int)
  /// The arena would have no worker: the pool itself keeps one, and it is the only one on that node.
  case lastWorker(node: Int)
  /// A change of the pool would leave no worker to that node's arena. Nothing was changed.
  case leftWithout(node: Int)
  /// The pool is itself the arena of that node, and what it has is its pool's to change.
  case isArena(node: Int)
}

extension ArenaError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unknownNode(let node, let nodes):
      "there is no NUMA node \(node); allowed: \(nodes.listed)"
    case .notBound(let node):
      "no worker belongs to NUMA node \(node): bind is none; allowed: close, spread or primary"
    case .noWorker(let node, let nodes):
      "no worker sits on NUMA node \(node) alone; allowed: \(nodes.listed)"
    case .alreadyLent(let node): "the workers of NUMA node \(node) are in an arena already"
    case .lastWorker(let node):
      "the arena of NUMA node \(node) would have no worker: a pool keeps one itself, and there is no other on that node"
    case .leftWithout(let node):
      "the arena of NUMA node \(node) would be left without workers: end it first, or give the node some"
    case .isArena(let node):
      "the pool is the arena of NUMA node \(node): its settings and its workers are those of the pool it belongs to"
    }
  }
}

extension [Int] {
  fileprivate var listed: String { isEmpty ? "none" : map(String.init).joined(separator: ", ") }
}

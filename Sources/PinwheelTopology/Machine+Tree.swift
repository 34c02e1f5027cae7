extension Machine {
  /// Reads the CPUs off a tree.
  ///
  /// - Parameters:
  ///   - kinds: What is known about kinds of CPU; may leave CPUs out, or name some that are not in the tree.
  ///   - context: What is known beside the tree.
  init(source: Source, tree: MachineNode, kinds: [CPUKind], context: Context = Context()) {
    var walk = CPUWalk()
    walk.visit(tree, inside: CPUWalk.Surroundings())
    let allowed = CPUSet(walk.cpus.map(\.osIndex))

    self.source = source
    self.tree = tree
    self.cpus = walk.cpus
    self.kinds = Self.partition(allowed, by: kinds)
    self.usable = context.usable?.intersection(allowed) ?? allowed
    self.quota = context.quota
    self.present = context.present.union(allowed)
    self.offline = context.offline.subtracting(allowed).intersection(present)
    self.distances = context.distances
    self.rank = context.rank
    for index in cpus.indices {
      let number = cpus[index].osIndex
      cpus[index].kind = self.kinds.firstIndex { $0.cpus.contains(number) } ?? 0
    }
  }

  /// Kinds cut down to the allowed CPUs, and one more for the CPUs that belong to none.
  private static func partition(_ allowed: CPUSet, by known: [CPUKind]) -> [CPUKind] {
    var unknown = allowed
    var kinds: [CPUKind] = []
    for var kind in known {
      kind.cpus = kind.cpus.intersection(unknown)
      unknown = unknown.subtracting(kind.cpus)
      if !kind.cpus.isEmpty { kinds.append(kind) }
    }
    if !unknown.isEmpty { kinds.append(CPUKind(cpus: unknown, efficiency: nil, details: [:])) }
    return kinds
  }
}

extension Machine {
  /// What the tree of a machine doesn't tell.
  struct Context {
    /// The start-up affinity mask; nil: all CPUs.
    var usable: CPUSet?
    var quota: CPUQuota?
    var present = CPUSet()
    var offline = CPUSet()
    var distances: NodeDistances?
    var rank: LocalRank?
  }
}

/// A walk over a machine's tree that numbers cores, packages, caches and memory domains as it meets their first CPU.
private struct CPUWalk {
  /// What a CPU is in, as the walk gets down to it: identities of tree nodes, nil where the machine has no such level.
  struct Surroundings {
    var package: Int?
    var core: Int?
    var secondLevelCache: Int?
    var lastLevelCache: Int?
    /// From the outside in: what memory each level has, at those that have some.
    var memories: [(identity: Int, nodes: [MachineNode])] = []
  }

  /// What a CPU shares with its neighbours: an object of the tree, or the next best thing.
  private enum Group: Hashable {
    case object(Int)
    case package(Int?)
    case cpu(Int)
    case memory(osIndex: Int?, at: Int)
  }

  private(set) var cpus: [Machine.CPU] = []
  private var nodesSeen = 0
  private var cores: [Group: Int] = [:]
  private var packages: [Group: Int] = [:]
  private var secondLevels: [Group: Int] = [:]
  private var caches: [Group: Int] = [:]
  private var domains: [Group: Int] = [:]

  mutating func visit(_ node: MachineNode, inside outer: Surroundings) {
    nodesSeen += 1
    let identity = nodesSeen
    var surroundings = outer
    let memories = node.memories
    if !memories.isEmpty { surroundings.memories.append((identity, memories)) }
    switch node.kind {
    case MachineNode.packageKind: surroundings.package = identity
    case MachineNode.coreKind: surroundings.core = identity
    case MachineNode.cpuKind: add(node, in: outer)
    // The outermost wins: that is the cache furthest from the CPU, so the last before memory.
    default:
      if node.isDataCache { surroundings.lastLevelCache = outer.lastLevelCache ?? identity }
      if node.kind == MachineNode.secondLevelCacheKind { surroundings.secondLevelCache = identity }
    }
    for child in node.children { visit(child, inside: surroundings) }
  }

  private mutating func add(_ node: MachineNode, in outer: Surroundings) {
    guard let osIndex = node.osIndex else { return }
    // The innermost memory is the closest; of several at one node, hwloc's first is the normal one.
    var memory: (group: Group, osIndex: Int?)?
    for (identity, nodes) in outer.memories.reversed() {
      guard let found = nodes.first(where: { $0.cpus.contains(osIndex) }) else { continue }
      memory = (.memory(osIndex: found.osIndex, at: identity), found.osIndex)
      break
    }
    let package = Group.package(outer.package)
    let core = outer.core.map(Group.object) ?? .cpu(osIndex)
    cpus.append(
      Machine.CPU(
        osIndex: osIndex,
        coreIndex: Self.index(of: core, in: &cores),
        packageIndex: Self.index(of: package, in: &packages),
        secondLevelCache: Self.index(of: outer.secondLevelCache.map(Group.object) ?? core, in: &secondLevels),
        lastLevelCache: Self.index(of: outer.lastLevelCache.map(Group.object) ?? package, in: &caches),
        numaDomain: Self.index(of: memory?.group ?? package, in: &domains),
        numaNode: memory?.osIndex,
        kind: 0))
  }

  private static func index(of group: Group, in seen: inout [Group: Int]) -> Int {
    if let index = seen[group] { return index }
    seen[group] = seen.count
    return seen.count - 1
  }
}

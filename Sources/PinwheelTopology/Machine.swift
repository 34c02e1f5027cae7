/// The CPUs of a machine, how they share cores, caches, memory and packages, and which of them this process may use.
///
/// A plain value: nothing is bound and no thread is started by making or using one.
///
/// ```swift
/// let machine = try Machine.current()
/// let plan = try machine.plan(PlacementRequest(workers: .auto, places: .cores, bind: .close))
/// for seat in plan.seats { print(seat.worker, seat.place) }
/// ```
///
/// What hwloc leaves out degrades: without cores every CPU is a core, without packages there is one, and without caches
/// the CPUs of a package count as sharing one.
public struct Machine: Sendable, Hashable {
  /// Where the description came from. Binding makes sense on ``real`` only.
  public enum Source: Sendable, Hashable, Codable {
    /// The machine that this process runs on.
    case real
    /// hwloc's synthetic description, such as `package:2 core:4 pu:2`.
    case synthetic(String)
    /// A machine recorded in hwloc's XML, by the file's path.
    case xml(String)
  }

  /// One logical CPU (a hardware thread).
  public struct CPU: Sendable, Hashable, Codable {
    /// The operating system's number, which affinity masks use. May be sparse.
    public var osIndex: Int
    /// Its core, numbered from 0 in topological order.
    public var coreIndex: Int
    /// Its package (socket), numbered from 0 in topological order.
    public var packageIndex: Int
    /// Its group of CPUs that share a second-level cache, numbered from 0 in topological order; its core alone where the
    /// machine has none.
    public var secondLevelCache: Int
    /// Its group of CPUs that share an outermost cache, numbered from 0 in topological order.
    public var lastLevelCache: Int
    /// Its closest memory, numbered from 0 in topological order. CPUs without memory of their own (a control group may
    /// hide it) count as one domain a package.
    public var numaDomain: Int
    /// The operating system's number of that memory node; nil if the CPU has none of its own. May be sparse.
    public var numaNode: Int?
    /// Its kind, an index in ``Machine/kinds``; 0 for all if they are alike.
    public var kind: Int
  }

  /// CPUs of one make, on machines that mix several.
  public struct CPUKind: Sendable, Hashable, Codable {
    /// Which CPUs are of this kind.
    public var cpus: CPUSet
    /// Its rank: 0 is the slowest of the machine and saves most energy; nil if hwloc can't tell.
    public var efficiency: Int?
    /// What hwloc knows about it, such as `CoreType` = `IntelAtom`.
    public var details: [String: String]
  }

  /// Where the description came from.
  public var source: Source
  /// The CPUs that the machine and its control groups allow, in topological order: neighbours share most.
  public var cpus: [CPU]
  /// The kinds of CPU, slowest first if hwloc can rank them. Each CPU is in one of them.
  public var kinds: [CPUKind]
  /// What the process may use of the machine, as a tree, for people to look at.
  public var tree: MachineNode
  /// See ``wholeTree``; nil if ``tree`` is all there is.
  var wholeTreeIfLarger: MachineNode?
  /// The CPUs that workers may be placed on: the affinity mask that the process was started with, and allowed.
  public var usable: CPUSet
  /// The least CPU quota of all control groups above this process; nil: unlimited.
  public var quota: CPUQuota?
  /// All CPUs that are built in, also those that are off or that this process' control groups hide.
  public var present: CPUSet
  /// Those of ``present`` that are known to be off. In a recorded machine they can't be told from hidden ones.
  public var offline: CPUSet
  /// How far memory nodes are from each other; nil if there is one only, or nothing tells. Thieves and wake-ups go by it.
  public var distances: NodeDistances?
  /// That this process is one of several of a parallel program on this machine; nil if nothing says so.
  public var rank: LocalRank?
}

extension Machine {
  /// The machine as a tree with the CPUs and memory nodes that the process may not use, too, at their places: also those
  /// that are off, as far as it is known what they are in. Here ``MachineNode/cpus`` are all CPUs of a node.
  public var wholeTree: MachineNode { wholeTreeIfLarger ?? tree }
  /// All allowed CPUs, usable or not.
  public var allowed: CPUSet { CPUSet(cpus.map(\.osIndex)) }
  /// CPUs that are on, but that a control group hides from this process; in a recorded machine also those that were off.
  public var disallowed: CPUSet { present.subtracting(offline).subtracting(allowed) }
  /// Cores with at least one allowed CPU.
  public var coreCount: Int { Set(cpus.map(\.coreIndex)).count }
  /// Packages with at least one allowed CPU.
  public var packageCount: Int { Set(cpus.map(\.packageIndex)).count }
  /// Memory nodes that are close to at least one allowed CPU. More than there are domains if some CPUs have several.
  public var numaNodeCount: Int { tree.count { $0.kind == MachineNode.memoryKind && !$0.cpus.isEmpty } }
  /// Groups of CPUs that share an outermost cache.
  public var lastLevelCacheCount: Int { Set(cpus.map(\.lastLevelCache)).count }
  /// Groups of CPUs that share a second-level cache.
  public var secondLevelCacheCount: Int { Set(cpus.map(\.secondLevelCache)).count }
  /// Cores with at least one usable CPU.
  public var usableCoreCount: Int { coreCount(of: usable) }

  /// Cores with at least one CPU in `set`.
  func coreCount(of set: CPUSet) -> Int {
    Set(cpus.lazy.filter { set.contains($0.osIndex) }.map(\.coreIndex)).count
  }
}

extension Machine.Source: CustomStringConvertible {
  public var description: String {
    switch self {
    case .real: "this machine"
    case .synthetic(let text): "synthetic machine '\(printable(text))'"
    case .xml(let path): "recorded machine '\(printable(path))'"
    }
  }
}

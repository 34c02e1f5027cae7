import Glibc

extension Machine {
  /// The machine that this process runs on, as hwloc and the control groups describe it.
  ///
  /// Loaded at the first call (3 to 15 ms) and kept: later calls return the same value, or the same error. May be
  /// called from any thread.
  ///
  /// ``usable`` follows the affinity mask of the process' *main* thread at the first call, not the calling thread's: by
  /// then the caller may be a worker that a pool has bound to one CPU. What `taskset` or a container set for the
  /// process is on the main thread. If something has bound that thread since, its CPUs are all that is usable.
  ///
  /// As in all programs that use hwloc, its environment variables (`HWLOC_SYNTHETIC`, `HWLOC_XMLFILE`) replace the
  /// machine; ``source`` then says so.
  ///
  /// - Throws: ``TopologyError/hwlocFailed(call:reason:)``.
  public static func current() throws(TopologyError) -> Machine {
    try loadedOnce.get()
  }

  private static let loadedOnce = Result { () throws(TopologyError) in try Machine.read() }

  /// As ``current()`` at its first call, but read again, as it is now.
  package static func read() throws(TopologyError) -> Machine {
    let topology = try HwlocTopology.load(.real)
    guard topology.describesThisSystem else {
      return try Machine(topology, source: sourceInEnvironment, context: Context())
    }
    let context = Context(
      usable: topology.mainThreadMask, quota: CPUQuota.current(), offline: offlineCPUs(),
      rank: LocalRank(environment: LocalRank.variables()))
    return try Machine(topology, source: .real, context: context)
  }

  /// The CPUs that the kernel lists as switched off; none if it doesn't tell.
  static func offlineCPUs(root: String = "") -> CPUSet {
    contentsOfSystemFile(root + "/sys/devices/system/cpu/offline").flatMap { CPUSet($0) } ?? []
  }

  /// What hwloc took the machine from instead, in its order of precedence.
  private static var sourceInEnvironment: Source {
    for (name, source) in [("HWLOC_SYNTHETIC", Source.synthetic), ("HWLOC_XMLFILE", Source.xml)] {
      // SAFETY: getenv's string is copied at once.
      if let value = getenv(name) { return source(String(cString: value)) }
    }
    return .xml("(hwloc's environment)")
  }

  /// A made-up machine.
  ///
  /// ```swift
  /// let machine = try Machine(synthetic: "package:2 l3:2 core:4 pu:2")
  /// ```
  ///
  /// - Parameters:
  ///   - synthetic: hwloc's synthetic description: levels from the outside in, each with a count.
  ///   - usable: The start-up affinity mask to pretend; nil: all CPUs.
  ///   - quota: The CPU quota to pretend.
  ///   - rank: The rank to pretend.
  /// - Throws: ``TopologyError/notLoaded(source:reason:)`` if hwloc can't read the description, or would take minutes for it:
  ///   4096 CPUs are the most, or 16384 if no count is above 256.
  public init(
    synthetic: String, usable: CPUSet? = nil, quota: CPUQuota? = nil, rank: LocalRank? = nil
  ) throws(TopologyError) {
    let source = Source.synthetic(synthetic)
    let size = SyntheticSize(synthetic)
    if size.isTooLarge {
      throw .notLoaded(source: source, reason: "it has too many CPUs (\(size.cpus)); \(SyntheticSize.allowed)")
    }
    self = try Machine(
      HwlocTopology.load(source), source: source,
      context: Context(usable: usable, quota: quota, rank: rank))
    if Self.skipsIndexes(synthetic, cpus: cpus) {
      throw .notLoaded(source: source, reason: "hwloc can't read the indexes of its CPUs")
    }
  }

  /// Whether hwloc has numbered CPUs its own way although the description asks for another: it skips what it can't read.
  private static func skipsIndexes(_ description: String, cpus: [CPU]) -> Bool {
    guard let level = description.lowercased().split(separator: " pu:").last, description.lowercased().contains("pu:"),
      let indexes = level.split(separator: "indexes=", maxSplits: 1, omittingEmptySubsequences: false).dropFirst().first
    else { return false }
    let list = indexes.prefix { !" )".contains($0) }
    let numbers = cpus.map(\.osIndex)
    let listed = list.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
    if !listed.contains(nil) { return listed != numbers }
    // A pattern such as 2*4:1*2. Only one that asks for nothing else gives hwloc's own numbers.
    return !list.hasPrefix("1*") && numbers == Array(0..<numbers.count)
  }

  /// A machine that was recorded with `lstopo machine.xml`.
  ///
  /// - Parameters:
  ///   - xmlFile: The file's path.
  ///   - usable: The start-up affinity mask to pretend; nil: all CPUs that were allowed when it was recorded.
  ///   - quota: The CPU quota to pretend.
  ///   - rank: The rank to pretend.
  /// - Throws: ``TopologyError/notLoaded(source:reason:)`` if the file can't be read or is none of hwloc's.
  public init(
    xmlFile: String, usable: CPUSet? = nil, quota: CPUQuota? = nil, rank: LocalRank? = nil
  ) throws(TopologyError) {
    let source = Source.xml(xmlFile)
    self = try Machine(
      HwlocTopology.load(source), source: source,
      context: Context(usable: usable, quota: quota, rank: rank))
  }

  private init(
    _ topology: borrowing HwlocTopology, source: Source, context: Context
  ) throws(TopologyError) {
    guard let whole = topology.wholeTree,
      let tree = whole.restricted(to: topology.allowedCPUs, nodes: topology.allowedNodes)
    else { throw .hwlocFailed(call: "hwloc_get_root_obj", reason: "the topology is empty") }
    var context = context
    context.present = topology.completeCPUs
    context.distances = topology.distances
    self.init(source: source, tree: tree, kinds: topology.kinds, context: context)
    if whole != tree { wholeTreeIfLarger = whole }
  }
}

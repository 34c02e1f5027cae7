/// One object of a machine's tree: a package, a cache, memory, a core, a CPU.
///
/// Made for showing the machine: an outline needs only ``label`` and ``children``.
public struct MachineNode: Sendable, Hashable, Codable {
  /// hwloc's word for what it is: `Machine`, `Package`, `L3`, `NUMANode`, `Core`, `PU`, `Group0`, ...
  public var kind: String
  /// The operating system's number, if it gives one.
  public var osIndex: Int?
  /// The size of a cache, or of memory, in bytes.
  public var bytes: UInt64?
  /// What to print: `Package 0`, `L3 8 MiB`, `NUMA node 1, 16 GiB`, `CPU 5`.
  public var label: String
  /// The allowed CPUs in it; for memory, those that are close to it. May be empty.
  public var cpus: CPUSet
  /// What it consists of; memory comes before CPUs.
  public var children: [MachineNode]

  public init(
    kind: String, osIndex: Int? = nil, bytes: UInt64? = nil, label: String, cpus: CPUSet, children: [MachineNode] = []
  ) {
    self.kind = kind
    self.osIndex = osIndex
    self.bytes = bytes
    self.label = label
    self.cpus = cpus
    self.children = children
  }
}

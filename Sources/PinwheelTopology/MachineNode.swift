/// One object of a machine's tree: a package, a cache, memory, a core, a CPU.
///
/// Made for showing the machine: an outline needs only ``label`` and ``children``.
public struct MachineNode: Sendable, Hashable, Codable {
  /// hwloc's word for what it is: `Machine`, `Package`, `L3`, `NUMANode`, `Core`, `PU`, `Group`, ...
  public var kind: String
  /// The operating system's number, if it gives one.
  public var osIndex: Int?
  /// The size of a cache, or of memory, in bytes; nil if unknown, or for what has no size.
  public var bytes: UInt64?
  /// What to print: `Package 0`, `L3 8 MiB`, `NUMA node 1, 16 GiB`, `CPU 5`.
  public var label: String
  /// The allowed CPUs in it; for memory, those that are close to it. May be empty.
  public var cpus: CPUSet
  /// What it consists of; memory comes before CPUs.
  public var children: [MachineNode]

  /// An object with what it consists of.
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

// MARK: - What the placement looks at

extension MachineNode {
  package static let cpuKind = "PU"
  package static let coreKind = "Core"
  package static let packageKind = "Package"
  package static let memoryKind = "NUMANode"
  package static let memoryCacheKind = "MemCache"
  static let secondLevelCacheKind = "L2"

  /// A cache that data goes through; those for instructions alone have other names (`L1iCache`).
  package var isDataCache: Bool { ["L1", "L2", "L3", "L4", "L5"].contains(kind) }

  /// The memory nodes that hang right here, perhaps behind a memory-side cache.
  var memories: [MachineNode] {
    children.flatMap { child -> [MachineNode] in
      switch child.kind {
      case Self.memoryKind: [child]
      case Self.memoryCacheKind: child.memories
      default: []
      }
    }
  }

  /// How many nodes of this tree, itself included, satisfy a condition.
  func count(where condition: (MachineNode) -> Bool) -> Int {
    children.reduce(condition(self) ? 1 : 0) { $0 + $1.count(where: condition) }
  }
}

// MARK: - Whole and allowed

extension MachineNode {
  var isMemory: Bool { kind == Self.memoryKind || kind == Self.memoryCacheKind }

  /// A CPU of which only the number is known.
  static func cpu(_ number: Int) -> MachineNode {
    MachineNode(
      kind: cpuKind, osIndex: number, label: label(kind: cpuKind, number: number, bytes: nil, subtype: nil),
      cpus: [number])
  }

  /// What is left of it with these CPUs and memory nodes alone; nil: nothing.
  func restricted(to allowed: CPUSet, nodes: CPUSet) -> MachineNode? {
    switch kind {
    case Self.cpuKind: if cpus.intersection(allowed).isEmpty { return nil }
    case Self.memoryKind: if !nodes.contains(osIndex ?? 0) { return nil }
    default: break
    }
    var node = self
    node.cpus = cpus.intersection(allowed)
    node.children = children.compactMap { $0.restricted(to: allowed, nodes: nodes) }
    let isLeaf = kind == Self.cpuKind || kind == Self.memoryKind
    return isLeaf || !node.children.isEmpty ? node : nil
  }
}

// MARK: - Labels

extension MachineNode {
  static func label(kind: String, number: Int, bytes: UInt64?, subtype: String?) -> String {
    let size = bytes.map(binarySize)
    return switch kind {
    case cpuKind: "CPU \(number)"
    case memoryKind: (["NUMA node \(number)"] + [size, subtype].compactMap { $0 }).joined(separator: ", ")
    case coreKind, packageKind, "Die": "\(kind) \(number)"
    case "Group": subtype ?? kind
    default: ([kind] + [size].compactMap { $0 }).joined(separator: " ")
    }
  }

  /// In the largest binary unit that leaves at least 1, with one decimal unless it is 0: `512 KiB`, `1.5 GiB`.
  static func binarySize(_ bytes: UInt64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
    let unit = bytes == 0 ? 0 : (63 - bytes.leadingZeroBitCount) / 10
    guard unit > 0 else { return "\(bytes) B" }
    // Tenths, rounded down, without ever multiplying a large number.
    let whole = bytes >> (10 * UInt64(unit))
    let rest = (bytes >> (10 * UInt64(unit - 1))) & 1023
    let tenths = rest * 10 / 1024
    return tenths == 0 ? "\(whole) \(units[unit])" : "\(whole).\(tenths) \(units[unit])"
  }
}

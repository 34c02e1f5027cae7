import PinwheelTopology

/// One box of a picture of a machine: what people want to see of hwloc's tree.
///
/// Three things are left out or drawn together. Caches that belong to one core alone are notes of the core. Memory is a
/// strip in the box that it belongs to, and a group that hwloc makes for nothing but memory bears the memory's name.
/// Caches for instructions aren't shown.
package struct DiagramBox: Hashable, Sendable {
  package enum Role: Hashable, Sendable {
    case machine
    case package
    /// A die, cluster or group within a package, or of packages.
    case group
    case memory
    case cache
    case core
    case cpu
    /// CPUs that are off or not allowed, and of which nothing tells what they are in.
    case absent
  }

  package var role: Role
  /// Such as `Package 0` or `L3 32 MiB`.
  package var title: String
  /// What is drawn with it: `["L2 1 MiB", "L1 48 KiB"]` of a core, from the outside in.
  package var notes: [String] = []
  /// The number of a CPU; nil for what is none.
  package var cpu: Int?
  /// The memory that belongs here, as strips without boxes in them.
  package var memories: [DiagramBox] = []
  package var children: [DiagramBox] = []

  /// The numbers of all CPUs in it, in the order in which they are drawn.
  package var cpus: [Int] {
    cpu.map { [$0] } ?? children.flatMap(\.cpus)
  }
}

extension DiagramBox {
  /// The whole machine, also what the process may not use of it. CPUs of which nobody knows what they are in have a box
  /// of their own at the end.
  package init(_ machine: Machine) {
    self = DiagramBox(role: .machine, title: machine.source.description)
    memories = Self.strips(of: machine.wholeTree)
    children = Self.parts(of: machine.wholeTree)
    if machine.kinds.count > 1 { note(kindsOf: machine) }
    let missing = machine.present.subtracting(CPUSet(cpus))
    if !missing.isEmpty {
      let boxes = missing.map { DiagramBox(role: .cpu, title: "CPU \($0)", cpu: $0) }
      children.append(DiagramBox(role: .absent, title: "Place unknown", children: boxes))
    }
  }

  /// How many cores are in it; a CPU without one counts as one.
  package var coreCount: Int {
    switch role {
    case .core, .cpu: 1
    default: children.reduce(0) { $0 + $1.coreCount }
    }
  }

  /// The boxes that a node of the tree turns into: one, or none, or its children instead of it.
  private static func boxes(_ node: MachineNode) -> [DiagramBox] {
    switch node.kind {
    case MachineNode.cpuKind:
      return [DiagramBox(role: .cpu, title: node.label, cpu: node.osIndex)]
    case MachineNode.memoryKind, MachineNode.memoryCacheKind:
      return []
    case MachineNode.coreKind:
      return [core(DiagramBox(role: .core, title: node.label, children: parts(of: node)))]
    case MachineNode.packageKind:
      return [DiagramBox(role: .package, title: node.label, memories: strips(of: node), children: parts(of: node))]
    default:
      if node.isDataCache { return cache(node) }
      // Caches for instructions, and whatever else stands between two levels.
      if node.kind.hasSuffix("iCache") { return parts(of: node) }
      return group(node)
    }
  }

  private static func parts(of node: MachineNode) -> [DiagramBox] { node.children.flatMap(boxes) }

  /// A core whose own caches stand inside of it, as on some recorded machines, has them as notes as well.
  private static func core(_ box: DiagramBox) -> DiagramBox {
    var box = box
    while box.children.count == 1, let inner = box.children.first, inner.role == .cache {
      box.notes += [inner.title] + inner.notes
      box.children = inner.children
    }
    return box
  }

  private static func cache(_ node: MachineNode) -> [DiagramBox] {
    let (memories, parts) = (strips(of: node), parts(of: node))
    if memories.isEmpty, parts.count == 1, var only = parts.first, only.role == .core || only.role == .cpu {
      only.notes.insert(node.label, at: 0)
      return [only]
    }
    if memories.isEmpty, parts.isEmpty { return [] }
    return [DiagramBox(role: .cache, title: node.label, memories: memories, children: parts)]
  }

  private static func group(_ node: MachineNode) -> [DiagramBox] {
    var (memories, parts) = (strips(of: node), parts(of: node))
    var title = node.label
    if node.kind == "Group", title == node.kind {
      // A group without a name of its own is there for its memory, or says nothing.
      guard !memories.isEmpty else {
        return parts.count > 1 ? [DiagramBox(role: .group, title: title, children: parts)] : parts
      }
      title = memories.removeFirst().title
    }
    if memories.isEmpty, parts.isEmpty, title == node.label { return [] }
    return [DiagramBox(role: .group, title: title, memories: memories, children: parts)]
  }

  /// The memory that hangs right at a node, perhaps behind a cache of its own.
  private static func strips(of node: MachineNode) -> [DiagramBox] {
    node.children.flatMap { child -> [DiagramBox] in
      switch child.kind {
      case MachineNode.memoryKind:
        return [DiagramBox(role: .memory, title: child.label)]
      case MachineNode.memoryCacheKind:
        return strips(of: child).map { strip in
          var strip = strip
          strip.title += " behind \(child.label)"
          return strip
        }
      default: return []
      }
    }
  }

  /// Says of each core of which kind it is.
  private mutating func note(kindsOf machine: Machine) {
    if role == .core || role == .cpu {
      let number = cpus.first.flatMap { cpu in machine.kinds.firstIndex { $0.cpus.contains(cpu) } }
      if let number { notes.insert(machine.kindName(number), at: 0) }
      return
    }
    for index in children.indices { children[index].note(kindsOf: machine) }
  }
}

extension Machine {
  /// A kind's name for people: its rank where hwloc can rank them.
  package func kindName(_ index: Int) -> String {
    guard kinds.indices.contains(index), let efficiency = kinds[index].efficiency else { return "kind \(index)" }
    let ranks = Set(kinds.compactMap(\.efficiency))
    if efficiency == ranks.max() { return "performance" }
    return efficiency == ranks.min() ? "efficiency" : "medium"
  }
}

import PinwheelTopology

/// A machine as a tree of lines for a terminal, with the workers on their places.
///
/// ```
/// ├─ Package 0
/// │  ├─ NUMA node 0, 16 GiB
/// │  └─ L3 32 MiB
/// │     ├─ Core 0 (L2 1 MiB, L1 48 KiB)  CPU 0-1 ■ worker 0
/// │     └─ Core 1 (L2 1 MiB, L1 48 KiB)  CPU 2-3 ■ worker 1
/// ```
///
/// A core takes one line, with CPUs that share a fate together. On machines with more than 256 cores the cores of a cache,
/// or of whatever they are in, take one.
package struct MachineOutline: Sendable {
  /// A piece of a line, and how it is meant.
  package struct Span: Hashable, Sendable {
    package enum Style: Hashable, Sendable {
      case plain
      case faint
      case title
      /// The colour of a place.
      case place(Int)
    }
    package var text: String
    package var style: Style
  }

  package private(set) var lines: [[Span]] = []
  private let occupancy: Occupancy
  private let isFolded: Bool

  package init(_ machine: Machine, plan: PlacementPlan) {
    occupancy = Occupancy(plan)
    let box = DiagramBox(machine)
    isFolded = box.coreCount > 256
    add(partsOf: box, indent: "")
  }

  private mutating func add(partsOf box: DiagramBox, indent: String) {
    var parts = box.memories + box.children
    if folds(box), parts.count > box.children.count {
      parts = box.memories
      parts.append(DiagramBox(role: .core, title: title(of: box.children), children: box.children))
    }
    for (index, part) in parts.enumerated() { add(part, indent: indent, isLast: index == parts.count - 1) }
  }

  private mutating func add(_ box: DiagramBox, indent: String, isLast: Bool) {
    var line = [Span(text: indent + (isLast ? "└─ " : "├─ "), style: .faint)]
    if box.role != .cpu { line.append(Span(text: box.title, style: box.role == .package ? .title : .plain)) }
    if !box.notes.isEmpty {
      let notes = box.notes.joined(separator: ", ")
      line.append(Span(text: box.role == .cpu ? "(\(notes)) " : " (\(notes))", style: .faint))
    }
    // What is on the line of a core, or of a cache with nothing but cores, needs none of its own.
    let isFolded = folds(box) && box.memories.isEmpty
    if isFolded { line.append(Span(text: ", " + title(of: box.children), style: .plain)) }
    if isFolded || [.core, .cpu, .absent].contains(box.role) {
      if box.role != .cpu { line.append(Span(text: "  ", style: .plain)) }
      lines.append(line + uses(of: box.cpus))
      return
    }
    lines.append(line)
    add(partsOf: box, indent: indent + (isLast ? "   " : "│  "))
  }

  /// Whether all that is in a box is told together.
  private func folds(_ box: DiagramBox) -> Bool {
    isFolded && ![.core, .cpu, .absent].contains(box.role) && !box.children.isEmpty
      && box.children.allSatisfy { $0.role == .core || $0.role == .cpu }
  }

  private func title(of boxes: [DiagramBox]) -> String {
    let cores = boxes.filter { $0.role == .core }.count
    let alone = boxes.count - cores
    let parts = [(cores, "core"), (alone, "CPU")].filter { $0.0 > 0 }
    return parts.map { "\($0) \($1)" + ($0 == 1 ? "" : "s") }.joined(separator: ", ")
  }

  /// The CPUs and what each is used for; those with a common fate are named together, in the order of their first.
  private func uses(of cpus: [Int]) -> [Span] {
    var groups: [(use: Occupancy.Use?, cpus: [Int])] = []
    for cpu in cpus {
      let use = occupancy[cpu]?.told(withPlace: !isFolded)
      if let index = groups.firstIndex(where: { $0.use == use }) {
        groups[index].cpus.append(cpu)
      } else {
        groups.append((use, [cpu]))
      }
    }
    return groups.enumerated().flatMap { index, group -> [Span] in
      let name = (index == 0 ? "" : "   ") + "CPU \(CPUSet(group.cpus)) "
      return [Span(text: name, style: .plain), fate(of: group.use, cpus: group.cpus)]
    }
  }

  private func fate(of use: Occupancy.Use?, cpus: [Int]) -> Span {
    switch use {
    case .bound(let workers, let place):
      // Folded, the workers of all these CPUs are meant.
      let all = isFolded ? CPUSet(cpus.flatMap { Array(occupancy.workers(on: $0)) }) : workers
      return Span(text: "■ \(Occupancy.name(all))", style: .place(place))
    case .anyWorker: return Span(text: "■ any worker", style: .place(0))
    case .unused(.claimed(let holder)): return Span(text: "□ claimed by \(holder)", style: .faint)
    case .unused(let reason): return Span(text: "□ \(UnusedLook(reason).phrase)", style: .faint)
    case nil: return Span(text: "", style: .faint)
    }
  }
}

extension Occupancy {
  fileprivate func workers(on cpu: Int) -> CPUSet {
    if case .bound(let workers, _)? = self[cpu] { workers } else { [] }
  }
}

extension Occupancy.Use {
  /// The same for all CPUs that are told of together: reasons of one look, and, if need be, workers of all places.
  fileprivate func told(withPlace: Bool) -> Occupancy.Use {
    switch self {
    case .bound: withPlace ? self : .bound(workers: [], place: 0)
    case .anyWorker, .unused(.claimed): self
    case .unused(let reason): .unused(UnusedLook(reason).example)
    }
  }
}

extension UnusedLook {
  /// Some reason of this look.
  fileprivate var example: UnusedCPU.Reason {
    switch self {
    case .free: .notPrimary
    case .sibling: .sibling(of: 0)
    case .elsewhere: .notInPlaces
    case .reserved: .reserved
    case .claimed: .claimed(by: CoreClaim.Holder(process: nil, program: nil, pool: nil))
    case .kind: .otherKind(.all)
    case .barred: .notInMask
    case .hidden: .notAllowed
    case .offline: .offline
    }
  }

  /// For the line of a CPU.
  fileprivate var phrase: String {
    switch self {
    case .free: "no worker"
    case .sibling: "second thread, unused"
    case .elsewhere: "not in the places"
    case .reserved: "reserved"
    case .claimed: "claimed by another pool"
    case .kind: "another kind"
    case .barred: "not for this process"
    case .hidden: "not allowed"
    case .offline: "offline"
    }
  }
}

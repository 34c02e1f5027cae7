import PinwheelTopology

/// A picture of a machine with the workers on their places: where everything goes, before it is drawn.
///
/// Made for 1 CPU to some thousands: up to 64 CPUs have room for words, up to 256 for short ones, and more are coloured
/// cells, whose names a browser shows under the pointer.
package struct MachinePicture: Sendable {
  /// What a colour or a hatching means.
  package struct LegendItem: Hashable, Sendable {
    package enum Sample: Hashable, Sendable {
      case place(Int)
      case anyWorker
      case unused(UnusedLook)
    }
    package var sample: Sample
    package var text: String
    /// Sample and text.
    package var frame: Frame
  }

  /// A line of words above the machine.
  package struct Headline: Hashable, Sendable {
    package var text: String
    package var size: Int
    package var isBold: Bool
    /// Where its letters stand.
    package var baseline: Int
  }

  package let layout: Layout
  package let headlines: [Headline]
  package let root: PlacedBox
  package let legend: [LegendItem]
  package let width: Int
  package let height: Int
  let occupancy: Occupancy
  /// Each worker's seat, for what is shown under the pointer.
  let reasons: [String]

  /// Around everything.
  static let margin = 16
  /// Listed place by place up to here; more are explained together.
  private static let mostListedPlaces = 12

  package init(_ machine: Machine, plan: PlacementPlan, facts: [String] = []) {
    let box = DiagramBox(machine)
    let cpus = box.cpus
    let layout = Layout(Metrics(cpus: cpus.count))
    var root = layout.place(box)

    var headlines: [Headline] = []
    var y = Self.margin
    let lines = [machine.nameForTitle] + [machine.census] + facts
    for (index, text) in lines.enumerated() {
      let size = index == 0 ? 15 : 12
      y += size
      headlines.append(Headline(text: text, size: size, isBold: index == 0, baseline: y))
      y += index == 0 ? 8 : 6
    }
    let words = headlines.map { Metrics.width(of: $0.text, size: $0.size, bold: $0.isBold) }.max() ?? 0
    let inner = max(root.frame.width, words, 420)
    y += 6
    root.move(Self.margin + (inner - root.frame.width) / 2, y)
    y = root.frame.bottom + 14

    let occupancy = Occupancy(plan)
    var legend = Self.legend(plan, occupancy, cpus: cpus)
    y = Self.flow(&legend, width: inner, from: y)

    self.layout = layout
    self.headlines = headlines
    self.root = root
    self.legend = legend
    self.occupancy = occupancy
    reasons = plan.seats.map(\.reason)
    width = inner + 2 * Self.margin
    height = y + Self.margin
  }

  private static func legend(_ plan: PlacementPlan, _ occupancy: Occupancy, cpus: [Int]) -> [LegendItem] {
    var items: [LegendItem] = []
    func add(_ sample: LegendItem.Sample, _ text: String) {
      items.append(LegendItem(sample: sample, text: text, frame: Frame()))
    }
    var isShared = false
    var looks: [UnusedLook: Int] = [:]
    var holders: Set<CoreClaim.Holder> = []
    for cpu in cpus {
      switch occupancy[cpu] {
      case .bound, nil: break
      case .anyWorker: isShared = true
      case .unused(let reason):
        looks[UnusedLook(reason), default: 0] += 1
        if case .claimed(let holder) = reason { holders.insert(holder) }
      }
    }
    let manned = Occupancy.seatsByPlace(of: plan)
    if manned.count <= mostListedPlaces {
      for (place, seats) in manned.enumerated() {
        let (workers, cpus) = (CPUSet(seats.map(\.worker)), CPUSet(seats.flatMap { Array($0.place) }))
        add(.place(place), "\(Occupancy.name(workers)) on CPU \(cpus)")
      }
    } else {
      let workers = CPUSet(manned[0].map(\.worker))
      add(.place(0), "a place with its workers, such as w\(workers): \(Occupancy.name(workers))")
    }
    if isShared { add(.anyWorker, "any worker: nobody is bound") }
    for look in UnusedLook.allCases {
      guard let count = looks[look] else { continue }
      let holder = look == .claimed && holders.count == 1 ? holders.first : nil
      let meaning = holder.map { "claimed by \($0)" } ?? look.meaning
      add(.unused(look), "\(meaning) (\(count) \(count == 1 ? "CPU" : "CPUs"))")
    }
    return items
  }

  /// Puts legend items side by side, in as many rows as they need, and returns where they end.
  private static func flow(_ items: inout [LegendItem], width: Int, from top: Int) -> Int {
    let height = 18
    var (x, y) = (margin, top)
    for index in items.indices {
      let needed = 26 + Metrics.width(of: items[index].text, size: 11)
      if x > margin, x + needed > margin + width {
        x = margin
        y += height + 6
      }
      items[index].frame = Frame(x: x, y: y, width: needed, height: height)
      x += needed + 18
    }
    return items.isEmpty ? top : y + height
  }
}

extension Machine {
  /// What the machine is called above a picture: of a file its name alone.
  fileprivate var nameForTitle: String {
    let name =
      switch source {
      case .real: "This machine"
      case .synthetic(let text): text
      case .xml(let path): path.split(separator: "/").last.map(String.init) ?? path
      }
    return name.count > 80 ? "\(name.prefix(79))…" : name
  }

  /// What there is of everything: `2 packages, 4 NUMA nodes, 32 cores, 64 CPUs`.
  package var census: String {
    func count(_ number: Int, _ one: String, _ many: String? = nil) -> String {
      "\(number) \(number == 1 ? one : many ?? one + "s")"
    }
    var parts = [count(packageCount, "package")]
    if numaNodeCount > 0 { parts.append(count(numaNodeCount, "NUMA node")) }
    if lastLevelCacheCount > 1 { parts.append(count(lastLevelCacheCount, "last-level cache")) }
    parts += [count(coreCount, "core"), count(cpus.count, "CPU")]
    if kinds.count > 1 { parts.append("\(kinds.count) kinds of CPU") }
    return parts.joined(separator: ", ")
  }
}

import Foundation
import PinwheelDrawing
import PinwheelTopology
import Testing

@Suite(.timeLimit(.minutes(2)))
struct PictureTests {
  private func picture(_ example: Example) throws -> (machine: Machine, plan: PlacementPlan, svg: String) {
    let machine = try example.machine()
    let plan = try machine.plan(example.request)
    return (machine, plan, MachinePicture(machine, plan: plan, facts: ["\(plan.seats.count) workers"]).svg)
  }

  @Test(arguments: Example.all)
  func everyCPUHasOneBoxAndNoBoxIsInTheWay(example: Example) throws {
    let (machine, plan, svg) = try picture(example)
    let parsed = try ParsedPicture(svg: svg)
    #expect(parsed.cpus.compactMap(\.cpu).sorted() == Array(machine.present.union(machine.allowed)))
    let mistakes = parsed.mistakes
    #expect(mistakes.isEmpty, "\(mistakes.prefix(5))")
    #expect(parsed.width <= 3600 && parsed.height <= 3600, "\(parsed.width) x \(parsed.height)")
    // Every CPU that a worker is bound to names it, and every other one says why not.
    for box in parsed.cpus {
      let cpu = try #require(box.cpu)
      let workers = plan.seats.filter { $0.placeIndex != nil && $0.place.contains(cpu) }.map(\.worker)
      if !workers.isEmpty {
        #expect(box.title.hasPrefix("CPU \(cpu): \(Occupancy.name(CPUSet(workers))), "), "\(box.title)")
      } else if let unused = plan.unused.first(where: { $0.osIndex == cpu }) {
        #expect(box.title == "CPU \(cpu): \(unused.reason)")
      } else {
        #expect(box.title == "CPU \(cpu): any worker")
      }
    }
  }

  /// The checks above would notice.
  @Test func boxesInTheWayAreFound() throws {
    func mistakes(_ inner: String) throws -> [String] {
      try ParsedPicture(
        svg: """
          <svg width="100" height="100"><g class="machine"><title>all</title><rect x="0" y="0" width="90" height="90"/>
          \(inner)</g></svg>
          """
      ).mistakes
    }
    func box(_ title: String, _ x: Int, _ width: Int, _ words: String = "") -> String {
      """
      <g class="cpu" data-cpu="1"><title>\(title)</title><rect x="\(x)" y="20" width="\(width)" height="30"/>\(words)</g>
      """
    }
    #expect(try mistakes(box("a", 0, 40) + box("b", 40, 40)) == [])
    #expect(try mistakes(box("a", 0, 41) + box("b", 40, 40)) == ["a and b overlap in all"])
    #expect(try mistakes(box("a", 60, 40)) == ["a leaves what it is in"])
    let words = "<text x=\"0\" y=\"40\" font-size=\"12\">much too long</text>"
    #expect(try mistakes(box("a", 0, 20, words)) == ["'much too long' does not fit into a"])
    #expect(
      try mistakes("<text x=\"0\" y=\"40\" font-size=\"12\">x</text>" + box("a", 0, 20)) == ["a covers 'x'"])
    for broken in [
      "<svg><g></svg>", "<svg>", "<svg></svg><g/>", "<svg a=\"<\"/>", "<svg>&x;</svg>", "<svg>\u{1}</svg>",
    ] {
      #expect(throws: (any Error).self, "\(broken)") { try ParsedPicture(svg: broken) }
    }
  }

  /// Names come from outside.
  @Test func anyNameMakesWellFormedXML() throws {
    var machine = try Machine(synthetic: "core:2 pu:1")
    machine.source = .xml("/tmp/a<b>&\"'\u{1}\u{FFFE}\u{85}é]]>.xml")
    machine.tree.children[0].label = "<script>&amp;</script>"
    let plan = try machine.plan(PlacementRequest(bind: .close))
    let svg = MachinePicture(machine, plan: plan, facts: ["a < b & \"c\""]).svg
    let parsed = try ParsedPicture(svg: svg)
    #expect(parsed.cpus.count == 2)
    #expect(!svg.contains("<script"))
    #expect(svg.contains("a &lt; b &amp; &quot;c&quot;"))
  }

  @Test func onlyHatchingsInUseAreDefined() throws {
    let all = try picture(Example("", .synthetic("core:2 pu:1"))).svg
    #expect(!all.contains("<pattern"))
    let reserved = try picture(Example("", .synthetic("core:2 pu:1")) { $0.reserve = .cpus([1]) }).svg
    #expect(reserved.contains("id=\"reserved\"") && reserved.contains("url(#reserved)"))
    #expect(reserved.components(separatedBy: "<pattern").count == 2)
  }

  @Test func theLegendTellsWhatIsThere() throws {
    let machine = try Machine(synthetic: "package:1 core:4 pu:2", usable: CPUSet(0..<6))
    var request = PlacementRequest(workers: .exactly(1), bind: .close)
    request.reserve = .cpus([5])
    request.smt = .one
    let plan = try machine.plan(request)
    let texts = MachinePicture(machine, plan: plan).legend.map(\.text)
    #expect(
      texts == [
        "worker 0 on CPU 0", "free: more CPUs than workers (2 CPUs)", "second thread of a used core (2 CPUs)",
        "reserved for others (1 CPU)", "this process may not use it (2 CPUs)",
      ])
  }

  /// Grey, and inside of the core or node that they belong to.
  @Test func cpusThatAreNotAllowedAreDrawnWhereTheyAre() throws {
    func path(to cpu: Int, in recording: String) throws -> [String] {
      func path(_ box: ParsedPicture.Box) -> [String]? {
        if box.cpu == cpu { return ["\(box.texts.last?.text ?? "")"] }
        return box.children.lazy.compactMap(path).first.map { [box.title] + $0 }
      }
      let parsed = try ParsedPicture(svg: try picture(Example("", .recorded(recording))).svg)
      return try #require(parsed.machine.flatMap(path)).dropFirst().map { String($0) }
    }
    #expect(try path(to: 2, in: "cpuset-without-0") == ["Package 0", "L3 16 MiB", "Core 1", "not allowed"])
    #expect(try path(to: 3, in: "cpuset-without-0") == ["Package 0", "L3 16 MiB", "Core 1", "w0"])
    #expect(try path(to: 0, in: "cpuset-without-0") == ["Package 0", "L3 16 MiB", "Core 0", "not allowed"])
    #expect(try path(to: 6, in: "32amd64-4s2n4c-cgroup2") == ["Package 0", "L3 4.9 MiB", "not allowed"])
    #expect(try path(to: 23, in: "32amd64-4s2n4c-cgroup2") == ["Package 2", "L3 4.9 MiB", "not allowed"])
    #expect(try path(to: 2, in: "16em64t-4s2c2t-offlines") == ["Place unknown", "not allowed"])
  }

  @Test func aClaimNamesItsHolder() throws {
    let machine = try Machine(synthetic: "core:2 pu:2")
    let claim = CoreClaim(cpus: [0, 1], holder: .init(process: 47, program: "render", pool: "p"))
    let picture = MachinePicture(machine, plan: try machine.plan(PlacementRequest(bind: .close), beside: [claim]))
    #expect(picture.legend.map(\.text) == ["worker 0 on CPU 2-3", "claimed by process 47 (render, pool 'p') (2 CPUs)"])
    let cpu = try ParsedPicture(svg: picture.svg).cpus.first { $0.cpu == 1 }
    #expect(cpu?.title == "CPU 1: its core is claimed by process 47 (render, pool 'p')")
  }

  @Test func sizesFollowTheNumberOfCPUs() throws {
    func detail(_ text: String) throws -> (Metrics, Int) {
      let machine = try Machine(synthetic: text)
      let picture = MachinePicture(machine, plan: try machine.plan(PlacementRequest(bind: .close)))
      return (picture.layout.metrics, picture.width)
    }
    #expect(try detail("core:32 pu:2").0 == Metrics(cpus: 1))
    #expect(try detail("package:2 core:64 pu:2").0 == Metrics(cpus: 256))
    let (cells, width) = try detail("package:8 l3:8 core:16 pu:2")
    #expect(!cells.hasWords)
    #expect(width < 1400)
  }
}

/// Machines that nobody has thought of.
@Suite(.timeLimit(.minutes(2)))
struct ArbitraryPictureTests {
  /// xorshift64: repeatable, so that a failure can be looked at.
  private struct Generator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return state
    }
  }

  /// Some levels of some counts, and CPUs at the end: at most a few hundred.
  private static func description(_ generator: inout Generator) -> String {
    var (levels, cpus): ([String], Int) = ([], 1)
    for level in ["group", "package", "die", "numa", "l3", "l2", "core", "pu"] {
      guard level == "pu" || Bool.random(using: &generator) else { continue }
      let count = Int.random(in: 1...(cpus > 100 ? 2 : 9), using: &generator)
      cpus *= count
      levels.append("\(level):\(count)")
    }
    return levels.joined(separator: " ")
  }

  @Test(arguments: 1...40)
  func noBoxIsInTheWay(seed: Int) throws {
    var generator = Generator(state: UInt64(seed) &* 0x9E37_79B9_7F4A_7C15)
    let text = Self.description(&generator)
    var machine = try Machine(synthetic: text)
    machine.usable = CPUSet(machine.allowed.filter { _ in Int.random(in: 0..<5, using: &generator) > 0 })
    if machine.usable.isEmpty { machine.usable = machine.allowed }
    let places: [Places] = [.threads, .cores, .llCaches, .numaDomains, .sockets]
    var request = PlacementRequest(
      workers: .exactly(Int.random(in: 1...300, using: &generator)),
      places: places.randomElement(using: &generator) ?? .cores,
      bind: Binding.allCases.randomElement(using: &generator) ?? .close)
    request.smt = SMTChoice.allCases.randomElement(using: &generator) ?? .all
    request.order = OrderInPlace.allCases.randomElement(using: &generator) ?? .float
    let plan = try machine.plan(request)
    let parsed = try ParsedPicture(svg: MachinePicture(machine, plan: plan, facts: [text]).svg)
    #expect(parsed.cpus.compactMap(\.cpu).sorted() == Array(machine.allowed), "\(text)")
    #expect(parsed.mistakes.isEmpty, "\(text): \(parsed.mistakes.prefix(3))")
    // The tree names each CPU once as well, with what it is used for.
    let lines = MachineOutline(machine, plan: plan).lines
    let named = lines.flatMap { $0 }.map(\.text).filter { $0.contains("CPU ") && !$0.contains("core") }
      .flatMap { Array(CPUSet(String($0.split(separator: " ").last ?? "")) ?? []) }
    #expect(named.sorted() == Array(machine.allowed), "\(text)")
  }
}

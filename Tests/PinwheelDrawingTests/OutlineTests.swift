import Foundation
import PinwheelDrawing
import PinwheelTopology
import Testing

@Suite(.timeLimit(.minutes(1)))
struct OutlineTests {
  private func lines(_ text: String, _ request: PlacementRequest) throws -> [String] {
    let machine = try Machine(synthetic: text)
    let outline = MachineOutline(machine, plan: try machine.plan(request))
    return outline.lines.map { $0.map(\.text).joined() }
  }

  @Test func coresTakeALineEach() throws {
    var request = PlacementRequest(workers: .exactly(2), bind: .close)
    request.reserve = .cpus([7])
    #expect(
      try lines("package:2 [numa(memory=1GB)] core:2 pu:2", request) == [
        "├─ Package 0",
        "│  ├─ NUMA node 0, 953.6 MiB",
        "│  ├─ Core 0  CPU 0-1 ■ worker 0",
        "│  └─ Core 1  CPU 2-3 ■ worker 1",
        "└─ Package 1",
        "   ├─ NUMA node 1, 953.6 MiB",
        "   ├─ Core 2  CPU 4-5 □ no worker",
        "   └─ Core 3  CPU 6 □ no worker   CPU 7 □ reserved",
      ])
  }

  @Test func siblingsAndFloatingWorkers() throws {
    var request = PlacementRequest(bind: .close)
    request.smt = .one
    #expect(
      try lines("core:2 pu:2", request).suffix(2) == [
        "├─ Core 0  CPU 0 ■ worker 0   CPU 1 □ second thread, unused",
        "└─ Core 1  CPU 2 ■ worker 1   CPU 3 □ second thread, unused",
      ])
    #expect(try lines("pu:2", PlacementRequest()).suffix(2) == ["├─ CPU 0 ■ any worker", "└─ CPU 1 ■ any worker"])
  }

  /// Private caches are told with their core, shared ones have a level of their own.
  @Test func cachesAreWhereTheyAreShared() throws {
    let lines = try lines("l3:1 l2:2 l1d:2 core:1 pu:1", PlacementRequest(bind: .close))
    #expect(lines.count == 8)
    #expect(lines.contains { $0.contains("─ L2 ") })
    #expect(lines.filter { $0.contains("Core") }.allSatisfy { $0.contains(" (L1 ") && $0.contains("■ worker") })
  }

  @Test func thousandsOfCoresAreFolded() throws {
    let lines = try lines(
      "package:8 l3:8 core:16 pu:2", PlacementRequest(workers: .exactly(1000), bind: .close))
    #expect(lines.count == 73)
    #expect(lines.contains { $0.hasSuffix("─ L3 16 MiB, 16 cores  CPU 0-31 ■ workers 0-15") })
    #expect(lines.contains { $0.contains("16 cores  CPU 1984-1999 ■ workers 992-999   CPU 2000-2015 □ no worker") })
    #expect(lines.last?.hasSuffix("16 cores  CPU 2016-2047 □ no worker") == true)
  }

  /// Hwloc can't tell where these were.
  @Test func cpusOfUnknownPlaceStandAtTheEnd() throws {
    let machine = try Machine(xmlFile: Example.path(of: "16em64t-4s2c2t-offlines"))
    let plan = try machine.plan(PlacementRequest(bind: .close))
    let last = MachineOutline(machine, plan: plan).lines.last?.map(\.text).joined() ?? ""
    #expect(last == "└─ Place unknown  CPU 2,5,13-14 □ not allowed")
  }

  @Test func cpusThatAreNotAllowedStandWhereTheyAre() throws {
    let machine = try Machine(xmlFile: Example.path(of: "cpuset-without-0"))
    var request = PlacementRequest(bind: .close)
    request.reserve = .cpus([5])
    let claim = CoreClaim(cpus: [6, 7], holder: .init(process: 47, program: "render", pool: "p"))
    let plan = try machine.plan(request, beside: [claim])
    let lines = MachineOutline(machine, plan: plan).lines.map { $0.map(\.text).joined() }
    #expect(
      lines == [
        "├─ Package 0",
        "│  ├─ NUMA node 0, 16 GiB",
        "│  └─ L3 16 MiB",
        "│     ├─ Core 0  CPU 0-1 □ not allowed",
        "│     ├─ Core 1  CPU 2 □ not allowed   CPU 3 ■ worker 0",
        "│     ├─ Core 2  CPU 4 ■ worker 1   CPU 5 □ reserved",
        "│     └─ Core 3  CPU 6-7 □ claimed by process 47 (render, pool 'p')",
        "└─ Package 1",
        "   ├─ NUMA node 1, 16 GiB",
        "   └─ L3 16 MiB",
        "      ├─ Core 4  CPU 8-9 □ not allowed",
        "      ├─ Core 5  CPU 10-11 ■ worker 2",
        "      ├─ Core 6  CPU 12 ■ worker 3   CPU 13 □ not allowed",
        "      └─ Core 7  CPU 14-15 □ not allowed",
      ])
  }

  /// Of cores that a control group hides altogether only the node is known.
  @Test func hiddenCoresStandAtTheirNodes() throws {
    let machine = try Machine(xmlFile: Example.path(of: "32amd64-4s2n4c-cgroup2"))
    let lines = MachineOutline(machine, plan: try machine.plan(PlacementRequest(bind: .close))).lines
      .map { $0.map(\.text).joined() }
    var node = ""
    for line in lines {
      if let range = line.range(of: "NUMA node ") { node = String(line[range.upperBound...].prefix { $0.isNumber }) }
      guard let range = line.range(of: "─ CPU ") else { continue }
      let cpu = Int(line[range.upperBound...].prefix { $0.isNumber })
      // Four CPUs a node.
      #expect(cpu.map { "\($0 / 4)" } == node, "\(line) stands below node \(node)")
      #expect(line.hasSuffix("□ not allowed"))
    }
    #expect(lines.filter { $0.contains("─ CPU ") }.count == 18)
    // Of the last package not even that.
    #expect(lines.last == "└─ Place unknown  CPU 24-31 □ not allowed")
  }
}

import Testing

@testable import PinwheelTopology

@Suite("Synthetic machines")
struct SyntheticMachineTests {
  /// Cores, CPUs, memory nodes, packages, outermost caches.
  @Test(
    "are counted",
    arguments: [
      ("package:2 core:4 pu:2", Shape(8, 16, 1, 2, 2)),
      ("package:2 [numa] l3:2 core:2 pu:2", Shape(8, 16, 2, 2, 4)),
      ("node:2 package:2 l3:2 l2:2 core:2 pu:1", Shape(32, 32, 2, 4, 8)),
      ("pu:3", Shape(3, 3, 1, 1, 1)),
      ("package:1 core:1 pu:1", Shape(1, 1, 1, 1, 1)),
      ("package:2 core:1500 pu:1", Shape(3000, 3000, 1, 2, 2)),
      ("package:2 core:2 pu:2(indexes=0,4,2,6,1,5,3,7)", Shape(4, 8, 1, 2, 2)),
    ])
  func counts(description: String, shape: Shape) throws {
    let machine = try Machine(synthetic: description)
    #expect(Shape(machine) == shape)
    #expect(machine.source == .synthetic(description))
  }

  @Test(
    "place workers",
    arguments: [
      Placement("package:2 core:4 pu:2", 2, .sockets, .spread, ["0-7", "8-15"]),
      Placement("package:2 core:4 pu:2", 3, .cores, .spread, ["0-1", "6-7", "12-13"]),
      Placement("package:2 [numa] l3:2 core:2 pu:2", 2, .llCaches, .spread, ["0-3", "8-11"]),
      Placement("package:2 [numa] l3:2 core:2 pu:2", 2, .numaDomains, .close, ["0-7", "8-15"]),
      Placement("node:2 package:2 l3:2 l2:2 core:2 pu:1", 4, .sockets, .close, ["0-7", "8-15", "16-23", "24-31"]),
      Placement("node:2 package:2 l3:2 l2:2 core:2 pu:1", 3, .llCaches, .close, ["0-3", "4-7", "8-11"]),
      Placement("pu:3", 4, .cores, .close, ["0", "0", "1", "2"]),
      Placement("package:1 core:1 pu:1", 3, .threads, .spread, ["0", "0", "0"]),
      Placement("package:2 core:1500 pu:1", 2, .sockets, .close, ["0-1499", "1500-2999"]),
      Placement("package:2 core:1500 pu:1", 3, .threads, .spread, ["0", "1000", "2000"]),
      Placement("package:2 core:2 pu:2(indexes=0,4,2,6,1,5,3,7)", 4, .cores, .close, ["0,4", "2,6", "1,5", "3,7"]),
      Placement("package:2 core:2 pu:2(indexes=0,4,2,6,1,5,3,7)", 2, .sockets, .close, ["0,2,4,6", "1,3,5,7"]),
    ])
  func place(_ placement: Placement) throws {
    let plan = try Machine(synthetic: placement.machine).plan(
      workers: .exactly(placement.workers), places: placement.places, bind: placement.bind)
    #expect(plan.seats.map(\.place.description) == placement.expected)
  }

  @Test(
    "that hwloc can't read are refused", arguments: ["", "nonsense", "core:", "pu:0", "core:2", "package:2(core:2"])
  func badDescription(description: String) {
    let error = #expect(throws: TopologyError.self) { try Machine(synthetic: description) }
    guard case .notLoaded(source: .synthetic(description), _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test(
    "numbers of CPUs that hwloc skips without a word are refused",
    arguments: [
      "package:2 core:2 pu:2(indexes=2*3:1*2)", "core:2 pu:2(indexes=3,2,1)",
      "core:2 pu:2(indexes=3,2,1,1)", "core:2 pu:2(memory=1 indexes=x)",
    ])
  func skippedIndexes(description: String) {
    #expect(
      throws: TopologyError.notLoaded(
        source: .synthetic(description), reason: "hwloc can't read the indexes of its CPUs")
    ) { try Machine(synthetic: description) }
  }

  @Test(
    "numbers of CPUs that happen to be hwloc's own are fine",
    arguments: [
      "core:2 pu:2(indexes=0,1,2,3)", "core:2 pu:2(indexes=1*4)", "pu:1(indexes=0)", "numa:2(indexes=1,0) pu:2",
    ])
  func plainIndexes(description: String) throws {
    #expect(try Machine(synthetic: description).cpus.map(\.osIndex).first == 0)
  }

  @Test(
    "XML that hwloc can't read is refused",
    arguments: [
      "", "garbage", #"<?xml version="1.0"?><other/>"#,
      #"<?xml version="1.0"?><!DOCTYPE topology SYSTEM "hwloc2.dtd"><topology version="2.0"></topology>"#,
    ])
  func badXML(text: String) throws {
    let folder = try TemporaryFolder()
    let file = try folder.write(text, to: "machine.xml")
    let error = #expect(throws: TopologyError.self) { try Machine(xmlFile: file) }
    guard case .notLoaded(source: .xml(file), _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test("a missing file says so, and a cut one is refused")
  func missingAndCutXML() throws {
    let folder = try TemporaryFolder()
    let missing = folder.path + "/missing.xml"
    #expect(
      throws: TopologyError.notLoaded(source: .xml(missing), reason: "hwloc can't read it: No such file or directory")
    ) { try Machine(xmlFile: missing) }
    let whole = try String(contentsOfFile: recordedPath("20s390-2g6s4c"), encoding: .utf8)
    let cut = try folder.write(String(whole.prefix(3000)), to: "cut.xml")
    #expect(throws: TopologyError.self) { try Machine(xmlFile: cut) }
    #expect(throws: TopologyError.self) { try Machine(xmlFile: folder.path) }
  }
}

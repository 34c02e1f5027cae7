import Testing

@testable import PinwheelTopology

/// How many of each a machine has.
struct Shape: Equatable, CustomStringConvertible {
  var cores, cpus, nodes, packages, caches: Int

  init(_ cores: Int, _ cpus: Int, _ nodes: Int, _ packages: Int, _ caches: Int) {
    (self.cores, self.cpus, self.nodes, self.packages, self.caches) = (cores, cpus, nodes, packages, caches)
  }

  init(_ machine: Machine) {
    self.init(
      machine.coreCount, machine.cpus.count, machine.numaNodeCount, machine.packageCount, machine.lastLevelCacheCount)
  }

  var description: String {
    "\(cores) cores, \(cpus) CPUs, \(nodes) nodes, \(packages) packages, \(caches) last-level caches"
  }
}

@Suite("Recorded machines")
struct RecordedMachineTests {
  /// Cores, CPUs, memory nodes with CPUs, packages with CPUs, outermost caches. As `hwloc-calc -N` counts them; without
  /// caches the packages count, without packages there is one, and without cores each CPU is one.
  static let shapes: [(String, Shape)] = [
    ("16amd64-8n2c-cpusets", Shape(10, 10, 3, 6, 10)),
    ("16em64t-4s2c2t-offlines", Shape(7, 12, 1, 4, 4)),
    ("192em64t-12gr2n8c2t", Shape(192, 384, 24, 24, 24)),
    ("20s390-2g6s4c", Shape(20, 20, 1, 8, 8)),
    ("256ppc-8n8s4t", Shape(64, 256, 8, 64, 64)),
    ("32amd64-4s2n4c-cgroup2", Shape(6, 6, 2, 1, 2)),
    ("48amd64-4d2n6c-sparse", Shape(48, 48, 8, 4, 8)),
    ("8intel64-4n2t-memattrs", Shape(8, 8, 4, 1, 1)),
    ("AMD-17h-Zen-2xEpyc-7451", Shape(48, 96, 1, 2, 16)),
    ("Intel-CascadeLake-2xXeon6230", Shape(40, 80, 1, 2, 2)),
    ("fakeheterocpunuma", Shape(12, 24, 4, 2, 2)),
  ]

  @Test("are counted as hwloc counts them", arguments: shapes)
  func counts(name: String, shape: Shape) throws {
    let machine = try recorded(name)
    #expect(Shape(machine) == shape)
    #expect(machine.source == .xml(try recordedPath(name)))
    #expect(machine.usable == machine.allowed)
    #expect(machine.quota == nil)
    #expect(machine.tree.cpus == machine.allowed)
    #expect(machine.cpus.allSatisfy { machine.kinds[$0.kind].cpus.contains($0.osIndex) })
  }

  @Test("keep hwloc's order of CPUs")
  func order() throws {
    let offlines = try recorded("16em64t-4s2c2t-offlines")
    #expect(offlines.cpus.map(\.osIndex) == [0, 8, 4, 12, 1, 9, 3, 11, 7, 15, 6, 10])
    #expect(offlines.cpus.map(\.coreIndex) == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 6])
    #expect(offlines.cpus.map(\.packageIndex) == [0, 0, 0, 0, 1, 1, 2, 2, 2, 2, 3, 3])
  }

  @Test("a memory node keeps its own number, gaps and all")
  func sparseNodes() throws {
    let sparse = try recorded("48amd64-4d2n6c-sparse")
    let nodes: [Int?] = [0, 1, 2, 33, 34, 45, 72, 73]
    #expect(sparse.cpus.map(\.numaNode) == nodes.flatMap { Array(repeating: $0, count: 6) })
    #expect(sparse.cpus.map(\.numaDomain) == (0..<8).flatMap { Array(repeating: $0, count: 6) })
  }

  @Test("CPUs whose memory is hidden form a domain a package, and memory without CPUs forms none")
  func hiddenMemory() throws {
    let hidden = try recorded("16amd64-8n2c-cpusets")
    #expect(hidden.cpus.map(\.osIndex) == [0, 1, 2, 3, 5, 6, 12, 13, 14, 15])
    #expect(hidden.cpus.map(\.numaNode) == [nil, nil, 1, 1, 2, 3, nil, nil, nil, nil])
    #expect(hidden.cpus.map(\.numaDomain) == [0, 0, 1, 1, 2, 3, 4, 4, 5, 5])
  }

  @Test("of nested memory nodes the innermost is the closest, and kinds of CPU are told apart")
  func nestedNodesAndKinds() throws {
    let mixed = try recorded("fakeheterocpunuma")
    func node(_ cpu: Int) -> Int? { mixed.cpus.first { $0.osIndex == cpu }?.numaNode }
    #expect([0, 3, 8, 11, 20, 23].map(node) == [0, 0, 1, 1, 3, 3])
    #expect([4, 7, 12, 19].allSatisfy { node($0) == nil })
    #expect(mixed.kinds.map(\.cpus.description) == ["12-23", "0-7", "8-11"])
    #expect(mixed.kinds.map(\.efficiency) == [nil, nil, nil])
    #expect(mixed.kinds[1].details["FrequencyMaxMHz"] == "3000")
    #expect(mixed.cpus.first { $0.osIndex == 9 }?.kind == 2)
  }

  @Test("distances between nodes are the firmware's, by the nodes' own numbers")
  func distances() throws {
    let mixed = try #require(try recorded("fakeheterocpunuma").distances)
    #expect(mixed.nodes == [0, 1, 2, 3])
    #expect(mixed.values == [[10, 20, 30, 40], [20, 10, 30, 40], [30, 30, 10, 40], [40, 40, 50, 10]])
    #expect(mixed.distance(from: 3, to: 2) == 50)
    #expect(mixed.distance(from: 2, to: 3) == 40)
    #expect(mixed.distance(from: 0, to: 9) == nil)
    let sparse = try #require(try recorded("48amd64-4d2n6c-sparse").distances)
    #expect(sparse.nodes == [0, 1, 2, 33, 34, 45, 72, 73])
    #expect(sparse.distance(from: 0, to: 33) == 22)
    #expect(sparse.distance(from: 73, to: 73) == 10)
    #expect(try recorded("256ppc-8n8s4t").distances?.distance(from: 0, to: 4) == 40)
    #expect(try recorded("AMD-17h-Zen-2xEpyc-7451").distances == nil)
    #expect(NodeDistances(nodes: [0, 1], values: [[10, 20], [20]]) == nil)
  }

  @Test("second-level caches: a module of four shares one, other cores have their own, without any it is the core")
  func secondLevelCaches() throws {
    let hybrid = try recorded("hybrid-8p8e")
    #expect(hybrid.secondLevelCacheCount == 10)
    let groups = (0..<24).map { cpu in hybrid.cpus.first { $0.osIndex == cpu }?.secondLevelCache }
    #expect(groups == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 8, 8, 9, 9, 9, 9])
    let uncached = try recorded("20s390-2g6s4c")
    #expect(uncached.cpus.map(\.secondLevelCache) == uncached.cpus.map(\.coreIndex))
  }

  @Test("CPUs that are off or hidden are known to be there")
  func presentCPUs() throws {
    let offlines = try recorded("16em64t-4s2c2t-offlines")
    #expect(offlines.present == CPUSet(0..<16))
    #expect(offlines.disallowed == [2, 5, 13, 14])
    let group = try recorded("32amd64-4s2n4c-cgroup2")
    #expect(group.present == CPUSet(0..<32))
    #expect(group.disallowed == CPUSet(6..<32))
    #expect(try recorded("cpuset-without-0").disallowed.description == "0-2,8-9,13-15")
    #expect(try recorded("AMD-17h-Zen-2xEpyc-7451").disallowed.isEmpty)
    let plan = try group.plan(PlacementRequest(workers: .auto, places: .cores, bind: .close))
    #expect(plan.unused.count == 26)
    #expect(plan.unused.allSatisfy { $0.reason == .notAllowed })
  }

  @Test(
    "the kernel's list of CPUs that are off", arguments: [("", ""), ("\n", ""), ("4-7,12\n", "4-7,12"), ("junk", "")])
  func offlineList(text: String, cpus: String) throws {
    let folder = try TemporaryFolder()
    #expect(Machine.offlineCPUs(root: folder.path).isEmpty)
    try folder.write(text, to: "sys/devices/system/cpu/offline")
    #expect(Machine.offlineCPUs(root: folder.path).description == cpus)
  }

  @Test("a machine without known kinds has one, with all CPUs")
  func oneKind() throws {
    let machine = try recorded("20s390-2g6s4c")
    #expect(machine.kinds == [Machine.CPUKind(cpus: machine.allowed, efficiency: nil, details: [:])])
  }
}

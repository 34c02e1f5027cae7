import Testing

@testable import PinwheelTopology

@Suite("Who is near whom")
struct NeighborhoodTests {
  private func neighborhood(
    _ machine: Machine, _ places: Places, _ bind: Binding = .close, workers: WorkerCount = .threads,
    order: OrderInPlace = .float
  ) throws -> Neighborhood {
    var request = PlacementRequest(workers: workers, places: places, bind: bind)
    request.order = order
    return machine.neighborhood(of: try machine.plan(request))
  }

  private func text(_ groups: [Neighborhood.Group]) -> String {
    groups.map { "\($0.bond) \($0.range)" }.joined(separator: ", ")
  }

  @Test("neighbours share a core, then a cache, then a package")
  func levels() throws {
    let found = try neighborhood(Machine(synthetic: "package:2 l3:2 l2:2 core:2 pu:2"), .threads)
    #expect(found.row == Array(0..<32))
    #expect(
      text(found.groups[13])
        == "core 12..<14, secondLevelCache 12..<16, lastLevelCache 8..<16, package 0..<16, numaDomain 0..<32")
  }

  @Test("what two levels share is one level, and a worker that is alone in its core has none there")
  func levelsThatAreAlike() throws {
    let found = try neighborhood(Machine(synthetic: "[numa] package:2 l3:1 core:3 pu:2"), .cores, workers: .auto)
    #expect(found.row == Array(0..<6))
    #expect(
      found.groups.map(text)
        == ["lastLevelCache 0..<3, numaDomain 0..<6", "lastLevelCache 3..<6, numaDomain 0..<6"].flatMap {
          [$0, $0, $0]
        })
  }

  @Test("workers keep their numbers, whatever order they take their places in")
  func rowOfOtherOrders() throws {
    let machine = try Machine(synthetic: "package:2 core:2 pu:2")
    let coresFirst = try neighborhood(machine, .sockets, order: .coresFirst)
    #expect(coresFirst.row == [0, 2, 1, 3, 4, 6, 5, 7])
    #expect(text(coresFirst.groups[1]) == "core 0..<2, lastLevelCache 0..<4, numaDomain 0..<8")
    let listed = try neighborhood(machine, .explicit([[7], [0], [6], [1], [2]]), workers: .exactly(5))
    #expect(listed.row == [1, 3, 4, 0, 2])
    #expect(text(listed.groups[0]) == "core 0..<2, lastLevelCache 0..<3, numaDomain 0..<5")
    #expect(text(listed.groups[2]) == "lastLevelCache 0..<3, numaDomain 0..<5")
    #expect(text(listed.groups[4]) == "core 3..<5, numaDomain 0..<5")
  }

  @Test("workers that float are near to whoever lies in the same part as all of their place")
  func floating() throws {
    let machine = try Machine(synthetic: "package:2 l3:2 core:2 pu:1")
    let found = try neighborhood(machine, .explicit([[0], [1, 2], [1], [3], [4, 5]]), workers: .exactly(5))
    #expect(found.row == [1, 0, 2, 3, 4])
    #expect(
      found.groups.map(text) == [
        "package 0..<4, numaDomain 0..<5", "lastLevelCache 1..<3, package 0..<4, numaDomain 0..<5",
        "lastLevelCache 1..<3, package 0..<4, numaDomain 0..<5", "package 0..<4, numaDomain 0..<5", "numaDomain 0..<5",
      ])
  }

  @Test("workers on the same CPU are as near as can be")
  func crowded() throws {
    let machine = try Machine(synthetic: "package:2 core:2 pu:1")
    let found = try neighborhood(machine, .cores, workers: .exactly(8))
    #expect(text(found.groups[5]) == "core 4..<6, lastLevelCache 4..<8, numaDomain 0..<8")
  }

  @Test("a memory node may be a part of what shares a cache, or have several caches")
  func nesting() throws {
    let clustered = try neighborhood(ZooTable("many-core-snc4").machine, .threads)
    #expect(
      clustered.groups.first.map(text)
        == "core 0..<4, secondLevelCache 0..<8, numaDomain 0..<64, package 0..<256")
    let halved = try neighborhood(Machine(synthetic: "package:2 l3:1 group:2 [numa] core:2 pu:1"), .threads)
    #expect(halved.groups.last.map(text) == "numaDomain 6..<8, lastLevelCache 4..<8, pool 0..<8")
    for (name, inner, outer) in [
      ("epyc-nps4", Neighborhood.Bond.lastLevelCache, Neighborhood.Bond.numaDomain),
      ("epyc-7451-2s", .lastLevelCache, .numaDomain), ("epyc-9654-2s", .lastLevelCache, .numaDomain),
    ] {
      let groups = try #require(neighborhood(ZooTable(name).machine, .threads).groups.first)
      let first = try #require(groups.firstIndex { $0.bond == inner })
      let second = groups.firstIndex { $0.bond == outer }
      #expect(second.map { first < $0 } == true, "\(name): \(text(groups))")
    }
  }

  // MARK: Distances

  /// As many nodes as the matrix has rows, all in a package of their own, or so many in one.
  private func machine(_ values: [[UInt64]], nodesAPackage: Int = 1, coresANode: Int = 2) throws -> Machine {
    let inner = nodesAPackage == 1 ? "[numa]" : "group:\(nodesAPackage) [numa]"
    var machine = try Machine(
      synthetic: "package:\(values.count / nodesAPackage) \(inner) core:\(coresANode) pu:1")
    machine.distances = NodeDistances(nodes: Array(values.indices), values: values)
    return machine
  }

  @Test("beyond its node a worker is nearer to those on nodes that are near")
  func nearNodes() throws {
    // Recorded: pairs of nodes at 20, all others at 40.
    let power = try neighborhood(recorded("256ppc-8n8s4t"), .threads)
    #expect(power.row == Array(0..<256))
    #expect(text(power.groups[70]) == "core 68..<72, numaDomain 64..<96, nearDomains 64..<128, pool 0..<256")
    #expect(power.groups.allSatisfy { $0.count { $0.bond == .nearDomains } == 1 })

    // Who is near does not go by numbers.
    let crossed: [[UInt64]] = [[10, 30, 12, 30], [30, 10, 30, 12], [12, 30, 10, 30], [30, 12, 30, 10]]
    let found = try neighborhood(machine(crossed), .cores)
    #expect(found.row == [0, 1, 4, 5, 2, 3, 6, 7])
    let inner = [
      "0..<2, nearDomains 0..<4", "2..<4, nearDomains 0..<4", "4..<6, nearDomains 4..<8", "6..<8, nearDomains 4..<8",
    ]
    let expected = inner.flatMap { Array(repeating: "lastLevelCache \($0), pool 0..<8", count: 2) }
    #expect(found.groups.map(text) == expected)
    // One worker a node: distances are all that tells some from others.
    let few = try neighborhood(machine(crossed), .numaDomains, .spread, workers: .exactly(4))
    #expect(few.row == [0, 2, 1, 3] && few.groups.map(text).allSatisfy { $0.hasPrefix("nearDomains ") })
  }

  @Test("packages may be near each other, too, and are left whole")
  func nearPackages() throws {
    // Two nodes a package. Packages 0 and 2 are neighbours, and 1 and 3.
    func distance(_ from: Int, _ to: Int) -> UInt64 {
      if from == to { return 10 }
      if from / 2 == to / 2 { return 12 }
      return from / 2 % 2 == to / 2 % 2 ? 20 : 32
    }
    let values = (0..<8).map { from in (0..<8).map { to in distance(from, to) } }
    let found = try neighborhood(machine(values, nodesAPackage: 2, coresANode: 1), .cores)
    #expect(found.row == [0, 1, 4, 5, 2, 3, 6, 7])
    #expect(text(found.groups[2]) == "lastLevelCache 2..<4, nearDomains 0..<4, pool 0..<8")
    // A node that is nearer than the package's other one is no reason to break the package up.
    var strange = values
    (strange[0][2], strange[2][0]) = (11, 11)
    let kept = try neighborhood(machine(strange, nodesAPackage: 2, coresANode: 1), .cores)
    #expect(kept.row.prefix(2) == [0, 1] && text(kept.groups[1]).hasPrefix("lastLevelCache 0..<2, "))
  }

  @Test("in a ring each has its neighbours, as far as a row can have them")
  func ring() throws {
    let values: [[UInt64]] = [[10, 20, 30, 20], [20, 10, 20, 30], [30, 20, 10, 20], [20, 30, 20, 10]]
    let found = try neighborhood(machine(values, coresANode: 1), .cores)
    #expect(found.row == [0, 1, 2, 3])
    #expect(
      found.groups.map(text) == [
        "nearDomains 0..<2, pool 0..<4", "nearDomains 0..<3, pool 0..<4", "nearDomains 1..<4, pool 0..<4",
        "nearDomains 2..<4, pool 0..<4",
      ])
  }

  @Test("distances that are alike are one, and tell nothing about two nodes")
  func alikeDistances() throws {
    #expect(Neighborhood.classes(of: []) == [] && Neighborhood.classes(of: [20]) == [])
    #expect(Neighborhood.classes(of: [20, 40]) == [20] && Neighborhood.classes(of: [50, 65, 79]) == [50, 65])
    #expect(Neighborhood.classes(of: [11, 12, 20, 21, 22, 32, 33]) == [12, 22])
    #expect(Neighborhood.classes(of: [0, .max, 1]) == [0, 1])
    for values in [[[10, 21], [21, 10]], [[10, 20, 20], [20, 10, 20], [20, 20, 10]]] as [[[UInt64]]] {
      var alone = try machine(values)
      let found = try neighborhood(alone, .cores)
      alone.distances = nil
      #expect(try found == neighborhood(alone, .cores))
    }
  }

  @Test("where nodes are not told of there is no distance")
  func unknownDistances() throws {
    var known = try machine([[10, 12, 30], [12, 10, 30], [30, 30, 10]], coresANode: 1)
    #expect(try neighborhood(known, .cores).groups.map(text).first == "nearDomains 0..<2, pool 0..<3")
    known.distances = NodeDistances(nodes: [7, 8, 9], values: [[10, 12, 30], [12, 10, 30], [30, 30, 10]])
    #expect(try neighborhood(known, .cores) == Neighborhood())
  }

  @Test("workers that float over several nodes are near to no other node")
  func floatingOverNodes() throws {
    let known = try machine([[10, 12, 30], [12, 10, 30], [30, 30, 10]], coresANode: 1)
    let found = try neighborhood(known, .explicit([[0], [0, 1], [1], [2]]), workers: .exactly(4))
    #expect(found.row == [1, 0, 2, 3])
    #expect(
      found.groups.map(text) == [
        "pool 0..<4", "nearDomains 1..<3, pool 0..<4", "nearDomains 1..<3, pool 0..<4", "pool 0..<4",
      ])
  }

  @Test(
    "a large machine's neighbours are as near as its firmware says",
    arguments: [
      "192em64t-12gr2n8c2t", "48amd64-4d2n6c-sparse", "256ppc-8n8s4t", "fakeheterocpunuma",
    ])
  func recordedDistances(name: String) throws {
    let machine = try recorded(name)
    let distances = try #require(machine.distances)
    let plan = try machine.plan(workers: .threads, places: .threads, bind: .close)
    let found = machine.neighborhood(of: plan)
    let nodes = found.row.map { machine.node(of: plan.seats[$0].place) }
    for (position, groups) in found.groups.enumerated() {
      let near = groups.filter { $0.bond == .nearDomains }
      #expect(near.count <= 2)
      guard let from = nodes[position] else {
        #expect(near.isEmpty, "\(position) has no node")
        continue
      }
      let to = { (other: Int) in nodes[other].flatMap { distances.distance(from: from, to: $0) } ?? .max }
      for group in near {
        let farthest = group.range.map(to).max() ?? 0
        // Whoever stands right beside it is farther away, so that none is left out without need.
        for other in [group.range.lowerBound - 1, group.range.upperBound] where found.row.indices.contains(other) {
          #expect(to(other) > farthest, "\(position): \(group)")
        }
      }
    }
    #expect(found.groups.contains { $0.contains { $0.bond == .nearDomains } })
  }

  @Test("where nothing tells some from others there is no row")
  func nothingToTell() throws {
    let machine = try Machine(synthetic: "package:2 core:2 pu:2")
    #expect(try neighborhood(machine, .threads, .none) == Neighborhood())
    #expect(try neighborhood(machine, .threads, .primary, workers: .exactly(4)) == Neighborhood())
    #expect(try neighborhood(machine, .sockets, .spread, workers: .exactly(2)) == Neighborhood())
    #expect(try neighborhood(machine, .cores, workers: .exactly(1)) == Neighborhood())
    #expect(try neighborhood(Machine(synthetic: "core:8 pu:1"), .cores) == Neighborhood())
  }

  @Test("on every machine each part's workers stand side by side", arguments: try ZooTable.names())
  func zoo(name: String) throws {
    let table = try ZooTable(name)
    for row in table.rows where row.request.bind != .none {
      var machine = table.machine
      machine.rank = row.rank
      let plan = try machine.plan(row.request)
      let found = machine.neighborhood(of: plan)
      let count = plan.seats.count
      if found.row.isEmpty { continue }
      #expect(found.row.sorted() == Array(0..<count), "\(row)")
      #expect(found.groups.count == count)
      let wrong = found.groups.enumerated().filter { position, groups in
        var inner = position..<(position + 1)
        return groups.last?.range != 0..<count
          || !groups.allSatisfy { group in
            defer { inner = group.range }
            return group.range != inner && group.range.clamped(to: inner) == inner
          }
      }
      #expect(wrong.isEmpty, "\(row)")
      let positions = Dictionary(uniqueKeysWithValues: found.row.enumerated().map { ($1, $0) })
      for part in [\Machine.CPU.coreIndex, \.secondLevelCache, \.lastLevelCache, \.numaDomain, \.packageIndex] {
        var partOf: [Int: CPUSet] = [:]
        for cpus in machine.groups(by: part, in: machine.allowed) { for cpu in cpus { partOf[cpu] = cpus } }
        let within = Dictionary(grouping: plan.seats) { seat -> CPUSet in
          let part = seat.place.first { _ in true }.flatMap { partOf[$0] } ?? []
          return seat.place.isSubset(of: part) ? part : []
        }
        for (cpus, seats) in within where !cpus.isEmpty && seats.count > 1 {
          let members = seats.compactMap { positions[$0.worker] }.sorted()
          guard let first = members.first, let last = members.last else { continue }
          #expect(last - first + 1 == members.count, "\(row): \(cpus) at \(members)")
          #expect(
            members.allSatisfy { found.groups[$0].contains { $0.range == first..<(last + 1) } }, "\(row): \(cpus)")
        }
      }
    }
  }
}

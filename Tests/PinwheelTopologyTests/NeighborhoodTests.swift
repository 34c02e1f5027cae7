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

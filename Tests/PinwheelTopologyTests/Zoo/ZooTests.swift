import Foundation
import Testing

@testable import PinwheelTopology

/// Placement on many machines, by tables that people can check and by rules that hold for all of them.
@Suite("The zoo")
struct ZooTests {
  @Test("has at least 25 machines, of the sorts that go wrong elsewhere")
  func size() throws {
    let names = try ZooTable.names()
    #expect(names.count >= 25)
    let machines = try names.map { try ZooTable($0).machine }
    #expect(machines.contains { $0.cpus.count == 2048 })
    #expect(machines.contains { $0.cpus.count == 1 })
    #expect(machines.contains { $0.kinds.count == 3 && $0.kinds.allSatisfy { $0.efficiency != nil } })
    #expect(machines.contains { $0.tree.count { $0.kind == "Package" } == 0 })
    #expect(machines.contains { !$0.usable.contains(0) })
    #expect(machines.contains { $0.present != $0.allowed })
  }

  @Test("has the places that its tables say", arguments: try ZooTable.names())
  func places(name: String) throws {
    let table = try ZooTable(name)
    #expect(table.places.map(\.word) == ["cores", "ll_caches", "numa_domains", "sockets"])
    for (word, places) in table.places {
      let kind = try #require(ZooTable.kinds[word])
      #expect(table.machine.resolve(kind, in: table.machine.usable) == places, "\(word)")
    }
    let cores = try #require(table.places.first).places
    #expect(
      table.machine.resolve(.threads, in: table.machine.usable) == cores.flatMap { $0.map { [$0] as CPUSet } },
      "threads are the cores' CPUs in turn")
  }

  @Test("puts each worker where its tables say", arguments: try ZooTable.names())
  func seats(name: String) throws {
    let table = try ZooTable(name)
    #expect(table.rows.count >= 20)
    for row in table.rows {
      var machine = table.machine
      machine.rank = row.rank
      let plan = try machine.plan(row.request)
      #expect(plan.seats.map(\.place) == row.seats, "\(row)")
      #expect(plan.rank == row.rank, "\(row)")
    }
  }

  // MARK: What holds everywhere

  @Test("places partition the usable CPUs and lie within one object of the tree", arguments: try ZooTable.names())
  func partition(name: String) throws {
    let machine = try ZooTable(name).machine
    // Straight from the tree: the CPUs of each object of a type.
    func objects(_ kind: String) -> [CPUSet] {
      func collect(_ node: MachineNode) -> [CPUSet] {
        (node.kind == kind ? [node.cpus] : []) + node.children.flatMap(collect)
      }
      return collect(machine.tree).map { $0.intersection(machine.usable) }.filter { !$0.isEmpty }
    }
    for (kind, type) in [(Places.cores, "Core"), (.sockets, "Package"), (.threads, "PU")] {
      let places = machine.resolve(kind, in: machine.usable)
      #expect(places.reduce(0) { $0 + $1.count } == machine.usable.count)
      #expect(CPUSet(places.flatMap { Array($0) }) == machine.usable)
      let objects = objects(type)
      if CPUSet(objects.flatMap { Array($0) }) == machine.usable { #expect(places == objects, "\(type)") }
    }
    for kind in [Places.llCaches, .numaDomains] {
      let places = machine.resolve(kind, in: machine.usable)
      #expect(places.reduce(0) { $0 + $1.count } == machine.usable.count)
      #expect(CPUSet(places.flatMap { Array($0) }) == machine.usable)
      // A core is never cut.
      for core in machine.resolve(.cores, in: machine.usable) {
        #expect(places.contains { core.isSubset(of: $0) })
      }
    }
  }

  @Test("keeps OpenMP's rules for every count of workers", arguments: try ZooTable.names())
  func openMP(name: String) throws {
    let machine = try ZooTable(name).machine
    let isLarge = machine.cpus.count > 256
    for places in ZooTable.kinds.values {
      let count = machine.resolve(places, in: machine.usable).count
      for bind in [Binding.primary, .close, .spread] {
        for workers
          in (isLarge ? [3, 7, count + 1] : Set([1, 2, 3, 5, 7, count - 1, count, count + 1, 2 * count + 1]))
        where (1...300).contains(workers) {
          let plan = try machine.plan(workers: .exactly(workers), places: places, bind: bind)
          let indices = plan.seats.compactMap(\.placeIndex)
          #expect(indices.count == workers)
          #expect(
            OpenMPRules.broken(by: indices, places: plan.places.count, bind: bind) == [],
            "\(workers) \(places) \(bind)")
          #expect(plan.seats.allSatisfy { seat in plan.places[seat.placeIndex ?? 0] == seat.place })
        }
      }
    }
  }

  /// Each rule alone and all together.
  static let requests: [PlacementRequest] = {
    var requests: [PlacementRequest] = []
    for bind in Binding.allCases {
      for smt in SMTChoice.allCases {
        for reserve in [Reservation.nothing, .corePerNode] {
          for kinds in CPUKindChoice.allCases {
            var request = PlacementRequest(places: .llCaches, bind: bind)
            (request.smt, request.reserve, request.kinds) = (smt, reserve, kinds)
            request.order = kinds == .all ? .coresFirst : .float
            requests.append(request)
          }
        }
      }
    }
    return requests
  }()

  @Test("every CPU is used or says why not, and no rule is broken", arguments: try ZooTable.names())
  func everyCPU(name: String) throws {
    let machine = try ZooTable(name).machine
    // On large machines some of the combinations will do.
    let step = machine.cpus.count > 256 ? 5 : 1
    for request in stride(from: 0, to: Self.requests.count, by: step).map({ Self.requests[$0] }) {
      let plan: PlacementPlan
      do throws(TopologyError) {
        plan = try machine.plan(request)
      } catch {
        guard case .nothingLeft(_, let unused) = error else { throw error }
        #expect(CPUSet(unused.map(\.osIndex)) == machine.usable)
        continue
      }
      let used = CPUSet(Set(plan.seats.map(\.place)).flatMap { Array($0) })
      #expect(!used.isEmpty && used.isSubset(of: machine.usable))
      #expect(plan.unused.map(\.osIndex) == Array(machine.present.subtracting(used)))
      #expect(plan.unused.allSatisfy { !$0.description.isEmpty })
      if request.smt == .one {
        let cores = machine.cpus.filter { used.contains($0.osIndex) }.map(\.coreIndex)
        #expect(cores.count == Set(cores).count, "one thread a core")
      }
      let isRanked = machine.kinds.allSatisfy { $0.efficiency != nil }
      if isRanked, machine.kinds.count > 1, request.kinds != .all {
        let fastest = machine.kinds.count - 1
        #expect(
          machine.cpus.filter { used.contains($0.osIndex) }.allSatisfy {
            ($0.kind == fastest) == (request.kinds == .performance)
          })
      }
      if request.reserve == .corePerNode {
        for domain in Set(machine.cpus.map(\.numaDomain)) {
          let first = machine.cpus.first { $0.numaDomain == domain }
          #expect(!machine.cpus.contains { $0.coreIndex == first?.coreIndex && used.contains($0.osIndex) })
        }
      }
    }
  }

  @Test("ranks share a machine without overlap and leave nothing", arguments: try ZooTable.names())
  func ranks(name: String) throws {
    var machine = try ZooTable(name).machine
    guard machine.usable == machine.allowed else { return }
    for count in [2, 3, 4, 7] where count <= machine.usable.count {
      var taken = CPUSet()
      for rank in 0..<count {
        machine.rank = LocalRank(rank: rank, count: count, source: "PMI_LOCAL_RANK")
        let plan = try machine.plan(PlacementRequest(places: .threads, bind: .none))
        let mine = plan.seats[0].place
        #expect(taken.intersection(mine).isEmpty)
        taken = taken.union(mine)
      }
      #expect(taken == machine.usable)
    }
  }
}

import PinwheelTopology
import Testing

@testable import Pinwheel

/// Whose worker is whose: one plan, shared out. Values, on machines that are not there.
struct PlanShareTests {
  /// Two nodes of four cores with two threads each: {0,1} {2,3} {4,5} {6,7} | {8,9} ... {14,15}.
  private func plan(
    _ workers: WorkerCount = .auto, on machine: Machine, _ adjust: (inout PlacementRequest) -> Void = { _ in }
  ) throws -> PlacementPlan {
    var request = PlacementRequest(workers: workers, places: .cores, bind: .close)
    adjust(&request)
    return try machine.plan(request)
  }

  private func twoNodes() throws -> Machine { try Machine(synthetic: "package:2 [numa] core:4 pu:2") }

  @Test func eachWorkerIsInOneShare() throws {
    let machine = try twoNodes()
    let whole = try plan(on: machine)
    let shares = try PlanShares(whole, lending: [1], on: machine)
    #expect(shares.own.seats.map(\.place) == [[0, 1], [2, 3], [4, 5], [6, 7]])
    #expect(shares.arenas.map { $0.seats.map(\.place) } == [[[8, 9], [10, 11], [12, 13], [14, 15]]])
    // Numbered from 0, with the index of the place and the reason that they have in the plan.
    #expect(shares.arenas[0].seats.map(\.worker) == [0, 1, 2, 3])
    #expect(shares.arenas[0].seats.map(\.placeIndex) == [4, 5, 6, 7])
    #expect(shares.arenas[0].seats[0].reason == "close: place 5 of 8 (cores)")
    #expect(
      shares.own.workerCountReason == "auto: one for each of 8 usable cores, 4 of them in an arena")
    #expect(shares.arenas[0].workerCountReason == "4 of its pool's 8 workers: on NUMA node 1")
    #expect(shares.own.unused.map(\.description).first == "CPU 8: the arena of NUMA node 1 has it")
    #expect(shares.own.unused.map(\.osIndex) == Array(8..<16))
    #expect(
      shares.arenas[0].unused == (0..<8).map { UnusedCPU(osIndex: $0, reason: .notLent) })
  }

  @Test func nothingLentIsThePlanItself() throws {
    let machine = try twoNodes()
    let whole = try plan(on: machine)
    let shares = try PlanShares(whole, lending: [], on: machine)
    #expect(shares.own == whole && shares.arenas.isEmpty)
  }

  /// The last worker of the node that was lent last stays, and whoever is lent first has all of its own.
  @Test func thePoolKeepsOne() throws {
    let machine = try twoNodes()
    for nodes in [[0, 1], [1, 0]] {
      let shares = try PlanShares(plan(on: machine), lending: nodes, on: machine)
      #expect(shares.arenas.map(\.seats.count) == [4, 3])
      #expect(shares.own.seats.map(\.place) == [nodes == [0, 1] ? [14, 15] : [6, 7]])
      #expect(shares.own.seats.map(\.worker) == [0])
      // What each has not, somebody else has.
      #expect(shares.arenas[1].unused.filter { $0.reason == .lent(node: nodes[0]) }.count == 8)
      #expect(shares.arenas[1].unused.filter { $0.reason == .notLent }.count == 2)
    }
    let one = try Machine(synthetic: "core:2 pu:1")
    let shares = try PlanShares(plan(on: one), lending: [0], on: one)
    #expect(shares.arenas[0].seats.map(\.place) == [[0]] && shares.own.seats.map(\.place) == [[1]])
  }

  @Test func anArenaWithoutWorkersIsAnError() throws {
    let machine = try twoNodes()
    let small = try plan(.exactly(1), on: machine)
    #expect(throws: ArenaError.lastWorker(node: 0)) { try PlanShares(small, lending: [0], on: machine) }
    #expect(throws: ArenaError.leftWithout(node: 1)) { try PlanShares(small, lending: [1], on: machine) }
    let free = try plan(on: machine) { $0.bind = .none }
    #expect(throws: ArenaError.leftWithout(node: 0)) { try PlanShares(free, lending: [0], on: machine) }
    let five = try plan(.exactly(5), on: machine)
    #expect(throws: ArenaError.lastWorker(node: 1)) { try PlanShares(five, lending: [0, 1], on: machine) }
    #expect(try PlanShares(five, lending: [0], on: machine).own.seats.map(\.place) == [[8, 9]])
  }

  /// A place that reaches over nodes is no node's.
  @Test func wideWorkersStay() throws {
    let machine = try Machine(synthetic: "package:2 group:2 [numa] core:2 pu:1")
    let wide = try plan(.exactly(4), on: machine) { $0.places = .explicit([[0, 1], [2, 3, 4, 5], [6, 7]]) }
    // Of four workers on three places two are on the first.
    #expect(wide.seats.map { machine.node(of: $0) } == [0, 0, nil, 3])
    #expect(throws: ArenaError.leftWithout(node: 1)) { try PlanShares(wide, lending: [1], on: machine) }
    let shares = try PlanShares(wide, lending: [0, 3], on: machine)
    #expect(shares.own.seats.map(\.place) == [[2, 3, 4, 5]])
    #expect(shares.arenas.map(\.seats.count) == [2, 1])
  }

  /// By the operating system's numbers, whatever the order and the gaps.
  @Test func nodesGoByTheirNumbers() throws {
    let machine = try Machine(synthetic: "package:3 [numa(indexes=8,0,4)] core:2 pu:1")
    #expect(machine.nodes == [0, 4, 8])
    #expect(machine.cpus(ofNode: 8) == [0, 1] && machine.cpus(ofNode: 1) == [])
    #expect(machine.node(of: [4, 5]) == 4 && machine.node(of: [1, 2]) == nil && machine.node(of: []) == nil)
    let shares = try PlanShares(plan(on: machine), lending: [0], on: machine)
    #expect(shares.arenas[0].seats.map(\.place) == [[2], [3]])
  }

  /// Every share of every machine, number of workers and set of nodes: each worker in one, places as planned.
  @Test func sharesAddUp() throws {
    for description in ["package:4 [numa] core:3 pu:2", "package:2 group:2 [numa] core:2 pu:1", "core:4 pu:2"] {
      let machine = try Machine(synthetic: description)
      for workers in 1...30 {
        for bind in [Binding.close, .spread, .primary] {
          let whole = try plan(.exactly(workers), on: machine) { $0.bind = bind }
          let manned = Set(whole.seats.compactMap { machine.node(of: $0) }).sorted()
          for lent in 0...manned.count {
            let nodes = Array(manned.shuffled().prefix(lent))
            guard let shares = try? PlanShares(whole, lending: nodes, on: machine) else {
              // All are on these nodes, and the last has but the one that stays.
              #expect(lent == manned.count)
              #expect(whole.seats.filter { machine.node(of: $0) == nodes.last }.count == 1)
              continue
            }
            #expect(!shares.own.seats.isEmpty && shares.arenas.allSatisfy { !$0.seats.isEmpty })
            let all = (shares.arenas.flatMap(\.seats) + shares.own.seats).map(\.place.description).sorted()
            #expect(all == whole.seats.map(\.place.description).sorted())
            for (node, arena) in zip(nodes, shares.arenas) {
              #expect(arena.seats.allSatisfy { machine.node(of: $0) == node })
              #expect(arena.seats.map(\.worker) == Array(arena.seats.indices))
            }
            for share in shares.arenas + [shares.own] {
              let seen = share.unused.map(\.osIndex) + Array(share.taken)
              #expect(seen.sorted() == Array(machine.present))
            }
          }
        }
      }
    }
  }
}

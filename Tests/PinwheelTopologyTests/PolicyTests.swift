import Foundation
import Testing

@testable import PinwheelTopology

/// What is beyond OpenMP's rules: kinds, hardware threads, reserved CPUs, order within a place, and why CPUs stay unused.
@Suite("Policies of a plan")
struct PolicyTests {
  /// Cores {0,1} {2,3} {4,5} {6,7} | {8,9} {10,11} {12,13} {14,15}; a memory node a package.
  func machine(usable: CPUSet? = nil, quota: Double? = nil) throws -> Machine {
    try Machine(
      synthetic: "package:2 [numa] core:4 pu:2", usable: usable,
      quota: quota.map { CPUQuota(cpus: $0, source: "/sys/fs/cgroup/app/cpu.max") })
  }

  /// Two fast cores with two threads each, {0,1} {2,3}, and four slow ones, 4 to 7.
  func hybrid(ranked: Bool = true) -> Machine {
    let cpu = { (number: Int) in
      MachineNode(kind: "PU", osIndex: number, label: "CPU \(number)", cpus: [number])
    }
    let core = { (cpus: [Int]) in
      MachineNode(kind: "Core", label: "Core", cpus: CPUSet(cpus), children: cpus.map(cpu))
    }
    let cores = [core([0, 1]), core([2, 3])] + (4..<8).map { core([$0]) }
    return Machine(
      source: .real, tree: MachineNode(kind: "Machine", label: "Machine", cpus: CPUSet(0..<8), children: cores),
      kinds: [
        .init(cpus: CPUSet(4..<8), efficiency: ranked ? 0 : nil, details: ["CoreType": "IntelAtom"]),
        .init(cpus: CPUSet(0..<4), efficiency: ranked ? 1 : nil, details: ["CoreType": "IntelCore"]),
      ])
  }

  func reasons(_ plan: PlacementPlan) -> [Int: UnusedCPU.Reason] {
    Dictionary(uniqueKeysWithValues: plan.unused.map { ($0.osIndex, $0.reason) })
  }

  // MARK: Kinds

  @Test("kinds: the fastest kind is performance, all others are efficiency")
  func kinds() throws {
    var request = PlacementRequest(places: .cores, bind: .close)
    #expect(try hybrid().plan(request).seats.map(\.place) == [[0, 1], [2, 3], [4], [5], [6], [7]])
    request.kinds = .performance
    let fast = try hybrid().plan(request)
    #expect(fast.seats.map(\.place) == [[0, 1], [2, 3]])
    #expect(
      reasons(fast) == [
        4: .otherKind(.performance), 5: .otherKind(.performance), 6: .otherKind(.performance),
        7: .otherKind(.performance),
      ])
    request.kinds = .efficiency
    #expect(try hybrid().plan(request).seats.map(\.place) == [[4], [5], [6], [7]])
  }

  @Test("kinds that nothing ranks are all used, with a warning; of alike CPUs only the frugal ones are missed")
  func unrankedKinds() throws {
    var request = PlacementRequest(places: .cores, bind: .close)
    request.kinds = .performance
    let plan = try hybrid(ranked: false).plan(request)
    #expect(plan.seats.count == 6)
    #expect(plan.warnings == [.kindsNotRanked(.performance)])
    #expect(
      plan.warnings[0].description
        == "kinds=performance has no effect: the machine has several kinds of CPU, but nothing tells which is faster")
    for kinds in CPUKindChoice.allCases {
      request.kinds = kinds
      let plan = try machine().plan(request)
      #expect(plan.seats.count == 8)
      #expect(plan.warnings == (kinds == .efficiency ? [.kindsAlike(.efficiency)] : []))
    }
  }

  @Test("a kind that the mask leaves no CPU of is an error that says so")
  func noneOfTheKind() throws {
    var machine = hybrid()
    machine.usable = [4, 5]
    var request = PlacementRequest(bind: .close)
    request.kinds = .performance
    let error = #expect(throws: TopologyError.self) { try machine.plan(request) }
    #expect(
      error?.description
        == "no CPU to place workers on: of CPUs 4-5 none is left (4-5: not one of the performance CPUs)")
  }

  // MARK: Hardware threads

  @Test("smt one takes the first usable thread of each core")
  func oneThread() throws {
    var request = PlacementRequest(workers: .threads, places: .cores, bind: .close)
    request.smt = .one
    let plan = try machine(usable: [1, 2, 3, 8, 9]).plan(request)
    #expect(plan.places == [[1], [2], [8]])
    #expect(plan.seats.map(\.place) == [[1], [2], [8]], "threads are counted after siblings are left out")
    #expect(reasons(plan)[3] == .sibling(of: 2))
    #expect(reasons(plan)[9] == .sibling(of: 8))
    #expect(reasons(plan)[0] == .notInMask)
    #expect(
      plan.unused.first { $0.osIndex == 3 }?.description
        == "CPU 3: a hardware thread of the core of CPU 2, and one a core is used")
  }

  @Test("smt one on wider places, and unbound")
  func oneThreadElsewhere() throws {
    var request = PlacementRequest(workers: .exactly(2), places: .sockets, bind: .spread)
    request.smt = .one
    #expect(try machine().plan(request).seats.map(\.place) == [[0, 2, 4, 6], [8, 10, 12, 14]])
    request.bind = .none
    let plan = try machine().plan(request)
    #expect(plan.seats.map(\.place) == [[0, 2, 4, 6, 8, 10, 12, 14], [0, 2, 4, 6, 8, 10, 12, 14]])
    #expect(plan.needsPinning, "or they would move to the siblings")
    #expect(plan.seats[0].reason == "not bound, but kept to CPUs 0,2,4,6,8,10,12,14")
  }

  // MARK: Reserved CPUs

  @Test("reserved CPUs are nobody's place, by number and by node")
  func reserved() throws {
    var request = PlacementRequest(places: .cores, bind: .close)
    request.reserve = .cpus([0, 2, 3, 99])
    let plan = try machine().plan(request)
    #expect(plan.seats.map(\.place) == [[1], [4, 5], [6, 7], [8, 9], [10, 11], [12, 13], [14, 15]])
    #expect(reasons(plan) == [0: .reserved, 2: .reserved, 3: .reserved])
    #expect(plan.warnings == [.reservedCPUsMissing([99], present: CPUSet(0..<16))])
    request.reserve = .corePerNode
    #expect(
      try machine().plan(request).places == [[2, 3], [4, 5], [6, 7], [10, 11], [12, 13], [14, 15]])
  }

  @Test("the first core of a node is the machine's, whatever the mask of the process")
  func reservedOutsideOfTheMask() throws {
    var request = PlacementRequest(places: .cores, bind: .close)
    request.reserve = .corePerNode
    let plan = try machine(usable: [2, 3, 8, 9, 10]).plan(request)
    #expect(plan.places == [[2, 3], [10]])
    #expect(reasons(plan)[0] == .notInMask)
    #expect(reasons(plan)[8] == .reserved)
  }

  @Test("reserving everything is an error with each reason")
  func allReserved() throws {
    var request = PlacementRequest(places: .explicit([[0, 1], [4, 200]]), bind: .close)
    request.reserve = .cpus([0, 4])
    request.smt = .one
    #expect(try machine().plan(request).places == [[1]], "the sibling of a reserved CPU is not reserved")
    request.reserve = .cpus(CPUSet(0..<16))
    let error = #expect(throws: TopologyError.self) { try machine().plan(request) }
    #expect(
      error?.description
        == "no CPU to place workers on: of CPUs 0-1,4,200 none is left (0-1,4: reserved for others)")
  }

  // MARK: Order within a place

  @Test("order gives each worker of a place a CPU of it")
  func order() throws {
    let expected: [(OrderInPlace, [Int])] = [
      (.coresFirst, [0, 2, 4, 6, 1, 3, 5, 7, 0]), (.siblingsFirst, [0, 1, 2, 3, 4, 5, 6, 7, 0]),
      (.byNumber, [0, 1, 2, 3, 4, 5, 6, 7, 0]),
    ]
    for (order, cpus) in expected {
      var request = PlacementRequest(workers: .exactly(9), places: .sockets, bind: .primary)
      request.order = order
      let plan = try machine().plan(request)
      #expect(plan.seats.map(\.place) == cpus.map { [$0] })
      #expect(plan.seats.allSatisfy { $0.placeIndex == 0 })
    }
  }

  @Test("orders differ where numbers do not follow the cores")
  func orderOnInterleavedNumbers() throws {
    // Cores {0,4} {2,6} | {1,5} {3,7}.
    let machine = try Machine(synthetic: "package:2 core:2 pu:2(indexes=0,4,2,6,1,5,3,7)")
    for (order, cpus) in [
      (OrderInPlace.coresFirst, [0, 2, 4, 1, 3, 5]), (.siblingsFirst, [0, 4, 2, 1, 5, 3]),
      (.byNumber, [0, 2, 4, 1, 3, 5]),
    ] {
      var request = PlacementRequest(workers: .exactly(6), places: .sockets, bind: .close)
      request.order = order
      let plan = try machine.plan(request)
      #expect(plan.seats.map(\.place) == cpus.map { [$0] })
      #expect(reasons(plan) == [6: .notTaken(place: 0), 7: .notTaken(place: 1)])
    }
    var request = PlacementRequest(workers: .exactly(1), places: .sockets, bind: .close)
    request.order = .coresFirst
    #expect(try machine.plan(request).seats[0].reason == "close: place 1 of 2 (sockets), CPU 0 of it (cores_first)")
  }

  // MARK: Ranks

  func rank(_ rank: Int, of count: Int, promised: Int? = nil) -> LocalRank {
    LocalRank(rank: rank, count: count, source: "SLURM_LOCALID", cpusPerRank: promised)
  }

  @Test("ranks share out whole cores, evenly, in topological order")
  func ranks() throws {
    for count in 1...8 {
      var slices: [CPUSet] = []
      for index in 0..<count {
        var machine = try machine()
        machine.rank = rank(index, of: count)
        let plan = try machine.plan(PlacementRequest(places: .cores, bind: .close))
        #expect(plan.seats.count == 8 / count || plan.seats.count == 8 / count + 1)
        #expect(plan.rank == (count == 1 ? nil : machine.rank))
        slices.append(plan.places.reduce(CPUSet()) { $0.union($1) })
      }
      #expect(slices.reduce(0) { $0 + $1.count } == 16)
      #expect(slices.reduce(CPUSet()) { $0.union($1) } == CPUSet(0..<16))
    }
  }

  @Test("a rank says that it is one, and who has the rest")
  func rankReasons() throws {
    var machine = try machine(quota: 6)
    machine.rank = rank(1, of: 2)
    let plan = try machine.plan(PlacementRequest())
    #expect(plan.seats.map(\.place) == Array(repeating: CPUSet(8..<16), count: 3))
    #expect(plan.needsPinning)
    #expect(plan.workerBound == .quota)
    #expect(
      plan.workerCountReason
        == "auto: /sys/fs/cgroup/app/cpu.max grants the time of 3.0 CPUs to each rank, less than the 4 usable cores, "
        + "as rank 1 of 2 on this machine (SLURM_LOCALID)")
    #expect(plan.quota == CPUQuota(cpus: 3, source: "/sys/fs/cgroup/app/cpu.max"))
    #expect(
      try machine.plan(PlacementRequest(workers: .exactly(2))).workerCountReason
        == "2 asked for, as rank 1 of 2 on this machine (SLURM_LOCALID)")
    #expect(plan.unused.map(\.osIndex) == Array(0..<8))
    #expect(
      plan.unused[0].description
        == "CPU 0: left to the other ranks: this is rank 1 of 2 on this machine (SLURM_LOCALID)")
  }

  @Test("a mask of the launcher's is the slice already, and so is one no larger than promised")
  func rankWithMask() throws {
    for (usable, promised, isSliced) in [(8, nil, false), (16, nil, true), (16, 4, true), (16, 16, false)]
      as [(Int, Int?, Bool)]
    {
      var machine = try machine(usable: CPUSet(0..<usable))
      machine.rank = rank(0, of: 2, promised: promised)
      #expect((try machine.plan(PlacementRequest(bind: .close)).rank != nil) == isSliced)
      var request = PlacementRequest(bind: .close)
      request.ranks = .off
      #expect(try machine.plan(request).rank == nil)
    }
  }

  @Test("more ranks than cores share out hardware threads, more ranks than CPUs share CPUs and hear so")
  func manyRanks() throws {
    for (count, cpus) in [(9, 2), (16, 1), (17, 1), (100, 1)] {
      var machine = try machine()
      machine.rank = rank(0, of: count)
      let plan = try machine.plan(PlacementRequest(places: .threads, bind: .close))
      #expect(plan.places.count == cpus)
      #expect(plan.warnings == (count > 16 ? [.moreRanksThanCPUs(ranks: count, cpus: 16)] : []))
    }
  }

  // MARK: Why not

  @Test("each CPU that is off, hidden, masked or left over says why")
  func unused() throws {
    var machine = try machine(usable: CPUSet(0..<12))
    machine.present = CPUSet(0..<20)
    machine.offline = [16, 17]
    var request = PlacementRequest(workers: .exactly(2), places: .cores, bind: .close, limit: 3)
    let plan = try machine.plan(request)
    var expected: [Int: UnusedCPU.Reason] = [
      4: .noWorker(place: 2, workers: 2), 5: .noWorker(place: 2, workers: 2), 16: .offline, 17: .offline,
      18: .notAllowed, 19: .notAllowed,
    ]
    for cpu in 6..<12 { expected[cpu] = .beyondLimit(3) }
    for cpu in 12..<16 { expected[cpu] = .notInMask }
    #expect(reasons(plan) == expected)
    #expect(machine.disallowed == [18, 19])

    request = PlacementRequest(workers: .exactly(2), places: .explicit([[0, 1], [2]]), bind: .primary)
    let primary = reasons(try machine.plan(request))
    #expect(primary[2] == .notPrimary)
    #expect(primary[3] == .notInPlaces)
    #expect(primary[1] == nil)
  }

  @Test("places without a worker because of the quota say so")
  func unusedByQuota() throws {
    let plan = try machine(quota: 1.5).plan(PlacementRequest(places: .sockets, bind: .close, limit: nil))
    #expect(plan.workerBound == .quota)
    #expect(plan.unused.isEmpty, "two workers on two sockets use all")
    let cores = try machine(quota: 1.5).plan(PlacementRequest(places: .cores, bind: .close))
    #expect(
      cores.unused.first?.description
        == "CPU 4: place 3 has no worker: /sys/fs/cgroup/app/cpu.max grants the time of 1.5 CPUs, so there are 2")
    #expect(cores.unused.count == 12)
  }

  @Test("used and unused CPUs are all there are, whatever is asked", arguments: Binding.allCases)
  func partition(bind: Binding) throws {
    for order in OrderInPlace.allCases {
      for smt in SMTChoice.allCases {
        for workers in [1, 3, 16, 40] {
          var request = PlacementRequest(workers: .exactly(workers), places: .llCaches, bind: bind)
          (request.order, request.smt, request.reserve) = (order, smt, .corePerNode)
          let machine = try machine(usable: CPUSet(1..<15))
          let plan = try machine.plan(request)
          let used = plan.seats.reduce(CPUSet()) { $0.union($1.place) }
          let unused = CPUSet(plan.unused.map(\.osIndex))
          #expect(used.intersection(unused).isEmpty)
          #expect(used.union(unused) == machine.present)
          #expect(plan.unused.count == unused.count)
          #expect(try JSONDecoder().decode(PlacementPlan.self, from: JSONEncoder().encode(plan)) == plan)
        }
      }
    }
  }
}

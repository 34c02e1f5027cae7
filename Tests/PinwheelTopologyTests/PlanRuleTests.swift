import Foundation
import Testing

@testable import PinwheelTopology

@Suite("Rules of a plan")
struct PlanRuleTests {
  /// Cores {0,1} {2,3} {4,5} {6,7} | {8,9} {10,11} {12,13} {14,15}.
  func machine(usable: CPUSet? = nil, quota: Double? = nil) throws -> Machine {
    try Machine(
      synthetic: "package:2 core:4 pu:2", usable: usable,
      quota: quota.map { CPUQuota(cpus: $0, source: "/sys/fs/cgroup/app/cpu.max") })
  }

  // MARK: How many workers

  @Test(
    "auto is the lesser of cores and the quota rounded up, and at least 1",
    arguments: [(nil, 8), (0.1, 1), (1, 1), (1.01, 2), (2.5, 3), (7.5, 8), (8, 8), (64, 8), (1e300, 8)]
      as [(Double?, Int)])
  func auto(quota: Double?, workers: Int) throws {
    let plan = try machine(quota: quota).plan(workers: .auto, places: .cores, bind: .close)
    #expect(plan.seats.count == workers)
    #expect(plan.workerCountReason.contains("cpu.max") == (workers < 8))
    #expect(plan.workerBound == (workers < 8 ? .quota : .cores))
    #expect(plan.warnings.isEmpty)
  }

  @Test("a plan tells which bound won")
  func bounds() throws {
    for (workers, bound) in [
      (WorkerCount.auto, WorkerBound.quota), (.cores, .cores), (.threads, .threads), (.exactly(3), .asked),
    ] {
      #expect(try machine(quota: 2).plan(workers: workers, places: .cores, bind: .none).workerBound == bound)
    }
  }

  @Test("counted workers are no more than a pool can have")
  func mostCounted() throws {
    #expect(PlacementRequest().mostCounted == 4096)
    func plan(_ workers: WorkerCount, most: Int) throws -> PlacementPlan {
      var request = PlacementRequest(workers: workers, places: .threads, bind: .close)
      request.mostCounted = most
      return try machine().plan(request)
    }
    let fewer = try plan(.threads, most: 11)
    #expect(fewer.seats.count == 11 && fewer.unused.count == 5)
    #expect(fewer.workerCountReason == "threads: one for each usable CPU; a pool has 11 at most")
    #expect(try plan(.threads, most: 16).workerCountReason == "threads: one for each usable CPU")
    #expect(try plan(.exactly(12), most: 11).seats.count == 12)
  }

  @Test("counted workers go by the usable CPUs")
  func usableCounts() throws {
    let machine = try machine(usable: [1, 2, 3, 9])
    #expect(machine.usableCoreCount == 3)
    for (workers, count) in [(WorkerCount.auto, 3), (.cores, 3), (.threads, 4), (.exactly(2), 2)] {
      #expect(try machine.plan(workers: workers, places: .threads, bind: .none).seats.count == count)
    }
  }

  @Test("counted workers that are bound go by the CPUs in the places")
  func countsWithinPlaces() throws {
    let places = Places.explicit([[0, 1], [2]])
    #expect(try machine().plan(workers: .auto, places: places, bind: .close).seats.count == 2)
    #expect(try machine().plan(workers: .threads, places: places, bind: .spread).seats.count == 3)
    #expect(try machine().plan(workers: .auto, places: places, bind: .none).seats.count == 8)
  }

  @Test("fewer than 1 worker is an error", arguments: [0, -1, Int.min])
  func tooFewWorkers(count: Int) throws {
    let machine = try machine()
    #expect(throws: TopologyError.invalidWorkerCount(count)) {
      try machine.plan(workers: .exactly(count), places: .cores, bind: .close)
    }
  }

  // MARK: Usable CPUs

  @Test("the start-up mask cuts places down, and removes empty ones")
  func mask() throws {
    let machine = try machine(usable: [1, 2, 3, 9, 4000])
    #expect(machine.usable == [1, 2, 3, 9])
    #expect(try machine.plan(workers: .auto, places: .cores, bind: .close).places == [[1], [2, 3], [9]])
    #expect(try machine.plan(workers: .auto, places: .sockets, bind: .close).places == [[1, 2, 3], [9]])
    #expect(try machine.plan(workers: .auto, places: .threads, bind: .close).places == [[1], [2], [3], [9]])
  }

  @Test("a process bound to one CPU has one place with it, of every kind")
  func oneUsableCPU() throws {
    let machine = try machine(usable: [1])
    for places in [Places.threads, .cores, .llCaches, .numaDomains, .sockets] {
      for bind in Binding.allCases {
        let plan = try machine.plan(workers: .auto, places: places, bind: bind)
        #expect(plan.seats.map(\.place) == [[1]])
        #expect(plan.warnings.isEmpty)
      }
    }
  }

  @Test("CPUs beyond the usable set are dropped with one warning that names them")
  func dropped() throws {
    let plan = try machine(usable: CPUSet(0..<8)).plan(
      workers: .exactly(2), places: .explicit([[0, 9], [100, 101], [6, 7, 8, 100]]), bind: .close)
    #expect(plan.places == [[0], [6, 7]])
    #expect(plan.seats.map(\.place) == [[0], [6, 7]])
    #expect(plan.warnings == [.droppedCPUs([8, 9, 100, 101], usable: CPUSet(0..<8))])
    #expect(
      plan.warnings[0].description
        == "CPUs 8-9,100-101 are in the places but this process may not use them; they are left out (usable: 0-7)")
  }

  @Test("no usable CPU left is an error", arguments: Binding.allCases)
  func nothingLeft(bind: Binding) throws {
    let machine = try machine(usable: [0, 1])
    #expect(throws: TopologyError.noUsableCPU(asked: [4, 5], usable: [0, 1])) {
      try machine.plan(workers: .auto, places: .explicit([[4], [5]]), bind: bind)
    }
    #expect(throws: TopologyError.noUsableCPU(asked: [], usable: [0, 1])) {
      try machine.plan(workers: .auto, places: .explicit([]), bind: bind)
    }
    let nothing = try self.machine(usable: [99])
    #expect(throws: TopologyError.noUsableCPU(asked: [], usable: [])) {
      try nothing.plan(workers: .auto, places: .cores, bind: bind)
    }
  }

  @Test("explicit places keep their order, repetitions and overlaps")
  func explicitOrder() throws {
    let places: [CPUSet] = [[14], [0, 1], [1], [14]]
    let plan = try machine().plan(workers: .exactly(4), places: .explicit(places), bind: .close)
    #expect(plan.places == places)
    #expect(plan.seats.map(\.place) == places)
  }

  // MARK: Binding

  @Test("bind none leaves every worker all usable CPUs")
  func unbound() throws {
    let plan = try machine(usable: [1, 2, 9]).plan(workers: .exactly(2), places: .threads, bind: .none)
    #expect(plan.seats.map(\.place) == [[1, 2, 9], [1, 2, 9]])
    #expect(plan.seats.allSatisfy { $0.placeIndex == nil })
  }

  @Test("primary keeps all on the first place, and warns when they share CPUs")
  func primary() throws {
    let machine = try machine()
    let fitting = try machine.plan(workers: .exactly(8), places: .sockets, bind: .primary)
    #expect(fitting.seats.map(\.place) == Array(repeating: CPUSet(0..<8), count: 8))
    #expect(fitting.warnings.isEmpty)
    let crowded = try machine.plan(workers: .exactly(9), places: .sockets, bind: .primary)
    #expect(crowded.warnings == [.moreWorkersThanPlaces(workers: 9, places: 1, cpus: 8)])
  }

  @Test("workers that share a CPU are warned about, those that share a place are not")
  func crowding() throws {
    let machine = try machine()
    #expect(try machine.plan(workers: .exactly(16), places: .sockets, bind: .close).warnings.isEmpty)
    #expect(
      try machine.plan(workers: .exactly(17), places: .sockets, bind: .close).warnings
        == [.moreWorkersThanPlaces(workers: 17, places: 2, cpus: 16)])
    #expect(
      try machine.plan(workers: .exactly(17), places: .sockets, bind: .none).warnings
        == [.moreWorkersThanCPUs(workers: 17, cpus: 16)])
  }

  @Test("more workers than the quota keeps busy are warned about, unless auto has counted them")
  func quotaExceeded() throws {
    let machine = try machine(quota: 1.5)
    let quota = CPUQuota(cpus: 1.5, source: "/sys/fs/cgroup/app/cpu.max")
    #expect(try machine.plan(workers: .exactly(2), places: .cores, bind: .close).warnings.isEmpty)
    #expect(
      try machine.plan(workers: .cores, places: .cores, bind: .close).warnings
        == [.workersExceedQuota(workers: 8, quota: quota)])
  }

  @Test("seats say why")
  func reasons() throws {
    let plan = try machine().plan(workers: .exactly(2), places: .llCaches, bind: .spread)
    #expect(plan.seats.map(\.reason) == ["spread: place 1 of 2 (ll_caches)", "spread: place 2 of 2 (ll_caches)"])
  }

  @Test("a plan survives JSON")
  func coding() throws {
    let plan = try machine(usable: [1, 2], quota: 0.5).plan(
      workers: .exactly(9), places: .explicit([[1, 2, 3]]), bind: .close)
    #expect(plan.warnings.count == 3)
    #expect(try JSONDecoder().decode(PlacementPlan.self, from: JSONEncoder().encode(plan)) == plan)
  }
}

import CPinwheel
import Glibc
import Synchronization
import Testing

@testable import Pinwheel
@testable import PinwheelTopology

extension PoolTests {
  /// Loops on workers that are not equally fast.
  @Suite
  struct SpeedTests {
    /// CPUs of one kind each, of these capacities.
    private func machine(_ capacities: [Int]) -> Machine {
      let cpus = capacities.indices.map {
        MachineNode(kind: "PU", osIndex: $0, label: "CPU \($0)", cpus: [$0])
      }
      return Machine(
        source: .synthetic("kinds"),
        tree: MachineNode(kind: "Machine", label: "Machine", cpus: CPUSet(capacities.indices), children: cpus),
        kinds: capacities.indices.map {
          .init(cpus: [$0], efficiency: $0, details: ["LinuxCapacity": String(capacities[$0])])
        })
    }

    private func makePool(
      _ capacities: [Int], _ adjust: (inout PoolConfiguration) -> Void = { _ in }
    ) throws -> ThreadPool {
      var configuration = PoolConfiguration(workers: .auto, places: .threads, bind: .close)
      adjust(&configuration)
      return ThreadPool(try Crew.start(configuration, on: machine(capacities)))
    }

    /// The index that each slot begins a loop with. Nobody goes on before all have begun, or some time has passed.
    private func beginnings(_ pool: ThreadPool, _ count: Int, _ schedule: Schedule) -> [Int: Int] {
      let firsts = Mutex<[Int: Int]>([:])
      let workers = pool.workerCount
      pool.parallelFor(0..<count, schedule: schedule) { index in
        guard let worker = pool.currentWorker else { return }
        let isFirst = firsts.withLock { firsts in
          defer { firsts[worker] = firsts[worker] ?? index }
          return firsts[worker] == nil
        }
        for _ in 0..<200 where isFirst && firsts.withLock({ $0.count < workers }) { usleep(100) }
      }
      return firsts.withLock { $0 }
    }

    /// A loop to which one worker comes late deals to the others alone: so not at each call, but soon.
    private func expectBeginnings(_ pool: ThreadPool, _ count: Int, _ schedule: Schedule, _ expected: [Int: Int]) {
      var seen: [Int: Int] = [:]
      for _ in 0..<200 where seen != expected { seen = beginnings(pool, count, schedule) }
      #expect(seen == expected)
    }

    @Test(arguments: [Schedule.dynamic(grain: 1), .guided(grain: 1), .auto])
    func firstSlicesAreAsLongAsWorkersAreFast(schedule: Schedule) throws {
      let two = try makePool([1024, 342])
      #expect(two.placement.seats.map(\.speed) == [1, 342.0 / 1024])
      expectBeginnings(two, 399, schedule, [0: 0, 1: 299])
      let four = try makePool([256, 1024, 1024, 256])
      expectBeginnings(four, 800, schedule, [0: 0, 1: 80, 2: 400, 3: 720])
    }

    /// OpenMP's rule, and what `slices(of:)` and first touch go by.
    @Test func staticPartsAreEqual() throws {
      let pool = try makePool([1024, 256])
      for _ in 0..<20 {
        let parts = Mutex<[Range<Int>]>([])
        pool.parallelFor(chunks: 0..<400, schedule: .static) { part in parts.withLock { $0.append(part) } }
        #expect(parts.withLock { $0 }.sorted { $0.lowerBound < $1.lowerBound } == [0..<200, 200..<400])
      }
      #expect(pool.slices(of: 0..<400) == [0..<200, 200..<400])
    }

    @Test func allIsRunOnceWhateverTheSpeeds() throws {
      for capacities in [[1024, 1], [1, 1024], [1024, 512, 512, 100, 100]] {
        let pool = try makePool(capacities)
        for schedule in [Schedule.auto, .static, .dynamic(grain: 3), .guided(grain: 3)] {
          for count in [0, 1, 2, 3, 7, 100, 1000] {
            var marks = [UInt8](repeating: 0, count: count)
            pool.forEachChunk(of: &marks) { chunk, _ in for i in chunk.indices { chunk[i] += 1 } }
            let counts = (0..<count).map { _ in Counter() }
            pool.parallelFor(0..<count, schedule: schedule) { counts[$0].add(1) }
            #expect(marks.allSatisfy { $0 == 1 } && counts.allSatisfy { $0.value == 1 })
          }
        }
      }
    }

    /// The core hears of speeds only where they differ, and when they change.
    @Test func equalWorkersHaveNoWeights() throws {
      let weights = { (pool: ThreadPool) in
        (0..<pw_pool_weighed(pool.core)).map { pw_pool_weight(pool.core, pw_pool_weighed(pool.core), $0) }
      }
      #expect(try weights(makePool([1024, 1024])) == [])
      #expect(try weights(makePool([1024, 512]) { $0.bind = .none }) == [])
      #expect(try weights(makePool([1024, 512]) { $0.determinism = .init() }) == [])
      let pool = try makePool([1024, 512, 512])
      #expect(weights(pool) == [1024, 512, 512])
      var configuration = pool.configuration
      configuration.reserve = .cpus([0])
      try pool.apply(configuration)
      #expect(weights(pool) == [])
      configuration.reserve = .nothing
      configuration.workers = .exactly(2)
      try pool.apply(configuration)
      #expect(weights(pool) == [1024, 512])
    }
  }
}

import Glibc
import PinwheelTopology
import Synchronization
import Testing

@testable import Pinwheel

extension PoolTests {
  /// Whom thieves rob first, and who is woken first. The row of neighbours is made up: the workers are bound to nothing.
  @Suite
  struct NearTests {
    /// Two pairs of workers; who shares something is `apart` numbers away.
    private func poolOfPairs(_ bond: Neighborhood.Bond, apart: Int) throws -> ThreadPool {
      let pool = try makePool(4) {
        $0.determinism = nil
        $0.spin = .zero
      }
      let paths = (0..<4).map { worker in [apart == 2 ? worker % 2 : (worker == 0 || worker == 3) ? 0 : 1] }
      pool.crew.core.setNeighborhood(Neighborhood(paths: paths, bonds: [bond]))
      return pool
    }

    /// Four workers on as many NUMA nodes, of which 0 and 2, and 1 and 3, are nearer to each other than to the others.
    private func poolOfNodes() throws -> ThreadPool {
      var machine = try Machine(synthetic: "package:4 [numa] core:1 pu:1")
      machine.distances = NodeDistances(
        nodes: [0, 1, 2, 3], values: [[10, 32, 16, 32], [32, 10, 32, 16], [16, 32, 10, 32], [32, 16, 32, 10]])
      let plan = try machine.plan(PlacementRequest(workers: .auto, places: .cores, bind: .close))
      let pool = try makePool(4) {
        $0.determinism = nil
        $0.spin = .zero
      }
      pool.crew.core.setNeighborhood(machine.neighborhood(of: plan))
      return pool
    }

    /// Who comes first into a team: as many workers of a place as it has CPUs.
    @Test func workersThatShareNoCPU() throws {
      let machine = try Machine(synthetic: "package:1 core:2 pu:2")
      func apart(_ workers: Int, _ places: Places, _ bind: Binding) throws -> [Int] {
        let words = try machine.plan(PlacementRequest(workers: .exactly(workers), places: places, bind: bind))
          .workersApart
        return words.enumerated().flatMap { word, bits in
          (0..<64).filter { bits >> UInt64($0) & 1 == 1 }.map { 64 * word + $0 }
        }
      }
      #expect(try apart(8, .threads, .close) == [0, 2, 4, 6])
      #expect(try apart(8, .cores, .close) == [0, 1, 4, 5])  // two CPUs a place
      #expect(try apart(6, .threads, .primary) == [0])
      #expect(try apart(130, .cores, .close) == [0, 1, 65, 66])
      #expect(try apart(8, .threads, .none) == [])
    }

    private func partner(of worker: Int, apart: Int) -> Int { apart == 2 ? worker ^ 2 : 3 - worker }

    /// Workers 0 and 1 have jobs and run none of them; 2 and 3 have none.
    @Test(arguments: [(2, false), (3, false), (2, true)])
    func thievesRobTheirNeighbourFirst(apart: Int, isOnANearNode: Bool) throws {
      let pool = isOnANearNode ? try poolOfNodes() : try poolOfPairs(.core, apart: apart)
      let jobs = 200
      let together = Gate(4)
      let ready = Gate(2)
      let left = [Counter(), Counter()]
      let near = Counter()
      let passedBy = Counter()
      let stolen = Counter()
      let calls = try (0..<4).map { _ in
        try pool.submit {
          together.arrive()
          together.wait("all workers")
          guard let producer = pool.currentWorker, producer < 2 else {
            ready.wait("the jobs")
            return
          }
          let neighbour = partner(of: producer, apart: apart)
          pool.scope { s in
            left[producer].add(jobs)
            for _ in 0..<jobs {
              s.spawn {
                left[producer].add(-1)
                guard let thief = pool.currentWorker, thief > 1 else { return }
                stolen.add(1)
                if thief == neighbour {
                  near.add(1)
                } else if left[1 - producer].value > 0 {
                  passedBy.add(1)
                }
                usleep(20)
              }
            }
            ready.arrive()
            eventually("all jobs of worker \(producer) are stolen") { left[producer].value == 0 }
          }
        }
      }
      for call in calls { call.wait() }
      // The last ones may be taken by the producer that is done first.
      #expect(stolen.value > jobs)
      // Now and then a thief looks at anybody, so that nobody is overlooked for good.
      #expect(passedBy.value < jobs / 8, "of \(stolen.value) jobs \(near.value) were stolen by the neighbour")
      #expect(near.value > jobs / 2)
    }

    /// A worker far away has a job that waits for another one, in its own queue, while there is always something to do for
    /// those who could take that. They looked at it in no round then.
    @Test(.timeLimit(.minutes(1)))
    func workFarAwayIsFoundHoweverMuchThereIsToDo() throws {
      let pool = try makePool(5) {
        $0.determinism = nil
        $0.spin = .zero
      }
      // Three levels for all but 4: two cores of two workers each share a cache, and with 4 nothing.
      pool.crew.core.setNeighborhood(
        Neighborhood(paths: [[0, 0], [0, 0], [0, 1], [0, 1], [1, 2]], bonds: [.lastLevelCache, .core]))
      let together = Gate(5)
      let found = Gate()
      let queued = Counter()
      let full = Gate()
      let calls = try (0..<5).map { _ in
        try pool.submit {
          together.arrive()
          together.wait("all workers")
          full.wait("enough to do")
          guard pool.currentWorker == 4 else { return }
          do { try pool.execute { found.arrive() } } catch { Issue.record(error) }
          found.wait("somebody to come for the job")
        }
      }
      // The shared queue is never empty.
      onThreads(1) { _ in
        while !found.isOpen {
          if queued.value < 1000 {
            queued.add(1)
            do {
              try pool.execute {
                usleep(100)
                queued.add(-1)
              }
            } catch { Issue.record(error) }
          } else {
            full.arrive()
            usleep(100)
          }
        }
      }
      for call in calls { call.wait() }
    }

    /// Who runs a job that a job submits while all others sleep, in numbers from the submitting worker's on.
    private func whoWakes(_ pool: ThreadPool) throws -> [Int: Int] {
      var counts: [Int: Int] = [:]
      for _ in 0..<40 {
        let distance = try pool.submit { () throws -> Int in
          usleep(5000)
          let own = pool.currentWorker ?? -1
          let runner = Counter()
          try pool.submit { runner.add(1 + (pool.currentWorker ?? -100)) }
          eventually("somebody has come") { runner.value != 0 }
          return (runner.value - 1 - own + 4) % 4
        }.wait()
        counts[distance, default: 0] += 1
      }
      return counts
    }

    @Test func theNearestIsWokenFirst() throws {
      let pool = try poolOfPairs(.lastLevelCache, apart: 2)
      var counts = try whoWakes(pool)
      #expect(counts[2, default: 0] > 30, "woken: \(counts)")
      // Nobody has a place any more.
      try pool.apply(pool.configuration)
      counts = try whoWakes(pool)
      #expect(counts[1, default: 0] > 30, "woken: \(counts)")
    }

    @Test func whoIsOnANearNodeIsWokenFirst() throws {
      let counts = try whoWakes(poolOfNodes())
      #expect(counts[2, default: 0] > 30, "woken: \(counts)")
    }

    @Test func whoSharesTheWakersCoreIsWokenLast() throws {
      let pool = try poolOfPairs(.core, apart: 2)
      let counts = try whoWakes(pool)
      #expect(counts[2, default: 0] < 10, "woken: \(counts)")
    }
  }
}

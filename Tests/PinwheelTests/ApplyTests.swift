import Glibc
import PinwheelTopology
import Synchronization
import Testing

@testable import Pinwheel

extension PoolTests {
  /// Settings that change while the pool runs.
  @Suite
  struct ApplyTests {
    private func settings(_ workers: Int, _ adjust: (inout PoolConfiguration) -> Void = { _ in }) -> PoolConfiguration {
      var configuration = PoolConfiguration()
      configuration.workers = .exactly(workers)
      adjust(&configuration)
      return configuration
    }

    private func fib(_ pool: ThreadPool, _ n: Int) -> Int {
      if n < 2 { return n }
      let (a, b) = pool.join({ fib(pool, n - 1) }, { fib(pool, n - 2) })
      return a + b
    }

    /// What of an array has been made when a part of it fails is destroyed once, and nothing else is: which part is which
    /// was asked of the pool twice, and it may have another size the second time.
    @Test func aMapThatFailsWhileThePoolChanges() throws {
      let pool = try makePool(2)
      let ledger = Ledger()
      let isOver = Atomic<Bool>(false)
      onThreads(2) { caller in
        if caller == 0 {
          var workers = 2
          while !isOver.load(ordering: .acquiring) {
            workers = 5 - workers
            #expect(throws: Never.self) { try pool.apply(settings(workers)) }
          }
          return
        }
        for _ in 0..<3000 {
          #expect(throws: Oops.self) {
            try pool.map(0..<200_000) { (index) throws(Oops) in
              if index % 10_000 == 2 { throw Oops("\(index)") }
              return ledger.make()
            }
          }
        }
        isOver.store(true, ordering: .releasing)
      }
      #expect(ledger.live == 0)
    }

    /// Joins, loops, scopes and submissions from several threads, while the pool grows, shrinks and moves.
    @Test func nothingIsLostWhileThePoolChanges() throws {
      let pool = try makePool(4)
      let isOver = Atomic<Bool>(false)
      let refused = Counter()
      let submitted = Counter()
      let ran = Counter()
      let changes = 1000
      onThreads(4) { caller in
        if caller == 0 {
          for change in 0..<changes {
            let wanted = settings(1 + change * 7 % 8) {
              $0.places = .threads
              $0.bind = [.none, .close, .spread][change % 3]
              $0.spin = .microseconds(change % 2 * 50)
            }
            #expect(throws: Never.self) { try pool.apply(wanted) }
            #expect(pool.workerCount == 1 + change * 7 % 8)
          }
          isOver.store(true, ordering: .releasing)
          return
        }
        while !isOver.load(ordering: .acquiring) {
          switch caller {
          case 1: #expect(fib(pool, 12) == 144)
          case 2:
            for schedule in [Schedule.auto, .static, .dynamic(grain: 1)] {
              let counts = (0..<100).map { _ in Counter() }
              pool.parallelFor(0..<100, schedule: schedule) { counts[$0].add(1) }
              #expect(counts.allSatisfy { $0.value == 1 })
            }
          default:
            let spawned = Counter()
            pool.scope { s in
              for _ in 0..<20 {
                s.spawn {
                  spawned.add(1)
                  s.spawn { spawned.add(1) }
                }
              }
            }
            #expect(spawned.value == 40)
            for _ in 0..<20 {
              submitted.add(2)
              #expect(throws: Never.self) {
                try pool.submit {
                  ran.add(1)
                  // To the worker's own deque, which it gives away if it is wanted no longer.
                  do throws(PoolError) { try pool.submit { ran.add(1) } } catch {
                    #expect(error == .shutDown)
                    refused.add(1)
                  }
                }
              }
            }
          }
        }
      }
      try pool.shutdown()
      #expect(ran.value + refused.value == submitted.value)
    }

    /// A worker that is wanted no longer finishes what it runs, and is helped with it.
    @Test func aJobOutlivesTheShrinking() throws {
      let pool = try makePool(4)
      let begun = Gate(4)
      let goOn = Gate()
      let sums = Counter()
      let handles = try (0..<4).map { _ in
        try pool.submit {
          begun.arrive()
          goOn.wait("the test to shrink the pool")
          sums.add(fib(pool, 15))
        }
      }
      begun.wait("all four to begin")
      let change = try pool.apply(settings(1))
      #expect(change.workerCount == 1 && change.previousWorkerCount == 4)
      #expect(pool.workerCount == 1 && pool.placement.seats.count == 1)
      goOn.arrive()
      for handle in handles { handle.wait() }
      #expect(sums.value == 4 * 610)
      // From now on there is one.
      eventually("three stand aside") {
        let workers = Mutex<Set<Int?>>([])
        pool.scope { s in for _ in 0..<50 { s.spawn { workers.withLock { _ = $0.insert(pool.currentWorker) } } } }
        return workers.withLock { $0 } == [0]
      }
    }

    /// Threads are made when they are first needed, and kept.
    @Test func growingStartsThreadsOnce() throws {
      let started = Mutex<[Int]>([])
      let stopped = Mutex<[Int]>([])
      let pool = try makePool(1) {
        $0.onWorkerStart = { worker in started.withLock { $0.append(worker) } }
        $0.onWorkerStop = { worker in stopped.withLock { $0.append(worker) } }
      }
      for workers in [3, 1, 4, 2, 4] { try pool.apply(settings(workers)) }
      // All four at once: each waits for the others.
      let all = Gate(4)
      let handles = try (0..<4).map { _ in
        try pool.submit {
          all.arrive()
          all.wait("four workers at once")
        }
      }
      for handle in handles { handle.wait() }
      #expect(pool.counters.count == 4)
      try pool.shutdown()
      #expect(started.withLock { $0.sorted() } == [0, 1, 2, 3])
      #expect(stopped.withLock { $0.sorted() } == [0, 1, 2, 3])
    }

    @Test func theStopFindsWorkersAside() throws {
      for workers in [1, 3] {
        let ran = Counter()
        let pool = try makePool(4)
        try pool.apply(settings(workers))
        for _ in 0..<100 { try pool.submit { ran.add(1) } }
        try pool.apply(settings(1))
        try pool.shutdown()
        #expect(ran.value == 100)
        #expect(throws: PoolError.shutDown) { try pool.apply(settings(2)) }
        #expect(throws: PoolError.shutDown) { try pool.refresh() }
      }
    }

    @Test func appliesFromInsideOfJobs() throws {
      let pool = try makePool(2)
      let (grown, shrunk) = try pool.join({ try pool.apply(settings(4)) }, { try pool.apply(settings(1)) })
      #expect(grown.workerCount == 4 && shrunk.workerCount == 1)
      let inside = try pool.submit { try pool.apply(settings(3)) }.wait()
      #expect(inside.workerCount == 3)
      let counts = Counter()
      pool.parallelFor(0..<100, schedule: .dynamic(grain: 1)) { index in
        counts.add(1)
        _ = try? pool.apply(settings(1 + index % 5))
      }
      #expect(counts.value == 100)
    }

    @Test func whatIsFixedIsReported() throws {
      let said = Mutex<[PoolEvent]>([])
      let pool = try makePool(2) {
        $0.stackSize = 1 << 20
        $0.onEvent = { event in said.withLock { $0.append(event) } }
      }
      let change = try pool.apply(
        settings(2) {
          $0.stackSize = 2 << 20
          $0.seed = 7
          $0.name = "other"
          $0.determinism = PoolConfiguration.Determinism()
        })
      #expect(
        change.ignored.map(\.description) == [
          "stack=2MiB is ignored: it is fixed when a pool starts", "seed=7 is ignored: it is fixed when a pool starts",
          "name=other is ignored: it is fixed when a pool starts",
          "determinism is ignored: it is fixed when a pool starts",
        ])
      for warning in change.ignored { #expect(said.withLock { $0.contains(.configuration(warning)) }) }
      #expect(pool.configuration.stackSize == 1 << 20 && pool.configuration.seed == 1)
      // What nobody asked for is no news.
      #expect(try pool.apply(settings(1)).ignored.isEmpty)
    }

    @Test func aMistakeChangesNothing() throws {
      let pool = try makePool(2)
      let before = pool.placement
      #expect(throws: PoolError.self) { try pool.apply(settings(0)) }
      #expect(throws: PoolError.self) { try pool.apply(settings(2) { $0.spin = .seconds(-1) }) }
      #expect(throws: PoolError.self) {
        try pool.apply(
          settings(2) {
            $0.places = .explicit([CPUSet([100_000])])
            $0.bind = .close
          })
      }
      #expect(pool.placement == before && pool.workerCount == 2)
      #expect(fib(pool, 12) == 144)
    }

    @Test func deterministicPoolsRefuse() throws {
      let pool = try ThreadPool.deterministic(seed: 1, workers: 2)
      #expect(throws: PoolError.deterministic) { try pool.apply(settings(1)) }
      #expect(throws: PoolError.deterministic) { try pool.refresh() }
      #expect(pool.workerCount == 2 && pool.replay?.isExact == true)
    }

    /// Waiting is a setting like the others.
    @Test func theSpinChanges() throws {
      let pool = try makePool(1) { $0.spin = .seconds(3600) }
      #expect(pool.waiting.spin == .seconds(3600))
      usleep(20_000)
      // Before the change: the worker may have parked when `apply` returns.
      let parks = pool.counters[0].parks
      try pool.apply(settings(1) { $0.spin = .zero })
      #expect(pool.waiting.spin == .zero)
      eventually("the worker parks") { pool.counters[0].parks > parks }
      #expect(try pool.submit { 7 }.wait() == 7)
    }

    /// A loop that is reported when the pool grows meanwhile.
    @Test func aReportHasWorkersThatHaveComeMeanwhile() throws {
      let pool = try makePool(1)
      let reports = pool.reporting {
        pool.parallelFor(0..<400, schedule: .dynamic(grain: 1)) { index in
          if index == 0 { #expect(throws: Never.self) { try pool.apply(settings(3)) } }
          usleep(200)
        }
      }
      #expect(reports.count == 1)
      #expect(reports.first?.shares.reduce(0) { $0 + $1.items } == 400)
    }

    /// What the kernel says of each worker's thread.
    private func allowed(_ pool: ThreadPool) -> [CPUSet] {
      pool.crew.threads.withLock { threads in threads.map { Affinity.current(of: $0.handle) } }
    }

    @Test func workersMoveAtOnce() throws {
      let machine = try Machine.current()
      try #require(machine.source == .real)
      let pool = try makePool(3)
      let free = allowed(pool)
      let blocked = Gate()
      let running = Gate(3)
      let jobs = try (0..<3).map { _ in
        try pool.submit {
          running.arrive()
          blocked.wait("the test to look at the busy workers")
        }
      }
      running.wait("all workers to be busy")
      let bound = try pool.apply(
        settings(3) {
          $0.places = .threads
          $0.bind = .close
        })
      #expect(bound.movedWorkers == [0, 1, 2])
      #expect(allowed(pool) == pool.placement.seats.map(\.place))
      #expect(pool.placement.seats.map(\.allowed) == pool.placement.seats.map(\.place))
      let whole = pool.placement.seats.map(\.place)
      // The third goes, and is bound to nothing from then on.
      let smaller = try pool.apply(
        settings(2) {
          $0.places = .threads
          $0.bind = .close
        })
      let places = pool.placement.seats.map(\.place)
      #expect(smaller.movedWorkers == [0, 1].filter { places[$0] != whole[$0] })
      #expect(allowed(pool)[2] == machine.usable)
      try pool.apply(settings(3))
      #expect(allowed(pool) == free.map { _ in machine.usable })
      blocked.arrive()
      for job in jobs { job.wait() }
    }

    /// A worker that goes by the process's own affinity for a while is not moved under the body's feet, and goes to its
    /// new place when it has its own back.
    @Test func aWorkerThatWearsTheProcessesAffinityMovesAfterwards() throws {
      let machine = try Machine.current()
      try #require(machine.source == .real)
      let first = CPUSet([try #require(machine.usable.first)])
      let last = CPUSet([try #require(machine.usable.last)])
      let bound: (CPUSet) -> PoolConfiguration = { cpus in
        settings(1) {
          $0.places = .explicit([cpus])
          $0.bind = .close
        }
      }
      let pool = try ThreadPool(bound(first))
      let inside = Gate()
      let goOn = Gate()
      let looks = try pool.submit {
        let during = ThreadPool.withProcessAttributes {
          inside.arrive()
          goOn.wait("the test to move the worker")
          return Affinity.current(of: pthread_self())
        }
        return (during, Affinity.current(of: pthread_self()))
      }
      inside.wait("the job to wear the process's affinity")
      try pool.apply(bound(last))
      goOn.arrive()
      let (during, after) = looks.wait()
      #expect(during == machine.usable)
      #expect(after == last)
    }

    /// It looked as though the kernel had put the worker somewhere else: at each look the pool was planned anew, and a
    /// change was told in which nothing was different.
    @Test func aWorkerThatWearsTheProcessesAffinityHasNotStrayed() throws {
      let machine = try Machine.current()
      try #require(machine.source == .real)
      let said = Mutex<[PoolEvent]>([])
      let pool = try makePool(1) {
        $0.places = .threads
        $0.bind = .close
        $0.onEvent = { event in said.withLock { $0.append(event) } }
      }
      let inside = Gate()
      let goOn = Gate()
      let job = try pool.submit {
        ThreadPool.withProcessAttributes {
          inside.arrive()
          goOn.wait("the test to look at the machine again")
        }
      }
      inside.wait("the job to wear the process's affinity")
      let before = pool.placement
      #expect(try pool.refresh() == nil)
      // Nor does a change that comes meanwhile take it for anywhere else than at its place.
      try pool.apply(pool.configuration)
      #expect(pool.placement == before)
      #expect(!said.withLock { $0.contains { if case .changed = $0 { true } else { false } } })
      goOn.arrive()
      job.wait()
    }

    @Test func nothingNewIsNoChange() throws {
      let pool = try makePool(2)
      #expect(try pool.refresh() == nil)
    }

    /// The thread that follows comes and goes with the setting, and goes with the pool.
    @Test func followingEndsWithThePool() throws {
      var pool: ThreadPool? = try makePool(1) { $0.follow = .milliseconds(10) }
      let ticker = { pool?.crew.follower.withLock { $0.ticker } }
      weak let first = ticker()
      #expect(first != nil)
      try pool?.apply(settings(1) { $0.follow = .zero })
      #expect(ticker() == nil)
      // Its thread had it, too.
      #expect(first == nil)
      try pool?.apply(settings(2) { $0.follow = .milliseconds(10) })
      weak let second = ticker()
      usleep(50_000)
      try pool?.shutdown()
      #expect(second != nil)
      pool = nil
      #expect(second == nil)
    }
  }
}

struct SurroundingsTests {
  @Test func aRestrictionStaysAndTheRestIsFollowed() {
    let (all, some, none) = (CPUSet(0..<4), CPUSet([1, 2]), CPUSet([7]))
    #expect(Surroundings.usable(of: all, within: nil) == all)
    #expect(Surroundings.usable(of: all, within: some) == some)
    #expect(Surroundings.usable(of: CPUSet([2, 3]), within: some) == CPUSet([2]))
    #expect(Surroundings.usable(of: all, within: none) == all)
  }

  private func sight(_ usable: CPUSet, permitted: CPUSet?) throws -> Surroundings.Sight {
    Surroundings.Sight(try Machine(synthetic: "core:4 pu:1", usable: usable), permitted: permitted)
  }

  /// The look of a process that is on `usable` by itself, where the kernel answers `permitted`.
  private func look(_ sight: inout Surroundings.Sight, _ usable: CPUSet, permitted: CPUSet?) throws -> CPUSet {
    let machine = try Machine(synthetic: "core:4 pu:1", usable: usable)
    try sight.update(permitted: permitted, quota: nil) { machine }
    return sight.machine.usable
  }

  /// The thread that asks was refused once, and what the process had at that moment was its bound for good.
  @Test func aFirstLookThatWasNotAnsweredIsNoRestriction() throws {
    let (two, all) = (CPUSet([0, 1]), CPUSet(0..<4))
    var grown = try sight(two, permitted: nil)
    #expect(try look(&grown, two, permitted: nil) == two)
    #expect(try look(&grown, all, permitted: all) == all)
    #expect(try look(&grown, two, permitted: two) == two)
    #expect(try look(&grown, two, permitted: nil) == two)
    #expect(try look(&grown, all, permitted: all) == all)
    // Told late, but the same as ever.
    var same = try sight(two, permitted: nil)
    #expect(try look(&same, two, permitted: two) == two)
    #expect(try look(&same, all, permitted: all) == all)
    // What the main thread is bound to meanwhile does not count.
    var bound = try sight(all, permitted: nil)
    #expect(try look(&bound, [3], permitted: all) == all)
  }

  @Test func aRestrictionIsFoundWhenTheKernelAnswersLate() throws {
    let (some, all) = (CPUSet([1, 2]), CPUSet(0..<4))
    for first in [nil, all] {
      var kept = try sight(some, permitted: first)
      #expect(try look(&kept, some, permitted: all) == some)
      #expect(try look(&kept, [2], permitted: [2, 3]) == [2])
      #expect(try look(&kept, some, permitted: all) == some)
    }
  }
}

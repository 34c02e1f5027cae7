import Glibc
import Pinwheel
import Synchronization
import Testing

extension PoolTests {
  /// What a thread may run while it waits: each row of the core's wait table. Unrelated work lies ready all the time,
  /// and every piece of it checks that the worker it runs on does not wait.
  @Suite
  struct WaitTests {
    /// Submits `count` jobs that note where they run.
    private func submitUnrelated(_ pool: ThreadPool, _ marks: Marks, _ ran: Counter, _ count: Int) throws {
      for _ in 0..<count {
        try pool.submit { [unowned pool] in
          marks.visit(pool.currentWorker)
          ran.add(1)
        }
      }
    }

    @Test(arguments: workerCounts.filter { $0 > 1 })
    func joinRunsOnlyDescendants(workers: Int) throws {
      let pool = try makePool(workers)
      let (marks, ran) = (Marks(pool), Counter())
      for _ in 0..<20 {
        try submitUnrelated(pool, marks, ran, 16)
        try pool.submit { [unowned pool] in
          try submitUnrelated(pool, marks, ran, 16)
          let me = pool.currentWorker
          let stolen = Gate()
          _ = pool.join(
            {
              stolen.wait("the fork to be stolen")
              marks.set(me, true)
            },
            {
              stolen.arrive()
              #expect(pool.currentWorker != me)
              usleep(2000)
            })
          marks.set(me, false)
        }.wait()
      }
      try pool.shutdown()
      #expect(marks.trespassCount == 0)
      #expect(ran.value == 20 * 32)
    }

    @Test(arguments: workerCounts)
    func aLockHeldAcrossAJoinDoesNotDeadlock(workers: Int) throws {
      let pool = try makePool(workers)
      let lock = Mutex(0)
      let handles = try (0..<200).map { _ in
        try pool.submit { [unowned pool] in
          lock.withLock { total in
            let (a, b) = pool.join(
              {
                usleep(50)
                return 1
              }, { 2 })
            total += a + b
          }
        }
      }
      for handle in handles { handle.wait() }
      #expect(lock.withLock { $0 } == 600)
    }

    @Test(arguments: workerCounts)
    func scopeRunsOnlyItsOwn(workers: Int) throws {
      let pool = try makePool(workers)
      let (marks, ran, own) = (Marks(pool), Counter(), Counter())
      for _ in 0..<20 {
        try submitUnrelated(pool, marks, ran, 16)
        try pool.submit { [unowned pool] in
          let me = pool.currentWorker
          let begun = Gate()
          try pool.scope { s in
            // One job that runs elsewhere for a while, so that there is something to wait for.
            s.spawn {
              begun.arrive()
              usleep(2000)
              own.add(1)
            }
            if workers > 1 { begun.wait("a spawned job to be stolen") }
            for _ in 0..<8 {
              try submitUnrelated(pool, marks, ran, 2)
              s.spawn { own.add(1) }
            }
            marks.set(me, true)
          }
          marks.set(me, false)
        }.wait()
      }
      try pool.shutdown()
      #expect(marks.trespassCount == 0)
      #expect(ran.value == 20 * 32)
      #expect(own.value == 20 * 9)
    }

    @Test(arguments: workerCounts)
    func handleRunsItsOwnJob(workers: Int) throws {
      let pool = try makePool(workers)
      let (marks, ran) = (Marks(pool), Counter())
      let (busy, done) = (Gate(workers - 1), Gate())
      // Nobody else can run it.
      for _ in 1..<max(workers, 1) {
        try pool.submit {
          busy.arrive()
          done.wait("the test to let go")
        }
      }
      busy.wait("the other workers to be busy")
      try pool.submit { [unowned pool] in
        let me = pool.currentWorker
        try submitUnrelated(pool, marks, ran, 8)
        let handle = try pool.submit { [unowned pool] in pool.currentWorker }
        try submitUnrelated(pool, marks, ran, 8)
        marks.set(me, true)
        #expect(handle.wait() == me)
        marks.set(me, false)
      }.wait()
      done.arrive()
      try pool.shutdown()
      #expect(marks.trespassCount == 0)
      #expect(ran.value == 16)
    }

    @Test(arguments: workerCounts)
    func handlesAreWaitedForInAChain(workers: Int) throws {
      let pool = try makePool(workers)
      @Sendable func chain(_ depth: Int) throws -> Int {
        if depth == 0 { return 0 }
        return try pool.submit { try chain(depth - 1) }.wait() + 1
      }
      #expect(try pool.submit { try chain(200) }.wait() == 200)
    }

    @Test(arguments: workerCounts)
    func regionCallerTakesBackSlices(workers: Int) throws {
      let pool = try makePool(workers)
      for busyWorkers in Set([workers - 1, workers, workers / 2]) {
        let (busy, done) = (Gate(busyWorkers), Gate())
        let handles = try (0..<busyWorkers).map { _ in
          try pool.submit {
            busy.arrive()
            done.wait("the test to let go")
          }
        }
        busy.wait("\(busyWorkers) workers to be busy")
        for schedule in [Schedule.static, .auto, .dynamic(grain: 1)] {
          let seen = Counter()
          pool.parallelFor(0..<1000, schedule: schedule) { _ in seen.add(1) }
          #expect(seen.value == 1000)
        }
        done.arrive()
        for handle in handles { handle.wait() }
      }
    }

    @Test(arguments: workerCounts)
    func aLoopOnAWorkerWhoseFellowsAreBlockedCompletes(workers: Int) throws {
      let pool = try makePool(workers)
      let (busy, done) = (Gate(workers - 1), Gate())
      for _ in 1..<max(workers, 1) {
        try pool.submit {
          busy.arrive()
          done.wait("the test to let go")
        }
      }
      busy.wait("the other workers to be busy")
      let sum = try pool.submit { [unowned pool] in
        pool.parallelFor(0..<100, schedule: .static) { _ in }
        return pool.reduce(0..<100, identity: 0, combine: +) { $0 }
      }.wait()
      #expect(sum == 4950)
      done.arrive()
    }

    /// Whoever waits for a thief helps it: all of a fork tree ends although only two threads take part and one of them
    /// blocks until the other has run something of its.
    @Test func joinHelpsItsThief() throws {
      let pool = try makePool(2)
      try pool.submit { [unowned pool] in
        for _ in 0..<20 {
          let (stolen, helped) = (Gate(), Gate())
          _ = pool.join(
            { stolen.wait("the fork to be stolen") },
            {
              _ = pool.join(
                {
                  stolen.arrive()
                  helped.wait("the waiter to help its thief")
                }, { helped.arrive() })
            })
        }
      }.wait()
    }

    /// As above, when the waiter has gone to sleep before its thief forks.
    @Test func aSleepingWaiterWakesToHelpItsThief() throws {
      let pool = try makePool(2) { $0.spin = .zero }
      try pool.submit { [unowned pool] in
        for _ in 0..<10 {
          let (stolen, helped) = (Gate(), Gate())
          _ = pool.join(
            { stolen.wait("the fork to be stolen") },
            {
              stolen.arrive()
              usleep(5000)
              _ = pool.join({ helped.wait("the sleeping waiter to help") }, { helped.arrive() })
            })
        }
      }.wait()
    }

    @Test(arguments: workerCounts.filter { $0 > 1 })
    func nestedLoopRunsOnlyDescendants(workers: Int) throws {
      let pool = try makePool(workers)
      let (marks, ran, own) = (Marks(pool), Counter(), Counter())
      for _ in 0..<10 {
        try submitUnrelated(pool, marks, ran, 16)
        try pool.submit { [unowned pool] in
          pool.parallelFor(0..<2, schedule: .dynamic(grain: 1)) { _ in
            let me = pool.currentWorker
            marks.set(me, true)
            pool.parallelFor(0..<8, schedule: .dynamic(grain: 1)) { _ in
              // Whoever has stolen it keeps its owner waiting.
              if pool.currentWorker != me { usleep(1000) }
              own.add(1)
            }
            marks.set(me, false)
          }
        }.wait()
      }
      try pool.shutdown()
      #expect(marks.trespassCount == 0)
      #expect(ran.value == 10 * 16)
      #expect(own.value == 10 * 16)
    }

    @Test(arguments: workerCounts.filter { $0 > 1 })
    func regionCallerRunsOnlyItsOwn(workers: Int) throws {
      let pool = try makePool(workers)
      let (marks, ran, own) = (Marks(pool), Counter(), Counter())
      for _ in 0..<20 {
        try pool.submit { [unowned pool] in
          try submitUnrelated(pool, marks, ran, 16)
          let me = pool.currentWorker
          marks.set(me, true)
          pool.parallelFor(0..<16, schedule: .static) { _ in
            if pool.currentWorker != me { usleep(1000) }
            own.add(1)
          }
          marks.set(me, false)
        }.wait()
      }
      try pool.shutdown()
      #expect(marks.trespassCount == 0)
      #expect(ran.value == 20 * 16)
      #expect(own.value == 20 * 16)
    }

    /// A caller that has gone to sleep helps nobody, and need not: whoever forked a job runs it. So these two spin.
    private static let canSpin = sysconf(Int32(_SC_NPROCESSORS_ONLN)) > 1 && getenv("POOL_TESTS_SEED") == nil

    @Test(.enabled(if: canSpin)) func regionCallerHelpsAParticipant() throws {
      let pool = try makePool(2) { $0.spin = .seconds(60) }
      try pool.submit { [unowned pool] in
        let me = pool.currentWorker
        for _ in 0..<20 {
          let (begun, helped) = (Gate(), Gate())
          pool.parallelFor(0..<2, schedule: .dynamic(grain: 1)) { _ in
            // Longer than it takes to wake somebody: a loop that is known to be short stays on its caller.
            let end = ContinuousClock.now + .microseconds(300)
            while ContinuousClock.now < end {}
            if pool.currentWorker == me {
              begun.wait("the other worker to take part")
            } else {
              begun.arrive()
              _ = pool.join({ helped.wait("the loop's caller to help") }, { helped.arrive() })
            }
          }
        }
      }.wait()
    }

    @Test(.enabled(if: canSpin)) func scopeHelpsTheWorkerThatRunsItsJob() throws {
      let pool = try makePool(2) { $0.spin = .seconds(60) }
      try pool.submit { [unowned pool] in
        for _ in 0..<20 {
          let (begun, helped) = (Gate(), Gate())
          pool.scope { s in
            s.spawn {
              begun.arrive()
              _ = pool.join({ helped.wait("the scope's opener to help") }, { helped.arrive() })
            }
            begun.wait("the job to be stolen")
          }
        }
      }.wait()
    }

    /// The opener sleeps when the job that it waits for spawns another, and blocks until that has run.
    @Test func aSleepingScopeWakesForASpawn() throws {
      let pool = try makePool(2) { $0.spin = .zero }
      try pool.submit { [unowned pool] in
        for _ in 0..<10 {
          let (begun, helped) = (Gate(), Gate())
          pool.scope { s in
            let s = copy s
            s.spawn {
              begun.arrive()
              usleep(5000)
              s.spawn { helped.arrive() }
              helped.wait("the sleeping opener to run it")
            }
            begun.wait("the job to be stolen")
          }
        }
      }.wait()
    }

    /// A waiting handle helps too.
    @Test func handleWaitHelpsTheWorkerThatRunsIt() throws {
      let pool = try makePool(2)
      try pool.submit { [unowned pool] in
        for _ in 0..<20 {
          let (begun, helped) = (Gate(), Gate())
          let handle = try pool.submit { [unowned pool] in
            begun.arrive()
            usleep(500)
            _ = pool.join({ helped.wait("the waiter to help") }, { helped.arrive() })
          }
          begun.wait("the job to be stolen")
          handle.wait()
        }
      }.wait()
    }
  }
}

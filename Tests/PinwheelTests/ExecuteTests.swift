import Glibc
import Pinwheel
import Testing

/// A job without a context.
@Sendable private func nothingCaptured() {}

extension PoolTests {
  /// Jobs that nobody waits for run exactly once, from wherever they come, or their caller learns that they will not.
  @Suite
  struct ExecuteTests {
    @Test(arguments: workerCounts)
    func everyJobRunsOnce(workers: Int) throws {
      let pool = try makePool(workers)
      let each = 2000
      let ran = (0..<8).map { _ in Counter() }
      let refused = Counter()
      onThreads(8) { thread in
        for _ in 0..<each {
          do { try pool.execute { ran[thread].add(1) } } catch { refused.add(1) }
        }
      }
      try pool.shutdown()
      #expect(refused.value == 0)
      #expect(ran.map(\.value) == Array(repeating: each, count: 8))
    }

    /// From inside of jobs, loops, scopes and other pools' jobs.
    @Test(arguments: workerCounts)
    func jobsComeFromAnywhere(workers: Int) throws {
      let pool = try makePool(workers)
      let other = try makePool(1)
      let ran = Counter()
      @Sendable func add() {
        do { try pool.execute { ran.add(1) } } catch { Issue.record(error) }
      }
      pool.join({ add() }, { add() })
      pool.parallelFor(0..<10, schedule: .dynamic(grain: 1)) { _ in add() }
      // Above the scope's mark in a worker's deque: in the way of its own jobs, and none of them.
      try pool.submit { [unowned pool] in
        pool.scope { s in
          for _ in 0..<10 {
            s.spawn { add() }
            add()
          }
        }
      }.wait()
      try other.submit { add() }.wait()
      try pool.execute { add() }
      eventually("all have run") { ran.value == 2 + 10 + 20 + 1 + 1 }
      try pool.shutdown()
      #expect(ran.value == 34)
    }

    /// What a job captures goes when it has run, and when it is refused.
    @Test func whatIsCapturedIsReleased() throws {
      let pool = try makePool(2)
      let ledger = Ledger()
      for _ in 0..<100 {
        let instance = ledger.make()
        try pool.execute { withExtendedLifetime(instance) {} }
      }
      try pool.shutdown()
      #expect(ledger.live == 0)
      #expect(throws: PoolError.shutDown) {
        let instance = ledger.make()
        try pool.execute { withExtendedLifetime(instance) {} }
      }
      #expect(ledger.live == 0)
    }

    /// A job is given away with one reference; one that the caller kept is the caller's, however often it is queued.
    @Test func aClosureThatTheCallerKeepsOutlivesItsRuns() throws {
      let pool = try makePool(2)
      let (ledger, ran) = (Ledger(), Counter())
      do {
        let instance = ledger.make()
        let job: @Sendable () -> Void = { withExtendedLifetime(instance) { ran.add(1) } }
        for _ in 0..<100 { try pool.execute(job) }
        pool.scope { scope in for _ in 0..<100 { scope.spawn(job) } }
        for _ in 0..<100 { try pool.submit(job).wait() }
        try pool.execute(nothingCaptured)
        try pool.shutdown()
        #expect(throws: PoolError.shutDown) { try pool.execute(job) }
        #expect(ledger.live == 1)
        job()
      }
      #expect(ran.value == 301)
      #expect(ledger.live == 0)
    }

    /// A worker that is wanted no longer leaves what it has queued to the others; it used to run all of it itself.
    @Test func aWorkerThatIsWantedNoLongerGivesItsJobsAway() throws {
      let pool = try makePool(2) { $0.determinism = nil }
      let (queued, first, last) = (Gate(), Gate(), Gate())
      let (byOthers, ran) = (Counter(), Counter())
      let jobs = 50
      let holder = try pool.submit { _ = first.wait("the change") }
      // On the other worker, whichever that is: it queues its jobs, and both are busy until there is one worker.
      let producing = try pool.submit { [unowned pool] in
        let producer = pool.currentWorker ?? 0
        for _ in 0..<jobs {
          do {
            try pool.execute {
              if pool.currentWorker != producer || producer == 0 { byOthers.add(1) }
              usleep(100)
              ran.add(1)
            }
          } catch { Issue.record(error) }
        }
        queued.arrive()
        last.wait("the change")
      }
      queued.wait("the jobs")
      var configuration = pool.configuration
      configuration.workers = .exactly(1)
      try pool.apply(configuration)
      last.arrive()
      producing.wait()
      first.arrive()
      holder.wait()
      // The stop brings back who stands aside, and then that one helps.
      eventually("all jobs have run") { ran.value == jobs }
      try pool.shutdown()
      #expect(byOthers.value == jobs)
    }
  }
}

import Glibc
import Pinwheel
import Synchronization
import Testing

extension PoolTests {
  /// Submitted jobs run exactly once, wherever they come from and whoever waits.
  @Suite
  struct SubmitTests {
    /// A worker took what it had submitted last first, and so for ever if each job submitted another.
    @Test func jobsThatSubmitOthersDoNotStarveAnOlderOne() throws {
      let pool = try makePool(1)
      let (older, rounds) = (Gate(), Counter())
      @Sendable func again() {
        rounds.add(1)
        if older.isOpen || rounds.value > 1_000_000 { return }
        do { try pool.submit { again() } } catch { Issue.record(error) }
      }
      try pool.submit {
        do {
          try pool.submit { older.arrive() }
          try pool.submit { again() }
        } catch { Issue.record(error) }
      }
      older.wait("the older job")
      #expect(rounds.value <= 1000)
      try pool.shutdown()
    }

    /// A million jobs from eight threads, each with a counter of its own.
    @Test(arguments: workerCounts)
    func aMillionJobsRunExactlyOnce(workers: Int) throws {
      let pool = try makePool(workers)
      // One pool size has the whole million: a debug build takes seconds over it.
      let each = workers == 2 ? 125_000 : 5_000
      let marks = UnsafeMutablePointer<UInt8>.allocate(capacity: 8 * each)
      marks.initialize(repeating: 0, count: 8 * each)
      defer { marks.deallocate() }
      // SAFETY: each job touches one byte of its own; a job that ran twice at the same time would be a bug seen as 1 or
      // 2.
      nonisolated(unsafe) let bytes = marks
      let refused = Counter()
      onThreads(8) { thread in
        for i in 0..<each {
          let index = thread * each + i
          do { try pool.submit { bytes[index] += 1 } } catch { refused.add(1) }
        }
      }
      try pool.shutdown()
      #expect(refused.value == 0)
      var wrong = 0
      for i in 0..<(8 * each) where marks[i] != 1 { wrong += 1 }
      #expect(wrong == 0)
      #expect(pool.counters.map(\.looseRun).reduce(0, +) <= 8 * each)
    }

    /// A handle keeps a small result in itself and a larger one elsewhere; in both cases it returns it to all who ask,
    /// and forgets it once. So it does with a job that was refused.
    @Test func resultsOfAnySizeArriveAndAreForgotten() throws {
      struct Large: Sendable { var words: InlineArray<40, Int>, instance: Instance }
      let ledger = Ledger()
      let pool = try makePool(2)
      for i in 0..<100 {
        let small = try pool.submit { ledger.make() }
        let large = try pool.submit { Large(words: .init(repeating: i), instance: ledger.make()) }
        let text = try pool.submit { "number \(i) of those that are too long for a word or two" }
        let pair = try pool.submit { (i, i, i, i) }
        for _ in 0..<2 {
          #expect(large.wait().words[39] == i)
          #expect(text.wait() == "number \(i) of those that are too long for a word or two")
          #expect(pair.wait() == (i, i, i, i))
          _ = small.wait()
        }
        let failing = try pool.submit { () throws(Oops) -> Large in throw Oops("large", ledger.make()) }
        #expect(throws: Oops.self) { try failing.wait() }
      }
      try pool.shutdown()
      let captured = ledger.make()
      #expect(throws: PoolError.shutDown) { try pool.submit { withExtendedLifetime(captured) {} } }
      #expect(ledger.live == 1 && ledger.made == 301)
      withExtendedLifetime(captured) {}
    }

    @Test(arguments: workerCounts)
    func jobsSubmitJobs(workers: Int) throws {
      let pool = try makePool(workers)
      let (ran, refused) = (Counter(), Counter())
      @Sendable func grow(_ depth: Int) {
        ran.add(1)
        if depth == 0 { return }
        for _ in 0..<2 {
          do { try pool.submit { grow(depth - 1) } } catch { refused.add(1) }
        }
      }
      try pool.submit { grow(12) }
      eventually("all jobs ran") { ran.value == 8191 }
      #expect(refused.value == 0)
    }

    @Test(arguments: workerCounts)
    func manyTasksAwaitOneHandle(workers: Int) async throws {
      let pool = try makePool(workers)
      for _ in 0..<20 {
        let handle = try pool.submit {
          usleep(500)
          return 7
        }
        let sum = await withTaskGroup(of: Int.self) { group in
          for _ in 0..<32 { group.addTask { await handle.value } }
          return await group.reduce(0, +)
        }
        #expect(sum == 32 * 7)
        #expect(handle.isDone)
        #expect(await handle.value == 7)
      }
    }

    @Test(arguments: workerCounts)
    func severalThreadsWaitForOneHandle(workers: Int) throws {
      let pool = try makePool(workers)
      for _ in 0..<20 {
        let sum = Counter()
        let handle = try pool.submit {
          usleep(300)
          return 1
        }
        onThreads(8) { _ in sum.add(handle.wait()) }
        let jobs = try (0..<8).map { _ in try pool.submit { sum.add(handle.wait()) } }
        for job in jobs { job.wait() }
        #expect(sum.value == 16)
      }
    }

    @Test(arguments: workerCounts)
    func aDroppedHandleDoesNotCancel(workers: Int) throws {
      let pool = try makePool(workers)
      let (ran, ledger) = (Counter(), Ledger())
      for _ in 0..<1000 {
        let instance = ledger.make()
        _ = try pool.submit {
          ran.add(1)
          return instance
        }
      }
      try pool.shutdown()
      #expect(ran.value == 1000)
      #expect(ledger.live == 0)
    }

    @Test(arguments: workerCounts)
    func handlesThrowWhatTheJobThrew(workers: Int) async throws {
      let pool = try makePool(workers)
      let ledger = Ledger()
      do {
        let handle = try pool.submit { () throws(Oops) -> Int in throw Oops("job", ledger.make()) }
        await #expect(performing: { try await handle.value }, throws: { ($0 as? Oops)?.name == "job" })
        #expect(performing: { try wait(handle) }, throws: { ($0 as? Oops)?.name == "job" })
        let inside = try pool.submit { try handle.wait() }
        await #expect(performing: { try await inside.value }, throws: { ($0 as? Oops)?.name == "job" })
      }
      try pool.shutdown()
      #expect(ledger.live == 0)
    }

    private func wait<V, E>(_ handle: JobHandle<V, E>) throws(E) -> V { try handle.wait() }

    /// What a job captured is gone when its end can be seen.
    @Test(arguments: workerCounts)
    func capturesAreReleasedBeforeTheJobCountsAsDone(workers: Int) throws {
      let pool = try makePool(workers)
      let ledger = Ledger()
      for _ in 0..<500 {
        try submitHolding(pool, ledger).wait()
        #expect(ledger.live == 0)
      }
    }

    private func submitHolding(_ pool: ThreadPool, _ ledger: Ledger) throws -> JobHandle<Void, Never> {
      let instance = ledger.make()
      return try pool.submit { _ = instance }
    }

    @Test(arguments: workerCounts)
    func handlesAreWaitedForAfterShutdown(workers: Int) throws {
      let pool = try makePool(workers)
      let handles = try (0..<100).map { i in try pool.submit { i } }
      try pool.shutdown()
      for (i, handle) in handles.enumerated() {
        #expect(handle.isDone)
        #expect(handle.wait() == i)
      }
    }

    @Test(arguments: workerCounts)
    func handlesOutliveTheirPool(workers: Int) throws {
      var handles: [JobHandle<Int, Never>] = []
      do {
        let pool = try makePool(workers)
        handles = try (0..<100).map { i in try pool.submit { i } }
      }
      for (i, handle) in handles.enumerated() { #expect(handle.wait() == i) }
    }

    /// An outside caller that holds a slot submits and waits.
    @Test(arguments: workerCounts)
    func aGuestWaitsForWhatItSubmits(workers: Int) throws {
      let pool = try makePool(workers)
      for _ in 0..<50 {
        let (a, b) = try pool.join({ try pool.submit { 1 }.wait() }, { try pool.submit { 2 }.wait() })
        #expect(a + b == 3)
        try pool.scope { s in
          let handle = try pool.submit { 3 }
          s.spawn { #expect(handle.wait() == 3) }
        }
      }
    }

    /// Forked work goes on without end on all workers; submitted work runs all the same.
    @Test(arguments: workerCounts)
    func forkedWorkDoesNotStarveSubmittedWork(workers: Int) throws {
      let pool = try makePool(workers)
      let stop = Gate()
      let grinders = try (0..<max(workers - 1, 1)).map { _ in
        try pool.submit { [unowned pool] in
          while !stop.isOpen { _ = fib(pool, 10) }
        }
      }
      if workers == 1 { stop.arrive() }
      let handle = try pool.submit { 5 }
      #expect(handle.wait() == 5)
      stop.arrive()
      for grinder in grinders { grinder.wait() }
    }
  }
}

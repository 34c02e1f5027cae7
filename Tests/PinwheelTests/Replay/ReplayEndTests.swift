import Glibc
import Pinwheel
import Synchronization
import Testing

extension PoolTests {
  /// When the seed can no longer decide everything: nothing hangs, and the pool says so.
  @Suite
  struct ReplayEndTests {
    private let events = Events()

    private final class Events: Sendable {
      private let seen = Mutex<[PoolEvent]>([])
      var all: [PoolEvent] { seen.withLock { $0 } }
      /// Others speak of the machine.
      func add(_ event: PoolEvent) { if case .replayEnded = event { seen.withLock { $0.append(event) } } }
    }

    private func makePool(
      workers: Int = 2, patience: Duration = .milliseconds(50)
    ) throws -> ThreadPool {
      let events = events
      return try ThreadPool.deterministic(seed: 7, workers: workers, patience: patience) { events.add($0) }
    }

    private func expectEnd(
      _ pool: ThreadPool, _ expected: (ThreadPool.Replay.End) -> Bool, location: SourceLocation = #_sourceLocation
    ) {
      guard let end = pool.replay?.end else {
        Issue.record("the replay has not ended", sourceLocation: location)
        return
      }
      #expect(expected(end), "\(end)", sourceLocation: location)
      #expect(pool.replay?.isExact == false, sourceLocation: location)
      #expect(events.all == [.replayEnded(end)], sourceLocation: location)
      // It goes on as an ordinary pool.
      #expect(fib(pool, 12) == 144, sourceLocation: location)
      #expect(throws: Never.self, sourceLocation: location) { try pool.submit { 7 }.wait() }
      #expect(events.all.count == 1, sourceLocation: location)
    }

    private func isBlockedWorker(_ end: ThreadPool.Replay.End) -> Bool {
      if case .blocked(worker: _?) = end { return true }
      return false
    }

    /// The baton is with somebody who wants a lock, whose owner wants the baton.
    @Test(arguments: [2, 8])
    func aLockHeldAtASchedulingPoint(workers: Int) throws {
      let pool = try makePool(workers: workers)
      let lock = Mutex(0)
      let handles = try (0..<8).map { _ in
        try pool.submit {
          lock.withLock { count in
            for _ in 0..<10 { ThreadPool.schedulingPoint() }
            count += 1
          }
        }
      }
      for handle in handles { handle.wait() }
      #expect(lock.withLock { $0 } == 8)
      expectEnd(pool, isBlockedWorker)
      try pool.shutdown()
    }

    /// A job that polls for what another job does, and one that spins for it.
    @Test(arguments: [true, false])
    func aJobThatWaitsForAnotherInALoop(naps: Bool) throws {
      let pool = try makePool(workers: 4, patience: .milliseconds(20))
      let both = Atomic(0)
      let handles = try (0..<2).map { _ in
        try pool.submit {
          both.add(1, ordering: .sequentiallyConsistent)
          while both.load(ordering: .sequentiallyConsistent) < 2 { if naps { usleep(100) } }
        }
      }
      for handle in handles { handle.wait() }
      expectEnd(pool, isBlockedWorker)
    }

    /// The thread outside waits for its jobs by means that the pool knows nothing of.
    @Test func aCallerThatSleepsWhileJobsWait() throws {
      let pool = try makePool()
      let done = Gate(3)
      for _ in 0..<3 { try pool.submit { done.arrive() } }
      done.wait("the jobs")
      expectEnd(pool) { $0 == .blocked(worker: nil) }
    }

    @Test func aSecondCallerBesideTheFirst() throws {
      let pool = try makePool(patience: .seconds(10))
      let ran = Counter()
      pool.scope { s in
        let s = copy s
        onThreads(1) { _ in s.spawn { ran.add(1) } }
      }
      #expect(ran.value == 1)
      expectEnd(pool) { $0 == .severalCallers }
    }

    @Test func manyCallersAtOnce() throws {
      let pool = try makePool(workers: 4, patience: .seconds(1))
      let wrong = Counter()
      onThreads(8) { thread in
        for _ in 0..<30 {
          if fib(pool, 8) != 21 { wrong.add(1) }
          if (try? pool.submit { thread }.wait()) != thread { wrong.add(1) }
        }
      }
      #expect(wrong.value == 0)
      try pool.shutdown()
    }

    @Test func aPoolThatNeverComesToRest() async throws {
      let pool = try makePool(patience: .milliseconds(20))
      let stop = Gate()
      @Sendable func again() { if !stop.isOpen { _ = try? pool.submit { again() } } }
      let handle = try pool.submit { again() }
      await handle.value
      // Other tasks: whoever comes next must not wait for ever.
      #expect(try await pool.submit { 7 }.value == 7)
      stop.arrive()
      expectEnd(pool) { $0 == .neverAtRest }
      try pool.shutdown()
    }

    /// Long is not blocked: nobody loses patience with a job that computes.
    @Test func aLongComputationIsNoEnd() throws {
      let pool = try makePool(patience: .milliseconds(100))
      let seen = Counter()
      pool.parallelFor(0..<4) { i in
        var x = i
        for _ in 0..<5_000_000 { x = x &* 31 &+ 7 }
        seen.add(x | 1 == 0 ? 0 : 1)
      }
      #expect(seen.value == 4)
      #expect(pool.replay?.isExact == true)
    }

    /// A short sleep is not blocked either, and an idle pool waits for its caller as long as it takes.
    @Test func shortSleepsAreNoEnd() throws {
      let pool = try makePool(patience: .milliseconds(500))
      pool.parallelFor(0..<8) { _ in usleep(1000) }
      usleep(1_500_000)
      pool.parallelFor(0..<8) { _ in usleep(1000) }
      #expect(pool.replay?.isExact == true)
      #expect(events.all.isEmpty)
    }

    /// What is called when it ends may call the pool.
    @Test func theEventMayCallThePool() throws {
      let box = Mutex<ThreadPool?>(nil)
      let sum = Counter()
      let pool = try ThreadPool.deterministic(seed: 1, workers: 2, patience: .milliseconds(20)) { _ in
        guard let pool = box.withLock({ $0 }) else { return }
        sum.add(fib(pool, 10))
        sum.add(pool.reduce(0..<10, identity: 0, combine: +) { $0 })
      }
      box.withLock { $0 = pool }
      defer { box.withLock { $0 = nil } }
      let done = Gate(2)
      for _ in 0..<2 { try pool.submit { done.arrive() } }
      done.wait("the jobs")
      eventually("the event has been told") { sum.value == 100 }
    }
  }
}

import Glibc
import Pinwheel
import Synchronization
import Testing

extension PoolTests {
  /// One seed, one schedule.
  @Suite
  struct ReplayTests {
    @Test(arguments: replayedCounts)
    func theSameSeedGivesTheSameRun(workers: Int) throws {
      let load = Load()
      for seed: UInt64 in [1, 2, 12_345] {
        let runs = try (0..<20).map { _ in try Run(seed: seed, workers: workers, mixedProgram) }
        #expect(Set(runs.map(\.replay.fingerprint)).count == 1, "seed \(seed)")
        #expect(Set(runs.map(\.replay.schedulingPoints)).count == 1, "seed \(seed)")
        #expect(Set(runs.map(\.story)).count == 1, "seed \(seed)")
        #expect(runs.allSatisfy { $0.replay.isExact }, "seed \(seed): \(runs.compactMap(\.replay.end))")
      }
      withExtendedLifetime(load) {}
    }

    @Test(arguments: [2, 4, 8])
    func otherSeedsGiveOtherRuns(workers: Int) throws {
      let runs = try (0..<20).map { try Run(seed: $0, workers: workers, mixedProgram) }
      let stories = Set(runs.map(\.story))
      #expect(stories.count >= 10, "only \(stories.count) of 20 differ")
      #expect(Set(runs.map(\.replay.fingerprint)).count == 20)
    }

    /// Between two awaits the task may change its thread; the pool waits for neither.
    @Test(arguments: replayedCounts)
    func awaitedJobsReplayToo(workers: Int) async throws {
      var runs: Set<Run> = []
      for _ in 0..<10 {
        let pool = try ThreadPool.deterministic(seed: 3, workers: workers, patience: .seconds(10))
        let story = Story()
        for round in 0..<5 {
          let handles = try (0..<4).map { i in
            try pool.submit { [unowned pool] in
              story.add("begin\(round).\(i)")
              pool.parallelFor(0..<3) { j in story.add("\(round).\(i).\(j)") }
              return i
            }
          }
          for (i, handle) in handles.enumerated() { #expect(await handle.value == i) }
        }
        try pool.shutdown()
        runs.insert(Run(story: story.text, replay: try #require(pool.replay)))
      }
      #expect(runs.count == 1)
      #expect(runs.allSatisfy { $0.replay.isExact })
    }

    /// Jobs of one deterministic pool call another: both replay, as long as the other does not call back.
    @Test(arguments: [2, 4])
    func aPoolThatCallsAnotherReplays(workers: Int) throws {
      var runs: Set<[Run]> = []
      for _ in 0..<10 {
        let (outer, inner) = (
          try ThreadPool.deterministic(seed: 5, workers: workers, patience: .seconds(10)),
          try ThreadPool.deterministic(seed: 6, workers: workers, patience: .seconds(10))
        )
        let story = Story()
        outer.parallelFor(0..<6) { i in
          story.add("outer\(i)")
          inner.parallelFor(0..<6) { j in story.add("inner\(i).\(j)") }
        }
        runs.insert([outer, inner].compactMap { $0.replay.map { Run(story: story.text, replay: $0) } })
      }
      #expect(runs.count == 1)
      #expect(runs.allSatisfy { $0.allSatisfy(\.replay.isExact) })
    }

    @Test(arguments: replayedCounts)
    func hooksRunInTurn(workers: Int) throws {
      var runs: Set<String> = []
      for _ in 0..<10 {
        let story = Story()
        var configuration = PoolConfiguration(workers: .exactly(workers))
        configuration.determinism = .init(patience: .seconds(10))
        configuration.seed = 11
        configuration.onWorkerStart = { story.add("start\($0)") }
        configuration.onWorkerStop = { story.add("stop\($0)") }
        let pool = try ThreadPool(configuration)
        story.add("made")
        pool.join({ story.add("a") }, { story.add("b") })
        try pool.shutdown()
        story.add("ended")
        runs.insert(story.text)
      }
      #expect(runs.count == 1, "\(runs)")
    }

    /// Real threads, one at a time.
    @Test func jobsRunOnTheWorkersThreadsAndNeverTwoAtOnce() throws {
      let pool = try ThreadPool.deterministic(seed: 9, workers: 4)
      let inside = Atomic(0)
      let together = Atomic(0)
      let threads = Mutex<[Int: Set<UInt>]>([:])
      pool.parallelFor(0..<400, schedule: .dynamic(grain: 1)) { _ in
        if inside.add(1, ordering: .sequentiallyConsistent).newValue > 1 { together.add(1, ordering: .relaxed) }
        if let worker = pool.currentWorker {
          threads.withLock { _ = $0[worker, default: []].insert(UInt(pthread_self())) }
        }
        usleep(10)
        inside.subtract(1, ordering: .sequentiallyConsistent)
      }
      #expect(together.load(ordering: .relaxed) == 0)
      #expect(threads.withLock { $0.count } == 4)
      #expect(threads.withLock { $0.values.allSatisfy { $0.count == 1 } })
      #expect(pool.replay?.isExact == true)
    }

    /// Asking a handle again and again lets the job run.
    @Test func pollingAHandleEnds() throws {
      let pool = try ThreadPool.deterministic(seed: 2, workers: 2, patience: .seconds(10))
      let handle = try pool.submit { 5 }
      var asked = 0
      while !handle.isDone && asked < 10_000 { asked += 1 }
      #expect(handle.isDone)
      #expect(pool.replay?.isExact == true)
    }

    /// Between calls only the caller moves, however long it takes.
    @Test func nothingRunsBetweenTheCallersCalls() throws {
      let pool = try ThreadPool.deterministic(seed: 1, workers: 4, patience: .seconds(10))
      let ran = Counter()
      for _ in 0..<10 { try pool.submit { ran.add(1) } }
      let before = ran.value
      usleep(20_000)
      #expect(ran.value == before)
      for _ in 0..<1000 where ran.value < 10 { pool.giveWay() }
      #expect(ran.value == 10)
    }

    @Test func ordinaryPoolsHaveNoReplay() throws {
      let pool = try ThreadPool(PoolConfiguration(workers: .exactly(2)))
      #expect(pool.replay == nil)
      ThreadPool.schedulingPoint()
      pool.join({ ThreadPool.schedulingPoint() }, { pool.giveWay() })
      #expect(pool.replay == nil)
    }
  }
}

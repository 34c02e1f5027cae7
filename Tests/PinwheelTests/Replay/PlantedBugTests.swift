import Pinwheel
import Synchronization
import Testing

extension PoolTests {
  /// Bugs that depend on who runs when: some seed shows them, and goes on showing them.
  @Suite
  struct PlantedBugTests {
    struct Overdrawn: Error {}
    struct Overlapping: Error {}

    /// An account whose check and act are apart.
    private final class Account: Sendable {
      private let amount = Mutex(100)
      var balance: Int { amount.withLock { $0 } }

      func withdraw(_ wanted: Int) {
        if balance < wanted { return }
        ThreadPool.schedulingPoint()
        amount.withLock { $0 -= wanted }
      }
    }

    private func withdrawTwice(_ pool: ThreadPool) throws {
      let account = Account()
      pool.join({ account.withdraw(100) }, { account.withdraw(100) })
      if account.balance < 0 { throw Overdrawn() }
    }

    /// Wrong only if the second job starts before the first has ended; no scheduling points but the pool's own.
    private func overlap(_ pool: ThreadPool) throws {
      let isOpen = Atomic(false)
      let sawOpen = Atomic(false)
      pool.scope { s in
        s.spawn { [unowned pool] in
          isOpen.store(true, ordering: .sequentiallyConsistent)
          _ = pool.reduce(0..<8, identity: 0, leaf: 1, combine: +) { $0 }
          isOpen.store(false, ordering: .sequentiallyConsistent)
        }
        s.spawn { if isOpen.load(ordering: .sequentiallyConsistent) { sawOpen.store(true, ordering: .relaxed) } }
      }
      if sawOpen.load(ordering: .relaxed) { throw Overlapping() }
    }

    /// The first seed that fails, and that it fails every time.
    private func hunt(_ program: (ThreadPool) throws -> Void) throws {
      let failure = #expect(throws: ThreadPool.SeedFailure.self) {
        try ThreadPool.exploring(seeds: 0..<200, workers: 2, program)
      }
      guard let failure else { return }
      let load = Load()
      var failed = 0
      for _ in 0..<50 {
        let pool = try ThreadPool.deterministic(seed: failure.replay.seed, workers: failure.replay.workers)
        do { try program(pool) } catch {
          failed += 1
          #expect(pool.replay == failure.replay)
        }
      }
      #expect(failed == 50, "of 50, seed \(failure.replay.seed)")
      withExtendedLifetime(load) {}
    }

    @Test func aCheckThatIsApartFromItsActIsFoundAndReplayed() throws {
      try hunt(withdrawTwice)
    }

    @Test func anOverlapOfTwoJobsIsFoundAndReplayed() throws {
      try hunt(overlap)
    }

    /// The article and the README show another seed than the one that fails.
    @Test func theSeedThatTheDocumentationShows() throws {
      let failure = #expect(throws: ThreadPool.SeedFailure.self) {
        try ThreadPool.exploring(seeds: 0..<200, workers: 2, withdrawTwice)
      }
      let shown = "seed 1 fails: Overdrawn(); to see it again: ThreadPool.deterministic(seed: 1, workers: 2)"
      #expect(failure.map { "\($0)" } == shown)
    }

    /// Not every seed fails, or the search would show nothing.
    @Test func someSeedsHideTheBugs() throws {
      for program in [withdrawTwice, overlap] {
        let hidden = try (UInt64(0)..<50).filter { seed in
          let pool = try ThreadPool.deterministic(seed: seed, workers: 2)
          do { try program(pool) } catch { return false }
          return true
        }
        #expect(!hidden.isEmpty)
        #expect(hidden.count < 50)
      }
    }

    @Test func theErrorSaysHowToSeeItAgain() throws {
      let failure = #expect(throws: ThreadPool.SeedFailure.self) {
        try ThreadPool.exploring(seeds: 40..., workers: 3) { pool in
          if pool.replay?.seed == 42 { throw Overdrawn() }
        }
      }
      let text = failure.map { "\($0)" } ?? ""
      #expect(text.contains("seed 42 fails: Overdrawn()"), "\(text)")
      #expect(text.contains("ThreadPool.deterministic(seed: 42, workers: 3)"), "\(text)")
    }

    @Test func anExplorationCountsSchedules() throws {
      let ran = Counter()
      let exploration = try ThreadPool.exploring(seeds: 0..<30, workers: 4) { pool in
        pool.parallelFor(0..<20) { _ in ran.add(1) }
      }
      #expect(ran.value == 600)
      #expect(exploration.seeds == 30)
      #expect(exploration.schedules > 20)
      #expect(exploration.inexactSeeds.isEmpty)
    }
  }
}

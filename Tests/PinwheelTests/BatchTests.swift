import Glibc
import Pinwheel
import Synchronization
import Testing

extension PoolTests {
  /// Jobs submitted together.
  @Suite
  struct BatchTests {
    private final class Runs: Sendable {
      private let runs: Mutex<[Int]>
      init(_ count: Int) { runs = Mutex(Array(repeating: 0, count: count)) }
      func ran(_ index: Int) { runs.withLock { $0[index] += 1 } }
      var all: [Int] { runs.withLock { $0 } }
    }

    @Test(arguments: workerCounts)
    func everyJobRunsOnce(workers: Int) throws {
      let pool = try makePool(workers)
      for count in [0, 1, 2, 62, 63, 64, 125, 126, 127, 1000] {
        let outside = Runs(count)
        try pool.submit(count: count) { outside.ran($0) }.wait()
        #expect(outside.all == Array(repeating: 1, count: count))
        let inside = Runs(count)
        try pool.submit { try pool.submit(count: count) { inside.ran($0) }.wait() }.wait()
        #expect(inside.all == Array(repeating: 1, count: count))
      }
      #expect(try pool.submit(count: -3) { _ in Issue.record("ran") }.isDone)
    }

    /// Each job waits for all others: one for each worker, all of whom slept.
    @Test(.disabled(if: getenv("POOL_TESTS_SEED") != nil), arguments: [1, 2, 8])
    func asManyWorkersWakeAsThereAreJobs(workers: Int) throws {
      let pool = try makePool(workers) { $0.spin = .zero }
      for _ in 0..<5 {
        usleep(3000)
        let together = Gate(workers)
        try pool.submit(count: workers) { _ in
          together.arrive()
          together.wait("all other workers")
        }.wait()
      }
    }

    @Test func batchesFromManyThreads() throws {
      let pool = try makePool(3)
      let ran = Counter()
      onThreads(4) { thread in
        for round in 0..<30 {
          let count = 1 + (thread * 37 + round * 11) % 200
          do {
            let batch = try pool.submit(count: count) { _ in ran.add(1) }
            if round % 2 == 0 { batch.wait() }
            try pool.submit { ran.add(1) }
          } catch { Issue.record("\(error)") }
        }
      }
      try pool.shutdown()
      let expected = (0..<4).flatMap { thread in (0..<30).map { 2 + (thread * 37 + $0 * 11) % 200 } }
      #expect(ran.value == expected.reduce(0, +))
    }

    @Test func theErrorOfTheFirstThatFailedIsThrown() throws {
      let pool = try makePool(4)
      let ran = Counter()
      let batch = try pool.submit(count: 100) { (index) throws(Oops) in
        ran.add(1)
        if index % 10 == 3 { throw Oops("\(index)") }
      }
      for _ in 0..<2 {
        do throws(Oops) {
          try batch.wait()
          Issue.record("nothing was thrown")
        } catch { #expect(error.name == "3") }
      }
      #expect(ran.value == 100)
    }

    @Test func batchesCanBeAwaited() async throws {
      let pool = try makePool(2)
      let ran = Counter()
      let batch = try pool.submit(count: 50) { _ in ran.add(1) }
      await batch.value
      #expect(ran.value == 50)
      let failing = try pool.submit(count: 2) { (_) throws(Oops) in throw Oops("no") }
      await #expect(throws: Oops.self) { try await failing.value }
    }

    @Test func closuresInAnArray() throws {
      let pool = try makePool(2)
      let runs = Runs(3)
      let jobs: [@Sendable () -> Void] = (0..<3).map { index in { runs.ran(index) } }
      try pool.submit(contentsOf: jobs).wait()
      try pool.submit(contentsOf: [{ runs.ran(0) }, { runs.ran(1) }]).wait()
      #expect(runs.all == [2, 2, 1])
    }

    /// Crashed where the error was made.
    @Test func closuresInAnArrayThatThrowAnyError() throws {
      let pool = try makePool(2)
      #expect(throws: Oops.self) { try pool.submit(contentsOf: [{ throw Oops("literal") }]).wait() }
      let jobs: [@Sendable () throws -> Void] = [{}, { throw Oops("second") }, { throw Oops("third") }]
      let error = #expect(throws: Oops.self) { try pool.submit(contentsOf: jobs).wait() }
      #expect(error?.name == "second")
    }

    @Test func closuresInAnArrayThatThrowOneType() throws {
      func job(_ name: String?) -> @Sendable () throws(Oops) -> Void {
        { () throws(Oops) in if let name { throw Oops(name) } }
      }
      let jobs = [job(nil), job("a"), job("b")]
      let batch = try makePool(2).submit(contentsOf: jobs)
      do throws(Oops) {
        try batch.wait()
        Issue.record("nothing was thrown")
      } catch { #expect(error.name == "a") }
    }

    /// All of a batch runs, or it is refused: whenever the pool is shut down.
    @Test(arguments: 0..<20)
    func shutDownTakesAllOrNothing(round: Int) throws {
      let pool = try makePool(2)
      let accepted = Counter()
      let ran = Counter()
      onThreads(3) { thread in
        if thread == 0 {
          usleep(UInt32(round * 20))
          do { try pool.shutdown() } catch { Issue.record("\(error)") }
          return
        }
        for _ in 0..<1000 {
          do throws(PoolError) {
            try pool.submit(count: 130) { _ in ran.add(1) }
            accepted.add(130)
          } catch {
            if error != .shutDown { Issue.record("\(error)") }
            return
          }
        }
      }
      try pool.shutdown()
      #expect(ran.value == accepted.value)
    }

    /// The closure, and what it holds, goes when the last job has ended, though the handle stays.
    @Test func nothingIsKept() throws {
      let pool = try makePool(2)
      let ledger = Ledger()
      let batch = try {
        let instance = ledger.make()
        return try pool.submit(count: 200) { _ in withExtendedLifetime(instance) {} }
      }()
      batch.wait()
      #expect(ledger.live == 0)
      try pool.shutdown()
      #expect(throws: PoolError.shutDown) { try pool.submit(count: 2) { _ in } }
      #expect(throws: PoolError.shutDown) { try pool.submit(count: 0) { _ in } }
    }

    /// Each ticket once held a reference of its own, and 2^30 of them ended the process.
    @Test(arguments: [1 << 30, (1 << 32) - 1, 1 << 32, .max])
    func moreJobsThanThereCanBeReferencesAreRefused(count: Int) throws {
      let pool = try makePool(1)
      let ledger = Ledger()
      let instance = ledger.make()
      for _ in 0..<2 {
        #expect(throws: PoolError.outOfMemory) { try pool.submit(count: count) { _ in _ = instance } }
      }
      try pool.submit(count: 100) { _ in _ = instance }.wait()
    }

    /// A batch is gone when the last ticket has been drawn, be they void or not, and the handle dropped.
    @Test(arguments: workerCounts)
    func aBatchIsFreedOnce(workers: Int) throws {
      let pool = try makePool(workers)
      let ledger = Ledger()
      for round in 0..<200 {
        try pool.submit { [unowned pool] in
          let batch = try pool.submit(count: 1 + round % 70) { [instance = ledger.make()] (index) throws(Oops) in
            if index % 2 == 0 { throw Oops("even", instance) }
          }
          #expect(throws: Oops.self) { try batch.wait() }
        }.wait()
      }
      try pool.shutdown()
      #expect(ledger.made == 200)
      #expect(ledger.live == 0)
    }
  }
}

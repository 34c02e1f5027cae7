import Glibc
import Pinwheel
import Synchronization
import Testing

extension PoolTests {
  /// What holds in every pool holds in a deterministic one, whatever the seed.
  @Suite
  struct ReplayedBehaviourTests {
    private func makePool(_ workers: Int, seed: UInt64 = 1) throws -> ThreadPool {
      try ThreadPool.deterministic(seed: seed, workers: workers, patience: .seconds(2))
    }

    @Test(arguments: workerCounts)
    func callsComputeWhatTheyShould(workers: Int) throws {
      for seed: UInt64 in 0..<(workers > 8 ? 2 : 10) {
        let pool = try makePool(workers, seed: seed)
        #expect(fib(pool, 10) == 55)
        for schedule in [Schedule.auto, .static, .dynamic(grain: 3)] {
          for count in [0, 1, 2, 7, 100] {
            var marks = [UInt8](repeating: 0, count: count)
            pool.forEachChunk(of: &marks) { chunk, _ in for i in chunk.indices { chunk[i] += 1 } }
            #expect(marks.allSatisfy { $0 == 1 })
            let seen = Counter()
            pool.parallelFor(0..<count, schedule: schedule) { _ in seen.add(1) }
            #expect(seen.value == count)
          }
        }
        #expect(pool.map(5..<105) { $0 * 2 } == (5..<105).map { $0 * 2 })
        #expect(pool.reduce(0..<100, identity: [], leaf: 7, combine: +) { [$0] } == Array(0..<100))
        let ran = Counter()
        pool.scope { s in
          let s = copy s
          for _ in 0..<50 {
            s.spawn {
              ran.add(1)
              s.spawn { ran.add(1) }
            }
          }
        }
        #expect(ran.value == 100)
        let handles = try (0..<20).map { i in try pool.submit { i * i } }
        #expect(handles.map { $0.wait() } == (0..<20).map { $0 * $0 })
        #expect(pool.replay?.isExact == true, "seed \(seed): \(String(describing: pool.replay?.end))")
      }
    }

    @Test(arguments: workerCounts)
    func errorsCancelAndNothingLeaks(workers: Int) throws {
      let ledger = Ledger()
      for seed: UInt64 in 0..<5 {
        let pool = try makePool(workers, seed: seed)
        let caught = #expect(throws: Oops.self) {
          try pool.join({ throw Oops("a", ledger.make()) }, { throw Oops("b", ledger.make()) })
        }
        #expect(caught?.name == "a")
        #expect(throws: Oops.self) {
          try pool.parallelFor(0..<50) { i in if i % 5 == 4 { throw Oops("\(i)", ledger.make()) } }
        }
        #expect(throws: Oops.self) {
          try pool.scope { s in for i in 0..<10 { s.spawn { throw Oops("\(i)", ledger.make()) } } }
        }
        #expect(throws: Oops.self) { try pool.submit { throw Oops("job", ledger.make()) }.wait() }
        #expect(pool.replay?.isExact == true)
      }
      eventually("all errors are destroyed") { ledger.live == 0 }
    }

    @Test(arguments: workerCounts)
    func deepNesting(workers: Int) throws {
      let pool = try makePool(workers)
      let total = Counter()
      let handles = try (0..<4).map { _ in
        try pool.submit { [unowned pool] in
          pool.scope { s in
            for _ in 0..<3 {
              s.spawn { [unowned pool] in
                pool.parallelFor(0..<4) { _ in
                  let (a, b) = pool.join({ fib(pool, 3) }, { fib(pool, 4) })
                  total.add(a + b)
                }
              }
            }
          }
        }
      }
      for handle in handles { handle.wait() }
      #expect(total.value == 4 * 3 * 4 * 5)
      #expect(pool.replay?.isExact == true)
    }

    @Test(arguments: workerCounts)
    func shutdownRunsWhatWasSubmitted(workers: Int) throws {
      let pool = try makePool(workers)
      let ran = Counter()
      for _ in 0..<100 { try pool.submit { ran.add(1) } }
      try pool.shutdown()
      #expect(ran.value == 100)
      #expect(throws: PoolError.shutDown) { try pool.submit {} }
      #expect(fib(pool, 8) == 21)
      try pool.shutdown()
      #expect(pool.replay?.isExact == true)
    }

    @Test(arguments: workerCounts)
    func droppingRunsWhatWasSubmitted(workers: Int) throws {
      let ran = Counter()
      do {
        let pool = try makePool(workers)
        for _ in 0..<100 { try pool.submit { ran.add(1) } }
      }
      #expect(ran.value == 100)
    }

    /// The last reference goes inside a job, before the caller waits and while it does.
    @Test(arguments: workerCounts)
    func droppingInsideAJobRunsWhatWasSubmitted(workers: Int) throws {
      for seed: UInt64 in 0..<10 {
        let ran = Counter()
        var handles: [JobHandle<Void, Never>] = []
        do {
          let holder = Holder(try makePool(workers, seed: seed))
          handles.append(try holder.submit { holder.drop() })
          for _ in 0..<20 { handles.append(try holder.submit { ran.add(1) }) }
        } catch PoolError.shutDown {
          // The job has run already.
        }
        for handle in handles { handle.wait() }
        #expect(ran.value == handles.count - 1)
      }
    }

    private final class Holder: Sendable {
      private let pool: Mutex<ThreadPool?>
      init(_ pool: ThreadPool) { self.pool = Mutex(pool) }
      func drop() { pool.withLock { $0 = nil } }
      func submit(_ job: @escaping @Sendable () -> Void) throws -> JobHandle<Void, Never> {
        guard let pool = pool.withLock({ $0 }) else { throw PoolError.shutDown }
        return try pool.submit(job)
      }
    }

    @Test(arguments: workerCounts)
    func shutdownFromInsideThrows(workers: Int) throws {
      let pool = try makePool(workers)
      @Sendable func attempt() -> PoolError? {
        do { try pool.shutdown() } catch { return error }
        return nil
      }
      #expect(try pool.submit { attempt() }.wait() == .shutdownFromInside)
      #expect(pool.join({ attempt() }, { attempt() }) == (.shutdownFromInside, .shutdownFromInside))
      #expect(pool.state == .running)
    }

    /// Pools that call each other in circles: no replay, but an end.
    @Test(arguments: workerCounts)
    func poolsThatCallEachOtherComplete(workers: Int) throws {
      let (first, second) = (try makePool(workers, seed: 1), try makePool(workers, seed: 2))
      let total = Counter()
      @Sendable func ping(_ here: ThreadPool, _ there: ThreadPool, _ depth: Int) {
        total.add(1)
        if depth == 0 { return }
        _ = there.join({ ping(there, here, depth - 1) }, { ping(there, here, depth - 1) })
        there.scope { s in s.spawn { total.add(1) } }
      }
      let jobs = try (0..<6).map { index in
        index % 2 == 0
          ? try first.submit { ping(first, second, 4) } : try second.submit { ping(second, first, 4) }
      }
      for job in jobs { job.wait() }
      #expect(total.value == 6 * (31 + 15))
    }

    @Test func aForkedChildIsNotHeldUp() throws { try expectProbe("fork-deterministic") }
  }
}

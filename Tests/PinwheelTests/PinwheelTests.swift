import Glibc
import Pinwheel
import Testing

/// Worker counts that every behaviour is tested with: one, as many as cores, a few too many, far too many.
let workerCounts = [1, 2, 8, 64]

/// Makes all pools deterministic, if the environment has POOL_TESTS_SEED=n: the whole suite then runs in turns, and
/// where tests want threads at the same time, on pools whose baton is laid down in the midst of things.
private let seedForAll = getenv("POOL_TESTS_SEED").flatMap { UInt64(String(cString: $0)) }

func makePool(_ workers: Int, _ adjust: (inout PoolConfiguration) -> Void = { _ in }) throws -> ThreadPool {
  var configuration = PoolConfiguration()
  configuration.workers = .exactly(workers)
  if let seedForAll {
    configuration.seed = seedForAll
    configuration.determinism = .init(patience: .milliseconds(20))
  }
  adjust(&configuration)
  return try ThreadPool(configuration)
}

/// A pool whose slots stand idle: an outside call takes one, instead of running on its caller alone because the workers
/// are still on their way to their seats.
func makeSettledPool(_ workers: Int, _ adjust: (inout PoolConfiguration) -> Void = { _ in }) throws -> ThreadPool {
  let pool = try makePool(workers, adjust)
  eventually("an outside call finds a slot") { pool.join({ pool.currentWorker != nil }, {}).0 }
  return pool
}

func fib(_ pool: ThreadPool, _ n: Int) -> Int {
  if n < 2 { return n }
  let (a, b) = pool.join({ fib(pool, n - 1) }, { fib(pool, n - 2) })
  return a + b
}

extension PoolTests {
  @Suite
  struct BasicTests {
    @Test(arguments: workerCounts)
    func joinComputesBothSides(workers: Int) throws {
      let pool = try makePool(workers)
      #expect(fib(pool, 20) == 6765)
    }

    @Test(arguments: workerCounts)
    func loopsTouchEveryIndexOnce(workers: Int) throws {
      let pool = try makePool(workers)
      for schedule in [Schedule.auto, .static, .dynamic(grain: 3), .guided(grain: 3)] {
        for count in [0, 1, 2, 7, 1000] {
          var marks = [UInt8](repeating: 0, count: count)
          pool.forEachChunk(of: &marks) { chunk, _ in for i in chunk.indices { chunk[i] += 1 } }
          #expect(marks.allSatisfy { $0 == 1 })
          let sum = pool.reduce(0..<count, identity: 0, combine: +) { $0 }
          #expect(sum == count * (count - 1) / 2)
          let doubled = pool.map(5..<(5 + count)) { $0 * 2 }
          #expect(doubled == (5..<(5 + count)).map { $0 * 2 })
          let seen = Counter()
          pool.parallelFor(0..<count, schedule: schedule) { _ in seen.add(1) }
          #expect(seen.value == count)
        }
      }
    }

    @Test(arguments: workerCounts)
    func scopesRunEveryJob(workers: Int) throws {
      let pool = try makePool(workers)
      let count = Counter()
      pool.scope { s in
        for _ in 0..<1000 { s.spawn { count.add(1) } }
      }
      #expect(count.value == 1000)
    }

    @Test(arguments: workerCounts)
    func submittedJobsCanBeAwaited(workers: Int) async throws {
      let pool = try makePool(workers)
      let handles = try (0..<100).map { i in try pool.submit { i * i } }
      for (i, handle) in handles.enumerated() { #expect(await handle.value == i * i) }
    }
  }
}

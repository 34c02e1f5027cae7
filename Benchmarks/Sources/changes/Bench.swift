import CBenchmarkSystem
import Pinwheel
import Synchronization

/// A pool, three drivers that keep it busy with work whose outcome they check, and a thread that changes it.
final class Bench {
  private let pool: ThreadPool
  private let workers: Int
  private let drivers: ThreadPool
  private let load = Load()
  private var handles: [JobHandle<Void, Never>] = []

  init(workers: Int) throws {
    self.workers = workers
    pool = try ThreadPool(PoolConfiguration(workers: .exactly(workers)))
    var configuration = PoolConfiguration(workers: .exactly(3))
    configuration.name = "driver"
    drivers = try ThreadPool(configuration)
    let (pool, load) = (pool, load)
    handles = try (0..<3).map { driver in try drivers.submit { load.drive(pool, as: driver) } }
  }

  /// Changes the pool so often, and computes for as long in between.
  func run(_ kind: Kind, _ count: Int) throws -> (changes: Steps, idle: Steps) {
    var (changes, idle) = (Steps(), Steps())
    for change in 0..<count {
      let settings = kind.settings(change, workers: workers)
      let cost = try changes.time { try pool.apply(settings) }
      idle.time { Self.compute(for: cost) }
    }
    return (changes, idle)
  }

  /// - Throws: ``Wrong`` if the pool has lost something, or done it twice.
  func end() throws {
    load.stop()
    for handle in handles { handle.wait() }
    try pool.shutdown()
    try drivers.shutdown()
    try load.check()
  }

  /// Until the thread has had so many nanoseconds of CPU time.
  private static func compute(for nanoseconds: Double) {
    let end = Usage.now().cpu + nanoseconds
    var value: UInt64 = 1
    while Usage.now().cpu < end { for _ in 0..<500 { value = bench_opaque(value &* 3) } }
  }
}

extension Steps {
  /// Adds what `body` takes. Returns its CPU time in nanoseconds.
  @discardableResult
  mutating func time<E: Error>(_ body: () throws(E) -> Void) throws(E) -> Double {
    let (before, begin) = (Usage.now(), bench_now())
    try body()
    wall.append(Double(bench_now() - begin))
    let after = Usage.now()
    cpu += after.cpu - before.cpu
    waits += after.waits - before.waits
    preemptions += after.preemptions - before.preemptions
    return after.cpu - before.cpu
  }
}

/// What the calling thread has had of the CPU.
struct Usage {
  /// Nanoseconds.
  var cpu: Double
  var waits: Int
  var preemptions: Int

  static func now() -> Usage {
    var (waits, preemptions): (Int64, Int64) = (0, 0)
    let cpu = bench_thread_usage(&waits, &preemptions)
    return Usage(cpu: Double(cpu), waits: Int(waits), preemptions: Int(preemptions))
  }
}

struct Wrong: Error {
  var what: String
}

/// Work for the pool, and whether it is done right.
private final class Load: Sendable {
  private let isOver = Atomic<Bool>(false)
  private let submitted = Atomic<Int>(0)
  private let ran = Atomic<Int>(0)
  private let wrong = Atomic<Int>(0)

  func stop() { isOver.store(true, ordering: .releasing) }

  func check() throws {
    let (submitted, ran) = (submitted.load(ordering: .acquiring), ran.load(ordering: .acquiring))
    if submitted != ran { throw Wrong(what: "\(ran) of \(submitted) jobs have run") }
    let count = wrong.load(ordering: .acquiring)
    if count > 0 { throw Wrong(what: "\(count) wrong results") }
  }

  func drive(_ pool: ThreadPool, as driver: Int) {
    while !isOver.load(ordering: .acquiring) {
      switch driver {
      case 0: if fib(pool, 16) != 987 { wrong.add(1, ordering: .relaxed) }
      case 1:
        let sum = pool.reduce(0..<20_000, identity: 0, combine: +) { $0 }
        if sum != 199_990_000 { wrong.add(1, ordering: .relaxed) }
      default:
        for _ in 0..<16 {
          submitted.add(1, ordering: .relaxed)
          do {
            try pool.submit { self.ran.add(1, ordering: .relaxed) }
          } catch {
            wrong.add(1, ordering: .relaxed)
          }
        }
      }
    }
  }

  private func fib(_ pool: ThreadPool, _ n: Int) -> Int {
    if n < 2 { return n }
    let (a, b) = pool.join({ fib(pool, n - 1) }, { fib(pool, n - 2) })
    return a + b
  }
}

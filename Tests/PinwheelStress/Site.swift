import Pinwheel
import Synchronization

/// A pool, and what the program knows of it by its own count.
final class Site: Sendable {
  /// Workers that a pool has at most, at any time.
  static let most = 128

  let pool: ThreadPool
  /// Which thread holds which slot while it runs a job; 0: none.
  private let holders: Tallies64
  /// What the pool has been given, and what was seen of how it ran: see `CounterRules`.
  let submitted = Atomic<Int>(0)
  let submittedFromOutside = Atomic<Int>(0)
  let spawned = Atomic<Int>(0)
  let waits = Atomic<Int>(0)
  let migrated = Atomic<Int>(0)
  let looseOnIdle = Atomic<Int>(0)
  let hooked = Atomic<Int>(0)

  /// How many workers it began with.
  let founders: Int

  init(_ configuration: PoolConfiguration) throws(PoolError) {
    pool = try ThreadPool(configuration)
    founders = pool.workerCount
    holders = Tallies64(Self.most)
  }

  /// The calling thread runs a job of the pool. True if this must be taken back when it has: `vacate`.
  func occupy(by thread: Int, _ complain: (String) -> Void) -> Int? {
    guard let worker = pool.currentWorker else { return nil }
    // Who finishes something in a pool that has shrunk may be one of more than there are.
    guard worker >= 0 && worker < pool.counters.count else {
      complain("currentWorker is \(worker) in a pool of \(pool.counters.count)")
      return nil
    }
    let holder = holders.exchange(worker, thread)
    if holder == 0 { return worker }
    if holder != thread { complain("two threads hold slot \(worker) of a pool of \(pool.workerCount)") }
    return nil
  }

  func vacate(_ worker: Int) { _ = holders.exchange(worker, 0) }
}

/// Words that threads exchange, relaxed.
final class Tallies64: @unchecked Sendable {
  // SAFETY: as for `Tallies`.
  private let cells: UnsafeMutablePointer<Atomic<Int>>
  private let count: Int

  init(_ count: Int) {
    self.count = count
    cells = .allocate(capacity: count)
    for index in 0..<count { (cells + index).initialize(to: Atomic(0)) }
  }

  deinit {
    cells.deinitialize(count: count)
    cells.deallocate()
  }

  func exchange(_ index: Int, _ value: Int) -> Int { cells[index].exchange(value, ordering: .relaxed) }
}

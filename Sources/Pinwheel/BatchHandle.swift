import CPinwheel
import Synchronization

/// Jobs that were submitted together: wait for all of them from a thread, or await them from async code.
///
/// ```swift
/// let thumbnails = try pool.submit(count: photos.count) { index in makeThumbnail(photos[index]) }
/// thumbnails.wait()
/// ```
///
/// May be used from any thread, any number of times. Dropping it cancels nothing.
public final class BatchHandle<Failure: Error>: Submission, @unchecked Sendable {
  // SAFETY: `job` is dropped by whoever ends the last job, after all have used it; the rest is atomic or guarded.

  /// How many jobs there are.
  public let count: Int
  private var job: (@Sendable (Int) throws(Failure) -> Void)?
  /// The number of the next job to start; tickets that find none left are void.
  private let next = Atomic<Int>(0)
  private let unfinished: Atomic<Int>
  /// Tickets that are queued or being drawn. Together they hold one reference: one each would be more, for a large batch,
  /// than an object can count.
  private let tickets = Atomic<Int>(0)

  /// A job that threw, and those of higher numbers that had been noted before it.
  private struct Failed {
    var index: Int
    var error: Failure
    var later: UnsafeMutablePointer<Failed>?
  }
  /// The first that has thrown until now. A list instead of a lock, which a forked child might find held for ever.
  private let firstFailed = Atomic<UnsafeMutablePointer<Failed>?>(nil)

  init(_ core: CorePool, _ count: Int, _ job: @escaping @Sendable (Int) throws(Failure) -> Void) {
    self.count = count
    self.job = job
    unfinished = Atomic(count)
    super.init(core)
    if count == 0 { end(on: nil) }
  }

  deinit {
    var next = firstFailed.load(ordering: .relaxed)
    while let failed = next {
      // SAFETY: `note` made it, and nobody else is left who could look at it.
      next = failed.pointee.later
      failed.deinitialize(count: 1)
      failed.deallocate()
    }
  }

  /// Waits until all jobs have ended.
  ///
  /// - Blocks: on a worker of any pool, jobs that have not started are run here. Any other thread looks for some
  ///   microseconds whether all have ended, then sleeps.
  /// - Throws: of the jobs that threw, the error of the first in their order.
  /// - In a forked child: as ``JobHandle/wait()``.
  @available(*, noasync, message: "use `await handle.value` in async code")
  public func wait() throws(Failure) {
    waitForEnd()
    try outcome()
  }

  /// Returns when all jobs have ended, or throws as ``wait()``. Suspends the task, never the thread.
  ///
  /// Cancelling the task changes nothing: the jobs run all the same, and the task goes on when they have ended.
  public var value: Void {
    get async throws(Failure) {
      await ended()
      try outcome()
    }
  }

  fileprivate func outcome() throws(Failure) {
    // SAFETY: what is in the list does not change, and stays until the handle goes.
    if let failed = firstFailed.load(ordering: .acquiring) { throw failed.pointee.error }
  }

  /// So many tickets for a queue. They hold a reference as long as there is any of them.
  fileprivate func issueTickets(_ count: Int) -> UnsafeMutableRawPointer {
    let me = Unmanaged<LooseObject>.passUnretained(self)
    if tickets.add(count, ordering: .relaxed).oldValue == 0 { _ = me.retain() }
    return me.toOpaque()
  }

  /// No queue has taken them.
  fileprivate func revokeTickets(_ count: Int) {
    if tickets.subtract(count, ordering: .relaxed).newValue == 0 {
      Unmanaged<LooseObject>.passUnretained(self).release()
    }
  }

  /// Release: what this ticket's thread did with the batch comes before its end. Acquire: so did all others'.
  override func endTicket() -> Bool { tickets.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 }

  override func runUnstarted(on slot: OpaquePointer?) {
    while next.load(ordering: .relaxed) < count {
      if let slot {
        pw_draw_ticket(slot, issueTickets(1))
      } else {
        runTicket()
      }
    }
  }

  override func runTicket() {
    guard let slot = heldSlot else { return aside({ claim() }, { run($0, on: nil) }) }
    if let index = claim() { run(index, on: slot) } else { letEnter() }
  }

  /// The number of a job that nobody has begun; nil: there is none, since whoever waits may have run it.
  private func claim() -> Int? {
    // The look first, so that the number stays small. Acquire and release: see `aside`.
    guard next.load(ordering: .acquiring) < count else { return nil }
    let index = next.add(1, ordering: .acquiringAndReleasing).oldValue
    return index < count ? index : nil
  }

  private func run(_ index: Int, on slot: OpaquePointer?) {
    if let job {
      do throws(Failure) { try job(index) } catch { note(error, index) }
    }
    guard unfinished.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 else { return }
    job = nil
    end(on: slot)
  }

  private func note(_ error: Failure, _ index: Int) {
    // Acquire, release: what lies behind the pointer comes with it.
    var first = firstFailed.load(ordering: .acquiring)
    var mine: UnsafeMutablePointer<Failed>?
    // SAFETY: what is in the list does not change, and stays until the handle goes; what is not, is this thread's.
    while first.map({ $0.pointee.index > index }) ?? true {
      let failed = mine ?? .allocate(capacity: 1)
      if mine == nil { failed.initialize(to: Failed(index: index, error: error, later: nil)) }
      mine = failed
      failed.pointee.later = first
      let (isFirst, other) = firstFailed.compareExchange(
        expected: first, desired: failed, ordering: .acquiringAndReleasing)
      if isFirst { return }
      first = other
    }
    mine?.deinitialize(count: 1)
    mine?.deallocate()
  }
}

extension BatchHandle where Failure == Never {
  /// Returns when all jobs have ended. Suspends the task, never the thread. (Apart from the general form for the reason
  /// given at ``JobHandle``.)
  public var value: Void {
    get async { await ended() }
  }
}

extension ThreadPool {
  /// Queues `count` jobs for the workers at once, and returns at once: `job` is called with each index from 0 to below
  /// `count`.
  ///
  /// ```swift
  /// let batch = try pool.submit(count: files.count) { index(files[$0]) }
  /// ```
  ///
  /// Each job runs exactly once, whatever the others do, also when the handle is dropped or the pool shut down
  /// meanwhile. They start in order of their indices, by one another's side, and like other submitted jobs between
  /// those that were submitted before and after them.
  ///
  /// - Parameters:
  ///   - count: How many jobs; none, if it is not positive.
  ///   - job: Called once for each index.
  /// - Cost: two allocations, one reservation in the queue and some 10 ns a job, however many there are; and one
  ///   allocation for every 63 jobs from an outside thread. As many sleeping workers are woken as there are jobs for
  ///   them, at most four of them by the caller: each wakes a share of the others.
  /// - Throws: ``PoolError/shutDown``, ``PoolError/forked`` or ``PoolError/outOfMemory``: then none of the jobs will
  ///   run. Never for some of them only.
  @discardableResult
  public func submit<Failure: Error>(
    count: Int, _ job: @escaping @Sendable (_ index: Int) throws(Failure) -> Void
  ) throws(PoolError) -> BatchHandle<Failure> {
    switch state {
    case .forked: throw .forked
    case .shutDown: throw .shutDown
    case .running: break
    }
    let batch = BatchHandle(crew.core, max(count, 0), job)
    if count <= 0 { return batch }
    let result = pw_submit_many(
      core, pw_holds(core) ? pw_current() : nil, batch.issueTickets(count), UInt64(count))
    if result == PW_PUSHED { return batch }
    batch.revokeTickets(count)
    throw result == PW_PUSH_CLOSED ? .shutDown : .outOfMemory
  }

  /// Queues all of `jobs` for the workers at once: see ``submit(count:_:)``.
  ///
  /// Code that is itself generic over the error uses ``submit(count:_:)``: with Swift 6.3 an array of closures that throw
  /// `any Error`, made where that is known, crashes here when one of them throws.
  @discardableResult
  public func submit<Failure: Error>(
    contentsOf jobs: [@Sendable () throws(Failure) -> Void]
  ) throws(PoolError) -> BatchHandle<Failure> {
    try submit(count: jobs.count) { (index) throws(Failure) in try jobs[index]() }
  }

  /// The same for jobs that throw any error. (A form of its own: Swift 6.3 hands over `any Error` in one way where the type
  /// is known, as it is to whoever makes the array, and in another where it is generic, and code that takes the one for the
  /// other crashes.)
  @discardableResult
  public func submit(contentsOf jobs: [@Sendable () throws -> Void]) throws(PoolError) -> BatchHandle<any Error> {
    try submit(count: jobs.count) { (index) throws in try jobs[index]() }
  }

  /// The same for jobs that do not throw.
  @discardableResult
  public func submit(contentsOf jobs: [@Sendable () -> Void]) throws(PoolError) -> BatchHandle<Never> {
    try submit(count: jobs.count) { jobs[$0]() }
  }
}

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
  private let firstError = Mutex<(index: Int, error: Failure)?>(nil)

  init(_ core: CorePool, _ count: Int, _ job: @escaping @Sendable (Int) throws(Failure) -> Void) {
    self.count = count
    self.job = job
    unfinished = Atomic(count)
    super.init(core)
    if count == 0 { end(on: nil) }
  }

  /// Waits until all jobs have ended.
  ///
  /// - Blocks: on a worker of any pool, jobs that have not started are run here. Any other thread sleeps.
  /// - Throws: of the jobs that threw, the error of the first in their order.
  /// - In a forked child: as ``JobHandle/wait()``.
  @available(*, noasync, message: "use `await handle.value` in async code")
  public func wait() throws(Failure) {
    waitForEnd()
    try outcome()
  }

  /// Returns when all jobs have ended, or throws as ``wait()``. Suspends the task, never the thread.
  public var value: Void {
    get async throws(Failure) {
      await ended()
      try outcome()
    }
  }

  fileprivate func outcome() throws(Failure) {
    let failed = firstError.withLock { $0?.error }
    if let failed { throw failed }
  }

  override func runUnstarted(on slot: OpaquePointer?) {
    while next.load(ordering: .relaxed) < count {
      if let slot {
        pw_draw_ticket(slot, Unmanaged.passRetained(self as LooseObject).toOpaque())
      } else {
        runTicket()
      }
    }
  }

  override func runTicket() {
    // Whoever waits may have run it already. The look first, so that the number stays small.
    guard next.load(ordering: .relaxed) < count else { return }
    let index = next.add(1, ordering: .relaxed).oldValue
    guard index < count else { return }
    if let slot = heldSlot {
      run(index, on: slot)
    } else {
      aside { run(index, on: nil) }
    }
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
    firstError.withLock { first in
      if let known = first?.index, known < index { return }
      first = (index, error)
    }
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
    // More than the core would take: not for us to count references for.
    if UInt64(count) > pw_most_queued() { throw .outOfMemory }
    // Each ticket owns a reference, which whoever draws it consumes.
    let ticket = Unmanaged<LooseObject>.passUnretained(batch)
    for _ in 0..<count { _ = ticket.retain() }
    let result = pw_submit_many(core, pw_holds(core) ? pw_current() : nil, ticket.toOpaque(), UInt64(count))
    if result == PW_PUSHED { return batch }
    for _ in 0..<count { ticket.release() }
    throw result == PW_PUSH_CLOSED ? .shutDown : .outOfMemory
  }

  /// Queues all of `jobs` for the workers at once: see ``submit(count:_:)``.
  @discardableResult
  public func submit<Failure: Error>(
    contentsOf jobs: [@Sendable () throws(Failure) -> Void]
  ) throws(PoolError) -> BatchHandle<Failure> {
    try submit(count: jobs.count) { (index) throws(Failure) in try jobs[index]() }
  }
}

import CPinwheel
import Synchronization

/// A submitted job: wait for it from a thread, or await it from async code.
///
/// ```swift
/// let handle = try pool.submit { crunch() }
/// let fromAThread = handle.wait()
/// let fromATask = await handle.value
/// ```
///
/// May be used from any thread, any number of times. Dropping it does not cancel the job.
public final class JobHandle<Value: Sendable, Failure: Error>: LooseObject, @unchecked Sendable {
  // SAFETY: `job` and `result` are touched by the one thread that claimed the job, until the core's state word says
  // *done*, which publishes `result`; the continuations are guarded.
  private var job: (@Sendable () throws(Failure) -> Value)?
  private var result: Result<Value, Failure>?
  private var state: Int = 0
  private var address: UnsafeMutablePointer<Int>?
  private let pool: OpaquePointer
  /// Kept here, since the pool may be gone when somebody asks.
  private let forkGeneration = pw_fork_generation()
  /// If the pool is deterministic: then a wait takes part in its schedule, also when the pool has gone.
  private let deterministic: CorePool?
  private let awaiting = Mutex<[CheckedContinuation<Void, Never>]?>([])

  init(_ core: CorePool, _ job: @escaping @Sendable () throws(Failure) -> Value) {
    pool = core.pointer
    deterministic = core.baton != nil ? core : nil
    self.job = job
    super.init()
    address = withUnsafeMutablePointer(to: &state) { $0 }
  }

  /// SAFETY: as for ``ScopeJobs``: a stored property's address, touched by the C core's atomic operations only.
  private var stateWord: UnsafeMutablePointer<Int> { address.unsafelyUnwrapped }

  /// Whether the job has ended, with a value or an error.
  ///
  /// In a deterministic pool, a job that has not ended gets a chance to run first, so that asking again and again ends.
  public var isDone: Bool {
    if pw_is_done(stateWord) { return true }
    guard let baton = deterministic?.baton else { return false }
    pw_baton_enter(baton)
    pw_baton_at(baton, PW_AT_USER)
    pw_baton_leave(baton)
    return pw_is_done(stateWord)
  }

  /// Waits until the job has ended, and returns its value or throws its error.
  ///
  /// - Blocks: on a worker of any pool, a job that has not started is run here; else a worker of the same pool runs
  ///   parts
  ///   of it that its runner has forked. Any other thread sleeps.
  /// - In a forked child a job that has not started is run here; for one that a lost worker had begun, the process ends
  ///   with a message.
  @available(*, noasync, message: "use `await handle.value` in async code")
  public func wait() throws(Failure) -> Value {
    if !pw_is_done(stateWord) {
      if forkGeneration != pw_fork_generation() {
        // The workers are not here. What nobody had begun runs now; what one of them had begun never ends.
        runWithoutSlot()
        if !pw_is_done(stateWord) { pw_lost_in_fork() }
      } else if let slot = pw_current(), pw_holds(pool) {
        pw_draw_ticket(slot, Unmanaged.passRetained(self as LooseObject).toOpaque())
        pw_wait_submitted(slot, stateWord)
      } else {
        let baton = deterministic?.baton
        pw_baton_enter(baton)
        // On another pool's thread: run it rather than sleep, since that pool's workers may wait for this one's.
        if pw_current() != nil { runWithoutSlot() }
        pw_wait_for_turn(baton, stateWord)
        pw_baton_leave(baton)
      }
    }
    return try outcome()
  }

  /// The job's value, or its error, when it has ended. Suspends the task, never the thread.
  public var value: Value {
    get async throws(Failure) {
      await ended()
      return try outcome()
    }
  }

  fileprivate func ended() async {
    // The task may be away for long, and come back on another thread.
    if let baton = deterministic?.baton, !pw_is_done(stateWord) { pw_baton_let_go(baton) }
    await withCheckedContinuation { continuation in
      let isOver = awaiting.withLock { waiting in
        waiting?.append(continuation)
        return waiting == nil
      }
      if isOver { continuation.resume() }
    }
  }

  fileprivate func outcome() throws(Failure) -> Value {
    // SAFETY: *done* was seen (acquire), and `result` is set before it (release).
    try result.unsafelyUnwrapped.get()
  }

  override func runTicket() {
    guard let slot = pw_current().flatMap({ pw_holds(pool) ? $0 : nil }) else { return runWithoutSlot() }
    if pw_submitted_claim(slot, stateWord) { finish(on: slot) }
  }

  private func runWithoutSlot() {
    guard pw_submitted_claim(nil, stateWord) else { return }
    // The job is inside of its pool here too: one that ended it would wait for those who wait for the job.
    var aside = pw_aside()
    withUnsafeMutablePointer(to: &aside) { aside in
      pw_begin_aside(aside, pool)
      finish(on: nil)
      pw_end_aside(aside)
    }
  }

  private func finish(on slot: OpaquePointer?) {
    if let job {
      do throws(Failure) { result = .success(try job()) } catch { result = .failure(error) }
    }
    job = nil
    pw_submitted_finish(slot, stateWord)
    // In a forked child no task's thread is left to resume; one of them may even hold the lock.
    if forkGeneration != pw_fork_generation() { return }
    // A thread without a slot has woken nobody who waits for a turn.
    if slot == nil, let baton = deterministic?.baton { pw_baton_wake(baton, stateWord, .max) }
    let waiting = awaiting.withLock { waiting in
      defer { waiting = nil }
      return waiting ?? []
    }
    for continuation in waiting { continuation.resume() }
  }
}

extension JobHandle where Failure == Never {
  /// The job's value, when it has ended. Suspends the task, never the thread.
  ///
  /// Apart from the general form because Swift 6.3's compiler crashes where that is used in a function that cannot
  /// throw.
  public var value: Value {
    get async {
      await ended()
      return outcome()
    }
  }
}

extension ThreadPool {
  /// Queues a job for the workers and returns at once.
  ///
  /// The job runs exactly once, also when the handle is dropped or the pool shut down meanwhile. A job submitted on a
  /// worker goes to that worker's own queue, where idle workers find it; from other threads it goes to a shared one.
  ///
  /// - Cost: two allocations and about 100 ns; if a worker sleeps and none is searching, a wake-up.
  /// - Throws: ``PoolError/shutDown``, ``PoolError/forked`` or ``PoolError/outOfMemory``: the job will not run.
  @discardableResult
  public func submit<Value: Sendable, Failure: Error>(
    _ job: @escaping @Sendable () throws(Failure) -> Value
  ) throws(PoolError) -> JobHandle<Value, Failure> {
    if pw_pool_is_forked(core) { throw .forked }
    let handle = JobHandle(crew.core, job)
    let ticket = Unmanaged<LooseObject>.passRetained(handle)
    let result = pw_submit(core, pw_holds(core) ? pw_current() : nil, ticket.toOpaque())
    if result == PW_PUSHED { return handle }
    ticket.release()
    throw result == PW_PUSH_CLOSED ? .shutDown : .outOfMemory
  }
}

import CPinwheel

/// A submitted job: wait for it from a thread, or await it from async code.
///
/// ```swift
/// let handle = try pool.submit { crunch() }
/// let fromAThread = handle.wait()
/// let fromATask = await handle.value
/// ```
///
/// May be used from any thread, any number of times. Dropping it does not cancel the job.
public final class JobHandle<Value: Sendable, Failure: Error>: Submission, @unchecked Sendable {
  // SAFETY: `job` and `result` are touched by the one thread that claimed the job, until the core's state word says
  // *done*, which publishes `result`.
  private var job: (@Sendable () throws(Failure) -> Value)?
  private var result: Result<Value, Failure>?

  init(_ core: CorePool, _ job: @escaping @Sendable () throws(Failure) -> Value) {
    self.job = job
    super.init(core)
  }

  /// Waits until the job has ended, and returns its value or throws its error.
  ///
  /// - Blocks: on a worker of any pool, a job that has not started is run here; else a worker of the same pool runs
  ///   parts of it that its runner has forked. Any other thread sleeps.
  /// - In a forked child a job that has not started is run here; for one that a lost worker had begun, the process ends
  ///   with a message.
  @available(*, noasync, message: "use `await handle.value` in async code")
  public func wait() throws(Failure) -> Value {
    waitForEnd()
    return try outcome()
  }

  /// The job's value, or its error, when it has ended. Suspends the task, never the thread.
  public var value: Value {
    get async throws(Failure) {
      await ended()
      return try outcome()
    }
  }

  fileprivate func outcome() throws(Failure) -> Value {
    // SAFETY: *done* was seen (acquire), and `result` is set before it (release).
    try result.unsafelyUnwrapped.get()
  }

  override func runUnstarted(on slot: OpaquePointer?) {
    if let slot {
      pw_draw_ticket(slot, Unmanaged.passRetained(self as LooseObject).toOpaque())
    } else {
      runWithoutSlot()
    }
  }

  override func runTicket() {
    guard let slot = heldSlot else { return runWithoutSlot() }
    if pw_submitted_claim(slot, stateWord) { finish(on: slot) }
  }

  private func runWithoutSlot() {
    if pw_submitted_claim(nil, stateWord) { aside { finish(on: nil) } }
  }

  private func finish(on slot: OpaquePointer?) {
    if let job {
      do throws(Failure) { result = .success(try job()) } catch { result = .failure(error) }
    }
    job = nil
    end(on: slot)
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

import CPinwheel

/// A submitted job, whatever it returns: who runs it, and where its closure and then its result lie.
///
/// An implementation detail that shows because ``JobHandle`` builds on it. Not generic, so that nothing here looks up
/// types at run time: in a trial that was half of what a submission cost.
public class SubmittedJob: Submission, @unchecked Sendable {
  /// What only those can do who know the types: run the job and keep what comes of it, or forget what is kept.
  @usableFromInline enum Need { case run, forget }

  // SAFETY: `room` belongs to the thread that has claimed the job until the state says *done*, and does not change
  // after that; the rest is constant.
  private let attend: (SubmittedJob, Need) -> Void
  private var roomItself = JobRoom()
  private var roomAddress: UnsafeMutablePointer<JobRoom>?

  @usableFromInline
  init(of pool: ThreadPool, attend: @escaping (SubmittedJob, Need) -> Void) {
    self.attend = attend
    super.init(pool.crew.core)
    roomAddress = withUnsafeMutablePointer(to: &roomItself) { $0 }
  }

  deinit { attend(self, .forget) }

  /// SAFETY: as for ``ScopeJobs``: a stored property's address; who may touch it is said above.
  @usableFromInline final var room: UnsafeMutablePointer<JobRoom> { roomAddress.unsafelyUnwrapped }

  @usableFromInline final var hasEnded: Bool { pw_is_done(stateWord) }

  /// Queues the job.
  @usableFromInline
  final func enqueue(on pool: ThreadPool) throws(PoolError) {
    let core = pool.core
    if pw_pool_is_forked(core) { throw .forked }
    let ticket = Unmanaged<LooseObject>.passRetained(self)
    let result = pw_submit(core, pw_holds(core) ? pw_current() : nil, ticket.toOpaque())
    if result == PW_PUSHED { return }
    ticket.release()
    throw result == PW_PUSH_CLOSED ? .shutDown : .outOfMemory
  }

  override final func runUnstarted(on slot: OpaquePointer?) {
    if let slot {
      pw_draw_ticket(slot, Unmanaged.passRetained(self as LooseObject).toOpaque())
    } else {
      runWithoutSlot()
    }
  }

  override final func runTicket() {
    guard let slot = heldSlot else { return runWithoutSlot() }
    if pw_submitted_claim(slot, stateWord) { finish(on: slot) } else { letEnter() }
  }

  private func runWithoutSlot() {
    aside({ pw_submitted_claim(nil, stateWord) ? () : nil }, { finish(on: nil) })
  }

  private func finish(on slot: OpaquePointer?) {
    attend(self, .run)
    end(on: slot)
  }
}

/// A submitted job: wait for it from a thread, or await it from async code.
///
/// ```swift
/// let handle = try pool.submit { crunch() }
/// let fromAThread = handle.wait()
/// let fromATask = await handle.value
/// ```
///
/// May be used from any thread, any number of times. Dropping it does not cancel the job.
public final class JobHandle<Value: Sendable, Failure: Error>: SubmittedJob, @unchecked Sendable {
  // No stored property has a generic type: releasing one would look it up at run time.

  @usableFromInline typealias Job = @Sendable () throws(Failure) -> Value

  @inlinable
  init(of pool: ThreadPool, _ job: consuming @escaping Job) {
    // Captures nothing, so that it is no object of its own where the types are known.
    super.init(of: pool) { this, need in
      switch need {
      case .run: unsafeDowncast(this, to: JobHandle.self).run()
      case .forget where this.hasEnded: JobRoom.clear(this.room, of: Result<Value, Failure>.self)
      case .forget: JobRoom.clear(this.room, of: StoredJob<Value, Failure>.self)
      }
    }
    JobRoom.fill(room, with: StoredJob(consume job))
  }

  @inlinable
  func run() {
    let job = JobRoom.take(room, StoredJob<Value, Failure>.self).job
    let result: Result<Value, Failure>
    do throws(Failure) { result = .success(try job()) } catch { result = .failure(error) }
    JobRoom.fill(room, with: result)
  }

  /// Waits until the job has ended, and returns its value or throws its error.
  ///
  /// - Blocks: on a worker of any pool, a job that has not started is run here; else a worker of the same pool runs
  ///   parts of it that its runner has forked. Any other thread looks for it for some microseconds, then sleeps.
  /// - In a forked child a job that has not started is run here; for one that a lost worker had begun, the process ends
  ///   with a message.
  @available(*, noasync, message: "use `await handle.value` in async code")
  @inlinable
  public func wait() throws(Failure) -> Value {
    waitForEnd()
    return try outcome()
  }

  /// The job's value, or its error, when it has ended. Suspends the task, never the thread.
  ///
  /// Cancelling the task changes nothing: the job runs all the same, and the task goes on when it has ended.
  public var value: Value {
    get async throws(Failure) {
      await ended()
      return try outcome()
    }
  }

  @inlinable
  func outcome() throws(Failure) -> Value {
    // *done* was seen (acquire), and the result is there before it (release).
    try JobRoom.look(room, Result<Value, Failure>.self).get()
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
  /// - Cost: two allocations, and one more for a result (or an error) of over four words; with the running of the job and
  ///   the wait for it some 2400 instructions; if a worker sleeps and none is searching, a wake-up.
  /// - Throws: ``PoolError/shutDown``, ``PoolError/forked`` or ``PoolError/outOfMemory``: the job will not run.
  @discardableResult
  @inlinable
  public func submit<Value: Sendable, Failure: Error>(
    _ job: consuming @escaping @Sendable () throws(Failure) -> Value
  ) throws(PoolError) -> JobHandle<Value, Failure> {
    let handle = JobHandle(of: self, consume job)
    try handle.enqueue(on: self)
    return handle
  }
}

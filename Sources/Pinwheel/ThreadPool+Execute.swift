import CPinwheel

extension ThreadPool {
  /// Queues a job that nobody waits for, and returns at once.
  ///
  /// ```swift
  /// try pool.execute { log.flush() }
  /// ```
  ///
  /// As ``submit(_:)``, without a handle: for jobs that tell whom they concern by themselves. It runs exactly once, also
  /// when the pool is shut down meanwhile: ``shutdown()`` returns after it.
  ///
  /// - Cost: one allocation, for the closure, and none if that captures nothing; now and then room in a queue. With the
  ///   running of the job some 1000 instructions, half of a submission's; if a worker sleeps and none is searching, a wake-up.
  /// - Blocks: never. May be called from any thread. A job submitted on a worker goes to that worker's own queue, where
  ///   idle workers find it; from other threads it goes to a shared one, in order.
  /// - Throws: ``PoolError/shutDown``, ``PoolError/forked`` or ``PoolError/outOfMemory``: the job will not run.
  @inlinable
  public func execute(_ job: consuming @escaping @Sendable () -> Void) throws(PoolError) {
    // Consumed: a reference that the caller kept would be given back while the worker that runs the job counts there too.
    if let refusal = queue(LooseWords(consume job)) { throw refusal.error }
  }

  /// Why a job was not queued. A byte, where all of `PoolError` would be copied for each job that was.
  @usableFromInline
  enum Refusal: UInt8 {
    case forked, shutDown, outOfMemory

    @usableFromInline var error: PoolError {
      switch self {
      case .forked: .forked
      case .shutDown: .shutDown
      case .outOfMemory: .outOfMemory
      }
    }
  }

  /// Queues the closure that these words hold, or releases it and says why.
  @usableFromInline
  func queue(_ words: LooseWords) -> Refusal? {
    let result =
      pw_pool_is_forked(core)
      ? nil : pw_execute(core, pw_holds(core) ? pw_current() : nil, words.first, words.second)
    if result == PW_PUSHED { return nil }
    _ = words.take()
    return result.map { $0 == PW_PUSH_CLOSED ? .shutDown : .outOfMemory } ?? .forked
  }
}

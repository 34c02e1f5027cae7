import CPinwheel

extension ThreadPool {
  /// A pool whose schedule a seed decides, so that a bug that depends on who ran when happens again: in every run,
  /// under a debugger, on another machine.
  ///
  /// ```swift
  /// let pool = try ThreadPool.deterministic(seed: 17, workers: 4)
  /// pool.parallelFor(0..<100) { index($0) }
  /// ```
  ///
  /// The workers are real threads, with thread-locals and locks of their own, but they pass a baton: one runs at a
  /// time. At every *scheduling point* (a fork, a join, the beginning and end of a job or chunk, `spawn`, `submit`, a
  /// wait, and ``schedulingPoint()``) the seed picks who goes on. The calling thread is one of them; between two calls
  /// it keeps the baton, so that nothing else moves meanwhile.
  ///
  /// The same seed, number of workers and program give the same schedule, as long as the program itself repeats: see
  /// <doc:ReplayingASchedule> for what is decided and what is not. ``replay`` says what has been decided.
  ///
  /// Slow: some microseconds a scheduling point, and no two jobs at once. For tests and debugging.
  ///
  /// Source of the idea: seeded random schedules find most ordering bugs in few runs (Burckhardt and others, *A
  /// Randomized Scheduler with Probabilistic Guarantees of Finding Bugs*, ASPLOS 2010).
  ///
  /// - Parameters:
  ///   - seed: Which schedule. Neighbouring seeds give unrelated ones.
  ///   - workers: How many workers, from 1 to 4096.
  ///   - patience: See ``PoolConfiguration/Determinism/patience``.
  ///   - onEvent: See ``PoolConfiguration/onEvent``.
  /// - Throws: As ``init(_:)``.
  public static func deterministic(
    seed: UInt64, workers: Int = 4, patience: Duration = .seconds(1),
    onEvent: (@Sendable (PoolEvent) -> Void)? = nil
  ) throws(PoolError) -> ThreadPool {
    var configuration = PoolConfiguration()
    configuration.workers = .exactly(workers)
    configuration.seed = seed
    configuration.determinism = PoolConfiguration.Determinism(patience: patience)
    configuration.onEvent = onEvent
    return try ThreadPool(configuration)
  }

  /// What a deterministic pool has decided so far; nil for others. Between two calls of the one thread that calls the
  /// pool, and after ``shutdown()``, it does not change.
  public var replay: Replay? {
    guard let baton = crew.core.baton else { return nil }
    let raw = pw_baton_replay(baton)
    return Replay(
      seed: crew.founding.seed, workers: workerCount, schedulingPoints: Int(raw.points), fingerprint: raw.fingerprint,
      end: Replay.End(raw.end, player: raw.player, workers: workerCount))
  }

  /// A point at which a deterministic pool may let somebody else run. Put it where your code could be interrupted, such
  /// as between a check and what relies on it.
  ///
  /// ```swift
  /// if cache[key] == nil {
  ///   ThreadPool.schedulingPoint()
  ///   cache[key] = load(key)
  /// }
  /// ```
  ///
  /// For code that runs inside a job or call of the pool. Elsewhere, and in ordinary pools, it does nothing, in a few
  /// nanoseconds.
  public static func schedulingPoint() { pw_offer_baton() }

  /// As ``schedulingPoint()``, for the thread that calls this pool, between its calls.
  public func giveWay() {
    guard let baton = crew.core.baton else { return }
    pw_baton_enter(baton)
    pw_baton_at(baton, PW_AT_USER)
    pw_baton_leave(baton)
  }
}

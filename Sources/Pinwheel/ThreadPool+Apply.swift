extension ThreadPool {
  /// Gives the pool other settings while it runs: more workers or fewer, other places, another way to wait.
  ///
  /// ```swift
  /// var configuration = pool.configuration
  /// configuration.workers = .exactly(2)
  /// try pool.apply(configuration)
  /// ```
  ///
  /// Nothing is stopped for it and nothing is lost. Workers that are needed no longer finish what they run, give away
  /// what they have queued, and stand aside on a thread that sleeps; a later growth wakes them. Who waits for them is
  /// helped as ever. Places and ``PoolConfiguration/spin`` take effect at once, also in the middle of a job. When this
  /// returns the change is accepted, but a worker may still be on its way: see ``workerCount`` for how many there will be.
  ///
  /// The settings are planned on the machine as it was last seen; ``refresh()`` looks again. What is fixed when a pool
  /// starts (the stacks' size, the seed, the name, determinism) stays, and is named in ``Change/ignored`` and told to ``PoolConfiguration/onEvent`` if something else was asked for. So do the hooks of its
  /// workers, but nobody is told: whether they are others cannot be seen. If the configuration has an
  /// ``PoolConfiguration/onEvent`` it is the one from now on.
  ///
  /// Scheduling class and nice value change for all workers at once, and stay as they are if the configuration says nothing
  /// of them: the way back may be a privilege, as from a nice value of 10 to 0. New workers are scheduled as the others, whatever
  /// the calling thread has. What the kernel refuses is thrown (``PoolError/schedulingRefused(_:)``), before anything has
  /// changed.
  ///
  /// A pool that shares the machine (``PoolConfiguration/share``) claims the cores that it needs more before a worker goes
  /// there, and gives back those that it needs no longer when no worker is there any more. Cores of others it leaves to
  /// them: who has what it could not get is told by ``Placement/warnings``, and to ``PoolConfiguration/onEvent``. Applying
  /// ``configuration`` as it is takes what others have given back meanwhile.
  ///
  /// If workers are in arenas (``arena(of:)``), settings are those of all workers together, and arenas follow.
  ///
  /// May be called from any thread, inside of jobs too. Several callers take turns; so do forks of the process.
  ///
  /// - Returns: What is different now.
  /// - Throws: ``PoolError``; then the pool goes on as before. ``PoolError/deterministic`` for a deterministic pool,
  ///   ``PoolError/schedulingRefused(_:)`` for a scheduling class or nice value that the kernel refuses,
  ///   ``PoolError/arena(_:)`` if an arena would be left without workers, or the pool is one.
  /// - Cost: Some 40 µs for 8 workers: a plan, and two system calls for each worker that moves; some 50 µs for each thread
  ///   that is new. No other thread waits meanwhile, and no busy worker is waited for, but for the kernel to take it off a
  ///   CPU that it is to leave. On a machine with more busy threads than CPUs the caller may be given none for some
  ///   milliseconds, as any thread (`Benchmarks`, `changes`).
  @discardableResult
  public func apply(_ configuration: PoolConfiguration) throws(PoolError) -> Change {
    try crew.apply(configuration)
  }

  /// Looks whether the machine gives the process more or less by now: CPUs that went offline or came back, another
  /// cpuset, another CPU quota. If so, the pool's settings are applied anew to what there is.
  ///
  /// A quota that has been raised gives a pool with `workers: auto` more workers; a CPU that is gone has its workers
  /// moved. ``PoolConfiguration/follow`` has the pool do so by itself.
  ///
  /// The CPUs that the process was started with (`taskset`) stay a bound if they were fewer than there were. What its
  /// main thread is bound to later does not count.
  ///
  /// - Returns: What is different now, which is told to ``PoolConfiguration/onEvent`` as well; nil if nothing is.
  /// - Throws: As ``apply(_:)``, with ``PoolError/topology(_:settings:)`` if no CPU is left of the places that the settings name.
  /// - Cost: Some 200 µs if nothing has changed; else the machine is read again (3 to 15 ms).
  @discardableResult
  public func refresh() throws(PoolError) -> Change? {
    try crew.refresh()
  }

  /// The settings that the pool goes by, as last applied: with every value resolved and checked. They are those of all its
  /// workers, also of those in arenas.
  public var configuration: PoolConfiguration { crew.configuration }
}

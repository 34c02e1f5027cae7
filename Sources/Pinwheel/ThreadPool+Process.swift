import CPinwheel

extension ThreadPool {
  /// Runs `body` with the CPU affinity and the signal mask of the process in place of a worker's, for what inherits
  /// them: programs that a job starts, and threads that it makes.
  ///
  /// ```swift
  /// try pool.submit {
  ///   try ThreadPool.withProcessAttributes { try process.run() }  // posix_spawn(3), vfork(2), Foundation's Process
  /// }
  /// ```
  ///
  /// A worker that is bound to one CPU would otherwise hand that on, and the program would run on this one CPU for
  /// good; and, as a worker blocks most signals, it would not end by `SIGTERM` or Ctrl-C. `fork(2)` needs no such care:
  /// the child's own handler does the same, so what it executes is bound to nothing of the pool's.
  ///
  /// What the process "has" is the main thread's affinity, and the signal mask of the thread that started the first
  /// pool, both at that time. On threads that are no worker's, and in a body that is inside another such call, nothing
  /// changes. While it runs, the application's signal handlers may run on this thread.
  ///
  /// - Cost: four system calls on a bound worker, two on others, none elsewhere.
  /// - Throws: what `body` throws. If the kernel refuses the affinity, `body` runs with the worker's.
  public static func withProcessAttributes<R, E: Error>(_ body: () throws(E) -> R) throws(E) -> R {
    var own = pw_thread_attributes()
    pw_adopt_process_attributes(&own)
    defer { pw_restore_thread_attributes(&own) }
    return try body()
  }
}

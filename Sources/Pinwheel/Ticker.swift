import CPinwheel
import Glibc

/// Calls something again and again, on a thread of its own that sleeps in between.
package final class Ticker: @unchecked Sendable {
  // SAFETY: `stopped` is a word of its own, touched by the core's atomic operations alone. `thread` is written before
  // `start` returns, and read by whoever stops the ticker, once: they have it from `start`; a tick, which may come
  // earlier, is not given it.
  private let stopped = UnsafeMutablePointer<Int>.allocate(capacity: 1)
  private var thread = pthread_t()
  private let forkGeneration = pw_fork_generation()

  private init() { stopped.initialize(to: 0) }

  deinit { stopped.deallocate() }

  /// What is worth a wake-up: nothing that is looked at changes more often.
  static let shortest = Duration.milliseconds(10)

  /// Starts one.
  ///
  /// - Parameter interval: The time between two calls; a shorter one than ``shortest`` counts as that.
  /// - Throws: ``PoolError/watchRefused(errno:)``.
  package static func start(
    every interval: Duration, _ tick: @escaping @Sendable () -> Void
  ) throws(PoolError) -> Ticker {
    let ticker = Ticker()
    let nanoseconds = max(interval, shortest).nanoseconds
    // The thread keeps it alive, until it is stopped. What runs on it is also the user's (`onEvent`), and a parser that
    // goes one call deeper for each bracket.
    switch Thread.start(stackSize: Thread.helperStackSize, { ticker.run(every: nanoseconds, tick) }) {
    case .success(let thread):
      ticker.thread = thread
      return ticker
    case .failure(let refusal): throw .watchRefused(errno: refusal.errno)
    }
  }

  private func run(every nanoseconds: UInt64, _ tick: () -> Void) {
    pw_set_thread_name("pinwheel-watch")
    while true {
      // A signal may end it early; then the tick comes early.
      pw_futex_wait(stopped, 0, nanoseconds)
      if pw_flag_is_set(stopped) { return }
      tick()
    }
  }

  /// Ends it. When this returns nothing is called any more; but if it is called from inside, after that. Later calls, and
  /// those in a forked child, which does not have the thread, do nothing.
  package func stop() {
    guard forkGeneration == pw_fork_generation(), pw_flag_set(stopped) else { return }
    pw_futex_wake(stopped, 1)
    if pthread_equal(thread, pthread_self()) != 0 {
      pthread_detach(thread)
    } else {
      pthread_join(thread, nil)
    }
  }
}

internal import CBenchmarkSystem
internal import Glibc

/// Threads that belong to no runtime and begin together.
public enum OutsideThreads {
  /// How many make a crowd.
  @inlinable public static var count: Int { 8 }

  /// How many of so many jobs are that thread's.
  @inlinable
  public static func share(_ thread: Int, of jobs: Int) -> Int { Strides.part(thread, of: count, jobs).count }

  /// Runs `body` on that many threads, with each one's number.
  ///
  /// - Returns: The time from when all stood ready, and when the last one had returned.
  public static func run(_ count: Int, _ body: @Sendable (Int) -> Void) -> (running: RunningSpan, end: UInt64) {
    // SAFETY: every thread is joined before this returns, so that nobody calls `body` later.
    withoutActuallyEscaping(body) { body in
      SharedBuffer<UInt64>.with(gateWords, of: 0) { words in
        let threads = (0..<count).compactMap { number in
          start {
            pass(words, count)
            body(number)
            bench_raise(words.base + lastEnd, bench_now())
          }
        }
        // A refused thread's part is nobody's: the result says that something is missing.
        while bench_load(words.base + ready) < UInt64(threads.count) { bench_sleep(50_000) }
        let running = RunningSpan()
        bench_raise(words.base + open, 1)
        for thread in threads { pthread_join(thread, nil) }
        return (running, bench_load(words.base + lastEnd))
      }
    }
  }

  // Words of the gate, a padded line each.
  private static let ready = 0
  private static let open = 16
  private static let lastEnd = 32
  private static let gateWords = 48

  private static func pass(_ words: SharedView<UInt64>, _ count: Int) {
    _ = bench_add(words.base + ready, 1)
    // Asleep, since there may be fewer CPUs than threads; what the last to wake misses is part of a crowd.
    while bench_load(words.base + open) == 0 { bench_sleep(20_000) }
  }

  private final class Start: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }

  private static func start(_ body: @escaping @Sendable () -> Void) -> pthread_t? {
    var thread = pthread_t()
    let start = Unmanaged.passRetained(Start(body))
    let refusal = pthread_create(
      &thread, nil,
      { argument in
        if let argument { Unmanaged<Start>.fromOpaque(argument).takeRetainedValue().body() }
        return nil
      }, start.toOpaque())
    if refusal != 0 {
      start.release()
      return nil
    }
    return thread
  }
}

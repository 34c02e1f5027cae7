public import CBenchmarkSystem
public import PeerProtocol

/// Jobs from outside threads.
public enum Submission {
  /// Counts jobs that have run; whoever runs the last one tells when.
  public struct Countdown: Sendable {
    @usableFromInline let words: SharedView<UInt64>
    @usableFromInline let total: UInt64

    /// Calls `body` with a countdown, which submits all jobs, then waits until they have run.
    ///
    /// - Parameter body: Returns the time that began with the first submission.
    /// - Returns: How many ran, and how long all took.
    @inlinable
    public static func run(_ total: Int, _ body: (Countdown) -> RunningSpan) -> Measured {
      SharedBuffer<UInt64>.with(words, of: 0) { words in
        let countdown = Countdown(words: words, total: UInt64(total))
        let running = body(countdown)
        if total > 0 { countdown.wait() }
        return running.end(at: total > 0 ? words[end] : nil).measured(bench_load(words.base + count))
      }
    }

    @inlinable
    init(words: SharedView<UInt64>, total: UInt64) { (self.words, self.total) = (words, total) }

    @inlinable @inline(__always)
    public func jobHasRun() {
      if bench_add(words.base + Self.count, 1) == total { finish() }
    }

    @usableFromInline
    func finish() {
      words[Self.end] = bench_now()
      flag.withMemoryRebound(to: Int32.self, capacity: 1) { bench_post($0) }
    }

    @usableFromInline
    func wait() { flag.withMemoryRebound(to: Int32.self, capacity: 1) { bench_await($0) } }

    @usableFromInline var flag: UnsafeMutablePointer<UInt64> { words.base + Self.flag }

    // Words, a padded line each.
    @usableFromInline static var count: Int { 0 }
    @usableFromInline static var end: Int { 16 }
    @usableFromInline static var flag: Int { 32 }
    @usableFromInline static var words: Int { 48 }
  }

  /// One producer: this thread.
  @inlinable
  public static func runOne<R: SubmissionRuntime>(_ runtime: R, jobs: Int) -> Measured {
    Countdown.run(jobs) { countdown in
      let running = RunningSpan()
      for _ in 0..<jobs { runtime.submit { countdown.jobHasRun() } }
      return running
    }
  }

  /// Eight producers.
  @inlinable
  public static func runCrowd<R: SubmissionRuntime>(_ runtime: R, jobs: Int) -> Measured {
    let share = jobs / OutsideThreads.count
    return Countdown.run(share * OutsideThreads.count) { countdown in
      OutsideThreads.run(OutsideThreads.count) { _ in
        for _ in 0..<share { runtime.submit { countdown.jobHasRun() } }
      }.running
    }
  }

  @inlinable
  public static func runLatency<R: SubmissionRuntime>(_ runtime: R, times: Int) -> Measured {
    var samples = Samples(capacity: times)
    let (_, span) = timed {
      for _ in 0..<times {
        let start = bench_now()
        runtime.submitAndWait()
        samples.add(bench_now() &- start)
      }
    }
    return span.measured(UInt64(times), ["median": samples.median])
  }

  /// From the call that submits to the job's first instruction, after 20 ms of quiet.
  @inlinable
  public static func runWake<R: SubmissionRuntime>(_ runtime: R, times: Int) -> Measured {
    var samples = Samples(capacity: times)
    let running = RunningSpan()
    for _ in 0..<times {
      bench_sleep(20_000_000)
      let one = Countdown.run(1) { countdown in
        let submitted = RunningSpan()
        runtime.submit { countdown.jobHasRun() }
        return submitted
      }
      samples.add(one.nanoseconds)
    }
    return Span(wall: samples.sum, cpu: running.end().cpu).measured(UInt64(times), ["median": samples.median])
  }
}

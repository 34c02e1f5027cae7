public import CBenchmarkSystem
public import PeerProtocol

/// Jobs from outside threads.
public enum Submission {
  /// Counts jobs that have run: each thread in a word of its own, nearly always, so that counting is not what is
  /// measured.
  public struct JobCount: Sendable {
    @usableFromInline let words: SharedWords
    @usableFromInline static var mask: UInt32 { 127 }

    @inlinable init(words: SharedWords) { self.words = words }

    @inlinable @inline(__always)
    public func jobHasRun() { _ = bench_add(words.address(Int(bench_thread_number() & Self.mask)), 1) }

    @inlinable var sum: UInt64 { (0...Int(Self.mask)).reduce(0) { $0 &+ bench_load(words.address($1)) } }

    /// Calls `body`, which submits that many jobs, and waits until they have run.
    ///
    /// - Parameter body: Returns the time that began with the first submission.
    @inlinable
    public static func run(_ total: Int, _ body: (JobCount) -> RunningSpan) -> Measured {
      SharedBuffer<UInt64>.with((Int(mask) + 1) * PaddedCounters.spacing, of: 0) { words in
        let count = JobCount(words: SharedWords(words: words))
        let running = body(count)
        // Now and then, rather than all the time: the CPU is for the workers.
        while count.sum < UInt64(total) { bench_sleep(20_000) }
        return running.end().measured(count.sum)
      }
    }
  }

  /// One producer: this thread.
  @inlinable
  public static func runOne<R: SubmissionRuntime>(_ runtime: R, jobs: Int) -> Measured {
    JobCount.run(jobs) { count in
      let running = RunningSpan()
      for _ in 0..<jobs { runtime.submit { count.jobHasRun() } }
      return running
    }
  }

  /// In batches, which a runtime may queue at once.
  @inlinable
  public static func runBatches<R: SubmissionRuntime>(_ runtime: R, jobs: Int) -> Measured {
    let batch = 1000
    return JobCount.run(jobs) { count in
      let running = RunningSpan()
      for done in stride(from: 0, to: jobs, by: batch) {
        runtime.submit(count: min(batch, jobs - done)) { count.jobHasRun() }
      }
      return running
    }
  }

  /// Eight producers.
  @inlinable
  public static func runCrowd<R: SubmissionRuntime>(_ runtime: R, jobs: Int) -> Measured {
    JobCount.run(jobs) { count in
      OutsideThreads.run(OutsideThreads.count) { thread in
        for _ in 0..<OutsideThreads.share(thread, of: jobs) { runtime.submit { count.jobHasRun() } }
      }.running
    }
  }

  /// One job at a time, waited for. The result is how many have run.
  @inlinable
  public static func runLatency<R: SubmissionRuntime>(_ runtime: R, times: Int) -> Measured {
    PaddedCounters.with(1) { ran in
      let (samples, span) = timed { submitAndWait(runtime, times) { ran.increment(0) } }
      return span.measured(ran.total, ["median": samples.median])
    }
  }

  /// The same by eight threads at a time.
  @inlinable
  public static func runCrowdLatency<R: SubmissionRuntime>(_ runtime: R, times: Int) -> Measured {
    PaddedCounters.with(OutsideThreads.count) { ran in
      let places = (0..<OutsideThreads.count).map { _ in Place<Samples>() }
      let (running, end) = OutsideThreads.run(OutsideThreads.count) { thread in
        places[thread].set(
          submitAndWait(runtime, OutsideThreads.share(thread, of: times)) { ran.increment(thread) })
      }
      var all = Samples(capacity: times)
      for place in places { all.add(place.take()) }
      return running.end(at: end).measured(ran.total, ["median": all.median])
    }
  }

  @inlinable
  static func submitAndWait<R: SubmissionRuntime>(
    _ runtime: R, _ times: Int, _ job: @escaping @Sendable () -> Void
  ) -> Samples {
    var samples = Samples(capacity: times)
    for _ in 0..<times {
      let start = bench_now()
      runtime.submitAndWait(job)
      samples.add(bench_now() &- start)
    }
    return samples
  }

  /// From the call that submits to the job's first instruction, after 20 ms of quiet. The result is how many have run.
  @inlinable
  public static func runWake<R: SubmissionRuntime>(_ runtime: R, times: Int) -> Measured {
    PaddedCounters.with(1) { ran in
      var samples = Samples(capacity: times)
      let running = RunningSpan()
      for _ in 0..<times {
        bench_sleep(20_000_000)
        let started = Moment()
        let submitted = bench_now()
        runtime.submit {
          ran.increment(0)
          started.pass()
        }
        samples.add(started.await() &- submitted)
      }
      return Span(wall: samples.sum, cpu: running.end().cpu).measured(ran.total, ["median": samples.median])
    }
  }
}

/// When a job began, for another thread that sleeps until then.
public final class Moment: Sendable {
  @usableFromInline let words = SharedBuffer<UInt64>(2, of: 0)

  @inlinable public init() {}

  /// Takes down the time and wakes the sleeper.
  @inlinable
  public func pass() {
    words.view[0] = bench_now()
    words.view.post(1)
  }

  /// Waits for the moment.
  @inlinable
  public func await() -> UInt64 {
    words.view.await(1)
    return words.view[0]
  }
}

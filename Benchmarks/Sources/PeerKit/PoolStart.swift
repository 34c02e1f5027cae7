public import PeerProtocol

/// `start`: what it takes to make a pool.
public enum PoolStart {
  /// Makes pools of so many workers, one after the other, and ends them. A pool is made when each of its workers has run
  /// a job. The first is not counted: it loads what stays loaded. The time is that of one making.
  ///
  /// - Parameters:
  ///   - times: How many; 0: ten.
  ///   - end: Ends a pool, and returns when its threads have ended.
  @inlinable
  public static func run<R: SubmissionRuntime>(
    workers: Int, times: Int, make: () -> R, end: (R) -> Void
  ) -> Measured {
    func begin() -> R {
      let runtime = make()
      assemble(workers) { runtime.submit($0) }
      return runtime
    }
    end(begin())
    let times = times > 0 ? times : 10
    var samples = Samples(capacity: times)
    let running = RunningSpan()
    for _ in 0..<times {
      let (runtime, span) = timed(begin)
      samples.add(span.wall)
      end(runtime)
    }
    return Span(wall: samples.median, cpu: running.end().cpu)
      .measured(UInt64(workers), ["median": samples.median])
  }

  /// Submits that many jobs, each of which sleeps until all have begun, and sleeps until then too: so each has a worker
  /// of its own.
  public static func assemble(_ count: Int, _ submit: (@escaping @Sendable () -> Void) -> Void) {
    // How many have begun; a flag for each but the last; the caller's.
    let words = SharedBuffer<UInt64>(count + 1, of: 0)
    for _ in 0..<count {
      submit {
        let place = Int(words.view.add(0, 1))
        if place < count { return words.view.await(place) }
        for flag in 1...count { words.view.post(flag) }
      }
    }
    words.view.await(count)
  }
}

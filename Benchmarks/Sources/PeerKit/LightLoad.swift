public import CBenchmarkSystem
public import PeerProtocol

/// What a runtime burns when there is nothing, or next to nothing, to do.
public enum LightLoad {
  /// Nothing happens for that long, after a rest in which those who look for work may give up.
  public static func runIdle(milliseconds: Int) -> Measured {
    bench_sleep(300_000_000)
    let running = RunningSpan()
    bench_sleep(UInt64(milliseconds) * 1_000_000)
    return Span(wall: UInt64(milliseconds) * 1_000_000, cpu: running.end().cpu).measured(0)
  }

  /// A hundredth of the time there is a loop to run: every 10 ms, by the clock, 100 us of work in 16 iterations.
  ///
  /// - Parameters:
  ///   - rounds: Of an iteration; 0: found out here.
  ///   - loop: Runs its argument over 0..<count.
  @inlinable
  public static func runDuty(
    milliseconds: Int, rounds: Int, _ loop: (_ count: Int, @escaping @Sendable (Range<Int>) -> Void) -> Void
  ) -> Measured {
    let iterations = 16
    let rounds = rounds > 0 ? rounds : roundsForMicroseconds(100) / iterations
    return WorkLoops.sumTimed { sum in
      let running = RunningSpan()
      let begin = bench_now()
      func sleep(until time: UInt64) {
        let passed = bench_now() &- begin
        if passed < time { bench_sleep(time &- passed) }
      }
      for beat in stride(from: 0, to: UInt64(milliseconds) * 1_000_000, by: 10_000_000) {
        sleep(until: beat)
        loop(iterations) { sum.add(WorkLoops.uniform($0, rounds: rounds)) }
      }
      sleep(until: UInt64(milliseconds) * 1_000_000)
      return running.end()
    }
  }

  /// How many rounds of work take that long.
  public static func roundsForMicroseconds(_ microseconds: Int) -> Int {
    // The fastest of some short trials: whatever disturbs only adds.
    let trial = 20_000
    let fastest = (0..<20).map { _ in timed { bench_opaque(Arithmetic.work(1, rounds: trial)) }.span.wall }.min() ?? 1
    return max(1, microseconds * 1000 * trial / Int(max(fastest, 1)))
  }
}

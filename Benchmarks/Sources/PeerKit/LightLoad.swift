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

  /// A hundredth of the time there is a loop to run: 100 us of work every 10 ms, in four iterations a worker.
  ///
  /// - Parameter rounds: Of an iteration; 0: found out here.
  @inlinable
  public static func runDuty<R: LoopRuntime>(_ runtime: R, milliseconds: Int, rounds: Int) -> Measured {
    let iterations = 4 * runtime.workers
    let rounds = rounds > 0 ? rounds : roundsForMicroseconds(100) / iterations
    var result: UInt64 = 0
    let running = RunningSpan()
    for _ in 0..<(milliseconds / 10) {
      let next = bench_now() + 10_000_000
      result ^= SharedXor.with { shared in
        runtime.defaultLoop(iterations) { shared.feed(WorkLoops.uniform($0, rounds: rounds)) }
      }
      let now = bench_now()
      if now < next { bench_sleep(next - now) }
    }
    return running.end().measured(result)
  }

  /// How many rounds of work take that long.
  public static func roundsForMicroseconds(_ microseconds: Int) -> Int {
    // The fastest of some short trials: whatever disturbs only adds.
    let trial = 20_000
    let fastest = (0..<20).map { _ in timed { bench_opaque(Arithmetic.work(1, rounds: trial)) }.span.wall }.min() ?? 1
    return max(1, microseconds * 1000 * trial / Int(max(fastest, 1)))
  }
}

internal import CBenchmarkSystem
internal import Pinwheel
package import PinwheelWorkloads
internal import Synchronization

/// What the machine itself takes, measured in the same run, so that latencies can be told in multiples of it.
package struct Yardsticks: Codable, Sendable {
  /// A cache line from one CPU to another and back; nil with one CPU.
  package var cacheLine: CacheLineLatency?
  /// Seconds for a call of a thread on another CPU and its answer, with a line of captures and nothing else: the floor under
  /// a static loop whose body captures something.
  package var bareCall: Summary?
  /// Seconds from the call that wakes a sleeping thread on another CPU to that thread's first instruction.
  package var wake: Summary?
  /// Rounds of work in a nanosecond.
  package var roundsPerNanosecond: Double

  package init(cacheLine: CacheLineLatency?, wake: Summary?, roundsPerNanosecond: Double) {
    (self.cacheLine, self.wake, self.roundsPerNanosecond) = (cacheLine, wake, roundsPerNanosecond)
  }

  /// Measures all of it between the first two of these CPUs, in about half a second.
  package static func measure(cpus: [Int]) throws -> Yardsticks {
    var yardsticks = Yardsticks(cacheLine: nil, wake: nil, roundsPerNanosecond: calibrate())
    if cpus.count > 1 {
      yardsticks.cacheLine = try CacheLineLatency.measure(between: cpus[0], and: cpus[1])
      yardsticks.bareCall = try measureBareCall(from: cpus[0], to: cpus[1])
      yardsticks.wake = try measureWake(from: cpus[0], to: cpus[1])
    }
    return yardsticks
  }

  /// How far the first two of these CPUs are from each other now, in some hundredths of a second. Nil where there is one, or it
  /// could not be measured.
  static func look(between cpus: [Int]) -> Crossing.Look? {
    guard cpus.count > 1, let line = try? CacheLineLatency.measure(between: cpus[0], and: cpus[1]) else { return nil }
    let bareCall = try? measureBareCall(from: cpus[0], to: cpus[1])
    return Crossing.Look(trip: line.roundTrip.median, bareCall: bareCall?.median ?? 0)
  }

  /// For the report's head.
  package var lines: [String] {
    var lines: [String] = []
    if let cacheLine { lines.append(cacheLine.sentence) }
    if let bareCall {
      lines.append(
        "a bare call of a thread on another CPU, one line of captures, and its answer: \(Text.time(bareCall.median)) "
          + "(fastest \(Text.time(bareCall.minimum)))")
    }
    if let wake {
      lines.append(
        "futex wake of a thread on another CPU to its first instruction: \(Text.time(wake.median)) "
          + "(fastest \(Text.time(wake.minimum)))")
    }
    return lines
  }

  /// How fast dependent rounds of the peers' work run when nobody disturbs: the fastest of many short trials.
  static func calibrate() -> Double {
    let rounds: UInt64 = 100_000
    var fastest = UInt64.max
    for trial in 0..<40 {
      let start = bench_now()
      var x = UInt64(trial)
      for _ in 0..<rounds {
        x = bench_opaque(x &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407)
      }
      _ = bench_opaque(x)
      fastest = min(fastest, bench_now() - start)
    }
    return Double(rounds) / Double(max(fastest, 1))
  }

  private static func measureBareCall(from first: Int, to second: Int) throws -> Summary? {
    let (caller, other) = (try pinnedPool(first), try pinnedPool(second))
    guard let made = bench_calls_create() else { return nil }
    defer { bench_calls_destroy(made) }
    let calls = Calls(pointer: made)
    let answering = try other.submit { () -> Bool in
      bench_calls_answer(calls.pointer)
      return ProcText.allowedCPUsOfThisThread() == "\(second)"
    }
    let calling: JobHandle<[Double]?, Never>
    do {
      calling = try caller.submit { () -> [Double]? in
        defer { bench_calls_end(calls.pointer) }
        guard ProcText.allowedCPUsOfThisThread() == "\(first)" else { return nil }
        // Two threads on one CPU take turns of milliseconds.
        let deadline = ContinuousClock.now + .milliseconds(200)
        var samples: [Double] = []
        while samples.count < 100, ContinuousClock.now < deadline {
          samples.append(Double(bench_calls_make(calls.pointer, 100)) / 100 / 1e9)
        }
        return samples
      }
    } catch {
      bench_calls_end(made)
      _ = answering.wait()
      throw error
    }
    let samples = calling.wait()
    let isPinned = answering.wait()
    try caller.shutdown()
    try other.shutdown()
    // The first batch includes the other thread's start.
    return isPinned && bench_calls_are_right(made) ? samples.flatMap { Summary(Array($0.dropFirst())) } : nil
  }

  private struct Calls: @unchecked Sendable {
    // SAFETY: freed when both threads have ended; the C functions use it atomically, or in turn.
    let pointer: OpaquePointer
  }

  private static func measureWake(from first: Int, to second: Int) throws -> Summary? {
    let (waker, sleeper) = (try pinnedPool(first), try pinnedPool(second))
    let line = Line()
    let rounds = 50
    let sleeping = try sleeper.submit { for _ in 0..<rounds { line.sleep() } }
    let waking = try waker.submit { (0..<rounds).map { _ in line.wake() } }
    let samples = waking.wait()
    sleeping.wait()
    try waker.shutdown()
    try sleeper.shutdown()
    return Summary(samples)
  }

  private static func pinnedPool(_ cpu: Int) throws(PoolError) -> ThreadPool {
    try ThreadPool(PoolConfiguration(workers: .exactly(1), places: .explicit([[cpu]]), bind: .close))
  }

  /// A flag between two threads, and when its sleeper last woke.
  private final class Line: @unchecked Sendable {
    // SAFETY: allocated once, freed last; the C functions use it atomically.
    private let flag = UnsafeMutablePointer<Int32>.allocate(capacity: 1)
    private let woken = Atomic<UInt64>(0)

    init() { flag.initialize(to: 0) }
    deinit { flag.deallocate() }

    func sleep() {
      bench_await(flag)
      woken.store(bench_now(), ordering: .releasing)
    }

    /// Wakes the sleeper and returns how many seconds that took.
    func wake() -> Double {
      // Until the other thread surely sleeps.
      bench_sleep(1_000_000)
      woken.store(0, ordering: .relaxed)
      let start = bench_now()
      bench_post(flag)
      while true {
        let moment = woken.load(ordering: .acquiring)
        if moment != 0 { return Double(moment - min(start, moment)) / 1e9 }
      }
    }
  }
}

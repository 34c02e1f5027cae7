internal import Dispatch

/// Times closures, synchronous and asynchronous, in seconds of the continuous clock.
public enum Stopwatch {
  /// Runs `body` and returns what it returned and how long it took.
  @inline(never)
  public static func time<R, E: Error>(_ body: () throws(E) -> R) throws(E) -> (result: R, seconds: Double) {
    let start = ContinuousClock.now
    let result = try body()
    return (result, (ContinuousClock.now - start).inSeconds)
  }

  /// Runs `body` in a task and blocks until it is done. What it takes to start and to wake is not in the time.
  ///
  /// Must not be called from a task: it would block one of the few threads that tasks run on.
  public static func timeTask<R: Sendable>(_ body: @escaping @Sendable () async -> R) -> (result: R, seconds: Double) {
    let (box, done) = (ResultBox<(result: R, seconds: Double)>(), DispatchSemaphore(value: 0))
    Task.detached {
      let start = ContinuousClock.now
      let result = await body()
      box.set((result, (ContinuousClock.now - start).inSeconds))
      done.signal()
    }
    // The box is filled before the signal, so that the loop ends with its first turn.
    while true {
      done.wait()
      if let outcome = box.take() { return outcome }
    }
  }
}

extension Duration {
  /// As a floating-point number, which is exact enough for reports.
  var inSeconds: Double {
    let (seconds, attoseconds) = components
    return Double(seconds) + Double(attoseconds) * 1e-18
  }
}

internal import Foundation
internal import Synchronization

/// Runs independent copies of one computation at the same time, each on a thread of its own: the most that this machine
/// gives to work that shares nothing, and so the yardstick for what a pool could reach.
public enum ConcurrentCopies {
  /// Starts `count` threads and lets them begin together.
  ///
  /// - Parameters:
  ///   - count: At least one.
  ///   - body: Called once on each thread.
  /// - Returns: What the copies returned, in no order, and the seconds from their start until the last one was done.
  public static func time<R: Sendable>(
    _ count: Int, _ body: @escaping @Sendable () -> R
  ) -> (results: [R], seconds: Double) {
    let race = Race<R>()
    let done = DispatchGroup()
    for _ in 0..<count {
      done.enter()
      Thread.detachNewThread {
        race.ready.add(1, ordering: .acquiringAndReleasing)
        // A short spin: it lasts as long as it takes to start the others.
        while race.ready.load(ordering: .acquiring) < count {}
        let start = ContinuousClock.now
        let result = body()
        race.finish(result, start: start, end: .now)
        done.leave()
      }
    }
    done.wait()
    return race.outcome
  }

  private final class Race<R: Sendable>: Sendable {
    private struct State {
      var results: [R] = []
      var start: ContinuousClock.Instant?
      var end: ContinuousClock.Instant?
    }

    let ready = Atomic<Int>(0)
    private let state = Mutex(State())

    func finish(_ result: R, start: ContinuousClock.Instant, end: ContinuousClock.Instant) {
      state.withLock { state in
        state.results.append(result)
        state.start = min(state.start ?? start, start)
        state.end = max(state.end ?? end, end)
      }
    }

    var outcome: (results: [R], seconds: Double) {
      state.withLock { state in
        guard let start = state.start, let end = state.end else { return (state.results, 0) }
        return (state.results, (end - start).inSeconds)
      }
    }
  }
}

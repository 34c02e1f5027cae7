internal import Pinwheel
internal import PinwheelTopology
internal import Synchronization

/// How long a cache line takes from one CPU to another and back: the floor under every hand-over between two workers.
public struct CacheLineLatency: Codable, Sendable, Equatable {
  /// Between which CPUs.
  public var cpus: [Int]
  /// Whether the kernel really kept both threads on these CPUs.
  public var isPinned: Bool
  /// Seconds for one way and back.
  public var roundTrip: SampleSummary

  public init(cpus: [Int], isPinned: Bool, roundTrip: SampleSummary) {
    (self.cpus, self.isPinned, self.roundTrip) = (cpus, isPinned, roundTrip)
  }

  /// For a report.
  public var sentence: String {
    "cache line between CPU \(cpus.map(String.init).joined(separator: " and CPU ")) and back: "
      + "\(QuantityText.time(roundTrip.median)) (fastest \(QuantityText.time(roundTrip.minimum)))"
      + (isPinned ? "" : ", but the threads could not be pinned")
  }

  /// The CPUs to measure between: the first of worker 0's place, and the first other one that the workers after it
  /// have.
  ///
  /// - Parameter places: The workers' CPUs in their order.
  /// - Returns: nil if all workers share one CPU.
  public static func pair(among places: [[Int]]) -> (Int, Int)? {
    guard let first = places.first?.first else { return nil }
    let others = places.dropFirst().lazy.compactMap { $0.first { $0 != first } }
    guard let second = others.first ?? places[0].first(where: { $0 != first }) else { return nil }
    return (first, second)
  }

  /// Lets two threads, each the bound worker of a pool of its own, pass a number to and fro.
  ///
  /// Takes some hundredths of a second, and at most about a second on a machine that is busy with other things.
  ///
  /// - Throws: `PoolError` if a pool cannot start.
  public static func measure(between first: Int, and second: Int) throws -> CacheLineLatency? {
    let (left, right) = (try pinnedPool(first), try pinnedPool(second))
    let game = PingPong()
    let returning = try right.submit { () -> Bool in
      game.answer()
      return ProcText.allowedCPUsOfThisThread() == "\(second)"
    }
    let serving = try left.submit { () -> (samples: [Double], isPinned: Bool) in
      (game.serve(batches: 50, rounds: 1000, limit: .seconds(1)), ProcText.allowedCPUsOfThisThread() == "\(first)")
    }
    let (samples, leftIsPinned) = serving.wait()
    let rightIsPinned = returning.wait()
    try left.shutdown()
    try right.shutdown()
    return SampleSummary(samples).map {
      CacheLineLatency(cpus: [first, second], isPinned: leftIsPinned && rightIsPinned, roundTrip: $0)
    }
  }

  private static func pinnedPool(_ cpu: Int) throws(PoolError) -> ThreadPool {
    try ThreadPool(PoolConfiguration(workers: .exactly(1), places: .explicit([[cpu]]), bind: .close))
  }

  /// One number that two threads count up in turn: even ones are the server's to answer.
  private final class PingPong: Sendable {
    private let ball = Atomic<Int>(0)

    /// Plays until told to stop and returns the seconds of a round in each batch.
    func serve(batches: Int, rounds: Int, limit: Duration) -> [Double] {
      var samples: [Double] = []
      var next = 0
      let deadline = ContinuousClock.now + limit
      for _ in 0..<batches where ContinuousClock.now < deadline {
        let start = ContinuousClock.now
        for _ in 0..<rounds {
          ball.store(next + 1, ordering: .releasing)
          next += 2
          while ball.load(ordering: .acquiring) != next {}
        }
        samples.append((ContinuousClock.now - start).inSeconds / Double(rounds))
      }
      ball.store(-1, ordering: .releasing)
      // The first batch includes the other thread's start.
      return samples.count > 1 ? Array(samples.dropFirst()) : samples
    }

    /// Answers every odd number with the next even one, until the number is negative.
    func answer() {
      var expected = 1
      while true {
        let seen = ball.load(ordering: .acquiring)
        if seen < 0 { return }
        if seen == expected {
          ball.store(expected + 1, ordering: .releasing)
          expected += 2
        }
      }
    }
  }
}

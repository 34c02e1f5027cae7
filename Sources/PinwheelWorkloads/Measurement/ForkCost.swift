public import Pinwheel

/// What a fork costs: `fib` through `join` on one worker against serial Swift, and on two workers against two
/// independent serial copies that run at the same time.
///
/// All are measured in turn in one process, because the serial figure alone moves by a tenth from minute to minute on
/// some machines. All times are in seconds for a whole run.
public struct ForkCost: Codable, Sendable, Equatable {
  /// Which Fibonacci number.
  public var n: Int
  /// Function calls in a run.
  public var calls: Int
  /// One serial copy.
  public var serial: SampleSummary
  /// `join` in a pool of one worker.
  public var oneWorker: SampleSummary
  /// `join` in a pool of two workers.
  public var twoWorkers: SampleSummary
  /// Two serial copies at once, from the first start to the last end.
  public var twoCopies: SampleSummary
  /// `join` on one worker over serial Swift, the fastest of many short runs of each: what is left when nobody disturbs.
  /// A core's other hardware thread, on a shared machine somebody else's, slows a join more than a plain call.
  public var undisturbed: Double

  public init(
    n: Int, calls: Int, serial: SampleSummary, oneWorker: SampleSummary, twoWorkers: SampleSummary,
    twoCopies: SampleSummary, undisturbed: Double
  ) {
    (self.n, self.calls) = (n, calls)
    (self.serial, self.oneWorker) = (serial, oneWorker)
    (self.twoWorkers, self.twoCopies) = (twoWorkers, twoCopies)
    self.undisturbed = undisturbed
  }

  /// How many times as long as serial Swift `join` takes on one worker.
  public var joinOverSerial: Double { oneWorker.median / serial.median }
  /// How much faster two workers are than one.
  public var poolScaling: Double { oneWorker.median / twoWorkers.median }
  /// How much more two copies get done in a time than one: two on a machine with two idle cores that share nothing.
  public var copiesScaling: Double { 2 * serial.median / twoCopies.median }
  /// The share of the copies' scaling that the pool reaches.
  public var scalingReached: Double { poolScaling / copiesScaling }

  /// Measures in turn, `rounds` times, after a short run of each that isn't counted.
  ///
  /// - Parameters:
  ///   - configuration: For both pools but for the number of workers.
  ///   - onRound: Called before each round.
  /// - Throws: `PoolError` if a pool cannot start, ``WorkloadError`` if a result is wrong.
  public static func measure(
    n: Int, rounds: Int, configuration: PoolConfiguration, onRound: (Int) -> Void = { _ in }
  ) throws -> ForkCost {
    let fib = Fibonacci()
    let (warmUp, full) = (try fib.prepare(size: min(n, 30)), try fib.prepare(size: n))
    let one = try pool(workers: 1, configuration)
    let two = try pool(workers: 2, configuration)
    let short = try fib.prepare(size: min(n, 25))
    var fastest = (serial: Double.infinity, join: Double.infinity)
    var samples: [[Double]] = [[], [], [], []]
    for round in 0...max(1, rounds) {
      onRound(round)
      let input = round == 0 ? warmUp : full
      // In every round, since disturbances may last for seconds.
      for _ in 0..<shortRuns {
        fastest.serial = min(fastest.serial, try checked(short) { fib.runSerial(short) })
        fastest.join = min(fastest.join, try checked(short) { fib.runPool(one, short) })
      }
      let times = [
        try checked(input) { fib.runSerial(input) },
        try checked(input) { fib.runPool(one, input) },
        try checked(input) { fib.runPool(two, input) },
        try checkedCopies(input),
      ]
      guard round > 0 else { continue }
      for index in samples.indices { samples[index].append(times[index]) }
    }
    try one.shutdown()
    try two.shutdown()
    let summaries = samples.compactMap(SampleSummary.init)
    return ForkCost(
      n: n, calls: fib.operationCount(full), serial: summaries[0], oneWorker: summaries[1], twoWorkers: summaries[2],
      twoCopies: summaries[3], undisturbed: fastest.join / fastest.serial)

    func checked(_ input: Int, _ run: () -> Int) throws -> Double {
      let (output, seconds) = Stopwatch.time(run)
      try fib.check(output, for: input)
      return seconds
    }

    func checkedCopies(_ input: Int) throws -> Double {
      let (outputs, seconds) = ConcurrentCopies.time(2) { fib.runSerial(input) }
      for output in outputs { try fib.check(output, for: input) }
      return seconds
    }
  }

  /// Runs of a millisecond or two, in a round: enough that some fall between two disturbances.
  private static let shortRuns = 200

  private static func pool(workers: Int, _ configuration: PoolConfiguration) throws(PoolError) -> ThreadPool {
    var configuration = configuration
    configuration.workers = .exactly(workers)
    return try ThreadPool(configuration)
  }
}

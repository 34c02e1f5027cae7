public import Pinwheel

/// Measures one workload with every engine in turn.
///
/// Engines alternate within a round (serial, pool, Dispatch, tasks, and again), so that what changes slowly on a
/// machine (frequency, temperature, other tenants) hits all of them alike. Serial and pool run the full size. The peers
/// get the largest size that one run of theirs finishes within the budget, found by climbing; they are compared by
/// operation.
public struct Trial: Sendable {
  /// Rounds to measure.
  public var rounds: Int
  /// Seconds after which no further round begins, once three are done; nil: as long as it takes.
  public var timeLimit: Double?
  /// Seconds that one run of a peer may take.
  public var peerBudget: Double
  /// Whether to use the workloads' quick sizes.
  public var isQuick: Bool

  public init(rounds: Int, timeLimit: Double? = nil, peerBudget: Double, isQuick: Bool) {
    (self.rounds, self.timeLimit) = (max(1, rounds), timeLimit)
    (self.peerBudget, self.isQuick) = (peerBudget, isQuick)
  }

  /// Runs the workload; every output of every engine must equal the serial one.
  ///
  /// - Parameter onStep: Told what is about to run.
  /// - Throws: ``WorkloadError`` if an input can't be prepared or an output is wrong.
  public func measure<W: Workload>(
    _ workload: W, on pool: ThreadPool, onStep: (String) -> Void = { _ in }
  ) throws(WorkloadError) -> WorkloadResult {
    let size = isQuick ? workload.quickSize : workload.defaultSize
    let start = ContinuousClock.now
    onStep("preparing")
    let subject = try Subject(workload, size: size)
    _ = try subject.run(.pool, on: pool)

    var subjects: [Engine: Subject<W>] = [.serial: subject, .pool: subject]
    for peer in Engine.peers {
      onStep("sizing \(peer.title)")
      subjects[peer] = try largestSubject(workload, upTo: subject, for: peer, pool)
    }

    var samples: [Engine: [Double]] = [:]
    let stealsBefore = Self.steals(of: pool)
    for round in 1...rounds {
      if let timeLimit, round > 3, (ContinuousClock.now - start).inSeconds > timeLimit { break }
      for engine in Engine.allCases {
        guard let subject = subjects[engine] else { continue }
        onStep("round \(round)/\(rounds) \(engine.title)")
        samples[engine, default: []].append(try subject.run(engine, on: pool))
      }
    }
    let steals = Self.steals(of: pool) - stealsBefore
    return WorkloadResult(
      name: workload.name, summary: workload.summary, operation: workload.operation, sizeUnit: workload.sizeUnit,
      engines: Engine.allCases.compactMap { engine in
        guard let subject = subjects[engine], let summary = SampleSummary(samples[engine] ?? []) else { return nil }
        return EngineResult(engine: engine, size: subject.size, operations: subject.operations, seconds: summary)
      },
      stealsPerRun: Double(steals) / Double(samples[.pool]?.count ?? 1))
  }

  private func largestSubject<W: Workload>(
    _ workload: W, upTo full: Subject<W>, for peer: Engine, _ pool: ThreadPool
  ) throws(WorkloadError) -> Subject<W> {
    var tried: [Int: Subject<W>] = [full.size: full]
    let sizes = workload.sizes(upTo: full.size)
    let best = try SizeProbe.largest(of: sizes, budget: peerBudget) { (size) throws(WorkloadError) in
      let subject: Subject<W>
      if let known = tried[size] { subject = known } else { subject = try Subject(workload, size: size) }
      tried[size] = subject
      return try subject.run(peer, on: pool)
    }
    return tried[best] ?? full
  }

  /// Jobs and shares of loops that workers took from one another since the pool started.
  private static func steals(of pool: ThreadPool) -> Int {
    pool.counters.reduce(0) { $0 + $1.stealsWon + $1.loopShares }
  }

  /// A workload of one size, with its input and what every engine has to compute from it.
  private struct Subject<W: Workload>: Sendable {
    let workload: W
    let size: Int
    let input: W.Input
    let expected: W.Output

    var operations: Int { workload.operationCount(input) }

    init(_ workload: W, size: Int) throws(WorkloadError) {
      self.workload = workload
      self.size = size
      input = try workload.prepare(size: size)
      expected = workload.runSerial(input)
      try workload.check(expected, for: input)
    }

    /// The seconds of one run. Its output is compared after the clock has stopped.
    func run(_ engine: Engine, on pool: ThreadPool) throws(WorkloadError) -> Double {
      let (output, seconds) = timed(engine, on: pool)
      guard output == expected else {
        throw .wrongResult(
          workload: "\(workload.name) (\(engine.title))", expected: "the serial result", got: "another one")
      }
      return seconds
    }

    private func timed(_ engine: Engine, on pool: ThreadPool) -> (result: W.Output, seconds: Double) {
      switch engine {
      case .serial: Stopwatch.time { workload.runSerial(input) }
      case .pool: Stopwatch.time { workload.runPool(pool, input) }
      case .dispatch: Stopwatch.time { workload.runDispatch(input) }
      case .taskGroup: Stopwatch.timeTask { await workload.runTaskGroup(input) }
      }
    }
  }
}

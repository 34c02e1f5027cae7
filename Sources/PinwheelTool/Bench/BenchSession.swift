#if Tools
  import Pinwheel
  import PinwheelWorkloads

  /// One run of the benchmark: machine, cache line, fork cost, workloads, verdict. What is known is printed at once.
  struct BenchSession {
    var configuration: PoolConfiguration
    var workloads: [any Workload]
    /// Rounds to measure; nil: some, and fewer of what takes long.
    var rounds: Int?
    var isQuick: Bool

    /// The Fibonacci number of the fork cost: large enough that a run takes a good part of a second.
    private static let forkCostNumber = 39

    /// Seconds that one run of a peer may take.
    private var peerBudget: Double { isQuick ? 0.2 : 2 }

    /// Seconds for one workload, so that all of them keep to what the command promises even on a slow machine.
    private var timeLimit: Double { isQuick ? 3 : 25 }

    /// - Parameter emit: Prints lines of the report.
    func run(emit: ([String]) -> Void) throws -> BenchReport {
      let progress = Progress()
      let trial = Trial(
        rounds: rounds ?? (isQuick ? 3 : 5), timeLimit: rounds == nil ? timeLimit : nil, peerBudget: peerBudget,
        isQuick: isQuick)
      var report = try BenchReport(describing: configuration)
      emit(report.preamble)

      if workloads.contains(where: { $0 is Fibonacci }) {
        report.forkCost = try ForkCost.measure(
          n: Self.forkCostNumber, rounds: trial.rounds, configuration: configuration
        ) { progress.show("fork cost: round \($0)/\(trial.rounds)") }
        progress.finish("fork cost")
        emit([""] + report.forkCostLines)
      }

      let pool = try ThreadPool(configuration)
      for workload in workloads {
        report.workloads.append(try measure(workload, trial, pool, progress))
        progress.finish(workload.name)
      }
      try pool.shutdown()
      emit([""] + report.table + [""] + report.verdict)
      return report
    }

    /// Opens the existential, so that nothing in a timed region is dispatched through it.
    private func measure<W: Workload>(
      _ workload: W, _ trial: Trial, _ pool: ThreadPool, _ progress: Progress
    ) throws -> WorkloadResult {
      try trial.measure(workload, on: pool) { progress.show("\(workload.name): \($0)") }
    }
  }
#endif

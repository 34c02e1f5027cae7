#if Tools
  import Pinwheel
  import PinwheelWorkloads

  /// One run of the benchmark: machine, cache line, fork cost, workloads, verdict. What is known is printed at once.
  struct BenchSession {
    var configuration: PoolConfiguration
    var workloads: [any Workload]
    var rounds: Int
    var isQuick: Bool

    /// The Fibonacci number of the fork cost: large enough that a run takes a good part of a second.
    private static let forkCostNumber = 39

    /// Seconds that one run of a peer may take.
    private var peerBudget: Double { isQuick ? 0.2 : 2 }

    /// - Parameter emit: Prints lines of the report.
    func run(emit: ([String]) -> Void) throws -> BenchReport {
      let progress = Progress()
      var report = try describe()
      emit(report.preamble)

      if workloads.contains(where: { $0 is Fibonacci }) {
        report.forkCost = try ForkCost.measure(
          n: Self.forkCostNumber, rounds: rounds, configuration: configuration
        ) { progress.show("fork cost: round \($0)/\(rounds)") }
        progress.finish("fork cost")
        emit([""] + report.forkCostLines)
      }

      let pool = try ThreadPool(configuration)
      let trial = Trial(rounds: rounds, peerBudget: peerBudget, isQuick: isQuick)
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

    /// Everything that is known before the clock runs.
    private func describe() throws -> BenchReport {
      let machine = try MachineFacts.current()
      let pool = try ThreadPool(configuration)
      let (callerAllowed, _) = pool.join({ ProcText.allowedCPUsOfThisThread() }, {})
      let placement = pool.placement
      try pool.shutdown()
      var report = BenchReport(machine: machine)
      report.settings = configuration.settings.map { "\($0.name) \($0.value) (\($0.origin))" }
      report.seats = placement.seats.map { seat in
        BenchReport.Seat(
          worker: seat.worker, place: seat.place.description, allowed: seat.allowed.description, reason: seat.reason)
      }
      report.callerAllowed = callerAllowed
      report.warnings = placement.warnings.map(\.description)
      if let (first, second) = CacheLineLatency.pair(among: placement.seats.map { Array($0.place) }) {
        report.cacheLine = try CacheLineLatency.measure(between: first, and: second)
      }
      return report
    }
  }
#endif

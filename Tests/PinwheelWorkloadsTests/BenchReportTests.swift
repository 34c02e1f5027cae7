import Foundation
import Pinwheel
import PinwheelWorkloads
import Testing

@Suite(.timeLimit(.minutes(1)))
struct BenchReportTests {
  private func result(_ engine: Engine, size: Int, _ seconds: [Double], operations: Int = 1000) throws -> EngineResult {
    EngineResult(
      engine: engine, size: size, operations: operations, seconds: try #require(SampleSummary(seconds)))
  }

  private func sample() throws -> BenchReport {
    var report = BenchReport(
      machine: MachineFacts(
        processor: "Some CPU", kernel: "6.1", usableCPUs: "0-1", usableCPUCount: 2, usableCores: 2, quota: 1.5,
        load: 0.1))
    report.seats = [.init(worker: 0, place: "0", allowed: "0", reason: "close")]
    report.warnings = ["something was dropped"]
    report.workloads = [
      WorkloadResult(
        name: "fib", summary: "", operation: "call", sizeUnit: "n",
        engines: [
          try result(.serial, size: 30, [4e-6, 4e-6, 4e-6]), try result(.pool, size: 30, [2e-6, 2e-6, 2e-6]),
          try result(.dispatch, size: 20, [3e-7, 3e-7], operations: 100),
          try result(.taskGroup, size: 30, [1e-6, 2e-6, 1e-6]),
        ], stealsPerRun: 12.4)
    ]
    report.forkCost = ForkCost(
      n: 39, calls: 1000, serial: try #require(SampleSummary([1])), oneWorker: try #require(SampleSummary([1.5])),
      twoWorkers: try #require(SampleSummary([0.9])), twoCopies: try #require(SampleSummary([1.25])),
      undisturbed: 1.25)
    return report
  }

  @Test func enginesAreComparedByOperation() throws {
    let fib = try sample().workloads[0]
    #expect(fib.advantage(over: .serial) == 2)
    // A third of the time for a tenth of the operations.
    let dispatch = try #require(fib.advantage(over: .dispatch))
    #expect(abs(dispatch - 1.5) < 1e-12)
    #expect(fib.advantage(over: .taskGroup) == 0.5)
    #expect(fib.largestSpread == 1)
  }

  @Test func forkCostIsRelativeToWhatTheMachineGives() throws {
    let cost = try #require(try sample().forkCost)
    #expect(cost.joinOverSerial == 1.5)
    #expect(cost.copiesScaling == 1.6)
    #expect(abs(cost.poolScaling - 1.5 / 0.9) < 1e-12)
    #expect(abs(cost.scalingReached - 1.5 / 0.9 / 1.6) < 1e-12)
    let line = try sample().forkCostLines.first
    #expect(
      line == "fork cost: join/serial on 1 worker = 1.50 (undisturbed: 1.25); "
        + "2 workers reach 104% of the scaling of two independent serial copies")
  }

  @Test func lossesAreSaidInWords() throws {
    let verdict = try sample().verdict
    #expect(verdict.count == 2)
    #expect(verdict[0].hasPrefix("fib: the pool loses to TaskGroup, which takes 50% of its time per call"))
    #expect(verdict[0].hasSuffix("(less than the runs vary)"))
    #expect(verdict[1].contains("vary by up to 100%"))

    var good = try sample()
    good.workloads[0].engines.removeLast()
    #expect(good.verdict == ["The pool loses to none of these engines in these workloads."])
    good.forkCost?.twoCopies = try #require(SampleSummary([1.0]))
    #expect(good.verdict.count == 1)
    #expect(good.verdict[0].hasPrefix("fork cost: two workers reach only 83%"))
  }

  @Test func theTextHasARowForEveryEngineAndWarnings() throws {
    let report = try sample()
    #expect(report.table.count == 1 + 4)
    #expect(report.table.contains { $0.contains("pool") && $0.contains("2.00 ns  per call") && $0.contains("12") })
    #expect(report.preamble.contains("warning: something was dropped"))
    #expect(report.preamble.contains { $0.contains("quota: 1.5 CPUs") })
    #expect(BenchReport(machine: report.machine).forkCostLines.isEmpty)
  }

  @Test func jsonComesBackEqual() throws {
    let report = try sample()
    #expect(try BenchReport(json: report.json()) == report)
  }

  @Test func aTrialRunsEveryEngineAndChecks() async throws {
    let pool = try ThreadPool(workers: 2)
    let trial = Trial(rounds: 2, peerBudget: 0.001, isQuick: true)
    let (result, steps) = try await onThread {
      var steps: [String] = []
      return (try trial.measure(SmallSum(), on: pool) { steps.append($0) }, steps)
    }
    try pool.shutdown()
    #expect(result.engines.map(\.engine) == Engine.allCases)
    #expect(result.engines.allSatisfy { $0.seconds.count == 2 })
    #expect(result[.pool]?.size == 40)
    #expect(steps.last == "round 2/2 TaskGroup")
  }

  @Test func aTrialFindsAnEngineThatComputesSomethingElse() async throws {
    let pool = try ThreadPool(workers: 2)
    let trial = Trial(rounds: 1, peerBudget: 0.001, isQuick: true)
    for liar in [Engine.pool, .dispatch, .taskGroup] {
      await #expect(throws: WorkloadError.self) {
        try await onThread { try trial.measure(SmallSum(liar: liar), on: pool) }
      }
    }
    try pool.shutdown()
  }

  @Test func forkCostIsMeasuredWithCheckedResults() throws {
    let cost = try ForkCost.measure(n: 12, rounds: 2, configuration: PoolConfiguration())
    #expect(cost.calls == 465)
    #expect(cost.serial.count == 2)
    #expect(cost.twoCopies.median > 0)
  }

  @Test func aPoolIsDescribed() throws {
    var configuration = PoolConfiguration()
    configuration.workers = .exactly(2)
    let report = try BenchReport(describing: configuration)
    #expect(report.seats.map(\.worker) == [0, 1])
    #expect(report.settings.contains { $0.hasPrefix("workers 2") })
    #expect(report.callerAllowed != nil)
    #expect(report.machine.usableCPUCount > 0)
  }

  @Test func copiesRunAtTheSameTimeAndAllAreAwaited() {
    let (results, seconds) = ConcurrentCopies.time(3) { 7 }
    #expect(results == [7, 7, 7])
    #expect(seconds >= 0)
  }
}

/// Runs a closure that blocks for tasks on a thread of its own: tests are tasks, and there are few threads for those.
private func onThread<R: Sendable>(_ body: @escaping @Sendable () throws -> R) async throws -> R {
  try await withCheckedThrowingContinuation { continuation in
    Thread.detachNewThread { continuation.resume(with: Result(catching: body)) }
  }
}

/// Sums up to its size; one engine may be told to be wrong.
private struct SmallSum: Workload {
  var liar: Engine?
  let name = "sum"
  let summary = ""
  let operation = "number"
  let sizeUnit = "numbers"
  let sizes = [10, 20, 40]
  let quickSize = 40

  func prepare(size: Int) -> Int { size }
  func operationCount(_ input: Int) -> Int { input }
  func runSerial(_ input: Int) -> Int { input * (input + 1) / 2 }
  func runPool(_ pool: ThreadPool, _ input: Int) -> Int { answer(.pool, input) }
  func runDispatch(_ input: Int) -> Int { answer(.dispatch, input) }
  func runTaskGroup(_ input: Int) async -> Int { answer(.taskGroup, input) }
  func check(_ output: Int, for input: Int) {}

  private func answer(_ engine: Engine, _ input: Int) -> Int { runSerial(input) + (engine == liar ? 1 : 0) }
}

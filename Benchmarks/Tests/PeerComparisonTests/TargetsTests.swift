import PinwheelWorkloads
import Testing

@testable import PeerComparison

/// Numbers on both sides of each target.
struct TargetsTests {
  private func row(
    _ peer: String, _ figure: Double, workers: Int = 2, isTuned: Bool = false, complete: Double? = nil,
    cpus: Double? = nil, kind: FamilyResult.Row.Kind = .parallel, size: Int = 1
  ) throws -> FamilyResult.Row {
    FamilyResult.Row(
      kind: kind, contestant: Contestant(peer: peer, workers: workers, isTuned: isTuned), size: size,
      figure: try #require(Summary([figure * 0.99, figure, figure * 1.01])), cpus: cpus, complete: complete)
  }

  private func report(
    _ name: String = "fib", _ rows: [FamilyResult.Row] = [], figure: Family.Figure = .time, mustBeShared: Bool = false,
    _ change: (inout Report) throws -> Void = { _ in }
  ) throws -> Report {
    var report = Report(
      machine: .init(
        processor: "p", kernel: "k", usableCPUs: "0-1", usableCPUCount: 2, usableCores: 2, quota: nil, load: nil),
      options: Options(workers: 2), yardsticks: Yardsticks(cacheLine: nil, wake: nil, roundsPerNanosecond: 1))
    report.yardsticks.cacheLine = CacheLineLatency(
      cpus: [0, 1], isPinned: true, roundTrip: try #require(SampleSummary([100e-9])))
    if !rows.isEmpty {
      report.families = [
        FamilyResult(
          name: name, group: .loops, summary: "", operation: "", figure: figure, size: 1, mustBeShared: mustBeShared,
          rows: rows)
      ]
    }
    try change(&report)
    return report
  }

  private func target(_ beginning: String, _ report: Report) throws -> TargetResult {
    let found = Targets.all(report).filter { $0.target.hasPrefix(beginning) }
    #expect(found.count == 1, "\(found)")
    return try #require(found.first)
  }

  @Test func nothingMeasuredIsNothingMet() throws {
    let all = Targets.all(try report())
    #expect(all.count > 40)
    #expect(all.allSatisfy { $0.outcome == .notMeasured && !$0.note.isEmpty })
    #expect(Set(all.map(\.target)).count == all.count)
    #expect(Targets.summary(all) == "0 of \(all.count) met, 0 missed, \(all.count) not measured")
  }

  @Test func aFactorIsMetOrMissedByAShare() throws {
    let title = "fib, 2 workers, default: at least 3.00x as fast as rayon"
    let good = try target(title, report("fib", [row("pinwheel", 1), row("rayon", 3.1)]))
    #expect(good.outcome == .met && good.measured == "3.10x rayon", "\(good)")
    let bad = try target(title, report("fib", [row("pinwheel", 1), row("rayon", 2)]))
    #expect(bad.verdict == "missed by 50% (rayon)", "\(bad)")
    #expect(try target(title, report("fib", [row("pinwheel", 1)])).verdict == "not measured: no row of rayon")
    #expect(try target(title, report("fib", [row("rayon", 1)])).verdict == "not measured: no row of ours")
  }

  /// "Faster" takes a lead; "no slower" does not.
  @Test func levelIsEnoughOnlyForNoSlower() throws {
    let level = [try row("pinwheel", 1), try row("tbb", 0.97), try row("dispatch", 1.5)]
    let noSlower = try target("loop.dynamic, 2 workers", report("loop.dynamic", level))
    #expect(noSlower.outcome == .met && noSlower.measured == "0.970x tbb (level), 1.50x dispatch", "\(noSlower)")
    let faster = try target("uts, 2 workers: faster than every peer", report("uts", level))
    #expect(faster.outcome == .missed, "\(faster)")
    let nearly = try target(
      "uts, 2 workers: faster than every peer", report("uts", [row("pinwheel", 1), row("tbb", 1.01)]))
    #expect(nearly.verdict == "missed by spread: level with tbb", "\(nearly)")
    let slower = try target(
      "loop.dynamic, 2 workers",
      report("loop.dynamic", [row("pinwheel", 1), row("tbb", 0.5), row("dispatch", 2)]))
    #expect(slower.verdict == "missed by 100% (tbb)", "\(slower)")
  }

  @Test func everyPeerMeansTunedOnesTooButNotOurOwnCore() throws {
    let rows = [
      try row("pinwheel", 1), try row("pinwheel", 1, isTuned: true), try row("pinwheel-c", 0.5), try row("tbb", 2),
      try row("omp", 3), try row("omp", 0.8, isTuned: true), try row("tbb", 0.1, workers: 1),
    ]
    let missed = try target("skynet, 2 workers: faster", report("skynet", rows))
    #expect(missed.verdict == "missed by 25% (omp)", "\(missed)")
    #expect(try target("skynet, 2 workers: faster", report("skynet", Array(rows.prefix(5)))).outcome == .met)
    // Ours alone on the field has beaten nobody.
    #expect(
      try target("skynet, 2 workers: faster", report("skynet", [rows[0]])).verdict == "not measured: no peer has a row")
  }

  @Test func someMissingPeersLeaveATargetOpenUnlessItIsMissedAnyway() throws {
    let title = "loop.dynamic, 2 workers, default: no slower than tbb, dispatch"
    let open = try target(title, report("loop.dynamic", [row("pinwheel", 1), row("tbb", 2)]))
    #expect(open.verdict == "not measured: no row of dispatch" && open.measured == "2.00x tbb", "\(open)")
    #expect(try target(title, report("loop.dynamic", [row("pinwheel", 2), row("tbb", 1)])).outcome == .missed)
  }

  /// A region that the caller runs alone must not win.
  @Test func sharedRegionsAreDemanded() throws {
    let title = "loop.static, 2 workers, default: at most 1.50 cache-line trips"
    func result(_ figure: Double, _ complete: Double) throws -> TargetResult {
      try target(title, report("loop.static", [row("pinwheel", figure, complete: complete)], mustBeShared: true))
    }
    #expect(try result(140e-9, 1).outcome == .met)
    #expect(try result(300e-9, 1).verdict == "missed by 100%")
    #expect(try result(10e-9, 0.5).outcome == .notMeasured)
    let beside = try target(
      title,
      report("loop.static", [row("pinwheel", 300e-9, complete: 1)], mustBeShared: true) {
        $0.yardsticks.bareCall = Summary([200e-9])
      })
    #expect(beside.measured == "3.00 trips, 1.50x a bare call")
    // A family's own looks count before those made at first.
    let moved = try target(
      title,
      report("loop.static", [row("pinwheel", 300e-9, complete: 1)], mustBeShared: true) {
        $0.yardsticks.bareCall = Summary([200e-9])
        $0.families[0].crossing = Crossing([.init(trip: 300e-9, bareCall: 600e-9)])
      })
    #expect(moved.measured == "1.00 trips, 0.500x a bare call" && moved.outcome == .met)
    let parked = try target(
      "loop.parked",
      report(
        "loop.parked", [row("pinwheel", 1, complete: 0), row("omp", 2, complete: 1), row("tbb", 2, complete: 0)],
        mustBeShared: true))
    #expect(parked.outcome == .notMeasured && parked.note.contains("0.00% of our loops"), "\(parked)")
    #expect(parked.measured == "2.00x tbb", "\(parked)")
  }

  @Test func serialAndCPUAndStartAndMemoryHaveLimits() throws {
    func serial(_ figure: Double) throws -> TargetResult {
      try target(
        "fib, 1 worker: at most 1.30x serial",
        report("fib", [row("pinwheel", figure, workers: 1), row("pinwheel", 1, kind: .serial)]))
    }
    #expect(try serial(1.29).outcome == .met)
    #expect(try serial(1.56).verdict == "missed by 20%")

    let quiet = [try row("pinwheel", 1, cpus: 0.4), try row("dispatch", 1, cpus: 0.2)]
    #expect(
      try target("loop.quiet, 2 workers, default: no more CPU", report("loop.quiet", quiet)).verdict == "missed by 100%"
    )

    func tiny(_ figure: Double) throws -> TargetResult {
      try target(
        "loop.tiny.4, 2 workers",
        report("loop.tiny.4", [row("pinwheel", figure), row("pinwheel", 100e-9, kind: .serial)]))
    }
    #expect(try tiny(1e-6).outcome == .met)
    #expect(try tiny(1.6e-6).verdict == "missed by 50%")

    let idle = "idle: no CPU time"
    #expect(try target(idle, report("idle", [row("pinwheel", 0)], figure: .cpuShare)).outcome == .met)
    #expect(try target(idle, report("idle", [row("pinwheel", 0.01)], figure: .cpuShare)).outcome == .missed)

    #expect(try target("start", report("start", [row("pinwheel", 150e-6)])).outcome == .met)
    #expect(try target("start", report("start", [row("pinwheel", 250e-6)])).verdict == "missed by 25%")

    let ours = Contestant(peer: "pinwheel", workers: 2, isTuned: false)
    let peak = "peak memory of fib"
    let dynamic = try report { $0.memory = [MemoryResult(contestant: ours, bytes: 1)] }
    #expect(try target(peak, dynamic).outcome == .notMeasured)
    let fat = try report { $0.memory = [MemoryResult(contestant: ours, bytes: 18_000_000, isStatic: true)] }
    #expect(try target(peak, fat).verdict == "missed by 50%")
  }

  @Test func copiesAndCrowdsHaveLimits() throws {
    let ours = Contestant(peer: "pinwheel", workers: 2, isTuned: false)
    func times(_ value: Double) throws -> Summary { try #require(Summary([value])) }
    let report = try report("fib", [row("pinwheel", 1)]) {
      $0.copies = [
        CopiesResult(family: "fib", size: 1, workers: 2, copies: try times(1.6), ours: try times(1.55)),
        CopiesResult(family: "uts", size: 1, workers: 2, copies: try times(2), ours: try times(1.5)),
      ]
      $0.oversubscribed = [
        SlowdownResult(
          family: "fib", contestant: ours, busy: 4, alone: try times(0.2), beside: try times(0.6),
          cpusAlone: try times(2), cpusBeside: try times(1)),
        SlowdownResult(
          family: "uts", contestant: ours, busy: 4, alone: try times(0.05), beside: try times(0.1),
          cpusAlone: try times(2), cpusBeside: try times(1)),
      ]
      $0.scaling = try [(2, 0.2), (64, 0.25)].map { workers, seconds in
        ScalingResult(
          family: "fib", contestant: Contestant(peer: "pinwheel", workers: workers, isTuned: false),
          run: try times(seconds))
      }
    }
    #expect(try target("fib, 2 workers: at least 95%", report).outcome == .met)
    #expect(try target("uts, 2 workers: at least 95%", report).outcome == .missed)
    #expect(try target("fib beside", report).verdict == "missed by 25%")
    #expect(try target("uts beside", report).verdict == "not measured: no run takes 0.1 s")
    #expect(try target("fib with 64 workers", report).outcome == .met)
    let scaling = TextReport.scaling(report.scaling, workers: 2)
    #expect(scaling[1].contains("64 over 2") && scaling[2].hasSuffix("1.25x"), "\(scaling)")
  }

  @Test func theTableIsInTextPageAndJSON() throws {
    var report = try report("fib", [row("pinwheel", 1), row("rayon", 2)])
    report.targets = Targets.all(report)
    let line = try #require(
      TextReport.targets(report.targets).first { $0.contains("as fast as rayon") && $0.contains("2 workers") })
    #expect(line.contains("2.00x rayon") && line.contains("missed by 50% (rayon)"))
    #expect(HTMLReport.page(report).contains("<td class=\"lose\">missed by 50% (rayon)</td>"))
    #expect(try report.json().contains("\"outcome\" : \"missed\""))
  }
}

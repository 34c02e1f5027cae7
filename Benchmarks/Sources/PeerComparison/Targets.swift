/// Holds a report against what the pool is meant to reach: numbers that were set before anything was measured.
package struct Targets {
  let report: Report

  /// Every target, met or not, in the order of the report.
  package static func all(_ report: Report) -> [TargetResult] {
    let targets = Targets(report: report)
    return targets.forks + targets.loops + targets.submissions + targets.deques + targets.lightLoad
      + targets.crowded + targets.footprint + elsewhere
  }

  package static func summary(_ targets: [TargetResult]) -> String {
    func count(_ outcome: TargetResult.Outcome) -> Int { targets.filter { $0.outcome == outcome }.count }
    return "\(count(.met)) of \(targets.count) met, \(count(.missed)) missed, \(count(.notMeasured)) not measured"
  }

  private var workers: Int { report.options.workers }
  private var all: Setting { Setting(workers: workers, isTuned: false) }
  private var tuned: Setting { Setting(workers: workers, isTuned: true) }
  private var oneAndAll: [Setting] { Set([1, workers]).sorted().map { Setting(workers: $0, isTuned: false) } }

  private var forks: [TargetResult] {
    var results: [TargetResult] = []
    for (peer, factor) in [("rayon", 3.0), ("tbb", 10.0)] {
      results += oneAndAll.map { against([peer], in: "fib", $0, .times(factor)) }
    }
    results.append(overSerial("fib", most: 1.3))
    for family in ["skynet", "nqueens", "mergesort", "uts", "uts.fine", "matmul"] {
      results += Set([1, workers]).sorted().map { againstAll(in: family, workers: $0, .faster) }
    }
    let families = Extra.copies.families(among: FamilyCatalog.all, isQuick: false).map(\.name)
    return results + families.map(gainOfCopies)
  }

  private var loops: [TargetResult] {
    [
      trips("loop.static", most: 1.5),
      against(["gomp", "omp", "pthreadpool"], in: "loop.static", tuned, .faster, isShared: true),
      against(["tbb", "dispatch"], in: "loop.dynamic", all, .noSlower),
      against(["gomp"], in: "loop.quiet", tuned, .noSlower),
      against(["dispatch"], in: "loop.quiet", all, .noSlower),
      noMoreCPU("loop.quiet", than: "dispatch"),
      againstAll(in: "loop.parked", workers: workers, .noSlower),
    ] + ["loop.tiny.1", "loop.tiny.4", "loop.tiny.16", "loop.tiny.64"].map { overSerial($0, by: 1e-6) }
  }

  private var submissions: [TargetResult] {
    ["submit.1", "submit.8"].flatMap { family in
      [
        against(["nio", "dispatch"], in: family, all, .times(2)), against(["tbb"], in: family, all, .noSlower),
      ]
    }
  }

  private var deques: [TargetResult] {
    ["deque.pair.empty", "deque.pair.deep", "deque.steal.idle", "deque.steal.busy"].map {
      against(["rayon"], in: $0, all, .noSlower)
    }
  }

  private var lightLoad: [TargetResult] {
    let idle = "idle: no CPU time"
    let share = family("idle").flatMap { $0.row($0.ours, all) }.map(\.figure.median)
    return [
      share.map {
        // A clock tick or two of the kernel's accounting.
        let isNothing = $0 < 0.001
        return TargetResult(idle, measured: Text.percent($0), isNothing ? .met : .missed, isNothing ? "" : "by that")
      } ?? .notMeasured(idle, missing("idle")),
      against(["dispatch"], in: "duty", all, .noSlower),
    ]
  }

  private var crowded: [TargetResult] {
    let slow = report.oversubscribed.filter { $0.contestant.peer == Contestant.ours }.map { result in
      let target = "\(result.family) beside \(result.busy) busy processes: at most the CPU share lost plus 20% slower"
      guard result.alone.median >= Comparison.longRun else {
        return TargetResult.notMeasured(target, "no run takes 0.1 s")
      }
      guard let excess = result.excess else { return .notMeasured(target, "no CPU times") }
      return atMost(
        target, excess, SlowdownResult.mostExcess,
        "\(Text.ratio(result.slowdown)) slower, \(Text.ratio(excess)) of what the share explains")
    }
    let counts = report.scaling.map(\.contestant.workers)
    let most = counts.max() ?? 64
    let families = Set(report.scaling.map(\.family))
    let many = report.families.map(\.name).filter(families.contains).map { name in
      func seconds(_ workers: Int) -> Double? {
        report.scaling.first {
          $0.family == name && $0.contestant.peer == Contestant.ours && $0.contestant.workers == workers
        }?.run.median
      }
      let target = "\(name) with \(most) workers: at most 1.3 times that with \(workers)"
      guard most > workers, let crowd = seconds(most), let few = seconds(workers) else {
        return TargetResult.notMeasured(target, "no row of ours")
      }
      guard few >= Comparison.longRun else { return .notMeasured(target, "no run takes 0.1 s") }
      return atMost(target, crowd / few, 1.3, Text.ratio(crowd / few))
    }
    return (slow.isEmpty ? [.notMeasured("beside busy processes: at most the CPU share lost plus 20%", noExtra)] : slow)
      + (many.isEmpty ? [.notMeasured("64 workers: at most 1.3 times the time of \(workers)", noExtra)] : many)
  }

  private var noExtra: String { "not asked for" }

  private var footprint: [TargetResult] {
    let start = "start: a pool in at most 200 us a worker"
    let started = family("start").flatMap { result in
      result.rows.filter { $0.kind == .parallel && $0.contestant.peer == Contestant.ours && !$0.contestant.isTuned }
        .max { $0.contestant.workers < $1.contestant.workers }
    }
    let peak = "peak memory of fib: under 12 MB with the standard library linked in"
    let memory = report.memory.first { $0.contestant.peer == Contestant.ours && $0.isStatic }
    return [
      started.map { atMost(start, $0.figure.median, 200e-6, Text.time($0.figure.median)) }
        ?? .notMeasured(start, missing("start")),
      memory.map { atMost(peak, Double($0.bytes), 12e6, "\(Text.number(Double($0.bytes) / 1e6)) MB") }
        ?? .notMeasured(peak, report.memory.isEmpty ? noExtra : "no program with the standard library in it"),
    ]
  }

  /// What a clock on a busy machine cannot judge.
  private static let elsewhere: [TargetResult] = [
    .notMeasured("heavy-tailed loops within 5% of the ideal split", "judged by work counts, not by time"),
    .notMeasured(
      "the grain of .auto within 10% of the best hand-picked one", "judged by work counts, not by time"),
  ]
}

internal import CBenchmarkSystem

/// What is measured beside the families: each answers one question about whole processes.
package enum Extra: String, CaseIterable, Sendable {
  /// What busy processes beside it do to a family.
  case oversubscribed
  /// The peak memory of `fib`.
  case memory
  /// What more workers on the same CPUs cost.
  case scaling
  /// What starting costs.
  case start
}

extension Comparison {
  /// How many processes compute beside the one that is measured.
  package static let busyProcesses = 4
  private static let oversubscribedFamilies = [
    "fib", "nqueens", "mergesort", "loop.grain.10000", "loop.stencil", "submit.8",
  ]
  private static let scalingFamilies = ["fib", "nqueens", "loop.grain.10000", "loop.stencil", "submit.8"]
  /// Effects of sharing CPUs show in runs of at least some turns of the kernel's scheduler.
  private static let longRun = 0.1

  /// Runs of at least 0.1 s alone and beside busy processes, in turn.
  package func measureOversubscribed(_ report: FamilyResult) -> [SlowdownResult] {
    guard let family = Self.family(report, among: Self.oversubscribedFamilies) else { return [] }
    let rounds = max(options.rounds / 2, 1)
    return rows(of: report, where: { $0.workers == options.workers && !$0.isTuned }).compactMap { row in
      let contestant = row.contestant
      guard let size = longSize(contestant, family, from: row.size) else { return nil }
      var (alone, beside): ([Double], [Double]) = ([], [])
      for round in 0..<rounds {
        step("\(family.name) beside \(Self.busyProcesses) busy processes: \(contestant.name) \(round + 1)/\(rounds)")
        guard let undisturbed = run(contestant, family, size: size, atMost: 1) else { return nil }
        let busy = (0..<Self.busyProcesses).map { _ in bench_spawn_busy() }.filter { $0 > 0 }
        defer { for process in busy { bench_kill(process) } }
        guard busy.count == Self.busyProcesses else {
          self.report("a busy process could not be started")
          return nil
        }
        guard let disturbed = run(contestant, family, size: size, atMost: 10) else { return nil }
        alone.append(undisturbed.seconds)
        beside.append(disturbed.seconds)
      }
      guard let alone = Summary(alone), let beside = Summary(beside) else { return nil }
      return SlowdownResult(
        family: family.name, contestant: contestant, busy: Self.busyProcesses, alone: alone, beside: beside)
    }
  }

  /// The slowdown that an equal share of the CPUs for every thread would give.
  package var fairSlowdown: Double {
    max(1, Double(options.workers + Self.busyProcesses) / Double(options.workers))
  }

  /// `fib` of that size, in a process that does nothing else.
  package func measureMemory(_ report: FamilyResult) -> [MemoryResult] {
    guard let family = Self.family(report, among: ["fib"]) else { return [] }
    return rows(of: report, where: { $0.workers == options.workers && !$0.isTuned }).compactMap { row in
      step("peak memory: \(row.contestant.name)")
      retire(row.contestant)
      guard run(row.contestant, family, size: row.size, atMost: options.slowest) != nil else { return nil }
      return peakMemory(of: row.contestant).map { MemoryResult(contestant: row.contestant, bytes: $0) }
    }
  }

  /// The same runs with 1, 2, 4 ... 64 workers, whatever CPUs there are. Runs take at least 0.1 s with all CPUs.
  package func measureScaling(_ report: FamilyResult) -> [ScalingResult] {
    guard let family = Self.family(report, among: Self.scalingFamilies) else { return [] }
    let counts = options.isQuick ? [1, 2, 8, 64] : [1, 2, 4, 8, 16, 32, 64]
    return rows(of: report, where: { $0.workers == options.workers && !$0.isTuned }).flatMap { row -> [ScalingResult] in
      guard let size = longSize(row.contestant, family, from: row.size) else { return [] }
      return counts.compactMap { workers in
        var contestant = row.contestant
        contestant.workers = workers
        step("\(family.name) with \(Text.workers(workers)): \(contestant.peer)")
        let runs = (0..<max(options.rounds / 2, 1)).map { _ in run(contestant, family, size: size, atMost: 2) }
        // The others' processes are needed again, and those of odd sizes are not.
        if !contestants.contains(contestant) { retire(contestant) }
        let seconds = runs.compactMap { $0?.seconds }
        return Summary(seconds).map { ScalingResult(family: family.name, contestant: contestant, run: $0) }
      }
    }
  }

  /// How long processes take until they are ready, with one worker and with many.
  package func measureStarts() -> [StartResult] {
    let many = options.isQuick ? 16 : 64
    let rounds = options.isQuick ? 3 : 7
    return contestants(in: [Setting(workers: 1, isTuned: false)]).compactMap { contestant in
      step("start: \(contestant.peer)")
      var (few, full): ([Double], [Double]) = ([], [])
      var crowd = contestant
      crowd.workers = many
      for _ in 0..<rounds {
        guard let one = startSeconds(contestant) else { return nil }
        few.append(one)
        if let more = startSeconds(crowd) { full.append(more) }
      }
      guard let first = Summary(few)?.median, let last = Summary(full)?.median else { return nil }
      return StartResult(
        peer: contestant.peer, first: first, workers: many, perWorker: (last - first) / Double(many - 1))
    }
  }

  /// The size, perhaps doubled some times, at which a run is long.
  private func longSize(_ contestant: Contestant, _ family: Family, from size: Int) -> Int? {
    let ladder = family.sizes.ladder(isQuick: false).filter { $0 >= size }
    for candidate in ladder.isEmpty ? [size] : ladder {
      guard let run = run(contestant, family, size: candidate, atMost: 1) else { return nil }
      if run.seconds >= Self.longRun || candidate == ladder.last { return candidate }
    }
    return nil
  }

  private static func family(_ report: FamilyResult, among names: [String]) -> Family? {
    names.contains(report.name) ? FamilyCatalog.all.first { $0.name == report.name } : nil
  }

  private func rows(
    of report: FamilyResult, where condition: (Contestant) -> Bool
  ) -> [FamilyResult.Row] {
    report.rows.filter { $0.kind == .parallel && condition($0.contestant) }
  }
}

internal import CBenchmarkSystem

extension Comparison {
  /// How many processes compute beside the one that is measured.
  package static let busyProcesses = 4

  /// Runs of at least 0.1 s alone and beside busy processes, all contestants in turn.
  package func measureOversubscribed(_ report: FamilyResult, _ family: Family) -> [SlowdownResult] {
    let truths = Truths(family, self)
    let series = ordinary(report).compactMap { row in
      longSize(row.contestant, family, from: row.size, truths).map { Series(contestant: row.contestant, size: $0) }
    }
    let rounds = extraRounds
    let done = inTurn(series, rounds: rounds) { one, round in
      let contestant = one.contestant
      let truth = truths.truth(size: one.size, contestant)
      step("\(family.name) beside \(Self.busyProcesses) busy processes: \(contestant.name) \(round + 1)/\(rounds)")
      guard let alone = run(contestant, family, size: one.size, expecting: truth, atMost: 1) else { return nil }
      let busy = (0..<Self.busyProcesses).map { _ in bench_spawn_busy() }.filter { $0 > 0 }
      defer { for process in busy { bench_kill(process) } }
      guard busy.count == Self.busyProcesses else {
        self.report("a busy process could not be started")
        return nil
      }
      return run(contestant, family, size: one.size, expecting: truth, atMost: 10).map { [alone, $0] }
    }
    return done.compactMap { one in
      guard let alone = Summary(one.runs.map { $0[0].seconds }), let beside = Summary(one.runs.map { $0[1].seconds })
      else { return nil }
      return SlowdownResult(
        family: family.name, contestant: one.contestant, busy: Self.busyProcesses, alone: alone, beside: beside,
        cpusAlone: Summary(one.runs.compactMap { $0[0].cpus }), cpusBeside: Summary(one.runs.compactMap { $0[1].cpus }))
    }
  }

  /// The slowdown that an equal share of the CPUs for every thread would give.
  package static func fairSlowdown(_ options: Options) -> Double {
    max(1, Double(options.workers + busyProcesses) / Double(options.workers))
  }
}

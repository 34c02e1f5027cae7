extension Comparison {
  /// With how many workers, whatever CPUs there are.
  private var workerCounts: [Int] {
    let usual = options.isQuick ? [1, 64] : [1, 4, 16, 64]
    return Set(usual + [options.workers]).sorted()
  }

  /// The same runs with more and more workers, all peers and numbers in turn. Runs take at least 0.1 s with all CPUs.
  package func measureScaling(_ report: FamilyResult, _ family: Family) -> [ScalingResult] {
    let truths = Truths(family, self)
    let series = ordinary(report).flatMap { row -> [Series] in
      guard let size = longSize(row.contestant, family, from: row.size, truths) else { return [] }
      return workerCounts.map { workers in
        var contestant = row.contestant
        contestant.workers = workers
        return Series(contestant: contestant, size: size)
      }
    }
    let rounds = extraRounds
    let done = inTurn(series, rounds: rounds) { one, round in
      let contestant = one.contestant
      step("\(family.name) with \(Text.workers(contestant.workers)): \(contestant.peer) \(round + 1)/\(rounds)")
      let truth = truths.truth(size: one.size, contestant)
      return run(contestant, family, size: one.size, expecting: truth, atMost: 2).map { [$0] }
    }
    // The others' processes are needed again, and those of odd numbers are not.
    for one in series where !contestants.contains(one.contestant) { retire(one.contestant) }
    return done.compactMap { one in
      Summary(one.runs.map { $0[0].seconds }).map {
        ScalingResult(family: family.name, contestant: one.contestant, run: $0)
      }
    }
  }

  /// A target hangs on two quotients of quotients, so as often as a family.
  private var copiesRounds: Int { max(3, options.rounds) }

  /// What independent serial programs gain by running at once, one for each worker, and what our workers gain: in each
  /// round one serial program, all of them, one worker, all workers. Runs of one serial program take at least 0.1 s.
  package func measureCopies(_ report: FamilyResult, _ family: Family) -> CopiesResult? {
    let ours = Contestant(peer: Contestant.ours, workers: options.workers, isTuned: false)
    guard options.workers > 1, let row = report.row(ours.peer, ours.setting) else { return nil }
    let truths = Truths(family, self)
    // Any processes do, as long as they are as many: those with fewer workers, of which two are there anyway.
    let copies = (1...options.workers).map { Contestant(peer: ours.peer, workers: $0, isTuned: false) }
    defer { for copy in copies where !contestants.contains(copy) { retire(copy) } }
    guard let size = longSize(copies[0], family, from: row.size, truths, isSerial: true) else { return nil }
    let truth = truths.truth(size: size, ours)
    var (gains, speedups): ([Double], [Double]) = ([], [])
    for round in 0..<copiesRounds {
      step("\(family.name): \(copies.count) serial programs at once, \(round + 1)/\(copiesRounds)")
      if round > 0, options.processes > 1 {
        // New processes, as in a family's rounds, which are warmed up in all that they are to do.
        for copy in copies { retire(copy) }
        let truth = truths.truth(size: row.size, ours)
        guard
          runSerialTogether(copies, family, size: row.size, expecting: truth, atMost: 2) != nil,
          run(copies[0], family, size: row.size, expecting: truth, atMost: 2) != nil,
          run(ours, family, size: row.size, expecting: truth, atMost: 2) != nil
        else { return nil }
      }
      guard
        let alone = run(copies[0], family, size: size, isSerial: true, expecting: truth, atMost: 2),
        let together = runSerialTogether(copies, family, size: size, expecting: truth, atMost: 4),
        let one = run(copies[0], family, size: size, expecting: truth, atMost: 2),
        let all = run(ours, family, size: size, expecting: truth, atMost: 2)
      else { return nil }
      gains.append(together.reduce(0) { $0 + alone.seconds / max($1.seconds, 1e-9) })
      speedups.append(one.seconds / max(all.seconds, 1e-9))
    }
    guard let gain = Summary(gains), let speedup = Summary(speedups) else { return nil }
    return CopiesResult(family: family.name, size: size, workers: options.workers, copies: gain, ours: speedup)
  }
}

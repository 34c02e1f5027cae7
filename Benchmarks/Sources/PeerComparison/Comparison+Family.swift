internal import PeerProtocol
internal import PinwheelWorkloads

extension Comparison {
  /// Who takes part in a family, what it runs, and what came of it.
  fileprivate struct Entry {
    var contestant: Contestant
    var kind: FamilyResult.Row.Kind
    var size: Int
    var truth: UInt64?
    var expected = 0.0
    var figures: [Double] = []
    var cpus: [Double] = []
    var complete: [Double] = []
  }

  /// Measures a family with all contestants, and with each language's serial program.
  ///
  /// - Returns: nil if nobody can run it.
  package func measure(_ family: Family) -> FamilyResult? {
    let truths = Truths(family, self)
    guard let (size, times) = size(of: family, truths) else { return nil }
    var entries: [Entry] = []
    for (contestant, kind) in candidates {
      step("\(family.name): sizing \(contestant.name)\(kind == .serial ? ", serial" : "")")
      if let entry = fit(contestant, kind, family, size, times, truths) { entries.append(entry) }
    }
    let rounds = min(options.rounds, family.mostRounds ?? .max)
    for round in 0..<rounds {
      // Each round begins with another one.
      for offset in entries.indices.map({ ($0 + round) % entries.count }) {
        let entry = entries[offset]
        if entry.figures.count < round, round > 0 { continue }  // has failed
        step("\(family.name): round \(round + 1)/\(rounds) \(entry.contestant.name)")
        guard
          let run = run(
            entry.contestant, family, size: entry.size, isSerial: entry.kind == .serial, expecting: entry.truth,
            atMost: entry.expected)
        else { continue }
        entries[offset].add(run, family)
      }
    }
    // Who has failed once is not to be trusted in the other rounds.
    let rows = entries.filter { $0.figures.count == rounds }.compactMap { $0.row }
    guard !rows.isEmpty else { return nil }
    return FamilyResult(
      name: family.name, group: family.group, summary: family.summary, operation: family.operation,
      figure: family.figure, size: size, comparesSizes: family.comparesSizes, mustBeShared: family.mustBeShared,
      rows: rows)
  }

  /// Everyone in every setting, and before them the serial programs: of each peer that has one of its own.
  private var candidates: [(Contestant, FamilyResult.Row.Kind)] {
    let all = contestants
    let serial = all.filter {
      $0.setting == Setting(workers: options.workers, isTuned: false) && !Self.sharesSerial.contains($0.peer)
    }
    return serial.map { ($0, .serial) } + all.map { ($0, .parallel) }
  }

  /// Swift peers besides ours: the same serial code, compiled by the same compiler.
  private static let sharesSerial: Set<String> = ["dispatch", "taskgroup", "nio"]

  /// The results that are right, by size and workers.
  private final class Truths {
    private let family: Family
    private let comparison: Comparison
    private var known: [Int: UInt64] = [:]

    init(_ family: Family, _ comparison: Comparison) { (self.family, self.comparison) = (family, comparison) }

    /// nil: nobody can say.
    func truth(size: Int, _ contestant: Contestant) -> UInt64? {
      switch family.truth {
      case .any: return nil
      case .known(let rule): return rule(size, contestant.workers)
      case .serial:
        if let truth = known[size] { return truth }
        for judge in comparison.judges {
          comparison.step("\(family.name): the serial result of \(size)")
          guard let run = comparison.run(judge, family, size: size, isSerial: true) else { continue }
          known[size] = run.measured.result
          return run.measured.result
        }
        return nil
      }
    }
  }

  /// Whose serial programs say what is right: ours, else the first that answers.
  private var judges: [Contestant] {
    contestants(in: [Setting(workers: options.workers, isTuned: false)])
      .sorted { ($0.peer == Contestant.ours ? 0 : 1) < ($1.peer == Contestant.ours ? 0 : 1) }
  }

  /// The size at which one run of ours takes the budget, or of the first peer that can run it, and what each smaller
  /// size took.
  private func size(of family: Family, _ truths: Truths) -> (size: Int, seconds: [Int: Double])? {
    let ladder = family.sizes.ladder(isQuick: options.isQuick)
    for leader in judges {
      step("\(family.name): sizing for \(leader.name)")
      var seconds: [Int: Double] = [:]
      var hasFailed = false
      let best = SizeProbe.largest(of: ladder, budget: options.budget) { size in
        guard !hasFailed, let run = run(leader, family, size: size, expecting: truths.truth(size: size, leader)) else {
          hasFailed = true
          return .infinity
        }
        seconds[size] = min(run.seconds, seconds[size] ?? .infinity)
        return run.seconds
      }
      if seconds[best] != nil { return (best, seconds) }
    }
    return nil
  }

  /// Finds out whether a contestant can run the size, or which smaller one it can, from a small run's time; and warms
  /// it up.
  private func fit(
    _ contestant: Contestant, _ kind: FamilyResult.Row.Kind, _ family: Family, _ size: Int, _ times: [Int: Double],
    _ truths: Truths
  ) -> Entry? {
    let sizes = times.keys.filter { $0 <= size }.sorted()
    var size = size
    func attempt(_ size: Int, atMost seconds: Double) -> (Double, UInt64?)? {
      let truth = truths.truth(size: size, contestant)
      guard
        let run = run(
          contestant, family, size: size, isSerial: kind == .serial, expecting: truth, atMost: seconds)
      else { return nil }
      return (run.seconds, truth)
    }
    if let goal = times[size], let small = sizes.last(where: { (times[$0] ?? 0) <= goal / 50 }),
      let smallTime = times[small]
    {
      guard let (probe, _) = attempt(small, atMost: options.slowest) else { return nil }
      let slower = probe / max(smallTime, 1e-9)
      size = sizes.last { $0 <= small || (times[$0] ?? 0) * slower <= options.slowest } ?? small
    }
    guard var (seconds, truth) = attempt(size, atMost: options.slowest) else { return nil }
    // The small run may have promised too much.
    while seconds > 2 * options.slowest, let smaller = sizes.last(where: { $0 < size }) {
      size = smaller
      guard let next = attempt(size, atMost: seconds) else { return nil }
      (seconds, truth) = next
    }
    return Entry(contestant: contestant, kind: kind, size: size, truth: truth, expected: seconds)
  }
}

extension Comparison.Entry {
  fileprivate mutating func add(_ run: Comparison.Run, _ family: Family) {
    let operations = max(family.operations(size, run.measured.result), 1)
    let cpu = run.measured.cpu.map { Double($0) / 1e9 }
    switch family.figure {
    case .time: figures.append(run.seconds / operations)
    case .median: figures.append(Double(run.measured.median ?? run.measured.nanoseconds / UInt64(max(size, 1))) / 1e9)
    case .cpuShare: figures.append((cpu ?? 0) / max(run.seconds, 1e-9))
    }
    if let cpu { cpus.append(cpu / max(run.seconds + family.pauses(size), 1e-9)) }
    if kind == .parallel, let both = run.measured.both { complete.append(Double(both) / Double(max(size, 1))) }
  }

  fileprivate var row: FamilyResult.Row? {
    Summary(figures).map {
      FamilyResult.Row(
        kind: kind, contestant: contestant, size: size, figure: $0, cpus: Summary(cpus)?.median,
        complete: Summary(complete)?.median)
    }
  }
}

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
    /// Who has failed once is not to be trusted in the other rounds.
    var hasFailed = false
  }

  /// Measures a family with all contestants, and with each language's serial program.
  ///
  /// A family without a row of ours is a problem of the report.
  ///
  /// - Returns: nil if nobody can run it.
  package func measure(_ family: Family) -> FamilyResult? {
    let result = measureRows(family)
    reportMissingRows(of: family, in: result)
    return result
  }

  private func measureRows(_ family: Family) -> FamilyResult? {
    let truths = Truths(family, self)
    guard let (size, times) = size(of: family, truths) else { return nil }
    var entries: [Entry] = []
    for (contestant, kind) in candidates(of: family) {
      step("\(family.name): sizing \(contestant.name)\(kind == .serial ? ", serial" : "")")
      if let entry = fit(contestant, kind, family, size, times, truths) { entries.append(entry) }
    }
    let rounds = min(options.rounds, family.mostRounds ?? .max)
    let processes = family.mostRounds == nil ? min(options.processes, rounds) : 1
    var looks: [Crossing.Look] = []
    for round in 0..<rounds {
      if let look = Yardsticks.look(between: cpus) { looks.append(look) }
      if round > 0, round * processes / rounds > (round - 1) * processes / rounds { renew(&entries, family) }
      // Each round begins with another one.
      for offset in entries.indices.map({ ($0 + round) % entries.count }) where !entries[offset].hasFailed {
        step("\(family.name): round \(round + 1)/\(rounds) \(entries[offset].contestant.name)")
        if let run = run(entries[offset], family) {
          entries[offset].add(run, family)
        } else {
          entries[offset].hasFailed = true
        }
      }
    }
    let rows = entries.filter { !$0.hasFailed }.compactMap { $0.row }
    guard !rows.isEmpty else { return nil }
    return FamilyResult(
      name: family.name, group: family.group, summary: family.summary, operation: family.operation,
      figure: family.figure, size: size, comparesSizes: family.comparesSizes, mustBeShared: family.mustBeShared,
      crossing: Crossing(looks), rows: rows)
  }

  /// Gives everyone a new process, and warms it up as sizing has warmed up the first.
  private func renew(_ entries: inout [Entry], _ family: Family) {
    for entry in entries { retire(entry.contestant) }
    for offset in entries.indices where !entries[offset].hasFailed {
      step("\(family.name): a new process of \(entries[offset].contestant.name)")
      if run(entries[offset], family) == nil { entries[offset].hasFailed = true }
    }
  }

  private func run(_ entry: Entry, _ family: Family) -> Run? {
    run(
      entry.contestant, family, size: entry.size, isSerial: entry.kind == .serial, expecting: entry.truth,
      atMost: entry.expected)
  }

  /// Says where we are asked for and have no figure: at all, or in a setting in which others have one.
  private func reportMissingRows(of family: Family, in result: FamilyResult?) {
    // The queues by themselves are the core's; our pool hides them.
    let name = family.group == .deques ? Contestant.oursInC : Contestant.ours
    guard program(of: name) != nil else { return }
    let settings = settings(of: family)
    let missing = settings.filter { result?.row(name, $0) == nil }
    if missing.count == settings.count { return report("\(family.name): no row of \(name)") }
    let known = Set((result?.rows ?? []).filter { $0.kind == .parallel }.map(\.contestant.setting))
    for setting in missing where known.contains(setting) {
      report("\(family.name): no row of \(name) with \(setting.name)")
    }
  }

  private func settings(of family: Family) -> [Setting] {
    family.isOfOneSetting
      ? [Setting(workers: options.workers, isTuned: false)] : Setting.all(workers: options.workers)
  }

  /// Everyone in every setting, and before them the serial programs: of each peer that has one of its own.
  private func candidates(of family: Family) -> [(Contestant, FamilyResult.Row.Kind)] {
    let all = contestants(in: settings(of: family))
    let serial = all.filter {
      $0.setting == Setting(workers: options.workers, isTuned: false) && !Self.sharesSerial.contains($0.peer)
    }
    return serial.map { ($0, .serial) } + all.map { ($0, .parallel) }
  }

  /// Swift peers besides ours: the same serial code, compiled by the same compiler.
  private static let sharesSerial: Set<String> = ["dispatch", "taskgroup", "nio"]

  /// The size at which one run of ours takes the budget, or of the first peer that can run it, and what each smaller
  /// size took.
  private func size(of family: Family, _ truths: Truths) -> (size: Int, seconds: [Int: Double])? {
    var ladder = family.sizes.ladder(isQuick: options.isQuick)
    // Those below an asked size tell how slow a peer is before it is given that one.
    if let asked = family.askedSize { ladder = ladder.filter { $0 < asked } }
    for leader in judges {
      step("\(family.name): sizing for \(leader.name)")
      var seconds: [Int: Double] = [:]
      var hasFailed = false
      func attempt(_ size: Int) -> Double {
        guard !hasFailed,
          let run = run(
            leader, family, size: size, expecting: truths.truth(size: size, leader), atMost: slowest(family))
        else {
          hasFailed = true
          return .infinity
        }
        seconds[size] = min(run.seconds, seconds[size] ?? .infinity)
        return run.seconds
      }
      var best = ladder.first
      if !ladder.isEmpty {
        best = SizeProbe.largest(of: ladder, budget: family.budgets * options.budget, measure: attempt)
      }
      if let asked = family.askedSize {
        _ = attempt(asked)
        best = asked
      }
      if let best, seconds[best] != nil { return (best, seconds) }
    }
    return nil
  }

  /// Finds out whether a contestant can run the size, or which smaller one it can, from a small run's time; and warms
  /// it up.
  private func fit(
    _ contestant: Contestant, _ kind: FamilyResult.Row.Kind, _ family: Family, _ size: Int, _ times: [Int: Double],
    _ truths: Truths
  ) -> Entry? {
    let slowest = slowest(family)
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
      guard let (probe, _) = attempt(small, atMost: slowest) else { return nil }
      let slower = probe / max(smallTime, 1e-9)
      size = sizes.last { $0 <= small || (times[$0] ?? 0) * slower <= slowest } ?? small
    }
    guard var (seconds, truth) = attempt(size, atMost: slowest) else { return nil }
    // The small run may have promised too much.
    while seconds > 2 * slowest, let smaller = sizes.last(where: { $0 < size }) {
      size = smaller
      guard let next = attempt(size, atMost: seconds) else { return nil }
      (seconds, truth) = next
    }
    return Entry(contestant: contestant, kind: kind, size: size, truth: truth, expected: seconds)
  }

  /// Seconds that a run of a slower peer may take before its size is made smaller. Where the user has asked for a size,
  /// it is the size that counts.
  private func slowest(_ family: Family) -> Double {
    let slowest = family.budgets * options.slowest
    return family.askedSize == nil ? slowest : max(slowest, options.deadline / 3)
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

extension Targets {
  /// What a figure has to be, beside a peer's.
  enum Demand {
    case times(Double)
    /// Level is not enough.
    case faster
    /// Level is enough.
    case noSlower

    var words: String {
      switch self {
      case .times(let factor): "at least \(Text.ratio(factor)) as fast as"
      case .faster: "faster than"
      case .noSlower: "no slower than"
      }
    }

    func isMet(by duel: Duel) -> Bool {
      switch self {
      case .times(let factor): duel.ratio >= factor
      case .faster: duel.ratio > 1 && !duel.isLevel
      case .noSlower: duel.ratio >= 1 || duel.isLevel
      }
    }

    func shortfall(of duel: Duel) -> String {
      var wanted = 1.0
      if case .times(let factor) = self { wanted = factor }
      return duel.ratio >= wanted
        ? "by spread: level with \(duel.peer)" : "by \(Text.percent(wanted / duel.ratio - 1)) (\(duel.peer))"
    }
  }

  func family(_ name: String) -> FamilyResult? { report.families.first { $0.name == name } }

  /// Why there is no figure of ours.
  func missing(_ name: String) -> String { family(name) == nil ? "\(name) was not run" : "no row of ours" }

  /// A target that a value meets if it is small enough.
  func atMost(_ target: String, _ value: Double, _ most: Double, _ measured: String) -> TargetResult {
    value <= most
      ? TargetResult(target, measured: measured, .met)
      : TargetResult(target, measured: measured, .missed, "by \(Text.percent(value / most - 1))")
  }

  /// Ours against each of these peers, all of which it takes to meet the target.
  ///
  /// - Parameter isShared: Whether all workers have to have taken part in our loops, whatever peers do.
  func against(
    _ peers: [String], in name: String, _ setting: Setting, _ demand: Demand, isShared: Bool = false
  ) -> TargetResult {
    let burns = FamilyCatalog.all.contains { $0.name == name && $0.figure == .cpuShare }
    let words = burns ? "no more CPU time than" : demand.words
    let target = "\(name), \(setting.name): \(words) \(peers.joined(separator: ", "))"
    guard let family = family(name), let ours = family.row(family.ours, setting) else {
      return .notMeasured(target, missing(name))
    }
    if isShared && !family.isShared(ours) { return .notMeasured(target, Self.unshared(ours)) }
    var duels: [Duel] = []
    var gaps: [String] = []
    for peer in peers {
      guard let row = family.row(peer, setting) else {
        gaps.append("no row of \(peer)")
        continue
      }
      switch duel(family, ours, row) {
      case .success(let duel): duels.append(duel)
      case .failure(let gap): gaps.append(gap.reason)
      }
    }
    return judge(target, duels, gaps, demand)
  }

  /// Ours against every peer that has a figure, by default and tuned.
  func againstAll(in name: String, workers: Int, _ demand: Demand) -> TargetResult {
    let target = "\(name), \(Text.workers(workers)): \(demand.words) every peer"
    guard let family = family(name) else { return .notMeasured(target, missing(name)) }
    var duels: [Duel] = []
    var gaps: [String] = []
    for row in family.rows where row.kind == .parallel && row.contestant.workers == workers {
      if [family.ours, Contestant.oursInC].contains(row.contestant.peer) { continue }
      guard let ours = family.row(family.ours, row.contestant.setting) else {
        return .notMeasured(target, "no row of ours with \(row.contestant.setting.name)")
      }
      // Who is too slow for the size has lost, by however much.
      if row.size < ours.size && !family.comparesSizes { continue }
      switch duel(family, ours, row) {
      case .success(let duel): duels.append(duel)
      case .failure(let gap): gaps.append(gap.reason)
      }
    }
    return judge(target, duels, gaps, demand)
  }

  /// The peers that come nearest first, and what cannot be said.
  private func judge(_ target: String, _ duels: [Duel], _ gaps: [String], _ demand: Demand) -> TargetResult {
    let duels = duels.sorted { $0.ratio < $1.ratio }
    let measured =
      duels.prefix(3).map { "\(Text.ratio($0.ratio)) \($0.peer)\($0.isLevel ? " (level)" : "")" }
      + (duels.count > 3 ? ["\(duels.count - 3) more"] : [])
    let text = measured.joined(separator: ", ")
    if let worst = duels.first(where: { !demand.isMet(by: $0) }) {
      return TargetResult(target, measured: text, .missed, demand.shortfall(of: worst))
    }
    if duels.isEmpty || !gaps.isEmpty {
      return TargetResult(
        target, measured: text, .notMeasured, gaps.isEmpty ? "no peer has a row" : gaps.joined(separator: "; "))
    }
    return TargetResult(target, measured: text, .met)
  }

  private struct Gap: Error { var reason: String }

  /// A loop that the caller runs alone must not win against one that is shared; the other way round it may.
  private func duel(
    _ family: FamilyResult, _ ours: FamilyResult.Row, _ row: FamilyResult.Row
  ) -> Result<Duel, Gap> {
    if !family.comparesSizes && row.size != ours.size {
      return .failure(Gap(reason: "\(row.contestant.peer) ran another size"))
    }
    if !family.isShared(ours) && family.isShared(row) { return .failure(Gap(reason: Self.unshared(ours))) }
    return .success(Scorecard.duel(family, ours, row))
  }

  private static func unshared(_ row: FamilyResult.Row) -> String {
    row.complete.map { "all workers took part in only \(Text.percent($0)) of our loops" }
      ?? "nobody counted who took part in our loops"
  }

  func overSerial(_ name: String, most: Double) -> TargetResult {
    let target = "\(name), 1 worker: at most \(Text.ratio(most)) serial Swift"
    guard let family = family(name), let serial = family.serialRow(family.ours),
      let ours = family.row(family.ours, Setting(workers: 1, isTuned: false))
    else { return .notMeasured(target, missing(name)) }
    let ratio = ours.figure.median / max(serial.figure.median, .leastNormalMagnitude)
    return atMost(target, ratio, most, Text.ratio(ratio))
  }

  /// For loops that are too small to be shared.
  func overSerial(_ name: String, by seconds: Double) -> TargetResult {
    let setting = Setting(workers: report.options.workers, isTuned: false)
    let target = "\(name), \(setting.name): at most \(Text.time(seconds)) slower than serial Swift"
    guard let family = family(name), let serial = family.serialRow(family.ours),
      let ours = family.row(family.ours, setting)
    else { return .notMeasured(target, missing(name)) }
    let difference = ours.figure.median - serial.figure.median
    return atMost(target, difference, seconds, "\(Text.time(max(difference, 0))) slower")
  }

  func gainOfCopies(_ name: String) -> TargetResult {
    let workers = report.options.workers
    let target =
      "\(name), \(Text.workers(workers)): at least 95% of what \(workers) independent serial programs gain"
    guard let result = report.copies.first(where: { $0.family == name }) else {
      return .notMeasured(target, report.copies.isEmpty ? "not asked for" : missing(name))
    }
    let measured =
      "\(Text.percent(result.share)) (\(Text.ratio(result.ours.median)) of \(Text.ratio(result.copies.median)))"
    return result.share >= 0.95
      ? TargetResult(target, measured: measured, .met)
      : TargetResult(target, measured: measured, .missed, "by \(Text.percent(0.95 / result.share - 1))")
  }

  /// In multiples of a cache line's way to another CPU and back.
  func trips(_ name: String, most: Double) -> TargetResult {
    let setting = Setting(workers: report.options.workers, isTuned: false)
    let target = "\(name), \(setting.name): at most \(Text.number(most)) cache-line trips, shared by all"
    guard let family = family(name), let ours = family.row(family.ours, setting) else {
      return .notMeasured(target, missing(name))
    }
    let now = family.crossing?.trip.median ?? report.yardsticks.cacheLine?.roundTrip.median
    guard let trip = now, trip > 0, setting.workers > 1 else {
      return .notMeasured(target, "there is one CPU, or one worker")
    }
    guard family.isShared(ours) else { return .notMeasured(target, Self.unshared(ours)) }
    // The bare call takes more than one trip itself: the line there, the line back and that of the captures.
    let call = family.crossing?.bareCall ?? report.yardsticks.bareCall
    let bare = call.map { ", \(Text.ratio(ours.figure.median / $0.median)) a bare call" } ?? ""
    return atMost(target, ours.figure.median / trip, most, "\(Text.number(ours.figure.median / trip)) trips\(bare)")
  }

  func noMoreCPU(_ name: String, than peer: String) -> TargetResult {
    let setting = Setting(workers: report.options.workers, isTuned: false)
    let target = "\(name), \(setting.name): no more CPU than \(peer)"
    guard let family = family(name), let ours = family.row(family.ours, setting)?.cpus else {
      return .notMeasured(target, missing(name))
    }
    guard let theirs = family.row(peer, setting)?.cpus else { return .notMeasured(target, "no row of \(peer)") }
    let ratio = ours / max(theirs, .leastNormalMagnitude)
    // Differences below a twentieth are no differences, here as elsewhere.
    let isMet = ratio < 1.05
    return TargetResult(
      target, measured: "\(Text.number(ours)) CPUs to \(Text.number(theirs))", isMet ? .met : .missed,
      isMet ? "" : "by \(Text.percent(ratio - 1))")
  }
}

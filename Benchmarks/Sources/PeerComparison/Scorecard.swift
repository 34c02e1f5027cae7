/// How a peer stands against ours over a group of families: the geometric mean of its figures over ours.
package struct Score: Codable, Sendable, Hashable {
  package var group: Family.Group
  package var peer: String
  package var setting: Setting
  /// Above 1: ours is so many times as fast (or burns so many times less).
  package var ratio: Double
  /// How many families both could run.
  package var families: Int
}

/// One family, one setting: ours against one peer.
package struct Duel: Sendable, Hashable {
  package var family: String
  package var group: Family.Group
  package var peer: String
  package var setting: Setting
  /// The peer's figure over ours.
  package var ratio: Double
  /// Whether nobody leads: the quartiles of the two overlap, or the two differ by less than a twentieth, or, where there
  /// are too few rounds for quartiles, by less than a quarter.
  package var isLevel: Bool
}

package enum Scorecard {
  /// CPU shares below this count as this: nobody is infinitely better than somebody who burns next to nothing.
  package static let leastShare = 0.005
  /// Quartiles of fewer rounds say nothing.
  private static let fewRounds = 3

  /// Ours against every peer in every family and setting that both have; not where regions were run by fewer
  /// threads than there are workers, which is another thing to measure, and not between sizes that differ in kind.
  package static func duels(_ families: [FamilyResult]) -> [Duel] {
    families.flatMap { family in
      family.rows.compactMap { row in
        guard row.kind == .parallel, row.contestant.peer != family.ours,
          let ours = family.row(family.ours, row.contestant.setting), family.areComparable(ours, row)
        else { return nil }
        return duel(family, ours, row)
      }
    }
  }

  static func duel(_ family: FamilyResult, _ ours: FamilyResult.Row, _ row: FamilyResult.Row) -> Duel {
    let floor = family.figure == .cpuShare ? leastShare : 0
    let ratio = max(row.figure.median, floor) / max(ours.figure.median, floor, .leastNormalMagnitude)
    let overlap =
      row.figure.lowerQuartile <= ours.figure.upperQuartile && ours.figure.lowerQuartile <= row.figure.upperQuartile
    let difference = max(ratio, 1 / max(ratio, .leastNormalMagnitude)) - 1
    let isUncertain = min(row.figure.count, ours.figure.count) < fewRounds && difference < 0.25
    return Duel(
      family: family.name, group: family.group, peer: row.contestant.peer, setting: row.contestant.setting,
      ratio: ratio, isLevel: overlap || difference < 0.05 || isUncertain)
  }

  /// A score for each group, peer and setting with at least one duel.
  package static func scores(_ families: [FamilyResult]) -> [Score] {
    struct Key: Hashable {
      var group: Family.Group
      var peer: String
      var setting: Setting
    }
    var order: [Key] = []
    var ratios: [Key: [Double]] = [:]
    for duel in duels(families) {
      let key = Key(group: duel.group, peer: duel.peer, setting: duel.setting)
      if ratios[key] == nil { order.append(key) }
      ratios[key, default: []].append(duel.ratio)
    }
    return order.compactMap { key in
      let all = ratios[key] ?? []
      return geometricMean(all).map {
        Score(group: key.group, peer: key.peer, setting: key.setting, ratio: $0, families: all.count)
      }
    }
  }

  /// Where ours leads and where it loses, in sentences: for each setting and family the strongest peer decides.
  package static func verdict(_ families: [FamilyResult]) -> [String] {
    var settings: [Setting] = []
    var strongest: [Setting: [Duel]] = [:]
    let all = duels(families)
    let burn = Set(families.filter { $0.figure == .cpuShare }.map(\.name))
    for duel in all where !settings.contains(duel.setting) { settings.append(duel.setting) }
    for setting in settings {
      for family in families {
        // Our own C core is no peer: it shows what the Swift layer costs.
        let others = all.filter { $0.family == family.name && $0.setting == setting && $0.peer != Contestant.oursInC }
        if let best = decisive(others) { strongest[setting, default: []].append(best) }
      }
    }
    let verdict = settings.flatMap { setting in
      let duels = strongest[setting] ?? []
      let won = duels.filter { !$0.isLevel && $0.ratio > 1 }.sorted { $0.ratio > $1.ratio }
      let lost = duels.filter { !$0.isLevel && $0.ratio < 1 }.sorted { $0.ratio < $1.ratio }
      let level = duels.filter(\.isLevel)
      return [
        "With \(setting.name), against the best peer of each family: ahead in \(won.count) of \(duels.count), "
          + "level in \(level.count), behind in \(lost.count)."
      ]
        + line("Ahead", won) { "\($0.family) (\(Text.ratio($0.ratio)) \($0.peer))" }
        + line("Level", level) { "\($0.family) (\($0.peer))" }
        + line("Behind", lost) {
          let verb = burn.contains($0.family) ? "burn" : "take"
          return "\($0.family) (we \(verb) \(Text.ratio(1 / $0.ratio)) \($0.peer)'s)"
        }
    }
    return verdict + unshared(families)
  }

  /// The peer that decides: the one that leads by most, else one that is level, else the one that comes nearest. That a
  /// faster peer's figures scatter must not hide a loss against another one.
  static func decisive(_ duels: [Duel]) -> Duel? {
    func least(_ duels: [Duel]) -> Duel? { duels.min { $0.ratio < $1.ratio } }
    return least(duels.filter { !$0.isLevel && $0.ratio < 1 }) ?? least(duels.filter(\.isLevel)) ?? least(duels)
  }

  private static func unshared(_ families: [FamilyResult]) -> [String] {
    let rows = families.flatMap { family in
      family.rows.filter { $0.kind == .parallel && !family.isShared($0) }.map {
        "\(family.name) of \($0.contestant.name)"
      }
    }
    return rows.isEmpty
      ? []
      : [
        "Not compared, since not every worker took part in nearly all regions, or nobody counted: \(rows.joined(separator: ", "))."
      ]
  }

  private static func line(_ title: String, _ duels: [Duel], _ text: (Duel) -> String) -> [String] {
    duels.isEmpty ? [] : ["  \(title): \(duels.map(text).joined(separator: ", "))"]
  }
}

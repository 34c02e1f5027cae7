internal import PinwheelWorkloads

/// The report for a terminal.
package enum TextReport {
  package static func head(_ report: Report) -> [String] {
    let options = report.options
    return report.machine.lines + report.yardsticks.lines + [
      "\(Text.workers(options.workers)), \(options.pins ? "bound to CPUs where the runtime can" : "not bound"); "
        + "\(options.rounds) rounds in turn\(options.processes > 1 ? ", shared by \(options.processes) processes of each" : ""); runs of about \(Text.time(options.budget)); one peer runs, others stand still"
    ]
  }

  package static func table(_ family: FamilyResult, _ yardsticks: Yardsticks) -> [String] {
    let unit = family.figure == .cpuShare ? "CPU time a second" : "time a \(family.operation)"
    var table = TextTable([
      (header: "  peer", alignment: .left), (header: "setting", alignment: .left), (header: unit, alignment: .right),
      (header: "quartiles", alignment: .left), (header: "speed-up", alignment: .right),
      (header: "times ours", alignment: .right), (header: "CPUs", alignment: .right), (header: "", alignment: .left),
    ])
    let serial = family.serialRow(family.ours)
    for row in family.rows.sorted(by: isBefore) {
      let ours = row.kind == .parallel ? family.row(family.ours, row.contestant.setting) : nil
      table.add([
        "  \(row.contestant.peer)", row.kind == .serial ? "serial" : row.contestant.setting.name,
        value(row.figure.median, family.figure),
        "\(value(row.figure.lowerQuartile, family.figure)) to \(value(row.figure.upperQuartile, family.figure))",
        serial.map { Text.ratio($0.figure.median / max(row.figure.median, .leastNormalMagnitude)) } ?? "",
        ours.map { timesOurs(row, $0, family) } ?? "",
        row.cpus.map { Text.number($0) } ?? "", notes(row, family, yardsticks),
      ])
    }
    return ["\(family.name): \(family.summary) (size \(Text.count(family.size)))"]
      + (family.crossing?.warning.map { ["  \($0)"] } ?? []) + table.lines
  }

  private static func timesOurs(_ row: FamilyResult.Row, _ ours: FamilyResult.Row, _ family: FamilyResult) -> String {
    guard family.areComparable(row, ours) else { return "-" }
    return Text.ratio(row.figure.median / max(ours.figure.median, .leastNormalMagnitude))
  }

  private static func value(_ value: Double, _ figure: Family.Figure) -> String {
    figure == .cpuShare ? Text.percent(value) : Text.time(value)
  }

  /// By setting, and within it the fastest first; serial programs before all.
  private static func isBefore(_ a: FamilyResult.Row, _ b: FamilyResult.Row) -> Bool {
    if a.kind != b.kind { return a.kind == .serial }
    let (x, y) = (a.contestant.setting, b.contestant.setting)
    if x.workers != y.workers { return x.workers < y.workers }
    if x.isTuned != y.isTuned { return y.isTuned }
    return a.figure.median < b.figure.median
  }

  /// What has to be known to read a row.
  package static func notes(_ row: FamilyResult.Row, _ family: FamilyResult, _ yardsticks: Yardsticks) -> String {
    var notes: [String] = []
    if row.size != family.size {
      let consequence = family.comparesSizes ? "" : ", so not compared"
      notes.append("size \(Text.count(row.size)) only: too slow for more\(consequence)")
    }
    if let complete = row.complete, row.contestant.workers > 1 {
      notes.append("all took part in \(Text.percent(complete))")
    }
    if row.kind == .parallel, !family.isShared(row) { notes.append("not compared: not shared by all") }
    if row.kind == .parallel, row.contestant.workers > 1, isLatency(family) {
      if let line = family.crossing?.trip.median ?? yardsticks.cacheLine?.roundTrip.median,
        row.figure.median < 100 * line
      {
        notes.append("\(Text.number(row.figure.median / line)) cache-line trips")
      } else if let wake = yardsticks.wake?.median {
        notes.append("\(Text.number(row.figure.median / wake)) wakes")
      }
    }
    return notes.joined(separator: "; ")
  }

  private static func isLatency(_ family: FamilyResult) -> Bool {
    family.figure == .median || family.name == "loop.static" || family.name == "loop.dynamic"
  }

  /// The means over families: a row for each peer and setting, a column for each group.
  package static func scorecard(_ scores: [Score]) -> [String] {
    guard !scores.isEmpty else { return [] }
    let groups = Family.Group.allCases.filter { group in scores.contains { $0.group == group } }
    var table = TextTable(
      [(header: "  peer", alignment: .left), (header: "setting", alignment: .left)]
        + groups.map { (header: $0.rawValue, alignment: .right) })
    for (peer, setting) in rows(scores) {
      table.add(
        ["  \(peer)", setting.name]
          + groups.map { group in
            scores.first { $0.group == group && $0.peer == peer && $0.setting == setting }
              .map { "\(Text.ratio($0.ratio)) of \($0.families)" } ?? ""
          })
    }
    return ["scorecard: a peer's time over ours, geometric mean over the group's families (above 1 we lead)"]
      + table.lines
  }

  /// The scorecard's rows, in order.
  static func rows(_ scores: [Score]) -> [(peer: String, setting: Setting)] {
    var rows: [(peer: String, setting: Setting)] = []
    for score in scores where !rows.contains(where: { $0.peer == score.peer && $0.setting == score.setting }) {
      rows.append((score.peer, score.setting))
    }
    return rows.sorted {
      ($0.setting.workers, $0.setting.isTuned ? 1 : 0, $0.peer) < (
        $1.setting.workers, $1.setting.isTuned ? 1 : 0, $1.peer
      )
    }
  }
}

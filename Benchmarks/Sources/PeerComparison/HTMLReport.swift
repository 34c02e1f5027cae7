/// The report as one web page that needs nothing else: a chart for each family, and the scorecard.
package enum HTMLReport {
  package static func page(_ report: Report) -> String {
    var parts = ["<h1>Pinwheel and its peers</h1>"]
    parts.append(list(TextReport.head(report) + TextReport.absent(report) + [versions(report)]))
    if !report.isComplete { parts.append("<p>Ended early: this is what had been measured by then.</p>") }
    if !report.problems.isEmpty { parts.append("<h2>Problems</h2>" + list(report.problems)) }
    if !report.targets.isEmpty { parts.append("<h2>Targets</h2>" + targets(report.targets)) }
    parts.append("<h2>Scorecard</h2>" + scorecard(report.scores))
    parts.append("<h2>Where we lead and where we lose</h2>" + list(Scorecard.verdict(report.families)))
    for group in Family.Group.allCases {
      let families = report.families.filter { $0.group == group }
      if families.isEmpty { continue }
      parts.append("<h2>\(escape(group.rawValue))</h2>")
      for family in families {
        let warning = family.crossing?.warning.map { ". \($0)" } ?? ""
        parts.append(
          "<h3>\(escape(family.name))</h3><p>\(escape(family.summary)), size \(family.size)\(escape(warning))</p>")
        parts.append(BarChart.svg(bars(family, report.yardsticks)))
      }
    }
    parts.append(extras(report))
    return """
      <!DOCTYPE html>
      <html lang="en"><head><meta charset="utf-8"><title>Pinwheel and its peers</title><style>
      body { font: 15px/1.4 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
      table { border-collapse: collapse; } td, th { padding: .15rem .7rem; text-align: right; }
      td:first-child, th:first-child, td:nth-child(2), th:nth-child(2) { text-align: left; }
      tr:nth-child(even) { background: #8881; } .lead { color: #17803d; } .lose { color: #b3261e; }
      pre { overflow-x: auto; } svg { max-width: 100%; } svg text { font: 12px system-ui, sans-serif; fill: currentColor; }
      </style></head><body>
      \(parts.joined(separator: "\n"))
      </body></html>

      """
  }

  private static func versions(_ report: Report) -> String {
    let known = report.versions.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
    return known.isEmpty ? "no peer tells a version" : "versions: \(known.joined(separator: ", "))"
  }

  private static func list(_ lines: [String]) -> String {
    "<ul>" + lines.map { "<li>\(escape($0))</li>" }.joined() + "</ul>"
  }

  private static func scorecard(_ scores: [Score]) -> String {
    let groups = Family.Group.allCases.filter { group in scores.contains { $0.group == group } }
    let head = (["peer", "setting"] + groups.map(\.rawValue)).map { "<th>\(escape($0))</th>" }.joined()
    let rows = TextReport.rows(scores).map { peer, setting in
      let cells = groups.map { group in
        scores.first { $0.group == group && $0.peer == peer && $0.setting == setting }.map {
          let kind = $0.ratio > 1.05 ? "lead" : $0.ratio < 0.95 ? "lose" : ""
          return "<td class=\"\(kind)\" title=\"\($0.families) families\">\(Text.ratio($0.ratio))</td>"
        } ?? "<td></td>"
      }
      return "<tr><td>\(escape(peer))</td><td>\(escape(setting.name))</td>\(cells.joined())</tr>"
    }
    return "<p>A peer's time over ours, geometric mean over the group's families: above 1 we lead.</p>"
      + "<table><tr>\(head)</tr>\(rows.joined())</table>"
  }

  private static func targets(_ targets: [TargetResult]) -> String {
    let rows = targets.map { target in
      let kind =
        switch target.outcome {
        case .met: "lead"
        case .missed: "lose"
        case .notMeasured: ""
        }
      return "<tr><td>\(escape(target.target))</td><td>\(escape(target.measured))</td>"
        + "<td class=\"\(kind)\">\(escape(target.verdict))</td></tr>"
    }
    return "<p>\(escape(Targets.summary(targets)))</p>"
      + "<table><tr><th>target</th><th>measured</th><th></th></tr>\(rows.joined())</table>"
  }

  private static func bars(_ family: FamilyResult, _ yardsticks: Yardsticks) -> [BarChart.Bar] {
    let order = family.rows.sorted {
      ($0.kind == .serial ? 0 : 1, $0.contestant.workers, $0.contestant.isTuned ? 1 : 0, $0.figure.median)
        < ($1.kind == .serial ? 0 : 1, $1.contestant.workers, $1.contestant.isTuned ? 1 : 0, $1.figure.median)
    }
    return order.map { row in
      let value = family.figure == .cpuShare ? Text.percent(row.figure.median) : Text.time(row.figure.median)
      let notes = TextReport.notes(row, family, yardsticks)
      return BarChart.Bar(
        title: "\(row.contestant.peer), \(row.kind == .serial ? "serial" : row.contestant.setting.name)",
        value: row.figure.median, low: row.figure.lowerQuartile, high: row.figure.upperQuartile,
        label: value + (notes.isEmpty ? "" : " (\(notes))"), isOurs: row.contestant.peer == family.ours,
        isFaint: row.kind == .serial || !family.isShared(row))
    }
  }

  private static func extras(_ report: Report) -> String {
    let parts = [
      TextReport.slowdowns(report.oversubscribed, fair: Comparison.fairSlowdown(report.options)),
      TextReport.memory(report.memory), TextReport.scaling(report.scaling, workers: report.options.workers),
      TextReport.copies(report.copies),
    ]
    return parts.filter { !$0.isEmpty }.map { lines in
      "<h3>\(escape(lines[0]))</h3><pre>\(escape(lines.dropFirst().joined(separator: "\n")))</pre>"
    }.joined(separator: "\n")
  }

  static func escape(_ text: String) -> String {
    text.reduce(into: "") { result, character in
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      default: result.append(character)
      }
    }
  }
}

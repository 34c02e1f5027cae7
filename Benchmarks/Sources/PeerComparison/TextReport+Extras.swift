internal import PinwheelWorkloads

extension TextReport {
  package static func absent(_ report: Report) -> [String] {
    report.absent.isEmpty ? [] : ["not here: \(report.absent.joined(separator: ", "))"]
  }

  package static func slowdowns(_ results: [SlowdownResult], fair: Double) -> [String] {
    guard let first = results.first else { return [] }
    var table = TextTable([
      (header: "  family", alignment: .left), (header: "peer", alignment: .left), (header: "alone", alignment: .right),
      (header: "beside", alignment: .right), (header: "slower", alignment: .right),
      (header: "CPUs alone", alignment: .right), (header: "beside", alignment: .right),
      (header: "over the share lost", alignment: .right),
    ])
    for result in results {
      table.add([
        "  \(result.family)", result.contestant.peer, Text.time(result.alone.median), Text.time(result.beside.median),
        Text.ratio(result.slowdown), result.cpusAlone.map { Text.number($0.median) } ?? "",
        result.cpusBeside.map { Text.number($0.median) } ?? "", result.excess.map(Text.ratio) ?? "",
      ])
    }
    let bad = results.filter { ($0.excess ?? 0) > SlowdownResult.mostExcess }.map {
      "\($0.family) of \($0.contestant.peer)"
    }
    return [
      "beside \(first.busy) busy processes (an equal share for every thread would be \(Text.ratio(fair)) slower)"
    ] + table.lines
      + (bad.isEmpty
        ? [] : ["  slower by more than the CPU share lost plus a fifth: \(bad.joined(separator: ", "))"])
  }

  package static func memory(_ results: [MemoryResult]) -> [String] {
    guard !results.isEmpty else { return [] }
    var table = TextTable([
      (header: "  peer", alignment: .left), (header: "peak", alignment: .right), (header: "", alignment: .left),
    ])
    for result in results.sorted(by: { $0.bytes < $1.bytes }) {
      table.add([
        "  \(result.contestant.peer)", "\(Text.number(Double(result.bytes) / 1e6)) MB",
        result.isStatic ? "with the standard library linked in" : "",
      ])
    }
    return ["peak memory of a process that runs fib, \(results[0].contestant.setting.name)"] + table.lines
  }

  /// - Parameter workers: The number that the largest one is compared with.
  package static func scaling(_ results: [ScalingResult], workers: Int) -> [String] {
    guard !results.isEmpty else { return [] }
    let counts = Set(results.map(\.contestant.workers)).sorted()
    let most = counts.last ?? workers
    var table = TextTable(
      [(header: "  family", alignment: .left), (header: "peer", alignment: .left)]
        + counts.map { (header: Text.workers($0), alignment: .right) }
        + [(header: "\(most) over \(workers)", alignment: .right)])
    var keys: [[String]] = []
    for result in results where !keys.contains([result.family, result.contestant.peer]) {
      keys.append([result.family, result.contestant.peer])
    }
    for key in keys {
      func seconds(_ count: Int) -> Double? {
        results.first { $0.family == key[0] && $0.contestant.peer == key[1] && $0.contestant.workers == count }?
          .run.median
      }
      var ratio = ""
      if most != workers, let crowd = seconds(most), let few = seconds(workers) { ratio = Text.ratio(crowd / few) }
      table.add(["  \(key[0])", key[1]] + counts.map { seconds($0).map(Text.time) ?? "" } + [ratio])
    }
    return ["the same run with more workers on the same CPUs"] + table.lines
  }

  package static func copies(_ results: [CopiesResult]) -> [String] {
    guard let first = results.first else { return [] }
    var table = TextTable([
      (header: "  family", alignment: .left), (header: "size", alignment: .right),
      (header: "\(first.workers) serial programs", alignment: .right),
      (header: Text.workers(first.workers), alignment: .right), (header: "share", alignment: .right),
    ])
    for result in results {
      table.add([
        "  \(result.family)", Text.count(result.size), Text.ratio(result.copies.median), Text.ratio(result.ours.median),
        Text.percent(result.share),
      ])
    }
    return ["what independent serial programs gain by running at once, and what our workers gain over one"]
      + table.lines
  }

  package static func targets(_ targets: [TargetResult]) -> [String] {
    guard !targets.isEmpty else { return [] }
    var table = TextTable([
      (header: "  target", alignment: .left), (header: "measured", alignment: .left), (header: "", alignment: .left),
    ])
    for target in targets { table.add(["  \(target.target)", target.measured, target.verdict]) }
    return ["targets: \(Targets.summary(targets))"] + table.lines
  }
}

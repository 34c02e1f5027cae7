internal import PinwheelWorkloads

extension TextReport {
  package static func slowdowns(_ results: [SlowdownResult], fair: Double) -> [String] {
    guard let first = results.first else { return [] }
    var table = TextTable([
      (header: "  family", alignment: .left), (header: "peer", alignment: .left), (header: "alone", alignment: .right),
      (header: "beside", alignment: .right), (header: "slower", alignment: .right),
    ])
    for result in results {
      table.add([
        "  \(result.family)", result.contestant.peer, Text.time(result.alone.median), Text.time(result.beside.median),
        Text.ratio(result.slowdown),
      ])
    }
    return [
      "beside \(first.busy) busy processes (an equal share for every thread would be \(Text.ratio(fair)) slower)"
    ] + table.lines
  }

  package static func memory(_ results: [MemoryResult]) -> [String] {
    guard !results.isEmpty else { return [] }
    var table = TextTable([(header: "  peer", alignment: .left), (header: "peak", alignment: .right)])
    for result in results.sorted(by: { $0.bytes < $1.bytes }) {
      table.add(["  \(result.contestant.peer)", "\(Text.number(Double(result.bytes) / 1e6)) MB"])
    }
    return ["peak memory of a process that runs fib, \(results[0].contestant.setting.name)"] + table.lines
  }

  package static func scaling(_ results: [ScalingResult]) -> [String] {
    guard !results.isEmpty else { return [] }
    let counts = Set(results.map(\.contestant.workers)).sorted()
    var table = TextTable(
      [(header: "  family", alignment: .left), (header: "peer", alignment: .left)]
        + counts.map { (header: Text.workers($0), alignment: .right) })
    var keys: [[String]] = []
    for result in results where !keys.contains([result.family, result.contestant.peer]) {
      keys.append([result.family, result.contestant.peer])
    }
    for key in keys {
      table.add(
        ["  \(key[0])", key[1]]
          + counts.map { count in
            results.first { $0.family == key[0] && $0.contestant.peer == key[1] && $0.contestant.workers == count }
              .map { Text.time($0.run.median) } ?? ""
          })
    }
    return ["the same run with more workers on the same CPUs"] + table.lines
  }

  package static func starts(_ results: [StartResult]) -> [String] {
    guard let first = results.first else { return [] }
    var table = TextTable([
      (header: "  peer", alignment: .left), (header: "1 worker", alignment: .right),
      (header: "each further", alignment: .right),
    ])
    for result in results.sorted(by: { $0.perWorker < $1.perWorker }) {
      table.add(["  \(result.peer)", Text.time(result.first), Text.time(max(result.perWorker, 0))])
    }
    return ["from the start of the process until it is ready (further workers: of \(first.workers))"] + table.lines
  }
}

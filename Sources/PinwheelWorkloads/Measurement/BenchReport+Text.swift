extension BenchReport {
  /// What stands above the results: the machine and who sits where.
  public var preamble: [String] {
    var lines = machine.lines
    if !settings.isEmpty { lines.append("settings: " + settings.joined(separator: ", ")) }
    if !seats.isEmpty {
      var table = TextTable([("worker", .right), ("place", .left), ("allowed", .left), ("why", .left)])
      for seat in seats {
        table.add(["\(seat.worker)", seat.place, seat.allowed, seat.reason])
      }
      if let callerAllowed { table.add(["caller", "", callerAllowed, "the thread that calls the pool"]) }
      lines += [""] + table.lines
    }
    lines += warnings.map { "warning: \($0)" }
    if let cacheLine { lines += ["", cacheLine.sentence] }
    return lines
  }

  /// The table of workloads.
  public var table: [String] {
    var table = TextTable([
      ("workload", .left), ("engine", .left), ("size", .right), ("time", .right), ("", .left), ("spread", .right),
      ("runs", .right), ("pool is", .right), ("", .left), ("steals/run", .right),
    ])
    for workload in workloads {
      for (index, row) in workload.engines.enumerated() {
        let advantage = row.engine == .pool ? nil : workload.advantage(over: row.engine)
        table.add([
          index == 0 ? workload.name : "",
          row.engine.title,
          "\(QuantityText.count(row.size)) \(workload.sizeUnit)",
          QuantityText.time(row.perOperation.median), "per \(workload.operation)",
          QuantityText.percent(row.seconds.spread), "\(row.seconds.count)",
          advantage.map(QuantityText.ratio) ?? "", advantage.map { $0 < 1 ? "slower" : "" } ?? "",
          row.engine == .pool ? QuantityText.count(Int(workload.stealsPerRun.rounded())) : "",
        ])
      }
    }
    return table.lines
  }

  /// What the fork section says.
  public var forkCostLines: [String] {
    guard let cost = forkCost else { return [] }
    let reached = QuantityText.percent(cost.scalingReached)
    var table = TextTable([("fib(\(cost.n))", .left), ("a run", .right), ("a call", .right), ("spread", .right)])
    for (name, summary, calls) in [
      ("serial", cost.serial, cost.calls), ("join, 1 worker", cost.oneWorker, cost.calls),
      ("join, 2 workers", cost.twoWorkers, cost.calls), ("2 serial copies at once", cost.twoCopies, 2 * cost.calls),
    ] {
      table.add([
        name, QuantityText.time(summary.median), QuantityText.time(summary.median / Double(calls)),
        QuantityText.percent(summary.spread),
      ])
    }
    return [
      "fork cost: join/serial on 1 worker = \(QuantityText.ratio(cost.joinOverSerial).dropLast()) "
        + "(undisturbed: \(QuantityText.ratio(cost.undisturbed).dropLast())); "
        + "2 workers reach \(reached) of the scaling of two independent serial copies",
      "(1 to 2 workers: \(QuantityText.ratio(cost.poolScaling)); "
        + "1 to 2 copies: \(QuantityText.ratio(cost.copiesScaling)))",
    ] + table.lines
  }

  /// Everything that speaks against the pool, then against trusting the figures; at least one line.
  public var verdict: [String] {
    var losses: [String] = []
    for workload in workloads {
      for engine in [Engine.serial] + Engine.peers {
        guard let advantage = workload.advantage(over: engine), advantage < 1 else { continue }
        losses.append(
          "\(workload.name): the pool loses to \(engine.title), which takes "
            + "\(QuantityText.percent(advantage)) of its time per \(workload.operation)"
            + (1 - advantage < workload.largestSpread ? " (less than the runs vary)" : ""))
      }
    }
    if let forkCost, forkCost.scalingReached < 0.9 {
      losses.append(
        "fork cost: two workers reach only \(QuantityText.percent(forkCost.scalingReached)) of what two independent "
          + "copies do")
    }
    if losses.isEmpty { losses = ["The pool loses to none of these engines in these workloads."] }
    let noisy = workloads.filter { $0.largestSpread > Self.noisySpread }.map {
      "\($0.name): runs of one engine vary by up to \(QuantityText.percent($0.largestSpread)); "
        + "smaller differences say nothing"
    }
    return losses + noisy
  }

  /// Beyond this spread, a reader has to be told.
  private static let noisySpread = 0.25
}

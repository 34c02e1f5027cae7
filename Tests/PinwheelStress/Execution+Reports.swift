import Pinwheel

extension Indices {
  /// Runs the loop, and looks at what the pool reports of it, if it is asked to.
  func reported(_ body: () throws(Oops) -> UInt64) throws(Oops) -> UInt64 {
    guard loop.reports else { return try body() }
    var value: UInt64 = 0
    let reports = try pool.reporting { () throws(Oops) in value = try body() }
    // Loops that this one's jobs call are not reported.
    if reports.count != 1 { scene.run.complain("#\(node.id): \(reports.count) reports instead of 1") }
    for report in reports {
      for mistake in mistakes(in: report) { scene.run.complain("#\(node.id) reports \(mistake): \(report)") }
    }
    return value
  }

  /// What cannot be true of this loop, whoever ran it.
  private func mistakes(in report: LoopReport) -> [String] {
    let items = report.shares.reduce(Fault.strikes(.wrongReport) ? 1 : 0) { $0 + $1.items }
    let workers = report.shares.map(\.worker)
    var mistakes: [String] = []
    func expect(_ holds: Bool, _ what: String) { if !holds { mistakes.append(what) } }

    expect(report.schedule == schedule, "another schedule than \(schedule)")
    expect(report.item == (loop.form.isTiled ? .tile : .index), "other items")
    if let count = itemCount { expect(report.itemCount == count, "not \(count) items") }
    expect(items == report.itemCount, "shares of \(items) items")
    expect(Set(workers).count == workers.count, "two shares of one worker")
    expect(workers.allSatisfy { (0..<pool.counters.count).contains($0 ?? 0) }, "a worker that there is not")
    // How many workers a pool has is read when the loop begins and when it has ended: not what came and went in between.
    expect(!report.isSerial || workers.count <= 1 || scene.run.program.isUnrestful, "several threads of a serial loop")
    expect(report.shares.allSatisfy { $0.chunks > 0 && $0.items >= $0.chunks }, "a share of nothing")
    expect(report.shares.allSatisfy { $0.longestChunk <= $0.time }, "a chunk longer than all of them")
    let (least, middle, most) = (report.smallestChunk, report.medianChunk, report.largestChunk)
    expect(least <= middle && middle <= most && most <= report.itemCount, "chunk sizes out of order")
    expect(report.chunkCount * least <= items && report.chunkCount * most >= items, "chunks of other sizes")
    return mistakes
  }

  /// What the form goes by.
  private var schedule: Schedule {
    switch loop.form {
    case .array, .span: loop.grain.map { .dynamic(grain: $0) } ?? .auto
    case .map: .auto
    default: loop.schedule
    }
  }

  /// Items of the loop; nil: the pool chooses how large tiles are.
  private var itemCount: Int? {
    if !loop.form.isTiled { return loop.count }
    if loop.count == 0 { return 0 }
    return loop.block.isCut ? loop.block.tiles : nil
  }
}

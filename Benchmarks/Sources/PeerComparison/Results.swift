package import PinwheelWorkloads

/// Everything that a comparison has found, as it is written to JSON.
package struct Report: Codable, Sendable {
  package var machine: MachineFacts
  package var options: Options
  package var yardsticks: Yardsticks
  /// Versions, by peer; those without one are absent.
  package var versions: [String: String] = [:]
  package var families: [FamilyResult] = []
  package var oversubscribed: [SlowdownResult] = []
  package var memory: [MemoryResult] = []
  package var scaling: [ScalingResult] = []
  package var starts: [StartResult] = []
  package var scores: [Score] = []
  /// What went wrong, in sentences. Not empty: the comparison is not complete.
  package var problems: [String] = []

  package init(machine: MachineFacts, options: Options, yardsticks: Yardsticks) {
    (self.machine, self.options, self.yardsticks) = (machine, options, yardsticks)
  }
}

/// How a comparison is made.
package struct Options: Codable, Sendable {
  /// All of them, the caller's included.
  package var workers: Int
  package var pins = true
  /// Seconds that one run of ours with all workers should take.
  package var budget = 0.05
  package var rounds = 5
  /// Fewer sizes where a family takes its time anyway.
  package var isQuick = false
  /// Seconds for an answer, beside what the run is known to take.
  package var deadline = 30.0

  package init(workers: Int) { self.workers = workers }

  /// Seconds that a run of a slower peer may take before its size is made smaller.
  package var slowest: Double { 4 * budget }
}

/// One family: a row for each contestant, and for each serial program.
package struct FamilyResult: Codable, Sendable {
  package var name: String
  package var group: Family.Group
  package var summary: String
  package var operation: String
  package var figure: Family.Figure
  /// That of all rows but those that say otherwise.
  package var size: Int
  /// Whether rows of other sizes can be compared by operation.
  package var comparesSizes = true
  /// Whether rows count only where every worker took part.
  package var mustBeShared = false
  package var rows: [Row] = []

  package struct Row: Codable, Sendable {
    package enum Kind: String, Codable, Sendable { case serial, parallel }

    package var kind: Kind
    package var contestant: Contestant
    package var size: Int
    /// Seconds for one operation, or CPU seconds a second.
    package var figure: Summary
    /// CPU seconds a second while it ran: how many CPUs it kept busy.
    package var cpus: Double?
    /// The share of regions in which every worker took part.
    package var complete: Double?
  }

  /// The row of a peer in a setting.
  package func row(_ peer: String, _ setting: Setting) -> Row? {
    rows.first { $0.kind == .parallel && $0.contestant.peer == peer && $0.contestant.setting == setting }
  }

  package func serialRow(_ peer: String) -> Row? { rows.first { $0.kind == .serial && $0.contestant.peer == peer } }

  /// Whether the two rows measure the same.
  func areComparable(_ a: Row, _ b: Row) -> Bool {
    isShared(a) && isShared(b) && (comparesSizes || a.size == b.size)
  }

  /// Whether every worker took part in most loops, where that matters.
  func isShared(_ row: Row) -> Bool { !mustBeShared || (row.complete ?? 1) >= 0.5 }

  /// Whom the others are compared with here: our pool, or our C core where that is measured by itself.
  package var ours: String {
    let names = Set(rows.map(\.contestant.peer))
    return !names.contains(Contestant.ours) && names.contains(Contestant.oursInC) ? Contestant.oursInC : Contestant.ours
  }
}

/// How much longer a family takes with busy processes beside it.
package struct SlowdownResult: Codable, Sendable {
  package var family: String
  package var contestant: Contestant
  /// How many busy processes.
  package var busy: Int
  /// Seconds of a run alone, and beside them.
  package var alone, beside: Summary
  package var slowdown: Double { beside.median / alone.median }
}

/// The most memory that a process had that did nothing but start and run `fib`.
package struct MemoryResult: Codable, Sendable {
  package var contestant: Contestant
  package var bytes: Int
}

/// What a family takes with more and more workers on the same CPUs.
package struct ScalingResult: Codable, Sendable {
  package var family: String
  package var contestant: Contestant
  /// Seconds of a run.
  package var run: Summary
}

/// What starting takes: a process of one worker, and each worker more.
package struct StartResult: Codable, Sendable {
  package var peer: String
  /// Seconds until a process of one worker is ready.
  package var first: Double
  package var workers: Int
  /// Seconds that each further worker adds, seen in a process of so many.
  package var perWorker: Double
}

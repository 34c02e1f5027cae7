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
  package var copies: [CopiesResult] = []
  package var scores: [Score] = []
  package var targets: [TargetResult] = []
  /// Peers that are not there, each with the reason if it is known.
  package var absent: [String] = []
  /// False: somebody has ended the comparison before all was measured.
  package var isComplete = false
  /// What went wrong, in sentences. Not empty: something is missing.
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
  /// So many processes of a contestant have a part of a family's rounds each: where its pages lie, and so how fast it is, is
  /// a process's lot, and one that is unlucky must not decide. Not in families whose rounds are few because they take long.
  package var processes = 3
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
  /// Between two of the CPUs while it ran; nil where there is one.
  package var crossing: Crossing?
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

  /// Whether the two rows measure the same: the same size where that matters, and loops that were shared.
  func areComparable(_ a: Row, _ b: Row) -> Bool {
    isShared(a) && isShared(b) && (comparesSizes || a.size == b.size)
  }

  /// Whether every worker took part in nearly all loops, where that matters. Who does not count them has not shown it.
  func isShared(_ row: Row) -> Bool {
    !mustBeShared || row.contestant.workers == 1 || (row.complete ?? 0) >= Self.leastShared
  }

  /// The share of loops that all workers have to take part in.
  private static let leastShared = 0.95

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
  /// CPU seconds a second of the same runs; nil where the peer does not tell.
  package var cpusAlone, cpusBeside: Summary?

  package init(
    family: String, contestant: Contestant, busy: Int, alone: Summary, beside: Summary, cpusAlone: Summary?,
    cpusBeside: Summary?
  ) {
    (self.family, self.contestant, self.busy) = (family, contestant, busy)
    (self.alone, self.beside, self.cpusAlone, self.cpusBeside) = (alone, beside, cpusAlone, cpusBeside)
  }

  package var slowdown: Double { beside.median / alone.median }

  /// The slowdown over what the lost CPU share explains: 1 for a program that loses half of its CPU time and takes
  /// twice as long.
  package var excess: Double? {
    guard let before = cpusAlone?.median, let after = cpusBeside?.median, before > 0, after > 0 else { return nil }
    return slowdown * after / before
  }

  /// Beyond this, a program suffers from more than the CPU time that it does not get.
  package static let mostExcess = 1.2
}

/// The most memory that a process had that did nothing but start and run `fib`.
package struct MemoryResult: Codable, Sendable {
  package var contestant: Contestant
  package var bytes: Int
  /// Whether the program carries the standard library, instead of loading all of it.
  package var isStatic = false

  package init(contestant: Contestant, bytes: Int, isStatic: Bool = false) {
    (self.contestant, self.bytes, self.isStatic) = (contestant, bytes, isStatic)
  }
}

/// What a family takes with more and more workers on the same CPUs.
package struct ScalingResult: Codable, Sendable {
  package var family: String
  package var contestant: Contestant
  /// Seconds of a run.
  package var run: Summary
}

/// What all workers gain over one, beside what as many independent serial programs gain: the machine's own limit.
package struct CopiesResult: Codable, Sendable {
  package var family: String
  package var size: Int
  package var workers: Int
  /// How many times the work of one serial program so many get done at once, in the same time.
  package var copies: Summary
  /// How many times as fast all workers are as one.
  package var ours: Summary
  package var share: Double { ours.median / copies.median }
}

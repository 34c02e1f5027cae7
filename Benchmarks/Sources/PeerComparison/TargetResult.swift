/// What the pool is meant to reach, and whether it does here.
package struct TargetResult: Codable, Sendable, Hashable {
  package enum Outcome: String, Codable, Sendable {
    case met, missed
    case notMeasured = "not measured"
  }

  package var target: String
  package var measured: String
  package var outcome: Outcome
  /// By how much it was missed, or why it was not measured.
  package var note: String

  package init(_ target: String, measured: String, _ outcome: Outcome, _ note: String = "") {
    (self.target, self.measured, self.outcome, self.note) = (target, measured, outcome, note)
  }

  package static func notMeasured(_ target: String, _ reason: String) -> TargetResult {
    TargetResult(target, measured: "", .notMeasured, reason)
  }

  package var verdict: String {
    switch outcome {
    case .met: "met"
    case .missed: "missed \(note)"
    case .notMeasured: "not measured: \(note)"
    }
  }
}

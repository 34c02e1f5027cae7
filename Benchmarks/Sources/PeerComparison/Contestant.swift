/// Who takes part in a comparison, with which settings: one process.
package struct Contestant: Hashable, Sendable, Codable {
  /// The runtime's name, as in `peer-NAME`.
  package var peer: String
  package var workers: Int
  package var isTuned: Bool

  package init(peer: String, workers: Int, isTuned: Bool) {
    (self.peer, self.workers, self.isTuned) = (peer, workers, isTuned)
  }

  package var setting: Setting { Setting(workers: workers, isTuned: isTuned) }

  /// For messages.
  package var name: String { "\(peer) (\(setting.name))" }

  /// The one that all others are compared with.
  package static let ours = "pinwheel"
  /// Our lock-free core by itself, without Swift, for what only it exposes.
  package static let oursInC = "pinwheel-c"
}

/// Under which conditions figures are compared with one another.
package struct Setting: Hashable, Sendable, Codable {
  package var workers: Int
  package var isTuned: Bool

  package init(workers: Int, isTuned: Bool) { (self.workers, self.isTuned) = (workers, isTuned) }

  package var name: String { "\(Text.workers(workers)), \(isTuned ? "tuned" : "default")" }

  /// What a run compares: everyone alone, and everyone with all workers, by default and tuned. (Alone there is nobody
  /// to wait for, and nothing to tune.)
  package static func all(workers: Int) -> [Setting] {
    let alone = [Setting(workers: 1, isTuned: false)]
    return workers == 1
      ? alone : alone + [Setting(workers: workers, isTuned: false), Setting(workers: workers, isTuned: true)]
  }
}

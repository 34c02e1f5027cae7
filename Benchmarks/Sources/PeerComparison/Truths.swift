/// The results of a family that are right, by size and workers. What a serial program has to tell is asked for once.
final class Truths {
  private let family: Family
  private let comparison: Comparison
  private var known: [Int: UInt64] = [:]

  init(_ family: Family, _ comparison: Comparison) { (self.family, self.comparison) = (family, comparison) }

  /// nil: nobody can say.
  func truth(size: Int, _ contestant: Contestant) -> UInt64? {
    switch family.truth {
    case .known(let rule): return rule(size, contestant.workers)
    case .serial:
      if let truth = known[size] { return truth }
      for judge in comparison.judges {
        comparison.step("\(family.name): the serial result of \(size)")
        guard let run = comparison.run(judge, family, size: size, isSerial: true, atMost: 10) else { continue }
        known[size] = run.measured.result
        return run.measured.result
      }
      return nil
    }
  }
}

extension Comparison {
  /// Whose serial programs say what is right: ours, else the first that answers.
  var judges: [Contestant] {
    contestants(in: [Setting(workers: options.workers, isTuned: false)])
      .sorted { ($0.peer == Contestant.ours ? 0 : 1) < ($1.peer == Contestant.ours ? 0 : 1) }
  }
}

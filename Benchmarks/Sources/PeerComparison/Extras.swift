/// What is measured beside the families: each answers one question.
package enum Extra: String, CaseIterable, Sendable {
  /// What busy processes beside it do to a family.
  case oversubscribed
  /// The peak memory of `fib`.
  case memory
  /// What more workers on the same CPUs cost.
  case scaling
  /// What all workers gain, beside what independent serial programs gain.
  case copies

  /// Which of these families it is measured with; what it has no default for is measured where the user names nothing
  /// else.
  package func families(among chosen: [Family], isQuick: Bool) -> [Family] {
    let usual = chosen.filter { usualFamilies(isQuick: isQuick).contains($0.name) }
    switch self {
    case .memory, .copies: return usual
    case .oversubscribed, .scaling:
      return usual.isEmpty
        ? chosen.filter { $0.figure == .time && !$0.isOfOneSetting && $0.group != .quiet } : usual
    }
  }

  private func usualFamilies(isQuick: Bool) -> [String] {
    switch self {
    case .memory: ["fib"]
    case .copies: FamilyCatalog.all.filter { $0.group == .forkJoin && $0.name != "knapsack" }.map(\.name)
    case .oversubscribed, .scaling:
      isQuick
        ? ["fib", "loop.stencil"] : ["fib", "nqueens", "mergesort", "loop.grain.10000", "loop.stencil", "submit.8"]
    }
  }

  /// Those that are measured with these families.
  ///
  /// - Parameter asked: What the user has named; nil: all that fit.
  /// - Throws: ``UsageError`` if one that the user has named fits none of the families.
  package static func select(
    _ asked: [Extra]?, for families: [Family], isQuick: Bool
  ) throws(UsageError) -> [Extra] {
    for extra in asked ?? [] where extra.families(among: families, isQuick: isQuick).isEmpty {
      throw UsageError(
        "\(extra.rawValue) is measured with \(extra.usualFamilies(isQuick: false).joined(separator: ", ")), "
          + "and --families names none of them")
    }
    return (asked ?? allCases).filter { !$0.families(among: families, isQuick: isQuick).isEmpty }
  }
}

extension Comparison {
  /// Effects of sharing CPUs show in runs of at least some turns of the kernel's scheduler.
  static let longRun = 0.1
  /// A size is long enough if its first run takes this: others may be shorter.
  private static let surelyLong = 0.15

  /// How often an extra repeats its runs: quartiles need three.
  var extraRounds: Int { max(3, options.rounds / 2) }

  /// A contestant in a series of runs, and what they gave.
  struct Series {
    var contestant: Contestant
    var size: Int
    var runs: [[Run]] = []
    /// Who has failed once is not to be trusted in the other rounds.
    var hasFailed = false
  }

  /// Round by round, each beginning with another one: what a contestant does in a round. Who fails is left out.
  ///
  /// - Parameter turn: The runs of one contestant in one round; nil if one has failed.
  func inTurn(_ series: [Series], rounds: Int, _ turn: (Series, _ round: Int) -> [Run]?) -> [Series] {
    var series = series
    for round in 0..<rounds {
      for offset in series.indices.map({ ($0 + round) % series.count }) where !series[offset].hasFailed {
        if let runs = turn(series[offset], round) {
          series[offset].runs.append(runs)
        } else {
          series[offset].hasFailed = true
        }
      }
    }
    return series.filter { !$0.hasFailed }
  }

  /// The parallel contestants of a family with all workers, by default.
  func ordinary(_ report: FamilyResult) -> [FamilyResult.Row] {
    report.rows.filter {
      $0.kind == .parallel && $0.contestant.workers == options.workers && !$0.contestant.isTuned
    }
  }

  /// The size, perhaps doubled some times, at which a run is long. Results are checked.
  func longSize(
    _ contestant: Contestant, _ family: Family, from size: Int, _ truths: Truths, isSerial: Bool = false
  ) -> Int? {
    let ladder = family.askedSize == nil ? family.sizes.ladder(isQuick: false).filter { $0 >= size } : []
    for candidate in ladder.isEmpty ? [size] : ladder {
      let truth = truths.truth(size: candidate, contestant)
      guard let run = run(contestant, family, size: candidate, isSerial: isSerial, expecting: truth, atMost: 1) else {
        return nil
      }
      if run.seconds >= Self.surelyLong { return candidate }
    }
    return ladder.last ?? size
  }
}

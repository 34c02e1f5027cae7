internal import Foundation

/// One kind of program that all peers run: how large it is made, what it is measured by, and how its result is known.
package struct Family: Sendable {
  package enum Group: String, Sendable, Codable, CaseIterable {
    case forkJoin = "fork-join"
    case loops
    case submission
    case deques
    case quiet
  }

  /// Which sizes there are.
  package enum Sizes: Sendable {
    /// These, in ascending order of what they take.
    case steps([Int])
    /// Doubled from the first up to the last.
    case doubling(ClosedRange<Int>)
    /// One, for families that take the time that they say; and one for a quick look.
    case fixed(Int, quick: Int)

    package func ladder(isQuick: Bool) -> [Int] {
      switch self {
      case .steps(let sizes): sizes
      case .doubling(let range):
        Array(sequence(first: range.lowerBound) { $0 > range.upperBound / 2 ? nil : $0 * 2 })
      case .fixed(let size, let quick): [isQuick ? quick : size]
      }
    }
  }

  /// What a run gives.
  package enum Figure: String, Sendable, Codable {
    /// Seconds for one operation: the run's time over its operations.
    case time
    /// Seconds for one operation: the median of single ones, which the peer reports.
    case median
    /// CPU seconds a second.
    case cpuShare
  }

  /// How the result is known.
  package enum Truth: Sendable {
    /// Our serial program, of the same size.
    case serial
    /// By the family's definition.
    case known(@Sendable (_ size: Int, _ workers: Int) -> UInt64)
  }

  package var name: String
  package var group: Group
  /// What it is, for people.
  package var summary: String
  /// What one operation is.
  package var operation: String
  package var sizes: Sizes
  package var figure: Figure = .time
  package var truth: Truth = .serial
  /// Operations of a run, by its size and result.
  package var operations: @Sendable (_ size: Int, _ result: UInt64) -> Double
  /// Nanoseconds of work that the second number of a request stands for; nil: there is no second number.
  package var workNanoseconds: Double?
  /// Whether an operation costs the same in small sizes and large ones, so that different sizes can be compared.
  package var comparesSizes = true
  /// Whether a run counts only if every worker took part in nearly all of its loops: else it is another thing to measure.
  package var mustBeShared = false
  /// Whether it is the same with any number of workers and any settings, so that one setting is enough.
  package var isOfOneSetting = false
  /// The size that the user has asked for, in place of what fits the budget.
  package var askedSize: Int?
  /// How many budgets its runs may take.
  package var budgets = 1.0
  /// Rounds, if fewer than others have.
  package var mostRounds: Int?
  /// Seconds that a run takes beside its work: pauses, by its size.
  package var pauses: @Sendable (_ size: Int) -> Double = { _ in 0 }

  package init(
    _ name: String, _ group: Group, _ summary: String, per operation: String, _ sizes: Sizes,
    operations: @escaping @Sendable (_ size: Int, _ result: UInt64) -> Double = { size, _ in Double(size) }
  ) {
    (self.name, self.group, self.summary, self.operation) = (name, group, summary, operation)
    (self.sizes, self.operations) = (sizes, operations)
  }

  /// A copy with changes.
  func with(_ change: (inout Family) -> Void) -> Family {
    var copy = self
    change(&copy)
    return copy
  }
}

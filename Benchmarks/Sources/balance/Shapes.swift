import Glibc
import PeerKit

/// Loops that are hard to split: how the work is spread over their indices, in any unit.
struct Shape {
  var name: String
  var weight: @Sendable (_ index: Int, _ count: Int) -> Double

  static let all = [
    Shape("Pareto 1.5") { index, _ in pow(1 - uniform(index), -1 / 1.5) },
    Shape("Pareto 1.1, at most a thousandfold") { index, _ in min(pow(1 - uniform(index), -1 / 1.1), 1000) },
    Shape("one in a hundred a thousandfold") { index, _ in uniform(index) < 0.01 ? 1000 : 1 },
    Shape("a triangle") { index, _ in Double(index) },
    Shape("the other triangle") { index, count in Double(count - index) },
    Shape("the last tenth a thousandfold") { index, count in index >= count / 10 * 9 ? 1000 : 1 },
    Shape("the first tenth a thousandfold") { index, count in index < count / 10 ? 1000 : 1 },
  ]

  init(_ name: String, _ weight: @escaping @Sendable (Int, Int) -> Double) {
    (self.name, self.weight) = (name, weight)
  }

  /// Rounds of work for each of so many indices, about `total` in all.
  func rounds(_ count: Int, total: Double) -> [UInt64] {
    let weights = (0..<count).map { weight($0, count) }
    let unit = total / weights.reduce(0, +)
    return weights.map { UInt64($0 * unit) }
  }

  /// From 0 to below 1, the same for an index at every call.
  private static func uniform(_ index: Int) -> Double {
    Double(Arithmetic.random(UInt64(index)) >> 11) / Double(1 << 53)
  }
}

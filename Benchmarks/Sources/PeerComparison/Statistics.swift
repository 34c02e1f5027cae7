internal import Foundation

/// What is kept of repeated measurements: the median, since one disturbed run should not move it, the quartiles and
/// both ends.
package struct Summary: Codable, Sendable, Hashable {
  package var median, lowerQuartile, upperQuartile, minimum, maximum: Double
  package var count: Int

  /// - Returns: nil when there is no sample.
  package init?(_ samples: [Double]) {
    guard !samples.isEmpty else { return nil }
    let sorted = samples.sorted()
    func quantile(_ share: Double) -> Double {
      // Between neighbours by distance: the usual definition (R's type 7).
      let place = share * Double(sorted.count - 1)
      let below = Int(place)
      let above = min(below + 1, sorted.count - 1)
      return sorted[below] + (place - Double(below)) * (sorted[above] - sorted[below])
    }
    median = quantile(0.5)
    (lowerQuartile, upperQuartile) = (quantile(0.25), quantile(0.75))
    (minimum, maximum) = (sorted[0], sorted[sorted.count - 1])
    count = sorted.count
  }
}

/// The geometric mean: the only one for ratios, since it does not matter which of two is the divisor.
///
/// - Returns: nil without numbers, or if one is not positive.
package func geometricMean(_ ratios: [Double]) -> Double? {
  guard !ratios.isEmpty, ratios.allSatisfy({ $0 > 0 && $0.isFinite }) else { return nil }
  return exp(ratios.reduce(0) { $0 + log($1) } / Double(ratios.count))
}

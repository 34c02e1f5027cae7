/// What is kept of repeated measurements: the median, because one disturbed run should not move it, and both ends.
public struct SampleSummary: Codable, Sendable, Equatable {
  public var median: Double
  public var minimum: Double
  public var maximum: Double
  /// How many measurements there were.
  public var count: Int

  /// Summarizes the samples.
  ///
  /// - Returns: nil when there is none.
  public init?(_ samples: [Double]) {
    guard !samples.isEmpty else { return nil }
    let sorted = samples.sorted()
    let middle = sorted.count / 2
    median = sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    minimum = sorted[0]
    maximum = sorted[sorted.count - 1]
    count = sorted.count
  }

  private init(median: Double, minimum: Double, maximum: Double, count: Int) {
    (self.median, self.minimum, self.maximum, self.count) = (median, minimum, maximum, count)
  }

  /// From the minimum to the maximum, as a share of the median: 0.1 is ten percent.
  public var spread: Double { median == 0 ? 0 : (maximum - minimum) / median }

  /// The same measurements in another unit.
  public func divided(by divisor: Double) -> SampleSummary {
    SampleSummary(median: median / divisor, minimum: minimum / divisor, maximum: maximum / divisor, count: count)
  }
}

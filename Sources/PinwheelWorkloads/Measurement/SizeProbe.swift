/// Finds how large a problem a slow engine can be given.
public enum SizeProbe {
  /// Climbs `sizes` for as long as a run is expected to take at most `budget` seconds.
  ///
  /// What the next size takes is foretold from how the last step grew. While runs are so short that noise would decide,
  /// the step is taken on faith. Before the climb ends, its last run is repeated and the shorter time counts: one
  /// disturbed run should not end it.
  ///
  /// - Parameters:
  ///   - sizes: Ascending, not empty.
  ///   - budget: In seconds.
  ///   - measure: Runs one size and returns its seconds.
  /// - Returns: The largest size that kept to the budget, or the first one if none did.
  public static func largest<E: Error>(
    of sizes: [Int], budget: Double, measure: (Int) throws(E) -> Double
  ) throws(E) -> Int {
    var best = sizes[0]
    var previous: Double?
    for size in sizes {
      var seconds = try measure(size)
      if !isAffordable(seconds, after: previous, budget) { seconds = min(seconds, try measure(size)) }
      if seconds <= budget { best = size }
      if !isAffordable(seconds, after: previous, budget) { break }
      previous = max(seconds, 1e-9)
    }
    return best
  }

  /// Whether a run, and by what it shows the next larger one too, keeps to the budget.
  private static func isAffordable(_ seconds: Double, after previous: Double?, _ budget: Double) -> Bool {
    // Steps may be tenfold: after a run of a hundredth of the budget, the next one cannot be far beyond it.
    if seconds <= budget / 100 { return true }
    let growth = previous.map { max(1, seconds / $0) } ?? 1
    return seconds * growth <= budget
  }
}

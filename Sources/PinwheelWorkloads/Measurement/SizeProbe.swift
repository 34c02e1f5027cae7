/// Finds how large a problem a slow engine can be given.
public enum SizeProbe {
  /// Climbs `sizes` for as long as a run is expected to take at most `budget` seconds.
  ///
  /// What the next size takes is foretold from how the last step grew. The step is taken on faith while runs are so short
  /// that noise would decide, and a run that turns out longer than the budget is the last.
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
      let seconds = try measure(size)
      if seconds > budget { break }
      best = size
      // Steps may be tenfold, so that a run of a hundredth of the budget cannot be followed by one far beyond it.
      let growth = previous.map { max(1, seconds / $0) } ?? 1
      if seconds > budget / 100 && seconds * growth > budget { break }
      previous = max(seconds, 1e-9)
    }
    return best
  }
}

extension Binding {
  /// The place of each worker: OpenMP's rules (OpenMP 5.2, section 10.1.3), with the first place as the parent's.
  ///
  /// Where the standard leaves a remainder to the implementation, the first parts get one place more (`spread`, as with
  /// GCC's libgomp), or the first places one worker more, always neighbours. (Of more workers than places libgomp
  /// instead puts the remainder on the first places once more, out of order, and LLVM's libomp spreads it.)
  ///
  /// - Parameters:
  ///   - workers: T, at least 0.
  ///   - places: P, at least 1.
  /// - Returns: An index below `places` for each worker, never descending; nil if nobody is bound.
  func placeIndices(workers: Int, places: Int) -> [Int]? {
    switch self {
    case .none: nil
    case .primary: Array(repeating: 0, count: workers)
    case .close, .spread:
      if workers > places {
        Self.blocks(workers, over: places)
      } else if self == .close {
        Array(0..<workers)
      } else {
        Self.partStarts(places, parts: workers)
      }
    }
  }

  /// T workers in P runs of neighbours, whose lengths differ by at most 1: the run that each is in.
  private static func blocks(_ workers: Int, over places: Int) -> [Int] {
    let (each, extra) = workers.quotientAndRemainder(dividingBy: places)
    return (0..<places).flatMap { Array(repeating: $0, count: $0 < extra ? each + 1 : each) }
  }

  /// P places cut into T runs of neighbours, whose lengths differ by at most 1: the first place of each.
  private static func partStarts(_ places: Int, parts: Int) -> [Int] {
    guard parts > 0 else { return [] }
    let (each, extra) = places.quotientAndRemainder(dividingBy: parts)
    return (0..<parts).map { $0 * each + min($0, extra) }
  }
}

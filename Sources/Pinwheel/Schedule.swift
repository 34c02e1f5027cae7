/// How a parallel loop is cut into chunks. All schedules share one mechanism: each participant starts with a slice of
/// the chunks, and who is done takes half of what another has left.
public enum Schedule: Sendable, Hashable {
  /// Some chunks a worker: enough to even out bodies of differing cost.
  case auto
  /// One chunk a worker, the same worker for the same part at every call if all are idle: for caches and first touch.
  case `static`
  /// Chunks of at most `grain` indices (at least 1), for bodies whose cost varies much.
  case dynamic(grain: Int)

  /// Chunks a participant under `auto`. More even out better; each costs about 10 ns.
  static let autoChunksPerWorker = 16

  /// Into how many chunks a loop of `count` indices is cut.
  func chunks(count: Int, workers: Int, most: Int) -> Int {
    switch self {
    case .auto: min(count, workers * Self.autoChunksPerWorker)
    case .static: min(count, workers)
    case .dynamic(let grain): min((count - 1) / max(grain, 1) + 1, most)
    }
  }
}

/// The chunks of a range: an even division, or runs of one grain.
@usableFromInline
struct Chunking: Sendable {
  @usableFromInline let range: Range<Int>
  @usableFromInline let chunks: Int
  /// Indices a chunk, the last may have fewer; 0: evenly divided.
  @usableFromInline let grain: Int

  @usableFromInline
  init(_ range: Range<Int>, schedule: Schedule, workers: Int, most: Int) {
    self.range = range
    let count = range.count
    guard count > 0 else {
      (chunks, grain) = (0, 0)
      return
    }
    guard case .dynamic(let asked) = schedule else {
      (chunks, grain) = (schedule.chunks(count: count, workers: workers, most: most), 0)
      return
    }
    // With more grains than a region can count chunks, a chunk is several of them.
    let grain = max(asked, 1)
    let grainsPerChunk = ((count - 1) / grain) / most + 1
    let (size, overflow) = grain.multipliedReportingOverflow(by: grainsPerChunk)
    self.grain = overflow ? count : size
    chunks = (count - 1) / self.grain + 1
  }

  /// Chunk `index`.
  @inlinable
  subscript(index: Int) -> Range<Int> {
    let (first, count) = (range.lowerBound, range.count)
    if grain > 0 {
      // `low` is below the count; the rest of the range may be less than a grain.
      let low = index &* grain
      return (first &+ low)..<(first &+ low &+ min(grain, count &- low))
    }
    // Even division without overflow: the first `extra` chunks are one longer.
    let (size, extra) = count.quotientAndRemainder(dividingBy: chunks)
    let low = index &* size &+ min(index, extra)
    return (first &+ low)..<(first &+ low &+ size &+ (index < extra ? 1 : 0))
  }
}

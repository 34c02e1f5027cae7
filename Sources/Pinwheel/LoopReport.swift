/// What one parallel loop did: into how many chunks it was cut, who ran them, and how long that took each.
///
/// Comes from ``ThreadPool/reporting(_:)``; `print(report)` shows all of it.
///
/// ```
/// 1080 indices in 1.52 ms by auto: 312 chunks of 1 to 5 (median 4); auto would take 4 at a time next
///   worker 0: 158 chunks, 546 indices in 1.50 ms, the longest 21.3 µs
///   worker 1: 154 chunks, 534 indices in 1.49 ms, the longest 19.8 µs
/// ```
public struct LoopReport: Sendable, Hashable {
  /// What sizes are counted in.
  public enum Item: String, Sendable, Hashable, Codable {
    case index, tile
  }

  /// What one thread did for the loop.
  public struct Share: Sendable, Hashable {
    /// The worker whose slot the thread held; nil: the caller, without a slot.
    public var worker: Int?
    /// Calls of the loop's body, or runs of indices that were gone through in one go.
    public var chunks: Int
    /// Indices or tiles in all of them.
    public var items: Int
    /// The time of all of them.
    public var time: Duration
    /// The time of the longest.
    public var longestChunk: Duration
  }

  /// The schedule that was asked for.
  public var schedule: Schedule
  /// What is counted below.
  public var item: Item
  /// Indices or tiles of the loop. If its body threw, less than that was run.
  public var itemCount: Int
  /// From call to return.
  public var duration: Duration
  /// Whether the loop was offered to nobody: it has no indices, or one chunk, or was known to be too short; or the pool
  /// has one worker, no slot was free, or the pool is shut down.
  public var isSerial: Bool
  /// Who took part, in order of workers.
  public var shares: [Share]
  /// Items in the smallest chunk. 0 in a loop without indices.
  public var smallestChunk: Int
  /// Items in the chunk that is in the middle by size. 0 in a loop without indices.
  public var medianChunk: Int
  /// Items in the largest chunk. 0 in a loop without indices.
  public var largestChunk: Int
  /// How many items ``Schedule/auto`` would take at a time from the beginning of the next such loop, by what this one
  /// took; all of them (``itemCount``) if it would not share it.
  public var nextGrain: Int

  /// Chunks in all.
  public var chunkCount: Int { shares.reduce(0) { $0 + $1.chunks } }
  /// The time of all chunks: what one thread would have needed, but for caches and clocks.
  public var work: Duration { shares.reduce(.zero) { $0 + $1.time } }
  /// The share of the busiest, over what each of `workers` would have with an even split: 1 is ideal. For that many
  /// workers, of which some may have come too late to get anything.
  public func imbalance(workers: Int) -> Double {
    let busiest = shares.map(\.time).max() ?? .zero
    return work > .zero ? busiest / work * Double(max(workers, 1)) : 1
  }
}

extension LoopReport: CustomStringConvertible {
  public var description: String {
    var text = "\(counted(itemCount)) in \(Self.text(duration)) by \(schedule)"
    if isSerial { text += " on the caller alone" }
    text += ": \(Self.chunks(chunkCount)) of \(smallestChunk) to \(largestChunk) (median \(medianChunk)); "
    text += nextGrain == itemCount ? "auto would not share it next" : "auto would take \(nextGrain) at a time next"
    for share in shares {
      let who = share.worker.map { "worker \($0)" } ?? "the caller"
      text += "\n  \(who): \(Self.chunks(share.chunks)), \(counted(share.items)) in \(Self.text(share.time))"
      text += ", the longest \(Self.text(share.longestChunk))"
    }
    return text
  }

  private static func chunks(_ count: Int) -> String { count == 1 ? "1 chunk" : "\(count) chunks" }

  private func counted(_ count: Int) -> String {
    switch item {
    case .index: count == 1 ? "1 index" : "\(count) indices"
    case .tile: count == 1 ? "1 tile" : "\(count) tiles"
    }
  }

  /// Three digits and a unit.
  static func text(_ duration: Duration) -> String {
    var (whole, unit) = (duration.nanoseconds, 0)
    let units = ["ns", "µs", "ms", "s"]
    var rest: UInt64 = 0
    while whole >= 1000, unit < units.count - 1 {
      (whole, rest) = (whole / 1000, whole % 1000)
      unit += 1
    }
    if unit == 0 || whole >= 100 { return "\(whole) \(units[unit])" }
    let digits = whole >= 10 ? "\(rest / 100)" : "\(rest / 100)\(rest / 10 % 10)"
    return "\(whole).\(digits) \(units[unit])"
  }
}

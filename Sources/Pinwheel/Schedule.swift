import CPinwheel

/// How a parallel loop is cut into chunks. All schedules share one mechanism: each participant starts with a slice of
/// the range, takes chunks from its front, and who is done takes half of what another has left. Slices are as long as
/// workers are fast (``ThreadPool/Placement/Seat/speed``): equal on most machines, and always with ``static``.
///
/// ``auto`` is meant to be right nearly always. <doc:LoopsAndTheirGrain> says what the others are for, and how a loop reports what it
/// did.
public enum Schedule: Sendable, Hashable {
  /// Chunks that last some microseconds, smaller towards the end. The pool remembers of each loop how long an index
  /// took, so that a loop too short to be worth it runs on its caller alone, and sleeping workers are woken only for
  /// loops that outlast the waking. In a deterministic pool no clock decides: an eighth of what is left.
  case auto
  /// One chunk a worker, the same worker for the same part at every call if all are awake and idle: for caches and first
  /// touch. The part of one that is asleep, or does not come within microseconds, goes to the caller. Who is asleep is woken
  /// for a loop that lately lasted longer than waking takes, and for a series of shorter ones.
  case `static`
  /// Chunks of at most `grain` indices (at least 1), for bodies whose cost varies much. A loop that lately took less than
  /// sharing it costs runs on its caller, chunk by chunk, until it takes longer: as under ``auto``.
  case dynamic(grain: Int)
  /// Half of what is left of one's slice at a time, but at least `grain` indices (at least 1; fewer at the end): few
  /// chunks, and the ends meet. As OpenMP's *guided*; the halves are those of factoring (Hummel, Schonberg and Flynn:
  /// *Factoring*, 1992).
  case guided(grain: Int)

  /// Chunks a worker that a body of ranges is given at most under ``auto``: it may have to prepare something for each.
  static let autoChunksPerWorker = 64

  var dealing: pw_dealing {
    switch self {
    case .auto: PW_DEAL_TIMED
    case .static: PW_DEAL_ONE
    case .dynamic: PW_DEAL_EACH
    case .guided: PW_DEAL_HALVES
    }
  }
}

/// What a loop's body is called with, which says how finely it may be cut.
@usableFromInline
enum LoopBody: Sendable {
  /// Indices, one after the other: costs nothing but those, so chunks can be as small as they like.
  case elements
  /// Runs of indices, for each of which it may have to prepare something.
  case runs
  /// Tiles, one after the other.
  case tiles

  var item: LoopReport.Item { self == .tiles ? .tile : .index }
}

/// How a range is cut: into chunks of one size, the last may have fewer indices, or evenly. The chunks are what slices
/// are made of; neighbours that are taken together make one call of the body.
@usableFromInline
struct Chunking: Sendable {
  /// As the core has them: none of its numbers is 0 but those of an empty range, and `extra`.
  private(set) var bounds: pw_bounds
  @usableFromInline let schedule: Schedule
  let body: LoopBody

  /// Inlined: in one function with whoever reads the numbers again they stay in registers. Written to memory and read back
  /// in larger pieces, as the compiler likes to do, each read would wait until the writes before it have left the store
  /// buffer, and those of a loop's captures are on their way to another CPU.
  @inline(__always)
  init(_ range: Range<Int>, schedule: Schedule, body: LoopBody, workers: Int, most: Int) {
    self.schedule = schedule
    self.body = body
    let (count, most) = (range.length, UInt(most))
    bounds = pw_bounds()
    bounds.lower = UInt64(bitPattern: Int64(range.lowerBound))
    bounds.count = UInt64(count)
    guard count > 0 else { return }
    let grain: UInt
    switch schedule {
    case .dynamic(let asked), .guided(let asked): grain = UInt(max(asked, 1))
    case .auto where body != .runs: grain = 1
    case .auto, .static:
      let chunks = min(count, UInt(workers) * (schedule == .auto ? UInt(Schedule.autoChunksPerWorker) : 1))
      let (each, extra) = count.quotientAndRemainder(dividingBy: chunks)
      (bounds.chunks, bounds.each, bounds.extra) = (UInt64(chunks), UInt64(each), UInt64(extra))
      return
    }
    // With more grains than a region can count chunks, a chunk is several of them: taken together, run one by one.
    let (whole, overflow) = grain.multipliedReportingOverflow(by: ((count - 1) / grain) / most + 1)
    let size = overflow ? count : whole
    (bounds.chunks, bounds.each) = (UInt64((count - 1) / size + 1), UInt64(size))
  }

  /// Unsigned: a range may hold more than `Int.max` indices.
  @usableFromInline var count: UInt { UInt(bounds.count) }
  /// At least one, unless there are no indices.
  @usableFromInline var chunks: UInt { UInt(bounds.chunks) }

  /// The indices of chunks `first..<last`, of which there is at least one.
  @usableFromInline
  subscript(first: UInt64, last: UInt64) -> Range<Int> {
    Self.range(pw_bound(bounds, first), pw_bound(bounds, last))
  }

  /// As the core calls bodies.
  @inlinable @inline(__always)
  static func range(_ lower: UInt64, _ upper: UInt64) -> Range<Int> {
    Range(uncheckedBounds: (Int(Int64(bitPattern: lower)), Int(Int64(bitPattern: upper))))
  }

  /// The chunk that begins with that index; at the end of the range, how many chunks there are.
  @usableFromInline
  func chunk(from index: Int) -> Int {
    let offset = UInt64(bitPattern: Int64(index)) &- bounds.lower
    if offset == bounds.count { return Int(bounds.chunks) }
    let long = bounds.extra &* (bounds.each &+ 1)
    return Int(offset < long ? offset / (bounds.each &+ 1) : bounds.extra &+ (offset &- long) / bounds.each)
  }

  /// How many indices the body is given at most, where a chunk has more than was asked for; 0: all of the chunk.
  @inline(__always)
  var limit: UInt64 {
    guard case .dynamic(let asked) = schedule else { return 0 }
    let grain = UInt64(max(asked, 1))
    return bounds.each > grain ? grain : 0
  }

  /// Calls `body` with the bounds of a part of the range, or of one grain of it after the other if that is what has to be
  /// kept, until it has done nothing with one. Returns whether it has done anything.
  func run(_ lower: UInt64, _ upper: UInt64, _ body: (UInt64, UInt64) -> Bool) -> Bool {
    let limit = limit
    if limit == 0 { return body(lower, upper) }
    var next = lower
    while next != upper {
      let end = next &+ min(limit, upper &- next)
      if !body(next, end) { return next != lower }
      next = end
    }
    return true
  }

  /// As the core takes it.
  var plan: pw_loop {
    pw_loop(
      chunks: bounds.chunks, bounds: bounds, weight: Float(count) / Float(max(chunks, 1)),
      dealing: schedule.dealing.rawValue, site: nil)
  }
}

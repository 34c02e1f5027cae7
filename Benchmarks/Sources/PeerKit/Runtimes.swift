/// What the families ask of a runtime. They are written once over these protocols and specialised in each peer, so that
/// a peer calls its runtime as directly as a program written for it would.

/// A runtime that forks: for recursive families. A class, because closures capture a reference as it is, as they capture
/// the pool in a program written for one runtime; a value of a generic type lies in memory, and they capture where.
public protocol ForkJoinRuntime: AnyObject, Sendable {
  /// Runs both closures, `b` perhaps on another worker, and returns when both have. They may throw because the pool's may:
  /// closures of a type that may not would reach it through thunks. So also what they return, here and below, is generic.
  func join<A: Sendable, B: Sendable, E: Error>(
    _ a: @Sendable () throws(E) -> A, _ b: @Sendable () throws(E) -> B
  ) throws(E) -> (A, B)
  /// Runs `body` for each number below `count` as a job of its own, and sums what they return, wrapping.
  func forkSum<R: FixedWidthInteger & BitwiseCopyable & Sendable, E: Error>(
    _ count: Int, _ body: @Sendable (Int) throws(E) -> R
  ) throws(E) -> R
}

extension ForkJoinRuntime {
  /// By halves, for runtimes whose fork is of two.
  @inlinable @inline(__always)
  public func forkSum<R: FixedWidthInteger & BitwiseCopyable & Sendable, E: Error>(
    _ count: Int, _ body: @Sendable (Int) throws(E) -> R
  ) throws(E) -> R {
    count == 0 ? 0 : try forkSum(0, count, body)
  }

  @inlinable
  func forkSum<R: FixedWidthInteger & BitwiseCopyable & Sendable, E: Error>(
    _ first: Int, _ last: Int, _ body: @Sendable (Int) throws(E) -> R
  ) throws(E) -> R {
    if last &- first == 1 { return try body(first) }
    let middle = first &+ (last &- first) / 2
    let (a, b) = try join(
      { () throws(E) -> R in try forkSum(first, middle, body) },
      { () throws(E) -> R in try forkSum(middle, last, body) })
    return a &+ b
  }
}

/// A runtime with parallel loops.
public protocol LoopRuntime: Sendable {
  /// How many threads share a loop, the caller included.
  var workers: Int { get }
  /// One part of 0..<count for each worker, always the same one for the same worker where the runtime can.
  func staticLoop(_ count: Int, _ body: @Sendable (Range<Int>) -> Void)
  /// Index by index, to whoever is free; the caller may do all.
  func dynamicLoop(_ count: Int, _ body: @Sendable (Int) -> Void)
  /// As a user of the runtime writes a loop who says nothing of schedules.
  func defaultLoop(_ count: Int, _ body: @Sendable (Range<Int>) -> Void)
  /// As its authors advise for iterations whose costs differ by orders of magnitude.
  func unevenLoop(_ count: Int, _ body: @Sendable (Range<Int>) -> Void)
  /// The wrapping sum of `map` over 0..<count.
  func sum(_ count: Int, _ map: @Sendable (Int) -> UInt64) -> UInt64
  /// A static loop over 0..<count for each of so many phases, one after the other.
  func phases(_ phases: Int, _ count: Int, _ body: @Sendable (_ phase: Int, Range<Int>) -> Void)
}

extension LoopRuntime {
  /// For runtimes without a form for that.
  @inlinable @inline(__always)
  public func phases(_ phases: Int, _ count: Int, _ body: @Sendable (_ phase: Int, Range<Int>) -> Void) {
    for phase in 0..<phases { staticLoop(count) { body(phase, $0) } }
  }
}

/// A runtime with loops that only some have.
public protocol TiledRuntime: LoopRuntime {
  /// By its guided schedule: many indices at a time, then fewer.
  func guidedLoop(_ count: Int, _ body: @Sendable (Range<Int>) -> Void)
  /// The parts, about `tile` by `tile` elements each, of a square.
  func tiles(_ side: Int, tile: Int, _ body: @Sendable (_ rows: Range<Int>, _ columns: Range<Int>) -> Void)
}

/// A runtime to which any thread hands jobs. Whoever refuses one ends the peer: see ``Peer/fail(_:)``.
public protocol SubmissionRuntime: Sendable {
  /// Queues a job.
  func submit(_ job: consuming @escaping @Sendable () -> Void)
  /// Queues a job that many times, at once where the runtime can.
  func submit(count: Int, _ job: @escaping @Sendable () -> Void)
  /// Queues a job, and waits for its end as the runtime's users do.
  func submitAndWait(_ job: consuming @escaping @Sendable () -> Void)
}

extension SubmissionRuntime {
  /// For runtimes without a form for that.
  @inlinable @inline(__always)
  public func submit(count: Int, _ job: @escaping @Sendable () -> Void) {
    for _ in 0..<count { submit(job) }
  }
}

public import CPinwheel

extension ThreadPool {
  /// Calls `body` with every index of `range`, in parallel.
  ///
  /// ```swift
  /// pool.parallelFor(0..<image.height) { y in shade(y) }
  /// ```
  ///
  /// - Cost: about 0.2 µs when the workers are awake, a wake-up when they sleep, and some 20 ns a chunk; some 50 ns where
  ///   ``Schedule/auto`` has seen that the loop is too short to be worth sharing. A body that captures something is
  ///   called for each index, which costs some nanoseconds: for one that takes no longer itself use
  ///   `parallelFor(chunks:)` or ``forEachChunk(of:size:_:)-(MutableSpan<T>,_,_)``. No allocation.
  /// - Blocks: until all indices are done; meanwhile the caller does its share.
  /// - Throws: the first error. Chunks that have not started are cancelled; those that run go on to their end.
  /// - Inside another loop the chunks are forked like joins. On a pool that is shut down or forked, and when every slot
  ///   is busy, the loop runs on its caller, in order.
  @inlinable @inline(__always)
  public func parallelFor<E: Error>(
    _ range: Range<Int>, schedule: Schedule = .auto, _ body: @Sendable (Int) throws(E) -> Void
  ) throws(E) {
    try runLoop(range, schedule, .elements) { (chunk) throws(E) in
      for index in chunk { try body(index) }
    }
  }

  /// Calls `body` with disjoint parts of `range` that together are all of it, in parallel: as
  /// `parallelFor`, for bodies that do better on a run of indices.
  ///
  /// ```swift
  /// pool.parallelFor(chunks: 0..<lines.count) { part in
  ///   var scratch = Scratch()
  ///   for i in part { scratch.parse(lines[i]) }
  /// }
  /// ```
  ///
  /// Under ``Schedule/auto`` a worker is given at most 64 parts, so that what a body prepares for each can stay small
  /// beside its work.
  @inlinable @inline(__always)
  public func parallelFor<E: Error>(
    chunks range: Range<Int>, schedule: Schedule = .auto, _ body: @Sendable (Range<Int>) throws(E) -> Void
  ) throws(E) {
    try runLoop(range, schedule, .runs, body)
  }

  /// As the form that may throw, of which this is the one to be preferred: the pool calls `body` itself, so what the other
  /// threads have to read of a loop is one line of the caller's stack.
  @inlinable @inline(__always)
  public func parallelFor(
    chunks range: Range<Int>, schedule: Schedule = .auto, _ body: @Sendable (Range<Int>) -> Void
  ) {
    runRanges(range, schedule, .runs, body)
  }

  /// As the form that may throw.
  @inlinable @inline(__always)
  public func parallelFor(_ range: Range<Int>, schedule: Schedule = .auto, _ body: @Sendable (Int) -> Void) {
    runRanges(range, schedule, .elements) { part in
      for index in part { body(index) }
    }
  }

  /// How this pool cuts a range.
  @inline(__always)
  func chunking(_ range: Range<Int>, _ schedule: Schedule, _ body: LoopBody) -> Chunking {
    Chunking(range, schedule: schedule, body: body, workers: slotCount, most: mostChunks)
  }

  /// How it cuts one that is filled in runs.
  @usableFromInline
  func autoRuns(_ range: Range<Int>) -> Chunking { chunking(range, .auto, .runs) }

  var slotCount: Int { Int(pw_pool_workers(core)) }
  var mostChunks: Int { Int(pw_most_chunks()) }

  /// Runs a loop. Inlined, with all that calls it, so that each loop of a program is code of its own: that is how the
  /// pool knows it again.
  @inlinable @inline(__always)
  func runLoop<E: Error>(
    _ range: Range<Int>, _ schedule: Schedule, _ kind: LoopBody, _ body: @Sendable (Range<Int>) throws(E) -> Void
  ) throws(E) {
    if E.self == Never.self {
      // What other threads read of this closure is one line: it captures the body and nothing else.
      runParts(range, schedule, kind) { lower, upper in
        always { () throws(E) in try body(Chunking.range(lower, upper)) }
        return true
      }
      return
    }
    try collectingFirstError { (failure: FirstError<E>) in
      runParts(range, schedule, kind) { lower, upper in
        if failure.isSet { return false }
        do throws(E) { try body(Chunking.range(lower, upper)) } catch { failure.set(error) }
        return true
      }
    }
  }

  /// Calls `body` with parts of the range, of whole chunks each, in parallel if there is anybody to share with.
  @usableFromInline
  func runRanges(
    _ range: Range<Int>, _ schedule: Schedule, _ kind: LoopBody, _ body: @Sendable (Range<Int>) -> Void
  ) {
    if let observer = LoopObserver.current(of: core) {
      return observer.watch(chunking(range, schedule, kind), site: pwRangeLoopSite(body)) { lower, upper in
        body(Chunking.range(lower, upper))
        return true
      }
    }
    let chunking = chunking(range, schedule, kind)
    if chunking.limit != 0 { return runGrains(range, schedule, kind, body) }
    var plan = chunking.plan
    _ = pwLoop(core, &plan, body)
  }

  /// Calls `body` with the bounds of parts of the range, of whole chunks each, in parallel if there is anybody to share
  /// with. It returns whether it has done anything with them.
  @usableFromInline
  func runParts(
    _ range: Range<Int>, _ schedule: Schedule, _ kind: LoopBody, _ body: @Sendable (UInt64, UInt64) -> Bool
  ) {
    let chunking = chunking(range, schedule, kind)
    if chunking.limit != 0 { return runGrains(range, schedule, kind, body) }
    runParts(chunking, body)
  }

  /// The same for a range that has been cut already: where something else goes by the very same chunks. (The pool may have
  /// another size a moment later, and cut it otherwise.) Inlined above, for the reason given at ``Chunking``.
  @usableFromInline @inline(__always)
  func runParts(_ chunking: Chunking, _ body: @Sendable (UInt64, UInt64) -> Bool) {
    if let observer = LoopObserver.current(of: core) { return observer.watch(chunking, site: pwLoopSite(body), body) }
    var plan = chunking.plan
    _ = pwLoop(core, &plan, body)
  }

  /// `runRanges` where chunks are more than the body may be given at a time. Rare, and kept out of the way of the others:
  /// it cuts the range once more, so that nothing of theirs has to lie in memory.
  @inline(never)
  private func runGrains(
    _ range: Range<Int>, _ schedule: Schedule, _ kind: LoopBody, _ body: @Sendable (Range<Int>) -> Void
  ) {
    runGrains(chunking(range, schedule, kind), site: pwRangeLoopSite(body)) { lower, upper in
      body(Chunking.range(lower, upper))
      return true
    }
  }

  /// `runParts`, likewise.
  @inline(never)
  private func runGrains(
    _ range: Range<Int>, _ schedule: Schedule, _ kind: LoopBody, _ body: @Sendable (UInt64, UInt64) -> Bool
  ) {
    runGrains(chunking(range, schedule, kind), site: pwLoopSite(body), body)
  }

  func runGrains(
    _ chunking: Chunking, site: UnsafeMutableRawPointer?, _ body: @Sendable (UInt64, UInt64) -> Bool
  ) {
    var plan = chunking.plan
    plan.site = site
    _ = pwLoop(core, &plan) { lower, upper in chunking.run(lower, upper, body) }
  }
}

/// The first error of a loop, on the caller's stack: a flag that all look at, and the error of whoever raised it.
@usableFromInline
struct FirstError<E: Error>: @unchecked Sendable {
  // SAFETY: one thread raises the flag (by CAS) and writes the error; it is read after the loop, and with it every
  // body, has ended. The storage is the frame of `collectingFirstError`, which ends later.
  @usableFromInline let flag: UnsafeMutablePointer<Int>
  @usableFromInline let error: UnsafeMutablePointer<E>

  @inlinable init(flag: UnsafeMutablePointer<Int>, error: UnsafeMutablePointer<E>) {
    self.flag = flag
    self.error = error
  }

  /// Whether something has failed: what has not started need not.
  @inlinable var isSet: Bool { E.self != Never.self && pw_flag_is_set(flag) }

  @inlinable func set(_ error: E) {
    if pw_flag_set(flag) { self.error.initialize(to: error) }
  }
}

/// Runs `body`, and throws the first error that it was given. No allocation if specialised.
@inlinable @inline(__always)
func collectingFirstError<E: Error>(_ body: (FirstError<E>) -> Void) throws(E) {
  try _withUnprotectedUnsafeTemporaryAllocation(of: E.self, capacity: 1) { (buffer) throws(E) in
    var flag: Int = 0
    let error = buffer.baseAddress.unsafelyUnwrapped
    withUnsafeMutablePointer(to: &flag) { body(FirstError(flag: $0, error: error)) }
    if E.self != Never.self && flag != 0 { throw error.move() }
  }
}

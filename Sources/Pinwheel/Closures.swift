// The C core's calls that take a closure which does not escape: they arrive in C as the closure's two words, code and
// context (closure.c).
//
// SAFETY, for every use: the callee keeps the words after it returns, so the caller must keep the closure alive until
// the job has been joined. It does by calling *that same closure* on one of its paths after the fork; the compiler must
// then keep the context. ClosureTests checks the calling convention.
public import CPinwheel

/// Pushes `job` on the strict stack of the slot that this thread holds in the pool, or that it takes for the call, or
/// on none. Whoever runs it calls it with `frame`, which links it in and must live until the job has been joined.
@_silgen_name("pw_fork")
@usableFromInline
func pwFork(
  _ pool: OpaquePointer, _ frame: UnsafeMutablePointer<pw_frame>, _ job: (UnsafeMutablePointer<pw_frame>) -> Void)

/// Runs a loop's `body` over parts of its chunks on this thread and on idle slots. True if it was offered to others.
/// When it returns no other thread has the closure any more. What the body returns is for this side alone.
@_silgen_name("pw_loop_fork")
func pwLoop(_ pool: OpaquePointer, _ loop: UnsafeMutablePointer<pw_loop>, _ body: (UInt64, UInt64) -> Bool) -> Bool

/// The same for a body that takes its bounds as a range: two integers, in the same registers.
@_silgen_name("pw_loop_fork_ranges")
func pwLoop(_ pool: OpaquePointer, _ loop: UnsafeMutablePointer<pw_loop>, _ body: (Range<Int>) -> Void) -> Bool

/// The address of the body's code, by which the pool knows a loop again.
@_silgen_name("pw_loop_site")
func pwLoopSite(_ body: (UInt64, UInt64) -> Bool) -> UnsafeMutableRawPointer?
@_silgen_name("pw_loop_site_ranges")
func pwRangeLoopSite(_ body: (Range<Int>) -> Void) -> UnsafeMutableRawPointer?

/// Calls `body` once on this slot and on each of at most `most - 1` idle ones, all at the same time, with the slot; true
/// says that it has failed. False if the slot serves a region already: nothing was run.
@_silgen_name("pw_team_fork")
func pwTeamFork(_ slot: OpaquePointer, _ most: UInt64, _ body: (OpaquePointer) -> Bool) -> Bool

/// The words of a closure that is given away, and with them its reference: `take` gives that back. (The same by way of memory
/// in Swift costs a reference more, counted where the closure lies, which by then may be on its way to another CPU.)
@_silgen_name("pw_closure_words")
@usableFromInline
func pwWords(of job: consuming @escaping LooseWords.Body) -> LooseWords

/// A forked job's link, and beside it the place for what the job makes when another thread runs it.
@frozen @usableFromInline
struct ForkFrame<Outcome> {
  @usableFromInline let frame: pw_frame
  @usableFromInline let outcome: Outcome

  /// Where the outcome lies in the record that begins with `frame`.
  @inlinable @inline(__always)
  static func outcome(of frame: UnsafeMutablePointer<pw_frame>) -> UnsafeMutablePointer<Outcome> {
    let mask = MemoryLayout<Outcome>.alignment - 1
    let offset = (MemoryLayout<pw_frame>.size + mask) & ~mask
    return UnsafeMutableRawPointer(frame).advanced(by: offset).assumingMemoryBound(to: Outcome.self)
  }
}

extension ForkFrame {
  /// Leaves there what `body` returns or throws.
  @inlinable @inline(__always)
  static func store<B, E: Error>(_ frame: UnsafeMutablePointer<pw_frame>, _ body: () throws(E) -> B)
  where Outcome == Result<B, E> {
    outcome(of: frame).store(body)
  }
}

extension UnsafeMutablePointer {
  /// Initialises with what `body` returns or throws.
  @inlinable @inline(__always)
  func store<B, E: Error>(_ body: () throws(E) -> B) where Pointee == Result<B, E> {
    do throws(E) { initialize(to: .success(try body())) } catch { initialize(to: .failure(error)) }
  }
}

/// What lies beside a fork of the rest of a range: where the rest begins, which its owner moves on as long as nobody else
/// can see the job (`pw_is_private`), and the place for what it makes.
@frozen @usableFromInline
struct Rest<Outcome> {
  @usableFromInline var lower: Int
  @usableFromInline var outcome: Outcome

  // SAFETY, for both: a stored property of a record that the caller answers for.
  @inlinable @inline(__always)
  static func lower(of record: UnsafeMutablePointer<Rest>) -> UnsafeMutablePointer<Int> {
    record.pointer(to: \.lower).unsafelyUnwrapped
  }

  @inlinable @inline(__always)
  static func outcome(of record: UnsafeMutablePointer<Rest>) -> UnsafeMutablePointer<Outcome> {
    record.pointer(to: \.outcome).unsafelyUnwrapped
  }
}

/// Forks `forked`, runs `a` here, and returns what both made when both have ended.
///
/// - Parameters:
///   - prepare: writes beside the frame what `forked` reads there, before others can see it.
///   - a: is called with the frame, which is linked meanwhile.
///   - forked: does what `direct` does and leaves the outcome beside the frame, where `stored` takes it from: for another
///     thread to run.
///   - direct: for this thread. Its result stays in registers: through memory, fib took a third longer.
///   - drop: destroys a stored outcome. If `a` throws, it is called if `forked` has run; if it has not, it never does.
@inlinable @inline(__always)
func forkJoin<A, B, Outcome, E: Error>(
  _ pool: ThreadPool, _: Outcome.Type, prepare: (UnsafeMutablePointer<Outcome>) -> Void = { _ in },
  _ a: (UnsafeMutablePointer<pw_frame>) throws(E) -> A,
  forked: (UnsafeMutablePointer<pw_frame>) -> Void, direct: () throws(E) -> B,
  stored: (UnsafeMutablePointer<Outcome>) throws(E) -> B, drop: (UnsafeMutablePointer<Outcome>) -> Void
) throws(E) -> (A, B) {
  // The call may be the pool's last use: every slot of it must outlive the join.
  defer { withExtendedLifetime(pool) {} }
  // SAFETY: the core fills the frame in; it is unlinked when a join has returned, on every path. The outcome is
  // initialised by `forked`, which runs at most once, and moved out or dropped only after it has; but for what `prepare`
  // writes, which must be trivial: it is there before the fork, and nobody destroys it.
  return try _withUnprotectedUnsafeTemporaryAllocation(of: ForkFrame<Outcome>.self, capacity: 1) {
    (record) throws(E) -> (A, B) in
    let frame = UnsafeMutableRawPointer(record.baseAddress.unsafelyUnwrapped).assumingMemoryBound(to: pw_frame.self)
    prepare(ForkFrame<Outcome>.outcome(of: frame))
    pwFork(pool.core, frame, forked)
    let first: A
    do throws(E) { first = try a(frame) } catch {
      if !pw_abandon(frame) { drop(ForkFrame<Outcome>.outcome(of: frame)) }
      throw error
    }
    if pw_pop_private(frame) { return (first, try direct()) }
    if pw_join_exposed(frame) {
      // The very closure that was forked: a path that calls it keeps its context alive across `a` (see above).
      forked(frame)
      pw_end_join(frame)
    }
    return (first, try stored(ForkFrame<Outcome>.outcome(of: frame)))
  }
}

/// The same where either may throw.
@inlinable @inline(__always)
func forkJoin<A, B, E: Error>(
  _ pool: ThreadPool, _ a: () throws(E) -> A, forked: (UnsafeMutablePointer<pw_frame>) -> Void,
  direct: () throws(E) -> B
) throws(E) -> (A, B) {
  try forkJoin(
    pool, Result<B, E>.self, { (_) throws(E) -> A in try a() }, forked: forked, direct: direct,
    stored: { (outcome) throws(E) -> B in try outcome.move().get() }, drop: { $0.deinitialize(count: 1) })
}

// The C core's calls that take a closure which does not escape: they arrive in C as the closure's two words, code and
// context (closure.c).
//
// SAFETY, for every use: the callee keeps the words after it returns, so the caller must keep the closure alive until
// the job has been joined. It does by
// calling *that same closure* on one of its paths after the fork; the compiler must then keep the context. ClosureTests
// checks the calling convention.
public import CPinwheel

/// Pushes `job` on the strict stack of the slot that this thread holds in the pool with that token; nil if it holds
/// none.
/// `frame` links it in, and must live until the job has been joined.
@_silgen_name("pw_fork")
@usableFromInline
func pwFork(_ token: UnsafeRawPointer, _ frame: UnsafeMutablePointer<pw_frame>, _ job: () -> Void) -> OpaquePointer?

/// Runs `body` over parts of `0..<chunks` on this slot and on idle ones. False if the slot serves a region already:
/// nothing was run.
@_silgen_name("pw_region_fork")
@usableFromInline
func pwRegionFork(_ slot: OpaquePointer, _ chunks: UInt64, _ body: (UInt64, UInt64) -> Void) -> Bool

/// Forks `forked`, runs `a` here, and returns what both made when both have ended.
///
/// - Parameters:
///   - forked: does what `direct` does and leaves the outcome where `stored` takes it from: for another thread to run.
///   - direct: for this thread. Its result stays in registers: through memory, fib took a third longer.
///   - drop: destroys a stored outcome. If `a` throws, it is called if `forked` has run; if it has not, it never does.
@inlinable @inline(__always)
func forkJoin<A, B, E: Error>(
  _ pool: ThreadPool, _ a: () throws(E) -> A, forked: () -> Void, direct: () throws(E) -> B,
  stored: () throws(E) -> B, drop: () -> Void
) throws(E) -> (A, B) {
  // SAFETY: the core fills the frame in; it is unlinked when a join has returned, on every path.
  try _withUnprotectedUnsafeTemporaryAllocation(of: pw_frame.self, capacity: 1) { (frames) throws(E) -> (A, B) in
    let frame = frames.baseAddress.unsafelyUnwrapped
    let first: A
    if pwFork(pool.token, frame, forked) != nil {
      do throws(E) { first = try a() } catch {
        if !pw_join_here(frame) { drop() }
        throw error
      }
      if pw_pop_private_here(frame) { return (first, try direct()) }
      // The very closure that was forked: a path that calls it keeps its context alive across `a` (see above).
      if pw_join_exposed_here(frame) { forked() }
    } else {
      forkOutside(pool, frame, forked)
      do throws(E) { first = try a() } catch {
        if joinOutside() { endOutside() } else { drop() }
        throw error
      }
      if joinOutside() {
        forked()
        endOutside()
      }
    }
    return (first, try stored())
  }
}

/// As `pwFork`, for a thread that holds no slot of the pool: takes one, if one stands idle.
@usableFromInline @inline(never)
func forkOutside(_ pool: ThreadPool, _ frame: UnsafeMutablePointer<pw_frame>, _ b: () -> Void) {
  if pw_begin_fork_visit(pool.core, frame) { _ = pwFork(pool.token, frame, b) }
}

/// True: `b` has not run and will not elsewhere, so it is for the caller to run before `endOutside`. False: it has run.
@usableFromInline @inline(never)
func joinOutside() -> Bool {
  guard let frame = pw_fork_visit(), pw_is_guest(frame.pointee.visit) else { return true }
  if pw_join_here(frame) { return true }
  pw_end_fork_visit()
  return false
}

@usableFromInline @inline(never)
func endOutside() { pw_end_fork_visit() }

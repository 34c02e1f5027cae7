// The C core's calls that take a closure which does not escape: they arrive in C as the closure's two words, code and context (closure.c).
//
// SAFETY, for every use: the callee keeps the words after it returns, so the caller must keep the closure alive until the job has been joined. It does by
// calling *that same closure* on one of its paths after the fork; the compiler must then keep the context. ClosureTests checks the calling convention.
public import CPinwheel

/// Pushes `job` on the strict stack of the slot that this thread holds in `pool`; nil if it holds none, or the stack is full.
@_silgen_name("pw_fork")
@usableFromInline
func pwFork(_ pool: OpaquePointer, _ job: () -> Void) -> OpaquePointer?

/// Runs `body` over parts of `0..<chunks` on this slot and on idle ones. False if the slot serves a region already: nothing was run.
@_silgen_name("pw_region_fork")
@usableFromInline
func pwRegionFork(_ slot: OpaquePointer, _ chunks: UInt64, _ body: (UInt64, UInt64) -> Void) -> Bool

/// Forks `b`, runs `a` here, and returns when both have ended. If `a` throws, a `b` that has not started never does, and
/// `drop` is called for one that has ended.
@inlinable @inline(__always)
func forkJoin<A, E: Error>(
  _ pool: OpaquePointer, _ b: () -> Void, _ a: () throws(E) -> A, drop: () -> Void
) throws(E) -> A {
  let result: A
  if let slot = pwFork(pool, b) {
    do { result = try a() } catch {
      if !pw_join(slot) { drop() }
      throw error
    }
    // The same closure again, which keeps its context alive across `a` (see above).
    if pw_join(slot) { b() }
  } else {
    let visit = forkOutside(pool, b)
    do { result = try a() } catch {
      if !joinOutside(visit) { drop() }
      throw error
    }
    if pw_is_guest(visit) {
      if joinOutside(visit) { b() }
    } else {
      b()
      pw_end_visit(visit)
    }
  }
  return result
}

/// As `pwFork`, for a thread that holds no slot of the pool: takes one for the time until `joinOutside`. Not a guest:
/// both closures run here, since no slot stands idle, or the stack of the one that it holds is full.
@usableFromInline @inline(never)
func forkOutside(_ pool: OpaquePointer, _ b: () -> Void) -> OpaquePointer? {
  let visit = pw_begin_visit(pool)
  if pw_is_guest(visit) { _ = pwFork(pool, b) }
  return visit
}

/// Ends the visit. True: `b` has not run, and will not run elsewhere.
@usableFromInline @inline(never)
func joinOutside(_ visit: OpaquePointer?) -> Bool {
  defer { pw_end_visit(visit) }
  return pw_is_guest(visit) ? pw_join(visit) : true
}

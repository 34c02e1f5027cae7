import CPinwheel

extension ThreadPool {
  /// Runs two closures, `b` perhaps on another worker, and returns what both returned.
  ///
  /// ```swift
  /// let (left, right) = pool.join({ sum(tree.left) }, { sum(tree.right) })
  /// ```
  ///
  /// `a` runs on the calling thread. `b` is offered to the other workers while `a` runs; if nobody has taken it by
  /// then, it runs here too. Nest joins as deep as the problem is: one that nobody takes costs about as much as two
  /// plain calls, and while enough of this thread's jobs lie ready for others it offers nothing and is two plain calls.
  /// What `b` returns may come from another thread, so it is `Sendable`; what `a` returns need not be.
  ///
  /// - Cost: some nanoseconds; no atomic read-modify-write and no allocation unless the work is shared, if the call is
  ///   specialised and `B` is at most 1000 bytes. A function that passes closures on takes them as they are here,
  ///   `throws(E)`: those of a type that cannot throw go through a thunk, which made fib a tenth slower.
  /// - Blocks: while another worker runs `b`. Until then this thread runs parts of `b` that its worker has forked, and
  ///   nothing else.
  /// - Throws: the error of `a`, else that of `b`. If `a` throws, a `b` that has not started never does; one that has
  ///   is waited for, and its result dropped.
  /// - On a pool that is shut down, in a forked child, and when every slot is busy, both run on the caller, `a` first.
  ///
  /// Source of the idea: Faxén's direct task stack and Lace's split deque; see the core's README.
  @discardableResult
  @inlinable @inline(__always)
  public func join<A, B: Sendable, E: Error>(
    _ a: () throws(E) -> A, _ b: @Sendable () throws(E) -> B
  ) throws(E) -> (A, B) {
    if pw_is_fed(core) { return (try a(), try b()) }
    if E.self == Never.self {
      return forkJoin(
        self, B.self, { (_) throws(Never) -> A in always(a) },
        forked: { ForkFrame<B>.outcome(of: $0).initialize(to: always(b)) },
        direct: { () throws(Never) -> B in always(b) }, stored: { (outcome) throws(Never) -> B in outcome.move() },
        drop: { _ in })
    }
    return try forkJoin(self, a, forked: { ForkFrame<Result<B, E>>.store($0, b) }, direct: b)
  }

  /// Runs two closures that throw any error; see the typed form.
  @_disfavoredOverload
  @discardableResult
  @inlinable @inline(__always)
  public func join<A, B: Sendable>(_ a: () throws -> A, _ b: @Sendable () throws -> B) throws -> (A, B) {
    try join(a, b) as (A, B)
  }
}

/// Calls a closure whose error type is known to be `Never`, in code that is generic over it.
@inlinable @inline(__always)
func always<R, E: Error>(_ body: () throws(E) -> R) -> R {
  do throws(E) { return try body() } catch { return unreachable(error) }
}

/// Where a value of an uninhabited type would have to exist.
@inlinable @inline(__always)
func unreachable<R, E: Error>(_ error: E) -> R {
  switch error as! Never {}
}

/// Carries a pointer, or whatever else the caller answers for, into a closure that another thread may run.
@frozen @usableFromInline
struct UnsafeTransfer<Value>: @unchecked Sendable {
  @usableFromInline let value: Value
  @inlinable init(_ value: Value) { self.value = value }
}

public import CPinwheel

extension ThreadPool {
  /// One of the threads that run a team's body, for as long as its call of the body lasts.
  ///
  /// It belongs to the thread that the body was called on: the compiler does not let it into the closures of `join`,
  /// loops and `spawn` that may run elsewhere.
  public struct TeamMember<Failure: Error> {
    /// Its number, from 0 to below ``count``. In order of the pool's slots: where as many members come, the same number
    /// meets the same worker at every call, and finds in its cache what it left there.
    public let index: Int
    /// How many members the team has.
    public let count: Int
    @usableFromInline let slot: OpaquePointer?
    @usableFromInline let failure: FirstError<Failure>

    @inlinable init(slot: OpaquePointer?, _ failure: FirstError<Failure>) {
      index = slot.map { Int(pw_team_index($0)) } ?? 0
      count = slot.map { Int(pw_team_count($0)) } ?? 1
      self.slot = slot
      self.failure = failure
    }

    /// Waits until all members have come here, or have ended: what any of them did before is visible to all
    /// afterwards.
    ///
    /// A member whose body has returned counts as one that has come to every barrier since.
    ///
    /// - Cost: about one cache-line round trip between two members, and one more each time that their number grows
    ///   fourfold: some 0.2 µs and 1 µs for 2 and 256. A member that waits for longer than the pool's `spin` sleeps,
    ///   and then a wake-up is added.
    /// - Blocks: until the last one has come. Members must not wait for each other in any other way, such as locks that
    ///   one keeps from one phase to the next.
    /// - Throws: the first error that a member has thrown, on all the others at the same barrier.
    @inlinable
    public func barrier() throws(Failure) {
      guard let slot, !pw_team_barrier(slot), Failure.self != Never.self else { return }
      // SAFETY: the member that raised the flag has written the error, and has come to this barrier since. It stays
      // where it is until all members have ended.
      throw failure.error.pointee
    }

    /// This member's part of `range`: all parts together are all of it, in order of the members, and differ by at most
    /// one index in length.
    @inlinable
    public func slice(of range: Range<Int>) -> Range<Int> {
      let number = UInt(bitPattern: index)
      let (each, rest) = range.length.quotientAndRemainder(dividingBy: UInt(bitPattern: count))
      let start = number &* each &+ min(number, rest)
      let end = start &+ each &+ (number < rest ? 1 : 0)
      // Neither is more than the length, so that no bound leaves the range, whatever wraps in between.
      return Range(
        uncheckedBounds: (range.lowerBound &+ Int(bitPattern: start), range.lowerBound &+ Int(bitPattern: end)))
    }
  }
}

// The forms of `team` differ in what the body may throw; the compiler prefers the first that fits.
// swift-format-ignore: AmbiguousTrailingClosureOverload
extension ThreadPool {
  /// Runs `body` once on each of several threads, all at the same time, and returns when all have ended: for
  /// computations with many short phases, such as stencils and solvers.
  ///
  /// ```swift
  /// pool.team { member in
  ///   for _ in 0..<steps {
  ///     for row in member.slice(of: 1..<rows - 1) { relax(row) }
  ///     member.barrier()
  ///     for row in member.slice(of: 1..<rows - 1) { copyBack(row) }
  ///     member.barrier()
  ///   }
  /// }
  /// ```
  ///
  /// A loop a phase would call the workers anew each time; a team calls them once, and a barrier costs less than a loop.
  /// In return nobody evens the work out: whoever is done waits for the slowest.
  ///
  /// How many members there are is decided when the call begins: the caller, and the workers that stand idle and come
  /// within about 2 ms; unless you say otherwise no more than can run at the same time, since where workers share CPUs
  /// a barrier would have to wait until each of them has had its turn. It may be any number from 1 to ``workerCount``, so
  /// take it from ``TeamMember/count``. Inside of
  /// a loop or of another team, on a pool that is shut down or forked, and when every slot is busy, it is 1.
  ///
  /// Of workers that share CPUs those come first that need not. If the workers are bound, a caller from outside that has
  /// slept at a barrier goes back to the place of the worker whose part it takes; it is not bound there, but as of Linux 6.2
  /// the kernel takes the affinity that it has for one that was asked for. See ``withCallerBound(to:_:)``.
  ///
  /// - Parameters:
  ///   - most: At most so many members, also of workers that share CPUs; nil: as many as there are CPUs for them.
  ///   - body: Called once a member, with that member.
  /// - Cost: two cache-line round trips when the workers are awake, a wake-up when they sleep. No allocation.
  /// - Blocks: first until the workers that were called have come, for 2 ms at most; then until the last member has ended.
  ///   Members that have ended wait for the others and do nothing else.
  ///
  /// Source of the idea: the parallel regions of OpenMP; the barrier's tree is after Mellor-Crummey and Scott,
  /// *Algorithms for Scalable Synchronization on Shared-Memory Multiprocessors* (TOCS 1991).
  @inlinable
  public func team(upTo most: Int? = nil, _ body: @Sendable (TeamMember<Never>) -> Void) {
    conductTeam(upTo: most) { (member: TeamMember<Never>) throws(Never) in body(member) }
  }

  /// Runs `body`, which may throw, once on each of several threads, all at the same time: see the form that does not.
  ///
  /// - Throws: the first error. A member that throws ends there; each of the others finds out at its next
  ///   ``TeamMember/barrier()``, which throws the same error, or goes on to its end if it meets none.
  @_disfavoredOverload
  @inlinable
  public func team(upTo most: Int? = nil, _ body: @Sendable (TeamMember<any Error>) throws -> Void) throws {
    try conductTeam(upTo: most, body)
  }

  /// Runs `body`, which may throw `Failure`, once on each of several threads, all at the same time: see the forms above.
  @inlinable
  public func team<Failure: Error>(
    throwing: Failure.Type, upTo most: Int? = nil, _ body: @Sendable (TeamMember<Failure>) throws(Failure) -> Void
  ) throws(Failure) {
    try conductTeam(upTo: most, body)
  }

  @inlinable
  func conductTeam<E: Error>(
    upTo most: Int?, _ body: @Sendable (TeamMember<E>) throws(E) -> Void
  ) throws(E) {
    try collectingFirstError { (failure: FirstError<E>) in
      runTeam(upTo: most) { slot in
        do throws(E) {
          try body(TeamMember(slot: slot, failure))
          return false
        } catch {
          failure.set(error)
          return true
        }
      }
    }
  }

  /// Calls `body` once on each slot of a team; with nil on a thread that is alone. True: it has failed.
  @usableFromInline
  func runTeam(upTo most: Int?, _ body: @Sendable (OpaquePointer?) -> Bool) {
    let visit = pw_begin_visit(core)
    defer { pw_end_visit(visit) }
    let most = most ?? Int(pw_pool_abreast(core))
    if pw_holds(core), let slot = pw_current(), pwTeamFork(slot, UInt64(max(most, 1)), { body($0) }) { return }
    _ = body(nil)
  }
}

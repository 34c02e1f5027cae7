public import CPinwheel

extension ThreadPool {
  /// Calls `body` with every index of `range`, in parallel.
  ///
  /// ```swift
  /// pool.parallelFor(0..<image.height) { y in shade(y) }
  /// ```
  ///
  /// - Cost: about 0.2 µs when the workers are awake, a wake-up when they sleep, and some 10 ns a chunk. No allocation.
  /// - Blocks: until all indices are done; meanwhile the caller does its share.
  /// - Throws: the first error. Chunks that have not started are cancelled; those that run go on to their next index.
  /// - Inside another loop or job the chunks are forked like joins. On a pool that is shut down or forked, and when
  ///   every slot is busy, the loop runs on its caller, in order.
  @inlinable
  public func parallelFor<E: Error>(
    _ range: Range<Int>, schedule: Schedule = .auto, _ body: @Sendable (Int) throws(E) -> Void
  ) throws(E) {
    try parallelFor(chunks: range, schedule: schedule) { (chunk) throws(E) in
      for index in chunk { try body(index) }
    }
  }

  /// Calls `body` with disjoint parts of `range` that together are all of it, in parallel: as
  /// ``parallelFor(_:schedule:_:)``, for bodies that do better on a run of indices.
  @inlinable
  public func parallelFor<E: Error>(
    chunks range: Range<Int>, schedule: Schedule = .auto, _ body: @Sendable (Range<Int>) throws(E) -> Void
  ) throws(E) {
    let chunking = Chunking(range, schedule: schedule, workers: slotCount, most: Int(pw_most_chunks()))
    guard chunking.chunks > 1 else {
      if chunking.chunks == 1 { try body(range) }
      return
    }
    try collectingFirstError { (failure: FirstError<E>) in
      runChunks(chunking.chunks) { first, last in
        for index in first..<last {
          if failure.isSet { return }
          do throws(E) { try body(chunking[index]) } catch { failure.set(error) }
        }
      }
    }
  }

  @inlinable var slotCount: Int { Int(pw_pool_count(core)) }

  /// Calls `body` with parts of `0..<chunks`, in parallel if there is anybody to share with.
  @usableFromInline
  func runChunks(_ chunks: Int, _ body: @Sendable (Int, Int) -> Void) {
    let visit = pw_begin_visit(core)
    defer { pw_end_visit(visit) }
    guard pw_holds(core), let slot = pw_current() else { return body(0, chunks) }
    if !pwRegionFork(slot, UInt64(chunks), { body(Int($0), Int($1)) }) {
      // Inside a region already: the chunks become forked jobs.
      splitChunks(0, chunks, body)
    }
  }

  private func splitChunks(_ first: Int, _ last: Int, _ body: @Sendable (Int, Int) -> Void) {
    if last - first == 1 { return body(first, last) }
    let middle = first + (last - first) / 2
    _ = join({ splitChunks(first, middle, body) }, { splitChunks(middle, last, body) })
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

public import CPinwheel

extension ThreadPool {
  /// Combines what `map` returns for every index of `range`, in parallel, always in the same order of combination.
  ///
  /// ```swift
  /// let dot = pool.reduce(0..<n, identity: 0, combine: +) { x[$0] * y[$0] }
  /// ```
  ///
  /// The range is cut into leaves, each is folded from the left starting with `identity`, and the leaves are combined
  /// in a balanced tree, left to right. The tree depends only on the length and on `leaf`, not on the number of workers
  /// or on who was faster: a floating-point sum is the same at every run on every machine.
  ///
  /// - Parameters:
  ///   - range: The indices.
  ///   - identity: What each leaf starts with; combined with any value it must give that value.
  ///   - leaf: Indices a leaf, at least 1; nil: the length over 1024.
  ///   - combine: Combines the results of neighbours. Must be associative; need not be commutative.
  ///   - map: The value for an index.
  /// - Cost: a join a leaf, so up to 2047 indices one each: where `map` takes only some nanoseconds, give a `leaf`. If
  ///   `combine` or `map` captures something, each index costs some nanoseconds more, which
  ///   ``reduce(chunks:identity:leaf:combine:_:)`` spares. No allocation, as with `join`: if the call is specialised and
  ///   `R` is at most 1000 bytes.
  /// - Blocks: while other workers run leaves; meanwhile this thread runs what they have forked, and nothing else.
  /// - Throws: the leftmost error that was met; leaves to its right that have not started are cancelled.
  @inlinable @inline(__always)
  public func reduce<R: Sendable, E: Error>(
    _ range: Range<Int>, identity: R, leaf: Int? = nil, combine: @Sendable (R, R) -> R,
    _ map: @Sendable (Int) throws(E) -> R
  ) throws(E) -> R {
    // One closure for a whole leaf, called once a leaf by the recursion below. It captures what it calls and nothing
    // else: then the compiler knows its captures where those are closures without any, and inlines them.
    try reduceTree(range, leafLength(range, leaf), identity, combine) { (part, value, failure) in
      var result = value
      for index in part {
        do throws(E) { result = combine(result, try map(index)) } catch {
          failure = error
          return
        }
      }
      value = result
    }
  }

  /// Combines what `fold` returns for disjoint parts of `range` that together are all of it, in parallel, always in the
  /// same order of combination: as ``reduce(_:identity:leaf:combine:_:)``, for closures that do better on a run of
  /// indices.
  ///
  /// ```swift
  /// let bins = pool.reduce(chunks: 0..<bytes.count, identity: Bins(), leaf: 1 << 16, combine: +) { part in
  ///   var bins = Bins()
  ///   for byte in bytes[part] { bins.count(byte) }
  ///   return bins
  /// }
  /// ```
  ///
  /// - Parameters:
  ///   - range: The indices.
  ///   - identity: The result for an empty range. Not combined with anything.
  ///   - leaf: Indices a part, at least 1 (the last may have fewer); nil: the length over 1024.
  ///   - combine: Combines the results of neighbours. Must be associative; need not be commutative.
  ///   - fold: The value for a run of indices, which is never empty.
  /// - Cost: a join and a call of `fold` a part. No allocation of its own, under the same conditions.
  /// - Blocks: while other workers run parts; meanwhile this thread runs what they have forked, and nothing else.
  /// - Throws: the leftmost error that was met; parts to its right that have not started are cancelled.
  @inlinable @inline(__always)
  public func reduce<R: Sendable, E: Error>(
    chunks range: Range<Int>, identity: R, leaf: Int? = nil, combine: @Sendable (R, R) -> R,
    _ fold: @Sendable (Range<Int>) throws(E) -> R
  ) throws(E) -> R {
    if range.isEmpty { return identity }
    return try reduceTree(range, leafLength(range, leaf), identity, combine) { (part, value, failure) in
      do throws(E) { value = try fold(part) } catch { failure = error }
    }
  }

  @inlinable
  func leafLength(_ range: Range<Int>, _ leaf: Int?) -> UInt {
    leaf.map { UInt(max($0, 1)) } ?? max(range.length / 1024, 1)
  }

  /// `fold` leaves a leaf's value, or what it throws, in variables: a closure that took or returned an `R`, or threw an `E`,
  /// would be called through a thunk, into which the compiler inlines no C function.
  @inlinable
  func reduceTree<R: Sendable, E: Error>(
    _ range: Range<Int>, _ leaf: UInt, _ identity: R, _ combine: @Sendable (R, R) -> R,
    _ fold: @Sendable (Range<Int>, _ value: inout R, _ failure: inout E?) -> Void
  ) throws(E) -> R {
    let length = range.length
    if length <= leaf {
      var (value, failure) = (identity, E?.none)
      fold(range, &value, &failure)
      if let failure { throw failure }
      return value
    }
    // Whole leaves on the left, so that every leaf but the last has the same length.
    let leaves = (length - 1) / leaf + 1
    let middle = range.lowerBound &+ Int(bitPattern: leaves / 2 &* leaf)
    // As `join` does, with closures of indices and of what they call: `reduceHalves` says why.
    if pw_is_fed(core) {
      let left = try reduceTree(range.lowerBound..<middle, leaf, identity, combine, fold)
      return combine(left, try reduceTree(middle..<range.upperBound, leaf, identity, combine, fold))
    }
    let (left, right) = try forkJoin(
      self, { () throws(E) -> R in try reduceTree(range.lowerBound..<middle, leaf, identity, combine, fold) },
      forked: {
        ForkFrame<Result<R, E>>.store($0) { () throws(E) -> R in
          try reduceTree(middle..<range.upperBound, leaf, identity, combine, fold)
        }
      }, direct: { () throws(E) -> R in try reduceTree(middle..<range.upperBound, leaf, identity, combine, fold) })
    return combine(left, right)
  }

  /// Combines what `map` returns for every index of `range`, in parallel: as
  /// ``reduce(_:identity:leaf:combine:_:)``, but who is free decides which neighbours are combined first.
  ///
  /// ```swift
  /// func leaves(_ node: Node) -> Int {
  ///   if node.children.isEmpty { return 1 }
  ///   return pool.reduce(regrouping: 0..<node.children.count, identity: 0, combine: +) { leaves(node.children[$0]) }
  /// }
  /// ```
  ///
  /// The order of the values stays, but not the parentheses: (a + b) + c one time and a + (b + c) another. For integers,
  /// counts, sets and the like that is the same; sums of floating-point numbers may differ in their last digits from
  /// run to run. In return there is nothing to be cut into leaves beforehand: while enough of this thread's jobs lie ready for
  /// others this is a plain loop; where too little does, what is left of it lies ready as one job; and it is cut in two as soon
  /// as somebody asks. So it is the form for nodes with many children, nested as deep as the problem is, and for few costly
  /// indices.
  ///
  /// - Parameters:
  ///   - range: The indices.
  ///   - identity: The result for an empty range. Not combined with anything.
  ///   - combine: Combines the results of neighbours. Must be associative; need not be commutative.
  ///   - map: The value for an index.
  /// - Cost: some instructions an index while nobody asks for work, and at most one fork; else a join a cut, of which there are
  ///   at most as many as indices. No allocation, if the call is specialised and `R` is at most 990 bytes.
  /// - Blocks: while other workers run a part; meanwhile this thread runs what they have forked, and nothing else.
  /// - Throws: the leftmost error that was met; parts to its right that have not started are cancelled.
  ///
  /// Source of the idea: lazy binary splitting (Tzannes, Caragea, Barua and Vishkin 2010).
  @inlinable @inline(__always)
  public func reduce<R: Sendable, E: Error>(
    regrouping range: Range<Int>, identity: R, combine: @Sendable (R, R) -> R,
    _ map: @Sendable (Int) throws(E) -> R
  ) throws(E) -> R {
    if range.isEmpty { return identity }
    return try reduceLazily(range.lowerBound, range.upperBound, combine, map)
  }

  /// Of at least one index. The bounds apart: they stay in registers. Inlined: where the closures are literals their code
  /// stands in the loop.
  @inlinable @inline(__always)
  func reduceLazily<R: Sendable, E: Error>(
    _ lower: Int, _ upper: Int, _ combine: @Sendable (R, R) -> R, _ map: @Sendable (Int) throws(E) -> R
  ) throws(E) -> R {
    if upper &- lower == 1 { return try map(lower) }
    if !pw_is_fed(core) {
      return pw_nobody_asks()
        ? try reduceLinked(lower, upper, combine, map) : try reduceHalves(lower, upper, combine, map)
    }
    var result = try map(lower)
    var next = lower &+ 1
    while next != upper {
      // Looked at before each index: who asks waits for one of them, and finds the rest.
      if upper &- next != 1 && !pw_is_fed(core) { return combine(result, try reducePart(next, upper, combine, map)) }
      result = combine(result, try map(next))
      next &+= 1
    }
    return result
  }

  /// The same for what has been cut off.
  @inlinable
  func reducePart<R: Sendable, E: Error>(
    _ lower: Int, _ upper: Int, _ combine: @Sendable (R, R) -> R, _ map: @Sendable (Int) throws(E) -> R
  ) throws(E) -> R {
    try reduceLazily(lower, upper, combine, map)
  }

  /// What `reduceLinked` has not run: in halves. It nests in that one's frame, so it must not be of one piece: a range would
  /// nest as deep as it is long where each index finds its rest exposed and not taken, as on another pool's worker.
  @inlinable
  func reduceRest<R: Sendable, E: Error>(
    _ lower: Int, _ upper: Int, _ combine: @Sendable (R, R) -> R, _ map: @Sendable (Int) throws(E) -> R
  ) throws(E) -> R {
    upper &- lower == 1 ? try map(lower) : try reduceHalves(lower, upper, combine, map)
  }

  /// Of at least two indices: in halves, as somebody asks.
  @inlinable
  func reduceHalves<R: Sendable, E: Error>(
    _ lower: Int, _ upper: Int, _ combine: @Sendable (R, R) -> R, _ map: @Sendable (Int) throws(E) -> R
  ) throws(E) -> R {
    let middle = lower &+ Int(bitPattern: UInt(bitPattern: upper &- lower) / 2)
    // Not `join`, which would ask once more whether a fork is wanted, and whose closure around the caller's would hide from
    // the compiler what that one calls.
    let (left, right) = try forkJoin(
      self, { () throws(E) -> R in try reducePart(lower, middle, combine, map) },
      forked: {
        ForkFrame<Result<R, E>>.store($0) { () throws(E) -> R in try reducePart(middle, upper, combine, map) }
      },
      direct: { () throws(E) -> R in try reducePart(middle, upper, combine, map) })
    return combine(left, right)
  }

  /// Of at least two indices: one after the other, while all that are left lie ready for others as one job. So a run costs one
  /// fork and a store an index, where cutting it would cost a fork for each, and a slot whose forks are all to lie ready
  /// (I12) does so for a fourth more time than one that keeps them.
  @inlinable @inline(__always)
  func reduceLinked<R: Sendable, E: Error>(
    _ lower: Int, _ upper: Int, _ combine: @Sendable (R, R) -> R, _ map: @Sendable (Int) throws(E) -> R
  ) throws(E) -> R {
    typealias Record = Rest<Result<R, E>>
    var next = lower &+ 1
    let (left, right) = try forkJoin(
      self, Record.self, prepare: { Record.lower(of: $0).initialize(to: lower &+ 1) },
      { (frame) throws(E) -> R in
        let rest = Record.lower(of: ForkFrame<Record>.outcome(of: frame))
        var result = try map(lower)
        // Who asks is given half of what is left, and not all: that is for `direct`.
        while upper &- next != 1 && pw_is_private(frame) && pw_nobody_asks() {
          // Before the index is run: what it forks may let others see the job. SAFETY: the frame lives until the join, and has
          // no entry yet (I18), so nobody else reads this; to expose it, on this thread, publishes what stands here then.
          rest.pointee = next &+ 1
          result = combine(result, try map(next))
          next &+= 1
        }
        return result
      },
      forked: {
        // SAFETY: `prepare` has initialised it, and nobody writes to it any more (I18).
        let record = ForkFrame<Record>.outcome(of: $0)
        let lower = Record.lower(of: record).pointee
        Record.outcome(of: record).store { () throws(E) -> R in try reduceRest(lower, upper, combine, map) }
      }, direct: { () throws(E) -> R in try reduceRest(next, upper, combine, map) },
      stored: { (record) throws(E) -> R in try Record.outcome(of: record).move().get() },
      drop: { Record.outcome(of: $0).deinitialize(count: 1) })
    return combine(left, right)
  }

  /// The array of what `transform` returns for every index of `range`, in order, computed in parallel.
  ///
  /// ```swift
  /// let squares = pool.map(0..<1000) { $0 * $0 }
  /// ```
  ///
  /// - Cost: the array, one byte a chunk, and a loop.
  /// - Blocks: until all of it is made; meanwhile the caller does its share.
  /// - Throws: the first error; what was made until then is destroyed.
  @inlinable @inline(__always)
  public func map<T: Sendable, E: Error>(
    _ range: Range<Int>, _ transform: @Sendable (Int) throws(E) -> T
  ) throws(E) -> [T] {
    // As in `reduce`: the closure with the loop over elements captures `transform` and nothing else, and throws nothing.
    try makeArray(range) { (part, place, made, failure) in
      var next = place
      defer { made = next - place }
      for index in part {
        // SAFETY: there is room for all of `part`.
        do throws(E) { next.initialize(to: try transform(index)) } catch {
          failure = error
          return
        }
        next += 1
      }
    }
  }

  /// An array with an element for every index of `range`, which `fill` makes in parts: it initialises memory for the
  /// indices it is given, in order, and counts; what stops it goes to `failure`.
  @inlinable @inline(__always)
  func makeArray<T: Sendable, E: Error>(
    _ range: Range<Int>,
    _ fill:
      @Sendable (
        _ part: Range<Int>, _ place: UnsafeMutablePointer<T>, _ made: inout Int, _ failure: inout E?
      ) -> Void
  ) throws(E) -> [T] {
    let chunking = autoRuns(range)
    let isMade = UnsafeMutableBufferPointer<Bool>.allocate(capacity: Int(chunking.chunks))
    isMade.initialize(repeating: false)
    defer { isMade.deallocate() }
    var failure: E?
    let result = [T](unsafeUninitializedCapacity: range.count) { buffer, count in
      // SAFETY: chunks are disjoint; each body initialises all of its chunks and says so, or destroys what it made.
      let (all, flags) = (UnsafeTransfer(buffer), UnsafeTransfer(isMade))
      do throws(E) {
        try collectingFirstError { (failure: FirstError<E>) in
          runParts(chunking) { lower, upper in
            if failure.isSet { return false }
            let part = Chunking.range(lower, upper)
            let place = all.value.baseAddress.unsafelyUnwrapped + (part.lowerBound - range.lowerBound)
            var (made, thrown) = (0, E?.none)
            fill(part, place, &made, &thrown)
            if let thrown {
              place.deinitialize(count: made)
              failure.set(thrown)
            } else {
              for chunk in chunking.chunk(from: part.lowerBound)..<chunking.chunk(from: part.upperBound) {
                flags.value[chunk] = true
              }
            }
            return true
          }
        }
        count = range.count
      } catch {
        failure = error
        for chunk in isMade.indices where isMade[chunk] {
          let part = chunking[UInt64(chunk), UInt64(chunk) + 1]
          buffer.extracting((part.lowerBound - range.lowerBound)..<(part.upperBound - range.lowerBound)).deinitialize()
        }
      }
    }
    if let failure { throw failure }
    return result
  }
}

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
  /// - Cost: a join a leaf. No allocation.
  /// - Throws: the leftmost error that was met; leaves to its right that have not started are cancelled.
  @inlinable @inline(__always)
  public func reduce<R: Sendable, E: Error>(
    _ range: Range<Int>, identity: R, leaf: Int? = nil, combine: @Sendable (R, R) -> R,
    _ map: @Sendable (Int) throws(E) -> R
  ) throws(E) -> R {
    // One closure for a whole leaf, made where the others are known: they are inlined into it, and the recursion below
    // calls it once a leaf.
    try reduceTree(range, max(leaf ?? range.count / 1024, 1), combine) { (part) throws(E) in
      var result = identity
      for index in part { result = combine(result, try map(index)) }
      return result
    }
  }

  @inlinable
  func reduceTree<R: Sendable, E: Error>(
    _ range: Range<Int>, _ leaf: Int, _ combine: @Sendable (R, R) -> R, _ fold: @Sendable (Range<Int>) throws(E) -> R
  ) throws(E) -> R {
    if range.count <= leaf { return try fold(range) }
    // Whole leaves on the left, so that every leaf but the last has the same length.
    let leaves = (range.count - 1) / leaf + 1
    let middle = range.lowerBound + leaves / 2 * leaf
    let (left, right) = try join(
      { () throws(E) -> R in try reduceTree(range.lowerBound..<middle, leaf, combine, fold) },
      { () throws(E) -> R in try reduceTree(middle..<range.upperBound, leaf, combine, fold) })
    return combine(left, right)
  }

  /// The array of what `transform` returns for every index of `range`, in order, computed in parallel.
  ///
  /// ```swift
  /// let squares = pool.map(0..<1000) { $0 * $0 }
  /// ```
  ///
  /// - Cost: the array, one byte a chunk, and a loop.
  /// - Throws: the first error; what was made until then is destroyed.
  @inlinable @inline(__always)
  public func map<T, E: Error>(
    _ range: Range<Int>, _ transform: @Sendable (Int) throws(E) -> T
  ) throws(E) -> [T] {
    let chunking = chunking(range, .auto, isElementwise: false)
    let made = UnsafeMutableBufferPointer<Bool>.allocate(capacity: Int(chunking.chunks))
    made.initialize(repeating: false)
    defer { made.deallocate() }
    var failure: E?
    let result = [T](unsafeUninitializedCapacity: range.count) { buffer, count in
      // SAFETY: chunks are disjoint; each body initialises all of its chunk and says so, or destroys what it made.
      let (all, flags) = (UnsafeTransfer(buffer), UnsafeTransfer(made))
      do throws(E) {
        try collectingFirstError { (failure: FirstError<E>) in
          runChunks(chunking) { first, last in
            for chunk in first..<last {
              if failure.isSet { return }
              let part = chunking[chunk, chunk + 1]
              var done = part.lowerBound
              do throws(E) {
                while done < part.upperBound {
                  all.value.initializeElement(at: done - range.lowerBound, to: try transform(done))
                  done += 1
                }
                flags.value[Int(chunk)] = true
              } catch {
                all.value.extracting((part.lowerBound - range.lowerBound)..<(done - range.lowerBound)).deinitialize()
                failure.set(error)
              }
            }
          }
        }
        count = range.count
      } catch {
        failure = error
        for chunk in made.indices where made[chunk] {
          let part = chunking[UInt64(chunk), UInt64(chunk) + 1]
          buffer.extracting((part.lowerBound - range.lowerBound)..<(part.upperBound - range.lowerBound)).deinitialize()
        }
      }
    }
    if let failure { throw failure }
    return result
  }
}

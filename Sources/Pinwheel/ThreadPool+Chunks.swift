extension ThreadPool {
  /// Calls `body` with disjoint parts of `span`, in parallel, each as a span to write to and the index where it starts.
  ///
  /// ```swift
  /// pool.forEachChunk(of: &pixels) { chunk, start in
  ///   for i in chunk.indices { chunk[i] = f(start + i) }
  /// }
  /// ```
  ///
  /// The way to write to an array from many threads without unsafe code: no two bodies see the same element.
  ///
  /// - Parameters:
  ///   - span: The elements; nobody else can reach them during the call.
  ///   - size: Elements a chunk (the last may have fewer); nil: at most 64 chunks a worker.
  ///   - body: Called once a chunk, with the chunk and the index of its first element in `span`.
  /// - Cost, blocking and errors: as `parallelFor(chunks:)`.
  @inlinable @inline(__always)
  public func forEachChunk<T: Sendable, E: Error>(
    of span: inout MutableSpan<T>, size: Int? = nil,
    _ body: @Sendable (inout MutableSpan<T>, _ start: Int) throws(E) -> Void
  ) throws(E) {
    try span.withUnsafeMutableBufferPointer { (buffer) throws(E) in
      // SAFETY: the chunks are disjoint and inside of `buffer`, which is ours alone until this closure returns, and the
      // loop does not return before every body has.
      let all = UnsafeTransfer(buffer)
      try parallelFor(chunks: 0..<buffer.count, schedule: size.map { .dynamic(grain: $0) } ?? .auto) {
        (range) throws(E) in
        var chunk = all.value.extracting(range).mutableSpan
        try body(&chunk, range.lowerBound)
      }
    }
  }

  /// Calls `body` with disjoint parts of `array`, in parallel: as ``forEachChunk(of:size:_:)-(MutableSpan<T>,_,_)``.
  @inlinable @inline(__always)
  public func forEachChunk<T: Sendable, E: Error>(
    of array: inout [T], size: Int? = nil,
    _ body: @Sendable (inout MutableSpan<T>, _ start: Int) throws(E) -> Void
  ) throws(E) {
    var span = array.mutableSpan
    try forEachChunk(of: &span, size: size, body)
  }
}

import CPinwheel

extension ThreadPool {
  /// Runs `body`, and tells what the loops did that it called.
  ///
  /// ```swift
  /// let reports = pool.reporting {
  ///   pool.parallelFor(0..<image.height) { y in shade(y) }
  /// }
  /// print(reports[0])  // chunks, sizes, who ran them, time in each, and the grain that it would choose next time
  /// ```
  ///
  /// All forms of `parallelFor`, `forEachChunk` and `map` report; `reduce` forks a tree and does not. Reported are the
  /// loops of this pool that the calling thread itself calls, in order, and not those that their bodies call.
  ///
  /// Nothing changes in what a loop does: it goes by what the pool has seen of it before, and adds to that.
  ///
  /// - Returns: a report for each loop.
  /// - Cost: a reported loop allocates, and reads the clock twice a chunk (some 50 ns). Others: a look at a thread-local.
  /// - Throws: what `body` throws; the reports are lost then.
  public func reporting<E: Error>(_ body: () throws(E) -> Void) throws(E) -> [LoopReport] {
    let observer = LoopObserver(core: core, outer: LoopObserver.current)
    LoopObserver.current = observer
    defer { LoopObserver.current = observer.outer }
    try body()
    return observer.reports
  }
}

/// Watches the loops that one thread calls.
final class LoopObserver {
  private let core: OpaquePointer
  fileprivate let outer: LoopObserver?
  fileprivate private(set) var reports: [LoopReport] = []

  fileprivate init(core: OpaquePointer, outer: LoopObserver?) {
    self.core = core
    self.outer = outer
  }

  /// The calling thread's innermost observer.
  fileprivate static var current: LoopObserver? {
    // SAFETY: what is set is an observer that `reporting` keeps alive until it has set what was there before.
    get { pw_loop_observer().map { Unmanaged<LoopObserver>.fromOpaque($0).takeUnretainedValue() } }
    set { pw_set_loop_observer(newValue.map { Unmanaged.passUnretained($0).toOpaque() }) }
  }

  /// The calling thread's innermost observer of that pool.
  static func current(of core: OpaquePointer) -> LoopObserver? {
    var observer = current
    while let candidate = observer, candidate.core != core { observer = candidate.outer }
    return observer
  }

  /// Runs a loop as ``ThreadPool/runChunks(_:_:)`` does, and notes what happens.
  func watch(_ chunking: Chunking, _ body: @Sendable (UInt64, UInt64) -> Void) {
    // What bodies call is not reported.
    let watching = Self.current
    Self.current = nil
    defer { Self.current = watching }

    var plan = chunking.plan
    plan.site = pwLoopSite(body)
    let caller = Int(pw_pool_count(core))
    let tallies = (0...caller).map { _ in LoopTally() }
    let begin = pw_now()
    let isOffered = pwLoop(core, &plan) { first, last in
      let start = pw_now()
      body(first, last)
      let time = pw_now() - start
      let index = pw_held(core).map { Int(pw_slot_id($0)) } ?? caller
      tallies[index].add(Int(clamping: chunking.offset(last) - chunking.offset(first)), time)
    }
    let duration = pw_now() - begin
    let shares = tallies.enumerated().compactMap { index, tally in
      tally.chunks == 0 ? nil : tally.share(worker: index == caller ? nil : index)
    }
    let sizes = tallies.reduce(into: [:]) { all, tally in all.merge(tally.sizes, uniquingKeysWith: +) }
    let (smallest, median, largest) = Self.spread(of: sizes)
    let items = Int(clamping: chunking.count)
    let nanoseconds = tallies.reduce(0) { $0 + $1.nanoseconds }
    let each = Float(nanoseconds) / Float(max(shares.reduce(0) { $0 + $1.items }, 1))
    reports.append(
      LoopReport(
        schedule: chunking.schedule, item: chunking.item, itemCount: items,
        duration: .nanoseconds(Int64(clamping: duration)), isSerial: !isOffered, shares: shares,
        smallestChunk: smallest, medianChunk: median, largestChunk: largest,
        nextGrain: Int(clamping: pw_loop_grain(core, UInt64(items), each))))
  }

  /// The least, the median (of an even number the lower one) and the largest key, each counted as often as it says.
  static func spread(of sizes: [Int: Int]) -> (Int, Int, Int) {
    let sorted = sizes.sorted { $0.key < $1.key }
    guard let first = sorted.first, let last = sorted.last else { return (0, 0, 0) }
    var before = (sorted.reduce(0) { $0 + $1.value } - 1) / 2
    for (size, count) in sorted {
      if before < count { return (first.key, size, last.key) }
      before -= count
    }
    return (first.key, last.key, last.key)
  }
}

/// What the holder of one slot has done for a loop.
private final class LoopTally: @unchecked Sendable {
  // SAFETY: touched by one thread at a time, the holder of the slot (or the caller without one), and read when the loop
  // has ended.
  private(set) var chunks = 0
  private(set) var items = 0
  private(set) var nanoseconds: UInt64 = 0
  private(set) var longest: UInt64 = 0
  /// How many chunks there were of each size.
  private(set) var sizes: [Int: Int] = [:]

  func add(_ size: Int, _ time: UInt64) {
    chunks += 1
    items += size
    nanoseconds += time
    longest = max(longest, time)
    sizes[size, default: 0] += 1
  }

  func share(worker: Int?) -> LoopReport.Share {
    LoopReport.Share(
      worker: worker, chunks: chunks, items: items, time: .nanoseconds(Int64(clamping: nanoseconds)),
      longestChunk: .nanoseconds(Int64(clamping: longest)))
  }
}

import CPinwheel
import Synchronization

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
  /// A loop is cut and shared as without: it goes by what the pool has seen of it before, and adds to that. What the pool
  /// sees includes the observation, some 50 ns a chunk: very short chunks look longer than they are.
  ///
  /// - Returns: a report for each loop.
  /// - Cost: a reported loop allocates, reads the clock twice a chunk and notes its size (some 50 ns). Others: a look at a
  ///   thread-local.
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

  /// The calling thread's innermost observer of that pool. As a rule there is none, and the caller's code goes straight on.
  @inline(__always)
  static func current(of core: OpaquePointer) -> LoopObserver? { pw_loop_observer() == nil ? nil : innermost(of: core) }

  @inline(never)
  private static func innermost(of core: OpaquePointer) -> LoopObserver? {
    var observer = current
    while let candidate = observer, candidate.core != core { observer = candidate.outer }
    return observer
  }

  /// Runs a loop as `runParts` does, and notes what happens.
  func watch(_ chunking: Chunking, site: UnsafeMutableRawPointer?, _ body: @Sendable (UInt64, UInt64) -> Bool) {
    // What bodies call is not reported.
    let watching = Self.current
    Self.current = nil
    defer { Self.current = watching }

    var plan = chunking.plan
    plan.site = site
    let caller = Int(pw_most_slots())
    let made = Int(pw_pool_made(core))
    let tallies = (0..<made).map { _ in LoopTally() }
    // Of the caller without a slot, and of workers that come while the loop runs.
    let others = Mutex<[Int: LoopTally]>([:])
    let begin = pw_now()
    func run(_ lower: UInt64, _ upper: UInt64) -> Bool {
      let start = pw_now()
      // A loop that has failed goes through what is left of it and does nothing.
      guard body(lower, upper) else { return false }
      let time = pw_now() - start
      let index = pw_held(core).map { Int(pw_slot_id($0)) } ?? caller
      let tally = index < made ? tallies[index] : others.withLock { $0.tally(of: index) }
      tally.add(UInt(upper &- lower), time)
      return true
    }
    let isOffered = pwLoop(core, &plan) { lower, upper in chunking.run(lower, upper, run) }
    let duration = pw_now() - begin
    let late = others.withLock { others in others.sorted { $0.key < $1.key } }
    let all = tallies.enumerated().map { (key: $0.offset, value: $0.element) } + late
    let shares = all.compactMap { index, tally in
      tally.chunks == 0 ? nil : tally.share(worker: index == caller ? nil : index)
    }
    var sizes: [Int: Int] = [:]
    for (_, tally) in all { for run in tally.sizes { sizes[Int(clamping: run.size), default: 0] += run.chunks } }
    let (smallest, median, largest) = Self.spread(of: sizes)
    let items = Int(clamping: chunking.count)
    let nanoseconds = all.reduce(0) { $0 + $1.value.nanoseconds }
    let each = Float(nanoseconds) / Float(max(all.reduce(0) { $0 + $1.value.items }, 1))
    reports.append(
      LoopReport(
        schedule: chunking.schedule, item: chunking.body.item, itemCount: items,
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

extension [Int: LoopTally] {
  fileprivate mutating func tally(of index: Int) -> LoopTally {
    if let tally = self[index] { return tally }
    let tally = LoopTally()
    self[index] = tally
    return tally
  }
}

/// What the holder of one slot has done for a loop.
private final class LoopTally: @unchecked Sendable {
  // SAFETY: touched by one thread at a time, the holder of the slot (or the caller without one), and read when the loop
  // has ended.
  private(set) var chunks = 0
  /// Unsigned: a range may hold more than `Int.max` indices. No chunk is counted twice, so no sum of them is too large.
  private(set) var items: UInt = 0
  private(set) var nanoseconds: UInt64 = 0
  private(set) var longest: UInt64 = 0
  /// How many chunks of one size came one after another. Sorted out when the loop has ended: the pool times this, too.
  private(set) var sizes: [(size: UInt, chunks: Int)] = []

  func add(_ size: UInt, _ time: UInt64) {
    chunks += 1
    items += size
    nanoseconds += time
    longest = max(longest, time)
    if let last = sizes.indices.last, sizes[last].size == size {
      sizes[last].chunks += 1
    } else {
      sizes.append((size, 1))
    }
  }

  func share(worker: Int?) -> LoopReport.Share {
    LoopReport.Share(
      worker: worker, chunks: chunks, items: Int(clamping: items), time: .nanoseconds(Int64(clamping: nanoseconds)),
      longestChunk: .nanoseconds(Int64(clamping: longest)))
  }
}

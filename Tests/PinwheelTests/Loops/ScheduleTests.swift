import Glibc
import Synchronization
import Testing

@testable import Pinwheel

extension PoolTests {
  /// How schedules deal a range, and what `auto` does with what it has seen.
  @Suite
  struct ScheduleTests {
    static let all = [
      Schedule.auto, .static, .dynamic(grain: 1), .dynamic(grain: 7), .guided(grain: 1), .guided(grain: 5),
    ]

    /// The parts that a body was called with.
    private func parts(
      _ pool: ThreadPool, _ range: Range<Int>, _ schedule: Schedule
    ) -> [Range<Int>] {
      let parts = Mutex<[Range<Int>]>([])
      pool.parallelFor(chunks: range, schedule: schedule) { part in parts.withLock { $0.append(part) } }
      return parts.withLock { $0.sorted { $0.lowerBound < $1.lowerBound } }
    }

    @Test(arguments: workerCounts, all)
    func partsAreTheRangeOnce(workers: Int, schedule: Schedule) throws {
      let pool = try makePool(workers)
      for count in [1, 2, 7, 100, 4099] {
        for _ in 0..<3 {
          let range = -5..<(count - 5)
          let parts = parts(pool, range, schedule)
          #expect(parts.allSatisfy { !$0.isEmpty })
          #expect(parts.flatMap(Array.init) == Array(range))
          switch schedule {
          case .dynamic(let grain): #expect(parts.dropLast().allSatisfy { $0.count == grain })
          case .guided(let grain): #expect(parts.dropLast().allSatisfy { $0.count >= grain })
          case .static: #expect(parts.count == min(count, workers))
          case .auto: #expect(parts.count <= 64 * workers)
          }
        }
      }
    }

    /// Alone on its slice, guided takes halves of what is left.
    @Test func guidedTakesHalves() throws {
      let pool = try makeSettledPool(1)
      #expect(parts(pool, 0..<160, .guided(grain: 10)).map(\.count) == [80, 40, 20, 10, 10])
      #expect(parts(pool, 0..<3, .guided(grain: 10)).map(\.count) == [3])
      #expect(parts(pool, 0..<7, .guided(grain: -1)).map(\.count) == [4, 2, 1])
    }

    /// A chunk is no larger than was asked for when nobody else can run any, either.
    @Test(arguments: workerCounts)
    func aLoopOnItsCallerAloneKeepsItsChunks(workers: Int) throws {
      let pool = try makePool(workers)
      try pool.shutdown()
      #expect(parts(pool, 0..<100, .dynamic(grain: 8)).map(\.count) == Array(repeating: 8, count: 12) + [4])
      #expect(parts(pool, 0..<100, .static).count == min(100, workers))
    }

    /// A region counts some thirty million chunks. Of more grains several were one call of the body, which may have room for
    /// one. Such a loop takes its time to come to an end, so the first call is the last.
    @Test func aDynamicLoopKeepsItsGrainHoweverLongItIs() async {
      let grain: Int32 = 16
      await #expect(processExitsWith: .exitCode(grain)) {
        try makePool(2).parallelFor(chunks: -5..<Int.max, schedule: .dynamic(grain: 16)) { part in
          exit(Int32(clamping: part.count))
        }
      }
      await #expect(processExitsWith: .exitCode(grain)) {
        try makePool(2).parallelFor(chunks: -5..<Int.max, schedule: .dynamic(grain: 16)) { part throws(Oops) in
          if part.count > 0 { exit(Int32(clamping: part.count)) }
          throw Oops("nothing")
        }
      }
      await #expect(processExitsWith: .exitCode(1)) {
        var bytes = [UInt8](repeating: 0, count: 1 << 26)
        try makePool(2).forEachChunk(of: &bytes, size: 1) { chunk, _ in exit(Int32(clamping: chunk.count)) }
      }
    }

    /// Chunks of 21 indices, seven grains each, as in a loop that is very much longer.
    @Test(arguments: workerCounts)
    func grainsOfOneChunkAreCallsOfTheirOwn(workers: Int) throws {
      let pool = try makePool(workers)
      let chunking = Chunking(-50..<50, schedule: .dynamic(grain: 3), body: .runs, workers: workers, most: 5)
      for last in [Int.max, 10] {
        let parts = Mutex<[Range<Int>]>([])
        let run: @Sendable (UInt64, UInt64) -> Bool = { lower, upper in
          parts.withLock { parts in
            if parts.count >= last { return false }
            parts.append(Chunking.range(lower, upper))
            return true
          }
        }
        pool.runGrains(chunking, site: nil, run)
        let seen = parts.withLock { $0.sorted { $0.lowerBound < $1.lowerBound } }
        if last == .max {
          #expect(seen.flatMap(Array.init) == Array(-50..<50))
          #expect(seen.count == 34 && seen.allSatisfy { $0.count <= 3 })
        }
        parts.withLock { $0 = [] }
        let report = try #require(pool.reporting { pool.runParts(chunking, run) }.first)
        #expect(report.chunkCount == min(last, 34) && report.medianChunk == 3 && report.largestChunk == 3, "\(report)")
      }
    }

    /// Chunks of several grains, whatever is taken of them together.
    @Test func aPartIsRunGrainByGrain() {
      func runs(_ schedule: Schedule, _ body: LoopBody, most: Int, until last: Int = .max) -> (sizes: [Int], any: Bool)
      {
        let chunking = Chunking(10..<110, schedule: schedule, body: body, workers: 2, most: most)
        var (sizes, next) = ([Int](), UInt64(10))
        let any = chunking.run(10, 110) { lower, upper in
          #expect(lower == next)
          if sizes.count == last { return false }
          sizes.append(Int(upper - lower))
          next = upper
          return true
        }
        return (sizes, any)
      }
      for body in [LoopBody.runs, .elements, .tiles] {
        #expect(runs(.dynamic(grain: 30), body, most: 2) == ([30, 30, 30, 10], true))
        #expect(runs(.dynamic(grain: 30), body, most: 2, until: 1) == ([30], true))
        #expect(runs(.dynamic(grain: 30), body, most: 2, until: 0) == ([], false))
        #expect(runs(.dynamic(grain: .max), body, most: 2) == ([100], true))
        // What is taken together as a matter of course stays one.
        #expect(runs(.dynamic(grain: 30), body, most: 4) == ([100], true))
        #expect(runs(.guided(grain: 30), body, most: 2) == ([100], true))
        #expect(runs(.auto, body, most: 2) == ([100], true))
        #expect(runs(.static, body, most: 2) == ([100], true))
      }
    }

    @Test(arguments: workerCounts, all)
    func nestedLoopsTouchEveryIndexOnce(workers: Int, schedule: Schedule) throws {
      let pool = try makePool(workers)
      for count in [1, 5, 300] {
        let seen = (0..<(8 * count)).map { _ in Counter() }
        pool.parallelFor(0..<8, schedule: schedule) { i in
          pool.parallelFor(0..<count, schedule: schedule) { j in seen[i * count + j].add(1) }
        }
        #expect(seen.allSatisfy { $0.value == 1 })
      }
    }

    /// One loop of the program, short at first, then not. Returns whether the caller ran all of it without a slot, and
    /// calls `alone` at the last index if so.
    private func loop(
      _ pool: ThreadPool, _ pause: UInt32 = 0, schedule: Schedule = .auto, _ alone: @Sendable () -> Void = {}
    ) -> Bool {
      let slots = Counter()
      pool.parallelFor(0..<16, schedule: schedule) { i in
        if pause > 0 { usleep(pause) }
        if pool.currentWorker != nil { slots.add(1) } else if i == 15 { alone() }
      }
      return slots.value == 0
    }

    @Test(arguments: [2, 8], [(Schedule.auto, 1), (.dynamic(grain: 1), 1), (.guided(grain: 1), 8)])
    func aLoopTooShortToShareStaysOnItsCaller(workers: Int, schedule: (how: Schedule, firstPiece: Int)) throws {
      let pool = try makeSettledPool(workers) { $0.determinism = nil }
      eventually("the loop is known to be short") { loop(pool, schedule: schedule.how) }
      // The same loop takes long: it is offered to others after its first piece.
      let report = try #require(pool.reporting { #expect(!loop(pool, 20_000, schedule: schedule.how)) }.first)
      #expect(!report.isSerial)
      #expect(report.shares.reduce(0) { $0 + $1.items } == 16)
      #expect(report.shares.filter { $0.worker == nil }.allSatisfy { $0.items == schedule.firstPiece })
      #expect(report.shares.count > 1)
    }

    /// One static loop of the program. Returns whether two threads ran it; `pause`: how long each of them takes.
    private func staticLoopIsShared(_ pool: ThreadPool, _ pause: UInt32 = 0) -> Bool {
      let one = Atomic<UInt>(0)
      let other = Atomic<UInt>(0)
      pool.parallelFor(chunks: 0..<2, schedule: .static) { part in
        if pause > 0 { usleep(pause) }
        if part.contains(0) { one.store(UInt(pthread_self()), ordering: .relaxed) }
        if part.contains(1) { other.store(UInt(pthread_self()), ordering: .relaxed) }
      }
      return one.load(ordering: .relaxed) != other.load(ordering: .relaxed)
    }

    /// Waking takes longer than such a loop; of a series of them the later ones are shared all the same, and a loop that takes
    /// longer than it used to is, too.
    @Test func aShortStaticLoopWakesNobodyButASeriesDoes() throws {
      let pool = try makeSettledPool(2) {
        $0.determinism = nil
        $0.spin = .milliseconds(1)
      }
      eventually("the loop is known to be short") {
        usleep(5000)
        return !staticLoopIsShared(pool)
      }
      // Its worker has long been asleep each time.
      var shared = 0
      for _ in 0..<20 {
        usleep(5000)
        if staticLoopIsShared(pool) { shared += 1 }
      }
      #expect(shared == 0)
      let deadline = ContinuousClock.now + .seconds(30)
      var isShared = false
      while !isShared, ContinuousClock.now < deadline {
        for _ in 0..<1000 where !isShared { isShared = staticLoopIsShared(pool) }
      }
      #expect(isShared, "none of a long series of loops was shared")
      usleep(20_000)
      eventually("a long loop is shared") { staticLoopIsShared(pool, 20_000) }
    }

    @Test func shutdownFromInsideALoopThatIsTooShortToShareIsRefused() throws {
      let pool = try makeSettledPool(2) { $0.determinism = nil }
      let (asked, refused) = (Counter(), Counter())
      eventually("the loop ran on its caller") {
        loop(pool) {
          asked.add(1)
          do throws(PoolError) { try pool.shutdown() } catch { refused.add(error == .shutdownFromInside ? 1 : 0) }
        }
      }
      #expect(asked.value == refused.value)
      #expect(pool.state == .running)
      try pool.shutdown()
    }

    @Test func shutdownFromInsideALoopOfOneChunkIsRefused() throws {
      let pool = try makePool(2)
      let refused = Counter()
      pool.parallelFor(0..<1, schedule: .static) { _ in
        do throws(PoolError) { try pool.shutdown() } catch { refused.add(error == .shutdownFromInside ? 1 : 0) }
      }
      #expect(refused.value == 1)
      #expect(pool.state == .running)
      try pool.shutdown()
    }

    /// In a deterministic pool the clock has no say: bodies may take as long as they like.
    @Test func timeDoesNotDecideInADeterministicPool() throws {
      func story(_ pause: UInt32) throws -> [[Range<Int>]] {
        let pool = try ThreadPool.deterministic(seed: 11, workers: 3)
        return (0..<4).map { _ in
          let parts = Mutex<[Range<Int>]>([])
          pool.parallelFor(chunks: 0..<200) { part in
            if part.lowerBound % 3 == 0 { usleep(pause) }
            parts.withLock { $0.append(part) }
          }
          return parts.withLock { $0 }
        }
      }
      let quick = try story(0)
      #expect(quick == (try story(700)))
      #expect(quick.allSatisfy { $0.reduce(0) { $0 + $1.count } == 200 })
    }
  }
}

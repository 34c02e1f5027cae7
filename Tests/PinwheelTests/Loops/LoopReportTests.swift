import Glibc
import Testing

@testable import Pinwheel

extension PoolTests {
  /// Loops that tell what they did.
  @Suite
  struct LoopReportTests {
    private func expectSums(
      _ report: LoopReport, _ pool: ThreadPool, count: Int, location: SourceLocation = #_sourceLocation
    ) {
      #expect(report.itemCount == count, sourceLocation: location)
      #expect(report.shares.reduce(0) { $0 + $1.items } == count, "\(report)", sourceLocation: location)
      #expect(Set(report.shares.map(\.worker)).count == report.shares.count, sourceLocation: location)
      let workers = report.shares.compactMap(\.worker)
      #expect(workers.allSatisfy { $0 < pool.workerCount } && workers == workers.sorted(), sourceLocation: location)
      #expect(report.shares.allSatisfy { $0.chunks > 0 && $0.longestChunk <= $0.time }, sourceLocation: location)
      #expect(report.shares.allSatisfy { $0.time <= report.duration }, "\(report)", sourceLocation: location)
      #expect(report.smallestChunk <= report.medianChunk && report.medianChunk <= report.largestChunk)
      #expect(report.largestChunk <= count, sourceLocation: location)
      #expect(report.chunkCount * report.smallestChunk <= count, sourceLocation: location)
      #expect(report.chunkCount * report.largestChunk >= count, sourceLocation: location)
      #expect(report.nextGrain >= min(count, 1) && report.nextGrain <= count, sourceLocation: location)
      #expect(report.imbalance(workers: 1) <= 1.0001, sourceLocation: location)
    }

    @Test(arguments: workerCounts, ScheduleTests.all)
    func reportsAddUp(workers: Int, schedule: Schedule) throws {
      let pool = try makePool(workers)
      let seen = Counter()
      for count in [1, 10, 1000, 20_000] {
        let reports = pool.reporting {
          pool.parallelFor(0..<count, schedule: schedule) { _ in seen.add(1) }
          pool.parallelFor(chunks: 0..<count, schedule: schedule) { seen.add($0.count) }
          pool.parallelFor(rows: 0..<count, columns: 0..<3, tile: (4, 2), schedule: schedule) { _, _ in seen.add(1) }
        }
        #expect(reports.map(\.schedule) == [schedule, schedule, schedule])
        #expect(reports.map(\.item) == [.index, .index, .tile])
        try #require(reports.count == 3)
        expectSums(reports[0], pool, count: count)
        expectSums(reports[1], pool, count: count)
        expectSums(reports[2], pool, count: 2 * ((count + 3) / 4))
      }
      #expect(seen.value == 5 * (1 + 10 + 1000 + 20_000))
    }

    /// Sizes and their median, where they are known.
    @Test func chunksAreCounted() throws {
      let pool = try makeSettledPool(1)
      let reports = pool.reporting {
        pool.parallelFor(0..<100, schedule: .dynamic(grain: 7)) { _ in }
        pool.parallelFor(0..<160, schedule: .guided(grain: 10)) { _ in }
        pool.parallelFor(0..<100, schedule: .static) { _ in }
        pool.parallelFor(0..<0) { _ in }
      }
      #expect(reports.map(\.chunkCount) == [15, 5, 1, 0])
      // There is nobody to offer them to.
      #expect(reports.map(\.isSerial) == [true, true, true, true])
      #expect(reports.map(\.smallestChunk) == [2, 10, 100, 0])
      #expect(reports.map(\.medianChunk) == [7, 20, 100, 0])
      #expect(reports.map(\.largestChunk) == [7, 80, 100, 0])
      #expect(reports.map(\.shares.count) == [1, 1, 1, 0])
    }

    @Test func forEachChunkAndMapReportAndReduceDoesNot() throws {
      let pool = try makePool(2)
      var array = Array(0..<500)
      let reports = pool.reporting {
        pool.forEachChunk(of: &array, size: 50) { chunk, _ in for i in chunk.indices { chunk[i] += 1 } }
        let copy = array
        array = pool.map(0..<500) { copy[$0] }
        _ = pool.reduce(0..<500, identity: 0, combine: +) { $0 }
      }
      #expect(reports.map(\.itemCount) == [500, 500])
      #expect(reports[0].chunkCount == 10 && reports[0].largestChunk == 50)
      for report in reports { expectSums(report, pool, count: 500) }
      #expect(array == Array(1...500))
    }

    /// Only what the thread itself calls, of that pool.
    @Test(arguments: workerCounts)
    func loopsInsideBodiesAndOfOtherPoolsDoNotReport(workers: Int) throws {
      let (pool, other) = (try makePool(workers), try makePool(2))
      var inner: [LoopReport] = []
      let outer = pool.reporting {
        pool.parallelFor(0..<8) { _ in pool.parallelFor(0..<8) { _ in } }
        other.parallelFor(0..<3) { _ in }
        inner = other.reporting {
          other.parallelFor(0..<5) { _ in }
          pool.parallelFor(0..<6) { _ in }
        }
        pool.parallelFor(0..<4) { _ in }
      }
      #expect(outer.map(\.itemCount) == [8, 6, 4])
      #expect(inner.map(\.itemCount) == [5])
      // Nobody watches any more.
      pool.parallelFor(0..<8) { _ in }
      #expect(outer.count == 3)
    }

    @Test func loopsOfAJobReport() throws {
      let pool = try makePool(2)
      let reports = try pool.submit { [unowned pool] in
        pool.reporting { pool.parallelFor(0..<100, schedule: .dynamic(grain: 1)) { _ in } }
      }.wait()
      try #require(reports.count == 1)
      expectSums(reports[0], pool, count: 100)
      #expect(!reports[0].isSerial)
    }

    @Test func aPoolThatIsShutDownReportsASerialLoop() throws {
      let pool = try makePool(2)
      try pool.shutdown()
      let report = try #require(
        pool.reporting { pool.parallelFor(0..<10, schedule: .dynamic(grain: 1)) { _ in } }.first)
      #expect(report.isSerial)
      #expect(report.shares.map(\.worker) == [nil])
      expectSums(report, pool, count: 10)
    }

    @Test(arguments: workerCounts)
    func aThrowPassesThroughAndEndsTheWatch(workers: Int) throws {
      let pool = try makePool(workers)
      let ledger = Ledger()
      #expect(throws: Oops.self) {
        try pool.reporting { () throws(Oops) in
          try pool.parallelFor(0..<1000) { (i) throws(Oops) in if i == 500 { throw Oops("500", ledger.make()) } }
        }
      }
      #expect(ledger.live == 0)
      // One that is caught inside is in the report, with what was run of it.
      let reports = pool.reporting {
        try? pool.parallelFor(0..<1000, schedule: .dynamic(grain: 10)) { i in if i == 0 { throw Oops("0") } }
      }
      try #require(reports.count == 1)
      #expect(reports[0].itemCount == 1000)
    }

    /// After the first error no chunk runs, however many are left, and none is reported.
    @Test(arguments: workerCounts)
    func aLongLoopThatThrowsReportsWhatRan(workers: Int) throws {
      let pool = try makePool(workers)
      for schedule in [Schedule.auto, .static, .guided(grain: 1)] {
        let ran = Counter()
        let reports = pool.reporting {
          try? pool.parallelFor(chunks: Int.min..<Int.max, schedule: schedule) { _ in
            ran.add(1)
            throw Oops("at once")
          }
        }
        try #require(reports.count == 1)
        #expect(reports[0].itemCount == .max)
        #expect(reports[0].chunkCount == ran.value, "\(schedule): \(reports[0])")
      }
    }

    @Test func aReportReads() throws {
      let report = LoopReport(
        schedule: .dynamic(grain: 4), item: .tile, itemCount: 10, duration: .nanoseconds(1_523_456), isSerial: false,
        shares: [
          .init(worker: nil, chunks: 1, items: 4, time: .nanoseconds(999), longestChunk: .nanoseconds(999)),
          .init(worker: 3, chunks: 2, items: 6, time: .microseconds(150), longestChunk: .nanoseconds(75_040)),
        ], smallestChunk: 2, medianChunk: 4, largestChunk: 4, nextGrain: 7)
      #expect(
        "\(report)" == """
          10 tiles in 1.52 ms by dynamic(grain: 4): 3 chunks of 2 to 4 (median 4); auto would take 7 at a time next
            the caller: 1 chunk, 4 tiles in 999 ns, the longest 999 ns
            worker 3: 2 chunks, 6 tiles in 150 µs, the longest 75.0 µs
          """)
      var one = report
      (one.item, one.itemCount) = (.index, 1)
      one.shares = [.init(worker: 0, chunks: 1, items: 1, time: .zero, longestChunk: .zero)]
      #expect("\(one)".hasPrefix("1 index in 1.52 ms by dynamic(grain: 4): 1 chunk of 2 to 4"))
      #expect("\(one)".hasSuffix("\n  worker 0: 1 chunk, 1 index in 0 ns, the longest 0 ns"))
      #expect(report.chunkCount == 3)
      #expect(report.work == .nanoseconds(150_999))
      #expect(report.imbalance(workers: 2) > 1.9)
      #expect(LoopReport.text(.seconds(12_345)) == "12345 s")
      #expect(LoopReport.text(.milliseconds(1234)) == "1.23 s")
    }

    /// The lower of the two in the middle, each size as often as it was.
    @Test func theMedianCountsEachChunk() {
      #expect(LoopObserver.spread(of: [:]) == (0, 0, 0))
      #expect(LoopObserver.spread(of: [5: 1]) == (5, 5, 5))
      #expect(LoopObserver.spread(of: [1: 3, 100: 3]) == (1, 1, 100))
      #expect(LoopObserver.spread(of: [1: 3, 100: 4]) == (1, 100, 100))
      #expect(LoopObserver.spread(of: [1: 1, 2: 1, 3: 1]) == (1, 2, 3))
    }
  }
}

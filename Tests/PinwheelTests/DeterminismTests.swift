import Glibc
import Pinwheel
import Synchronization
import Testing

@testable import Pinwheel

extension PoolTests {
  /// What must not depend on the number of workers, or on who was faster.
  @Suite
  struct DeterminismTests {
    /// Values whose sum depends on the order of addition.
    private func value(_ i: Int) -> Double {
      var x = UInt64(truncatingIfNeeded: i) &* 0x9e37_79b9_7f4a_7c15
      x ^= x >> 29
      return (Double(x % 2_000_001) - 1_000_000) * (i % 3 == 0 ? 1e-7 : 1e9)
    }

    @Test func floatingPointSumsAreEqualToTheBit() throws {
      let pools = try workerCounts.map { try makePool($0) }
      for count in [0, 1, 2, 1023, 1024, 1025, 50_000] {
        for leaf in [nil, 1, 7, 1000, 1 << 40] {
          let sums = Set(
            pools.flatMap { pool in
              (0..<4).map { _ in pool.reduce(0..<count, identity: 0, leaf: leaf, combine: +) { value($0) }.bitPattern }
            })
          #expect(sums.count == 1, "count \(count), leaf \(String(describing: leaf))")
        }
      }
    }

    /// The tree's shape, seen by an operation that is not associative.
    @Test(arguments: workerCounts)
    func leavesHaveTheLengthAskedFor(workers: Int) throws {
      let pool = try makePool(workers)
      func tree(_ count: Int, leaf: Int?) -> String {
        pool.reduce(0..<count, identity: "", leaf: leaf, combine: { $0.isEmpty ? $1 : "(\($0)\($1))" }, { "\($0)" })
      }
      #expect(tree(0, leaf: 2) == "")
      #expect(tree(1, leaf: 2) == "0")
      #expect(tree(5, leaf: 2) == "((01)((23)4))")
      #expect(tree(5, leaf: 100) == "((((01)2)3)4)")
      #expect(tree(4, leaf: 1) == "((01)(23))")
      #expect(tree(4, leaf: 0) == "((01)(23))")
      #expect(tree(4, leaf: -3) == "((01)(23))")
      #expect(tree(4, leaf: nil) == "((01)(23))")
    }

    /// Identity is used once a leaf, and combine is never given elements in another order.
    @Test(arguments: workerCounts)
    func reduceKeepsTheOrder(workers: Int) throws {
      let pool = try makePool(workers)
      for leaf in [nil, 1, 3] {
        let joined = pool.reduce(0..<1000, identity: [], leaf: leaf, combine: +) { [$0] }
        #expect(joined == Array(0..<1000))
      }
    }

    @Test(arguments: workerCounts)
    func mapKeepsTheOrder(workers: Int) throws {
      let pool = try makePool(workers)
      for range in [0..<0, 5..<6, -7..<1000, (Int.max - 100)..<Int.max, Int.min..<(Int.min + 100)] {
        #expect(pool.map(range) { $0 } == Array(range))
      }
    }

    /// If all workers are idle, each gets the same part of the range at every call. Loops of which a worker that was
    /// still busy took its share later are not meant.
    @Test(arguments: [1, 2])
    func aStaticLoopDealsTheSameParts(workers: Int) throws {
      let pool = try makeSettledPool(workers)
      // From one job, since an outside caller takes the slot of the CPU that it happens to run on.
      let (dealt, loops) = try pool.submit { [unowned pool] in
        var dealt: [Int: Set<Range<Int>>] = [:]
        var loops = 0
        for _ in 0..<5000 where loops < 50 {
          let taken = pool.counters.map(\.loopShares)
          // The bodies wait for each other, so that nobody takes another's part, but not for ever: who is asleep is not woken for
          // a loop that has been short.
          let begun = Counter()
          let parts = Mutex<[(Int?, Range<Int>)]>([])
          pool.parallelFor(chunks: 0..<100, schedule: .static) { part in
            parts.withLock { $0.append((pool.currentWorker, part)) }
            begun.add(1)
            for _ in 0..<200 where begun.value < workers { usleep(100) }
          }
          let runners = Set(parts.withLock { $0 }.map(\.0))
          guard taken == pool.counters.map(\.loopShares), runners.count == workers else { continue }
          loops += 1
          for (worker, part) in parts.withLock({ $0 }) { if let worker { dealt[worker, default: []].insert(part) } }
        }
        return (dealt, loops)
      }.wait()
      #expect(loops == 50)
      for (worker, parts) in dealt { #expect(parts.count == 1, "worker \(worker): \(parts)") }
    }

    @Test(arguments: [
      Schedule.auto, .static, .dynamic(grain: 1), .dynamic(grain: 7), .dynamic(grain: .max), .dynamic(grain: -1),
      .guided(grain: 1), .guided(grain: 3), .guided(grain: .min),
    ])
    func chunksAreTheWholeRangeOnceAndNeverEmpty(schedule: Schedule) {
      for count in [1, 2, 3, 6, 10, 11, 100, 1001] {
        for workers in [1, 2, 7, 64] {
          for most in [1, 5, 1 << 20] {
            let range = -3..<(count - 3)
            for body in [LoopBody.runs, .elements, .tiles] {
              let chunking = Chunking(range, schedule: schedule, body: body, workers: workers, most: most)
              let parts = (0..<UInt64(chunking.chunks)).map { chunking[$0, $0 + 1] }
              #expect(parts.flatMap(Array.init) == Array(range))
              #expect(parts.allSatisfy { !$0.isEmpty }, "\(schedule) of \(count), most \(most): \(parts)")
              #expect(chunking[0, UInt64(chunking.chunks)] == range)
              #expect(parts.map { chunking.chunk(from: $0.lowerBound) } == Array(0..<parts.count))
              #expect(chunking.chunk(from: range.upperBound) == parts.count)
              if case .dynamic(let grain) = schedule, most >= count {
                #expect(parts.allSatisfy { $0.count <= max(grain, 1) })
              }
              if schedule == .auto {
                #expect(parts.count <= (body == .runs ? 64 * workers : most))
                #expect(body == .runs || most < count || parts.count == count)
              }
            }
          }
        }
      }
    }

    /// Ranges near the ends of `Int`: no arithmetic may overflow.
    @Test func hugeRangesAreCutWithoutATrap() async {
      await #expect(processExitsWith: .success) {
        for range in [Int.min..<(-1), 0..<Int.max, 1..<Int.max, Int.min..<Int.max] {
          for schedule in [
            Schedule.auto, .static, .dynamic(grain: 1), .dynamic(grain: .max / 2), .dynamic(grain: .max - 1),
            .guided(grain: 5),
          ] {
            for body in [LoopBody.runs, .elements] {
              let chunking = Chunking(range, schedule: schedule, body: body, workers: 3, most: (1 << 25) - 1)
              let chunks = UInt64(chunking.chunks)
              #expect(chunks < 1 << 25)
              #expect(chunking[0, 1].lowerBound == range.lowerBound)
              #expect(chunking[chunks - 1, chunks].upperBound == range.upperBound)
            }
          }
        }
      }
    }
  }
}

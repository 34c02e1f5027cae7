import Glibc
import Pinwheel
import Testing

extension PoolTests {
  /// Errors out of loops, `map`, `reduce`: one is thrown, the rest is cancelled, nothing leaks.
  @Suite
  struct LoopErrorTests {
    private let schedules = [Schedule.auto, .static, .dynamic(grain: 1), .dynamic(grain: 7), .guided(grain: 2)]

    @Test(arguments: workerCounts)
    func aLoopThrowsTheErrorOfItsBody(workers: Int) throws {
      let pool = try makePool(workers)
      let ledger = Ledger()
      for schedule in schedules {
        for position in [0, 1, 499, 998, 999] {
          #expect(
            performing: {
              try pool.parallelFor(0..<1000, schedule: schedule) { (i) throws(Oops) in
                if i == position { throw Oops("\(i)", ledger.make()) }
              }
            }, throws: { ($0 as? Oops)?.name == "\(position)" })
        }
        // Everybody throws: exactly one error comes out, the others are destroyed.
        #expect(throws: Oops.self) {
          try pool.parallelFor(0..<1000, schedule: schedule) { (_) throws(Oops) in throw Oops("all", ledger.make()) }
        }
        // The untyped form.
        #expect(throws: Oops.self) {
          try pool.parallelFor(0..<1000, schedule: schedule) { _ in throw Oops("all", ledger.make()) }
        }
      }
      #expect(ledger.live == 0)
    }

    @Test func onOneWorkerAnErrorEndsTheLoopAtOnce() throws {
      let pool = try makePool(1)
      let ran = Counter()
      #expect(throws: Oops.self) {
        try pool.parallelFor(0..<1000) { (i) throws(Oops) in
          ran.add(1)
          if i == 10 { throw Oops("10") }
        }
      }
      #expect(ran.value == 11)
    }

    @Test(arguments: workerCounts)
    func aNestedLoopThrowsThroughTheOuterOne(workers: Int) throws {
      let pool = try makePool(workers)
      let ledger = Ledger()
      for _ in 0..<10 {
        #expect(
          performing: {
            try pool.parallelFor(0..<16) { (i) throws(Oops) in
              try pool.parallelFor(0..<16) { (j) throws(Oops) in
                if i == 11 && j == 5 { throw Oops("11/5", ledger.make()) }
              }
            }
          }, throws: { ($0 as? Oops)?.name == "11/5" })
      }
      #expect(ledger.live == 0)
    }

    @Test(arguments: workerCounts)
    func mapDestroysWhatItMadeExactlyOnce(workers: Int) throws {
      let pool = try makePool(workers)
      let ledger = Ledger()
      for position in [0, 1, 17, 500, 998, 999] {
        #expect(
          performing: {
            try pool.map(0..<1000) { (i) throws(Oops) -> Instance in
              if i == position { throw Oops("\(i)") }
              return ledger.make()
            }
          }, throws: { ($0 as? Oops)?.name == "\(position)" })
        #expect(ledger.live == 0)
      }
      #expect(throws: Oops.self) {
        try pool.map(0..<1000) { i -> Instance in
          if i % 3 == 2 { throw Oops("\(i)", ledger.make()) }
          return ledger.make()
        }
      }
      #expect(ledger.live == 0)
      do {
        let all = pool.map(-500..<500) { _ in ledger.make() }
        #expect(ledger.live == 1000)
        #expect(Set(all.map { ObjectIdentifier($0) }).count == 1000)
      }
      #expect(ledger.live == 0)
    }

    @Test(arguments: workerCounts)
    func reduceThrowsAndLeavesNothing(workers: Int) throws {
      let pool = try makePool(workers)
      let ledger = Ledger()
      let identity = [Instance]()
      for position in [0, 99, 50] {
        #expect(
          performing: {
            try pool.reduce(0..<100, identity: identity, leaf: 3, combine: +) { (i) throws(Oops) -> [Instance] in
              if i == position { throw Oops("\(i)", ledger.make()) }
              return [ledger.make()]
            }
          }, throws: { ($0 as? Oops)?.name == "\(position)" })
        #expect(ledger.live == 0)
      }
    }

    /// With one worker the order is known: the leftmost error.
    @Test func reduceOnOneWorkerThrowsTheLeftmostError() throws {
      let pool = try makePool(1)
      #expect(
        performing: {
          try pool.reduce(0..<100, identity: 0, leaf: 1, combine: +) { (i) throws(Oops) -> Int in throw Oops("\(i)") }
        }, throws: { ($0 as? Oops)?.name == "0" })
    }

    @Test(arguments: workerCounts)
    func forEachChunkThrowsAndKeepsTheArray(workers: Int) throws {
      let pool = try makePool(workers)
      let ledger = Ledger()
      do {
        var array = (0..<100).map { _ in ledger.make() }
        #expect(throws: Oops.self) {
          try pool.forEachChunk(of: &array, size: 10) { (chunk, start) throws(Oops) in
            for i in chunk.indices { chunk[i] = ledger.make() }
            if start == 50 { throw Oops("50") }
          }
        }
        #expect(ledger.live == 100)
        #expect(array.count == 100)
      }
      #expect(ledger.live == 0)
    }
  }
}

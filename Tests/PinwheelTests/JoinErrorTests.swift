import Glibc
import Pinwheel
import Testing

/// What `join` throws, what it cancels, and that every result is destroyed exactly once.
@Suite(.timeLimit(.minutes(1)), .watched)
struct JoinErrorTests {
  /// Calls `body` where joins are made: on an outside thread, and on a worker.
  private func everywhere(_ pool: ThreadPool, _ body: @escaping @Sendable (ThreadPool) throws -> Void) throws {
    try body(pool)
    try pool.submit { [unowned pool] in try body(pool) }.wait()
  }

  @Test(arguments: workerCounts)
  func theErrorOfTheFirstWins(workers: Int) throws {
    let pool = try makePool(workers)
    try everywhere(pool) { pool in
      for _ in 0..<100 {
        #expect(performing: {
          try pool.join({ () throws(Oops) -> Int in throw Oops("a") }, { () throws(Oops) -> Int in throw Oops("b") })
        }, throws: { ($0 as? Oops)?.name == "a" })
        #expect(performing: {
          try pool.join({ () throws(Oops) -> Int in 1 }, { () throws(Oops) -> Int in throw Oops("b") })
        }, throws: { ($0 as? Oops)?.name == "b" })
        #expect(performing: {
          try pool.join({ throw Oops("a") }, { 1 })
        }, throws: { ($0 as? Oops)?.name == "a" })
      }
    }
  }

  /// Both have started, and both throw.
  @Test(arguments: workerCounts.filter { $0 > 1 })
  func theErrorOfTheFirstWinsWhenTheSecondWasStolen(workers: Int) throws {
    let pool = try makePool(workers)
    let ledger = Ledger()
    try everywhere(pool) { pool in
      for _ in 0..<20 {
        let stolen = Gate()
        #expect(performing: {
          try pool.join(
            { () throws(Oops) -> Instance in
              stolen.wait("the fork to be stolen")
              throw Oops("a", ledger.make())
            },
            { () throws(Oops) -> Instance in
              stolen.arrive()
              throw Oops("b", ledger.make())
            })
        }, throws: { ($0 as? Oops)?.name == "a" })
      }
    }
    #expect(ledger.made == 80)
    #expect(ledger.live == 0)
  }

  @Test(arguments: workerCounts.filter { $0 > 1 })
  func theResultOfAStolenSecondIsDestroyedWhenTheFirstThrows(workers: Int) throws {
    let pool = try makePool(workers)
    let ledger = Ledger()
    try everywhere(pool) { pool in
      for _ in 0..<20 {
        let stolen = Gate()
        #expect(throws: Oops.self) {
          try pool.join(
            { () throws(Oops) -> Void in
              stolen.wait("the fork to be stolen")
              throw Oops("a")
            },
            { () throws(Oops) -> Instance in
              stolen.arrive()
              return ledger.make()
            })
        }
      }
    }
    #expect(ledger.made == 40)
    #expect(ledger.live == 0)
  }

  /// On one worker nobody can have started it.
  @Test func aSecondThatNobodyStartedIsCancelled() throws {
    let pool = try makePool(1)
    let ran = Counter()
    try everywhere(pool) { pool in
      #expect(throws: Oops.self) {
        try pool.join({ () throws(Oops) -> Void in throw Oops("a") }, { () throws(Oops) -> Void in ran.add(1) })
      }
    }
    #expect(ran.value == 0)
  }

  @Test(arguments: workerCounts)
  func resultsAreHandedOverAndDestroyedOnce(workers: Int) throws {
    let pool = try makePool(workers)
    let ledger = Ledger()
    try everywhere(pool) { pool in
      for _ in 0..<200 {
        let (a, b) = pool.join({ ledger.make() }, { ledger.make() })
        #expect(a !== b)
        let pair = try pool.join({ () throws(Oops) -> Instance in ledger.make() }, { () throws(Oops) -> Instance in ledger.make() })
        #expect(pair.0 !== pair.1)
      }
    }
    #expect(ledger.made == 1600)
    #expect(ledger.live == 0)
  }

  /// Errors from the middle of a deep tree: the stack of forked jobs must be left as it was.
  @Test(arguments: workerCounts)
  func anErrorUnwindsADeepTree(workers: Int) throws {
    let pool = try makePool(workers)
    let ledger = Ledger()
    @Sendable func tree(_ depth: Int, _ path: Int) throws(Oops) -> Instance {
      if depth == 0 {
        if path % 7 == 3 { throw Oops("leaf", ledger.make()) }
        return ledger.make()
      }
      let (left, _) = try pool.join(
        { () throws(Oops) in try tree(depth - 1, 2 * path) }, { () throws(Oops) in try tree(depth - 1, 2 * path + 1) })
      return left
    }
    for _ in 0..<50 {
      #expect(throws: Oops.self) { _ = try tree(8, 1) }
      #expect(fib(pool, 8) == 21)
    }
    #expect(ledger.live == 0)
  }

  @Test(arguments: workerCounts)
  func captureContextsAreReleased(workers: Int) throws {
    let pool = try makePool(workers)
    let ledger = Ledger()
    for _ in 0..<100 {
      let (x, y) = (ledger.make(), ledger.make())
      let equal = pool.join({ x === y }, { y === x })
      #expect(equal == (false, false))
    }
    #expect(ledger.live == 0)
  }
}

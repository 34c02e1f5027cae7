import Glibc
import Pinwheel
import Synchronization
import Testing

/// Calls inside of calls, in every order that has a rule of its own.
@Suite(.timeLimit(.minutes(1)), .watched)
struct NestedTests {
  @Test(arguments: workerCounts)
  func joinInLoopInScopeInSubmit(workers: Int) throws {
    let pool = try makePool(workers)
    let total = Counter()
    let handles = try (0..<8).map { _ in
      try pool.submit { [unowned pool] in
        pool.scope { s in
          for _ in 0..<4 {
            s.spawn { [unowned pool] in
              pool.parallelFor(0..<8) { _ in
                let (a, b) = pool.join({ fib(pool, 5) }, { fib(pool, 6) })
                total.add(a + b)
              }
            }
          }
        }
      }
    }
    for handle in handles { handle.wait() }
    #expect(total.value == 8 * 4 * 8 * 13)
  }

  @Test(arguments: workerCounts)
  func loopsInsideLoops(workers: Int) throws {
    let pool = try makePool(workers)
    for outer in [Schedule.static, .auto, .dynamic(grain: 1)] {
      for inner in [Schedule.static, .auto, .dynamic(grain: 2)] {
        let marks = (0..<(20 * 20 * 5)).map { _ in Counter() }
        pool.parallelFor(0..<20, schedule: outer) { i in
          pool.parallelFor(0..<20, schedule: inner) { j in
            pool.parallelFor(0..<5) { k in marks[(i * 20 + j) * 5 + k].add(1) }
          }
        }
        #expect(marks.allSatisfy { $0.value == 1 })
      }
    }
  }

  @Test(arguments: workerCounts)
  func scopesAndLoopsInsideJoin(workers: Int) throws {
    let pool = try makePool(workers)
    let count = Counter()
    @Sendable func work(_ depth: Int) {
      if depth == 0 {
        pool.scope { s in for _ in 0..<5 { s.spawn { count.add(1) } } }
        pool.parallelFor(0..<5) { _ in count.add(1) }
        return
      }
      _ = pool.join({ work(depth - 1) }, { work(depth - 1) })
    }
    work(7)
    #expect(count.value == 128 * 10)
  }

  @Test(arguments: workerCounts)
  func jobsSpawnIntoAnOuterScopeWhileAnInnerOneIsOpen(workers: Int) throws {
    let pool = try makePool(workers)
    let (outerRan, innerRan) = (Counter(), Counter())
    for _ in 0..<50 {
      pool.scope { outer in
        for _ in 0..<4 {
          outer.spawn {
            let innerHere = Counter()
            pool.scope { inner in
              for _ in 0..<4 {
                outer.spawn { outerRan.add(1) }
                inner.spawn {
                  innerRan.add(1)
                  innerHere.add(1)
                  outer.spawn { outerRan.add(1) }
                }
              }
            }
            #expect(innerHere.value == 4)
          }
        }
      }
      #expect(outerRan.value % 32 == 0)
    }
    #expect(outerRan.value == 50 * 32)
    #expect(innerRan.value == 50 * 16)
  }

  @Test(arguments: workerCounts)
  func stolenJoinBranchesSpawnIntoTheScope(workers: Int) throws {
    let pool = try makePool(workers)
    let ran = Counter()
    for _ in 0..<50 {
      pool.scope { s in
        let stolen = Gate()
        _ = pool.join(
          {
            if workers > 1 { stolen.wait("the fork to be stolen") }
            s.spawn { ran.add(1) }
          },
          {
            stolen.arrive()
            s.spawn { ran.add(1) }
            pool.parallelFor(0..<4) { _ in s.spawn { ran.add(1) } }
          })
      }
      #expect(ran.value % 6 == 0)
    }
    #expect(ran.value == 300)
  }

  @Test(arguments: workerCounts)
  func jobsSpawnJobsOfTheirOwnScope(workers: Int) throws {
    let pool = try makePool(workers)
    let ran = Counter()
    @Sendable func grow(_ s: ThreadPool.Scope<Never>, _ depth: Int) {
      ran.add(1)
      if depth == 0 { return }
      s.spawn { grow(s, depth - 1) }
      s.spawn { grow(s, depth - 1) }
    }
    pool.scope { s in
      let s = copy s
      s.spawn { grow(s, 12) }
    }
    #expect(ran.value == 8191)
  }

  @Test(arguments: workerCounts)
  func threadsOutsideThePoolSpawnIntoAScope(workers: Int) throws {
    let pool = try makePool(workers)
    let ran = Counter()
    pool.scope { s in
      let s = copy s
      onThreads(8) { _ in for _ in 0..<500 { s.spawn { ran.add(1) } } }
    }
    #expect(ran.value == 4000)
  }

  @Test(arguments: workerCounts)
  func submissionsInsideAScopeOutliveIt(workers: Int) throws {
    let pool = try makePool(workers)
    let ran = Counter()
    try pool.submit { [unowned pool] in
      for _ in 0..<50 {
        try pool.scope { s in
          for _ in 0..<10 {
            try pool.submit { ran.add(1) }
            s.spawn { try pool.submit { ran.add(1) } }
          }
        }
      }
    }.wait()
    try pool.shutdown()
    #expect(ran.value == 1000)
  }

  @Test(arguments: workerCounts)
  func manyOutsideThreadsAtOnce(workers: Int) throws {
    let pool = try makePool(workers)
    let wrong = Counter()
    onThreads(8) { thread in
      for round in 0..<50 {
        switch (thread + round) % 4 {
        case 0: if fib(pool, 12) != 144 { wrong.add(1) }
        case 1: if pool.reduce(0..<500, identity: 0, combine: +, { $0 }) != 124_750 { wrong.add(1) }
        case 2:
          let seen = Counter()
          pool.parallelFor(0..<300, schedule: .dynamic(grain: 4)) { _ in seen.add(1) }
          if seen.value != 300 { wrong.add(1) }
        default:
          let seen = Counter()
          pool.scope { s in for _ in 0..<50 { s.spawn { seen.add(1) } } }
          if seen.value != 50 { wrong.add(1) }
        }
      }
    }
    #expect(wrong.value == 0)
  }

  /// Deeper than the stack of forked jobs holds: the rest runs inline.
  @Test(arguments: [1, 2])
  func joinsNestDeeperThanTheStrictStack(workers: Int) throws {
    let pool = try makePool(workers) { $0.stackSize = 1 << 30 }
    @Sendable func descend(_ depth: Int) -> Int {
      if depth == 0 { return 0 }
      let (a, b) = pool.join({ descend(depth - 1) }, { 1 })
      return a + b
    }
    #expect(try pool.submit { descend(70_000) }.wait() == 70_000)
    #expect(fib(pool, 10) == 55)
  }
}

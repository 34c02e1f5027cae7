import Glibc
import Pinwheel
import Synchronization
import Testing

extension PoolTests {
  /// `reduce`, over indices and over chunks: what is combined with what, and what is thrown.
  @Suite
  struct ReduceTests {
    /// A range may hold more indices than `Int.max`.
    @Test(arguments: workerCounts)
    func theLongestRange(workers: Int) throws {
      let pool = try makePool(workers)
      let add: @Sendable (UInt, UInt) -> UInt = { $0 &+ $1 }
      #expect(throws: Oops.self) {
        _ = try pool.reduce(Int.min..<Int.max, identity: 0, combine: add) { (i) throws(Oops) in throw Oops("\(i)") }
      }
      let length = pool.reduce(chunks: Int.min..<Int.max, identity: 0, combine: add) { part in
        UInt(bitPattern: part.upperBound &- part.lowerBound)
      }
      #expect(length == .max)
    }

    /// Parts that are all of the range, in order, none empty, none longer than the leaf, whoever runs them.
    @Test(arguments: workerCounts, [nil, 1, 3, 64, 5000, .max, -1])
    func chunksAreTheRangeInOrder(workers: Int, leaf: Int?) throws {
      let pool = try makePool(workers)
      for count in [1, 2, 7, 100, 3000] {
        let range = -5..<(count - 5)
        let parts = pool.reduce(chunks: range, identity: [], leaf: leaf, combine: +) { [$0] }
        #expect(parts.flatMap(Array.init) == Array(range))
        let most = max(leaf ?? count / 1024, 1)
        #expect(parts.allSatisfy { (1...most).contains($0.count) })
        #expect(parts.dropLast().allSatisfy { $0.count == most })
      }
    }

    @Test func anEmptyRangeGivesTheIdentity() throws {
      let pool = try makePool(2)
      let called = Counter()
      @Sendable func add(_ a: Int, _ b: Int) -> Int {
        called.add(1)
        return a + b
      }
      let sum = pool.reduce(chunks: 3..<3, identity: 7, combine: add) { _ in
        called.add(1)
        return 1
      }
      #expect(sum == 7)
      #expect(called.value == 0)
    }

    /// The same tree for indices and for chunks: sums of floating-point numbers agree, at any number of workers.
    @Test func indicesAndChunksAreCombinedAlike() throws {
      let values = (0..<5000).map { 1 / Double($0 + 1) }
      let sums = try workerCounts.flatMap { workers in
        let pool = try makePool(workers)
        return [
          pool.reduce(0..<values.count, identity: 0, combine: +) { values[$0] },
          pool.reduce(chunks: 0..<values.count, identity: 0, combine: +) { values[$0].reduce(0, +) },
        ]
      }
      #expect(Set(sums).count == 1)
    }

    @Test(arguments: workerCounts)
    func theLeftmostErrorOfAChunkIsThrown(workers: Int) throws {
      let pool = try makePool(workers)
      for _ in 0..<20 {
        let error = #expect(throws: Oops.self) {
          _ = try pool.reduce(chunks: 0..<1000, identity: 0, leaf: 10, combine: +) { (part) throws(Oops) -> Int in
            if part.lowerBound >= 300 { throw Oops("\(part.lowerBound)") }
            return part.count
          }
        }
        #expect(error?.name == "300")
      }
    }

    /// Without a fixed grouping: every index once, in order, whoever takes which part.
    @Test(arguments: workerCounts)
    func regroupingKeepsTheOrder(workers: Int) throws {
      let pool = try makePool(workers)
      for count in [0, 1, 2, 3, 7, 100, 3000] {
        let range = -5..<(count - 5)
        let calls = Counter()
        let all = pool.reduce(regrouping: range, identity: [], combine: +) { index -> [Int] in
          calls.add(1)
          return [index]
        }
        #expect(all == Array(range))
        #expect(calls.value == count)
      }
    }

    /// Nodes with many children, several levels of them, are all counted, and shared.
    @Test(arguments: workerCounts)
    func regroupingNests(workers: Int) throws {
      let pool = try makePool(workers)
      let runners = Mutex<Set<Int>>([])
      @Sendable func leaves(_ depth: Int) -> Int {
        if depth == 0 {
          if let worker = pool.currentWorker { _ = runners.withLock { $0.insert(worker) } }
          return 1
        }
        return pool.reduce(regrouping: 0..<10, identity: 0, combine: +) { _ in leaves(depth - 1) }
      }
      eventually("more than one worker has had leaves") {
        #expect(leaves(4) == 10_000)
        return workers == 1 || runners.withLock { $0.count } > 1
      }
    }

    /// Whoever asks while a long index runs finds the rest after it, though the loop had kept it to itself at first.
    @Test(.timeLimit(.minutes(1)))
    func theRestOfALoopThatWasKeptIsOffered() throws {
      let pool = try makePool(2)
      try pool.submit { [unowned pool] in
        let owner = pool.currentWorker
        let taken = Counter()
        // Enough private jobs that the loop at the bottom is kept.
        @Sendable func nest(_ depth: Int) {
          if depth > 0 {
            pool.join({ nest(depth - 1) }, { if pool.currentWorker != owner { taken.add(1) } })
            return
          }
          let helped = Counter()
          _ = pool.reduce(regrouping: 0..<64, identity: 0, combine: +) { index in
            if pool.currentWorker != owner { helped.add(1) }
            // One of the older jobs is offered at once and four lie ready: when the thief has had these, it is to have some
            // of this loop.
            if index < 5 {
              eventually("a thief takes an older job") { taken.value > index }
            } else if pool.currentWorker == owner {
              eventually("a thief takes some of the rest") { helped.value > 0 }
            }
            return 1
          }
          #expect(helped.value > 0)
        }
        nest(8)
      }.wait()
    }

    /// A short range whose indices last is cut down to each of them, however few cuts are made unasked.
    @Test(.timeLimit(.minutes(1)))
    func eachOfAFewLongIndicesFindsAWorker() throws {
      let pool = try makePool(8)
      try pool.submit { [unowned pool] in
        let all = Gate(8)
        let sum = pool.reduce(regrouping: 0..<8, identity: 0, combine: +) { index in
          all.arrive()
          eventually("all eight indices run at the same time", seconds: 5) { all.isOpen }
          return index
        }
        #expect(sum == 28)
      }.wait()
    }

    /// Calls `body` in a job beside which a thief waits for the first gate, with a job left for it after that, in which it
    /// waits for the second. So nobody asks when `body` begins, and too little lies ready to keep a loop: what is left of one
    /// lies ready as one job, which becomes everybody's when a fork of the index that runs hears the thief ask.
    private func withAThiefThatIsBusy(
      _ body: @escaping @Sendable (_ pool: ThreadPool, _ owner: Int?, _ gates: (Gate, Gate)) -> Void
    ) throws {
      let pool = try makePool(2)
      try pool.submit { [unowned pool] in
        let (begun, first, second) = (Gate(), Gate(), Gate())
        pool.join(
          {
            begun.wait("a thief to take the first job")
            pool.join({ body(pool, pool.currentWorker, (first, second)) }, { second.wait("the loop to go on") })
          },
          {
            begun.arrive()
            first.wait("the loop to have begun")
          })
      }.wait()
    }

    /// Runs a loop over a hundred indices, which calls `early` in each; `helped` counts those that others run.
    private func checkLoop(
      _ pool: ThreadPool, _ owner: Int?, _ early: @Sendable (_ index: Int, _ helped: Counter) -> Void
    ) {
      let (helped, calls) = (Counter(), Counter())
      let all = pool.reduce(regrouping: 0..<100, identity: [], combine: +) { index -> [Int] in
        calls.add(1)
        if pool.currentWorker != owner { helped.add(1) }
        early(index, helped)
        return [index]
      }
      #expect(all == Array(0..<100))
      #expect(calls.value == 100)
    }

    private func awaitHelp(_ pool: ThreadPool, _ helped: Counter) {
      eventually("the thief takes some of the rest") {
        pool.join({}, {})
        return helped.value > 0
      }
    }

    @Test(.timeLimit(.minutes(1)))
    func theRestOfALoopIsTakenAsOneJobAndCombinedInOrder() throws {
      try withAThiefThatIsBusy { pool, owner, gates in
        gates.1.arrive()
        checkLoop(pool, owner) { index, helped in
          if index != 2 { return }
          gates.0.arrive()
          awaitHelp(pool, helped)
        }
      }
    }

    /// Nor does its owner go on with it beside the others, who may take it at any time, though nobody does for now.
    @Test(.timeLimit(.minutes(1)))
    func theRestOfALoopThatOthersSeeIsNotRunBesideThem() throws {
      try withAThiefThatIsBusy { pool, owner, gates in
        let exposures = pool.counters.map(\.exposures).reduce(0, +)
        checkLoop(pool, owner) { index, helped in
          if index == 2 {
            gates.0.arrive()
            eventually("the thief asks, takes the job beside the loop, and the rest is exposed") {
              pool.join({}, {})
              return pool.counters.map(\.exposures).reduce(0, +) > exposures
            }
          }
          if index == 5 {
            gates.1.arrive()
            awaitHelp(pool, helped)
          }
        }
      }
    }

    /// A call that no slot takes, on another pool's worker, whose own slot nobody asks: it nested as deep as the range is long.
    @Test(.timeLimit(.minutes(1)))
    func aLongLoopThatNobodyTakesNestsNoDeeperThanItsHalves() throws {
      let (pool, other) = (try makePool(2), try makePool(1))
      try pool.shutdown()
      let count = 100_000
      let sum = try other.submit { pool.reduce(regrouping: 0..<count, identity: 0, combine: +) { $0 } }.wait()
      #expect(sum == count * (count - 1) / 2)
    }

    /// What was made of it is destroyed, not kept and not destroyed twice.
    @Test(.timeLimit(.minutes(1)))
    func theRestOfALoopIsWaitedForWhenAnIndexBeforeItThrows() throws {
      final class Made: Sendable {
        let alive: Counter
        init(_ alive: Counter) {
          self.alive = alive
          alive.add(1)
        }
        deinit { alive.add(-1) }
      }
      try withAThiefThatIsBusy { pool, _, gates in
        gates.1.arrive()
        let (alive, ended) = (Counter(), Counter())
        let error = #expect(throws: Oops.self) {
          _ = try pool.reduce(regrouping: 0..<10, identity: [], combine: +) { (index) throws(Oops) -> [Made] in
            if index == 2 {
              gates.0.arrive()
              eventually("the thief takes the rest") {
                pool.join({}, {})
                return alive.value > 2
              }
              throw Oops("two")
            }
            let made = Made(alive)
            if index > 2 { usleep(1000) }
            ended.add(1)
            return [made]
          }
        }
        #expect(error?.name == "two")
        #expect(ended.value == 9)
        #expect(alive.value == 0)
      }
    }

    @Test(arguments: workerCounts)
    func theLeftmostErrorOfARegroupedLoopIsThrown(workers: Int) throws {
      let pool = try makePool(workers)
      for _ in 0..<20 {
        let error = #expect(throws: Oops.self) {
          _ = try pool.reduce(regrouping: 0..<1000, identity: 0, combine: +) { (i) throws(Oops) -> Int in
            if i >= 300 { throw Oops("\(i)") }
            return 1
          }
        }
        #expect(error?.name == "300")
      }
    }
  }
}

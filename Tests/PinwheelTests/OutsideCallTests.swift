import Glibc
import Pinwheel
import Testing

extension PoolTests {
  /// Calls from threads that are no workers: they take a slot of an idle pool, and give it back.
  @Suite
  struct OutsideCallTests {
    /// Work that is long enough to share must not run on its caller alone because of the instant at which it came.
    @Test(arguments: workerCounts)
    func theFirstCallAfterTheStartFindsASlot(workers: Int) throws {
      var alone = 0
      for _ in 0..<30 {
        let pool = try makePool(workers)
        if pool.join({ pool.currentWorker == nil }, {}).0 { alone += 1 }
      }
      #expect(alone == 0, "of 30")
    }

    @Test(arguments: workerCounts)
    func aCallAfterAJobHasEndedFindsASlot(workers: Int) throws {
      let pool = try makeSettledPool(workers)
      var alone = 0
      for _ in 0..<300 {
        // All workers have work, and have just finished it.
        let handles = try (0..<workers).map { _ in try pool.submit {} }
        for handle in handles { handle.wait() }
        if pool.join({ pool.currentWorker == nil }, {}).0 { alone += 1 }
      }
      #expect(alone == 0, "of 300")
    }

    @Test(arguments: workerCounts)
    func aSlotIsGivenBack(workers: Int) throws {
      let pool = try makeSettledPool(workers)
      for _ in 0..<200 {
        _ = pool.join({}, {})
        #expect(pool.currentWorker == nil)
        #expect(throws: Oops.self) { try pool.join({ throw Oops("a") }, {}) }
        #expect(throws: Oops.self) { try pool.scope { _ in throw Oops("body") } }
        #expect(throws: Oops.self) { try pool.parallelFor(0..<100) { _ in throw Oops("loop") } }
        #expect(pool.currentWorker == nil)
      }
      eventually("an outside call still finds a slot") { pool.join({ pool.currentWorker != nil }, {}).0 }
    }

    /// The second closure of an outside join, when nobody steals it, is as much inside of the call as the first.
    @Test func theSecondOfAnOutsideJoinKeepsTheSlot() throws {
      let pool = try makeSettledPool(1)
      for _ in 0..<100 {
        let (first, second) = pool.join({ pool.currentWorker }, { pool.currentWorker })
        #expect(second == first)
      }
    }

    /// The slot's worker stands down: what is submitted meanwhile to a pool of one runs when the call is over.
    @Test func submissionsDuringACallRunAfterwards() throws {
      let pool = try makeSettledPool(1)
      let ran = Counter()
      for _ in 0..<200 {
        let handle = try pool.join({ try pool.submit { ran.add(1) } }, {}).0
        handle.wait()
      }
      #expect(ran.value == 200)
    }
  }
}

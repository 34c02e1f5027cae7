import Pinwheel
import Synchronization
import Testing

/// Forks may keep their jobs to themselves while enough lies ready for others; these tests are about what is still
/// offered.
extension PoolTests {
  @Suite
  struct JoinFeedTests {
    /// Nests `depth` joins whose second halves call `late`, and calls `deepest` at the bottom.
    private func nest(_ pool: ThreadPool, _ depth: Int, late: @Sendable () -> Void, deepest: () -> Void) {
      if depth == 0 { return deepest() }
      pool.join({ nest(pool, depth - 1, late: late, deepest: deepest) }, late)
    }

    /// The owner sits in the deepest of many nested forks: the outer ones must reach somebody else.
    @Test(.timeLimit(.minutes(1)), arguments: workerCounts.filter { $0 > 1 })
    func theOldestForksAreTakenWhileTheirOwnerIsBusy(workers: Int) throws {
      let pool = try makePool(workers)
      try pool.submit { [unowned pool] in
        let taken = Gate()
        let owner = pool.currentWorker
        nest(pool, 100) {
          if pool.currentWorker != owner { taken.arrive() }
        } deepest: {
          taken.wait("one of a hundred forks to be taken")
        }
      }.wait()
    }

    /// What was offered at first has been taken and is done, and the owner goes on forking what it may keep: its next
    /// forks must see that others ask again, and offer the older ones.
    @Test(.timeLimit(.minutes(1)))
    func keptForksHearThatOthersAskAgain() throws {
      let pool = try makePool(2)
      try pool.submit { [unowned pool] in
        let owner = pool.currentWorker
        let taken = Atomic<Int>(0)
        nest(pool, 12) {
          if pool.currentWorker != owner { taken.add(1, ordering: .relaxed) }
        } deepest: {
          // One is offered at once, and four lie ready before the rest are kept: all of these.
          eventually("five of twelve forks to be taken") {
            pool.join({}, {})
            return taken.load(ordering: .relaxed) >= 5
          }
        }
      }.wait()
    }

    /// Many are idle, but what is forked is done sooner than any of them could come: then not every fork is offered.
    @Test(.timeLimit(.minutes(1)))
    func smallForksAreNotAllOfferedToManySleepers() throws {
      let pool = try makePool(64)
      @Sendable func tree(_ depth: Int) -> Int {
        if depth == 0 { return 1 }
        let (left, right) = pool.join({ tree(depth - 1) }, { tree(depth - 1) })
        return left + right
      }
      let forks = tree(16) - 1
      #expect(forks == 65535)
      #expect(pool.counters.map(\.exposures).reduce(0, +) < forks / 2)
    }

    /// A thief that becomes idle late, when the owner has kept thousands of forks, is served by the next ones.
    @Test(.timeLimit(.minutes(1)))
    func aThiefThatComesLateIsFed() throws {
      let pool = try makePool(2)
      let release = Gate()
      let busy = try pool.submit { _ = release.wait("the owner to have forked a lot") }
      try pool.submit { [unowned pool] in
        let owner = pool.currentWorker
        let taken = Atomic<Int>(0)
        @Sendable func tree(_ depth: Int) {
          if depth == 0 {
            if pool.currentWorker != owner { taken.add(1, ordering: .relaxed) }
            return
          }
          pool.join({ tree(depth - 1) }, { tree(depth - 1) })
        }
        tree(12)  // nobody is idle: nearly all of these are kept
        release.arrive()
        while taken.load(ordering: .relaxed) == 0 { tree(12) }
      }.wait()
      busy.wait()
    }

    /// Whoever waits for a stolen job runs parts of it, so its forks must be offered while its runner is busy.
    @Test(.timeLimit(.minutes(1)))
    func aWaiterIsFedByTheJobThatItWaitsFor() throws {
      let pool = try makePool(2)
      for _ in 0..<20 {
        try pool.submit { [unowned pool] in
          let (begun, helped) = (Gate(), Gate())
          let owner = pool.currentWorker
          pool.join(
            { begun.wait("the fork to be taken") },
            {
              guard pool.currentWorker != owner else { return begun.arrive() }
              // On the other worker, while the owner waits for this very job: its parts are for the owner.
              nest(pool, 50) {
                if pool.currentWorker == owner { helped.arrive() }
              } deepest: {
                begun.arrive()
                helped.wait("the waiting worker to help")
              }
            })
        }.wait()
      }
    }
  }
}

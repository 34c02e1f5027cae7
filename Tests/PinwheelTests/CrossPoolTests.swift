import Glibc
import Pinwheel
import Testing

extension PoolTests {
  /// Pools that call each other: a worker of one is an outside caller of the other.
  @Suite
  struct CrossPoolTests {
    @Test(arguments: workerCounts)
    func thereAndBackAgain(workers: Int) throws {
      let (first, second) = (try makePool(workers), try makePool(workers))
      let value = try first.submit { [unowned first, unowned second] in
        let mine = first.currentWorker
        let (a, b) = second.join(
          {
            #expect(first.currentWorker == mine)
            return first.reduce(0..<100, identity: 0, combine: +) { i in second.join({ i }, { 0 }).0 }
          }, { first.reduce(0..<100, identity: 0, combine: +) { $0 } })
        #expect(first.currentWorker == mine)
        #expect(second.currentWorker == nil)
        return a + b
      }.wait()
      #expect(value == 9900)
    }

    @Test(arguments: workerCounts)
    func twoPoolsCallEachOtherFromAllWorkers(workers: Int) throws {
      let (first, second) = (try makePool(workers), try makePool(workers))
      let total = Counter()
      @Sendable func ping(_ here: ThreadPool, _ there: ThreadPool, _ depth: Int) {
        total.add(1)
        if depth == 0 { return }
        _ = there.join({ ping(there, here, depth - 1) }, { ping(there, here, depth - 1) })
        there.parallelFor(0..<2, schedule: .dynamic(grain: 1)) { _ in total.add(1) }
        there.scope { s in s.spawn { total.add(1) } }
      }
      let jobs = try (0..<(2 * workers)).map { index in
        index % 2 == 0
          ? try first.submit { ping(first, second, 4) } : try second.submit { ping(second, first, 4) }
      }
      for job in jobs { job.wait() }
      // 31 nodes a tree, of which 15 are inner ones with 3 more each.
      #expect(total.value == 2 * workers * (31 + 15 * 3))
    }

    @Test(arguments: workerCounts)
    func aScopeOfOnePoolInsideAScopeOfAnother(workers: Int) throws {
      let (first, second) = (try makePool(workers), try makePool(workers))
      let ran = Counter()
      for _ in 0..<20 {
        first.scope { outer in
          for _ in 0..<4 {
            outer.spawn {
              second.scope { inner in
                for _ in 0..<4 {
                  inner.spawn {
                    ran.add(1)
                    outer.spawn { ran.add(1) }
                  }
                }
              }
            }
          }
        }
      }
      #expect(ran.value == 20 * 32)
    }

    /// The only worker of a pool waits, by way of another pool, for a job of its own pool that nobody has started.
    @Test(arguments: workerCounts)
    func aHandleWaitedForByWayOfAnotherPoolDoesNotDeadlock(workers: Int) throws {
      let (first, second) = (try makeSettledPool(workers), try makeSettledPool(workers))
      let values = Counter()
      let jobs = try (0..<workers).map { _ in
        try first.submit { [unowned first, unowned second] in
          _ = try second.join(
            { values.add(try first.submit { 1 }.wait()) },
            { values.add(try first.submit { 1 }.wait()) })
        }
      }
      guard eventually("all jobs end", seconds: 3, { jobs.allSatisfy(\.isDone) }) else { return abandon(first, second) }
      #expect(values.value == 2 * workers)
    }

    /// While a worker calls another pool its slot keeps its forked jobs; a guest that takes the slot later must not
    /// find them.
    @Test func aGuestFindsNoJobsOfAWorkerThatHasCalledAnotherPool() throws {
      let (pool, other) = (try makeSettledPool(1), try makeSettledPool(1))
      for _ in 0..<20 {
        let ran = Counter()
        try pool.submit { [unowned pool, unowned other] in
          _ = pool.join({ _ = other.join({ ran.add(1) }, { ran.add(1) }) }, { ran.add(1) })
        }.wait()
        _ = pool.join({ ran.add(1) }, { ran.add(1) })
        #expect(ran.value == 5)
        let last = try pool.submit { ran.add(1) }
        guard eventually("the slot is given back", seconds: 3, { last.isDone }) else { return abandon(pool, other) }
      }
    }

    /// Every worker of each pool waits for a job submitted to the other.
    @Test(arguments: workerCounts)
    func submittedJobsWaitedForAcrossPoolsDoNotDeadlock(workers: Int) throws {
      let (first, second) = (try makePool(workers), try makePool(workers))
      let busy = Gate(2 * workers)
      let there = try (0..<workers).map { _ in
        try first.submit { [unowned second] in
          busy.arrive()
          busy.wait("all workers to be busy")
          return try second.submit { 1 }.wait()
        }
      }
      let here = try (0..<workers).map { _ in
        try second.submit { [unowned first] in
          busy.arrive()
          busy.wait("all workers to be busy")
          return try first.submit { 1 }.wait()
        }
      }
      guard eventually("all jobs end", seconds: 3, { (there + here).allSatisfy(\.isDone) }) else {
        return abandon(first, second)
      }
    }

    /// A job that its waiter runs on another pool's worker is one of its own pool's all the same.
    @Test func shutdownWaitsForAJobThatRunsOnAnotherPoolsWorker() throws {
      for isBatch in [false, true] {
        let (first, second) = (try makePool(1), try makePool(1))
        let (isBusy, go, began, ended) = (Gate(), Gate(), Gate(), Counter())
        try second.submit {
          isBusy.arrive()
          go.wait("the test to let go")
        }
        isBusy.wait("the second pool's worker to be busy")
        let job: @Sendable () -> Void = {
          began.arrive()
          usleep(100_000)
          ended.add(1)
        }
        let waiter: JobHandle<Void, Never>
        if isBatch {
          let batch = try second.submit(contentsOf: [job])
          waiter = try first.submit { batch.wait() }
        } else {
          let handle = try second.submit(job)
          waiter = try first.submit { handle.wait() }
        }
        began.wait("the first pool's worker to run the job")
        go.arrive()
        try second.shutdown()
        #expect(ended.value == 1)
        waiter.wait()
      }
    }

    /// Whoever claims a job, and however late: when `shutdown` returns it has ended.
    @Test(arguments: 0..<60)
    func shutdownDuringWaitsOnAnotherPoolsWorkers(round: Int) throws {
      let (first, second) = (try makePool(2), try makePool(1))
      let ended = Counter()
      let handles = try (0..<4).map { _ in
        try second.submit {
          usleep(50)
          ended.add(1)
        }
      }
      let batch = try second.submit(count: 4) { _ in
        usleep(50)
        ended.add(1)
      }
      let waiters = [
        try first.submit { for handle in handles.reversed() { handle.wait() } }, try first.submit { batch.wait() },
      ]
      usleep(UInt32(round * 5))
      try second.shutdown()
      #expect(ended.value == 8)
      for waiter in waiters { waiter.wait() }
    }

    /// Deadlocked pools cannot be shut down: leaked, so that the other tests can run.
    private func abandon(_ pools: ThreadPool...) {
      for pool in pools { _ = Unmanaged.passRetained(pool) }
    }
  }
}

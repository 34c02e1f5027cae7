import Glibc
import Pinwheel
import Synchronization
import Testing

extension PoolTests {
  /// The end of a pool: by `shutdown()`, by dropping it, from inside, and in races.
  @Suite
  struct ShutdownTests {
    @Test(arguments: workerCounts)
    func runsWhatWasSubmitted(workers: Int) throws {
      let pool = try makePool(workers)
      let ran = Counter()
      for _ in 0..<1000 { try pool.submit { ran.add(1) } }
      #expect(pool.state == .running)
      try pool.shutdown()
      #expect(ran.value == 1000)
      #expect(pool.state == .shutDown)
      try pool.shutdown()
    }

    @Test(arguments: workerCounts)
    func droppingRunsWhatWasSubmitted(workers: Int) throws {
      let ran = Counter()
      do {
        let pool = try makePool(workers)
        for _ in 0..<1000 { try pool.submit { ran.add(1) } }
      }
      #expect(ran.value == 1000)
    }

    @Test(arguments: workerCounts)
    func concurrentCallsAllWaitForTheEnd(workers: Int) throws {
      for _ in 0..<10 {
        let pool = try makePool(workers)
        let (ran, wrong) = (Counter(), Counter())
        for _ in 0..<50 {
          try pool.submit {
            usleep(20)
            ran.add(1)
          }
        }
        onThreads(8) { _ in
          do { try pool.shutdown() } catch { wrong.add(1) }
          if ran.value != 50 { wrong.add(1) }
        }
        #expect(wrong.value == 0)
      }
    }

    @Test(arguments: workerCounts)
    func fromInsideAJobThrows(workers: Int) throws {
      let (pool, other) = (try makeSettledPool(workers), try makeSettledPool(workers))
      @Sendable func attempt() -> PoolError? {
        // An outside call that found no slot is not a job of the pool's: it would end the pool.
        if pool.currentWorker == nil { return .shutdownFromInside }
        do { try pool.shutdown() } catch { return error }
        return nil
      }
      #expect(try pool.submit { attempt() }.wait() == .shutdownFromInside)
      #expect(pool.join({ attempt() }, { attempt() }) == (.shutdownFromInside, .shutdownFromInside))
      pool.scope { s in
        #expect(attempt() == .shutdownFromInside)
        s.spawn { #expect(attempt() == .shutdownFromInside) }
      }
      pool.parallelFor(0..<100, schedule: .dynamic(grain: 1)) { _ in #expect(attempt() == .shutdownFromInside) }
      // By way of another pool, on the same thread.
      #expect(try pool.submit { other.join({ attempt() }, {}).0 }.wait() == .shutdownFromInside)
      #expect(pool.state == .running)
      #expect(fib(pool, 10) == 55)
    }

    /// A handle's waiter on another pool's worker runs the job itself: there it is no less inside of its pool.
    @Test func aJobThatItsWaiterRunsElsewhereCannotEndItsPool() throws {
      let (pool, other) = (try makeSettledPool(1), try makeSettledPool(1))
      let (isBusy, isFree) = (Gate(), Gate())
      let blocker = try pool.submit {
        isBusy.arrive()
        isFree.wait("the end of the test")
      }
      isBusy.wait("the only worker to be busy")
      let job = try pool.submit { () -> PoolError? in
        do throws(PoolError) { try pool.shutdown() } catch { return error }
        return nil
      }
      let waiter = try other.submit { job.wait() }
      #expect(eventually("the waiter runs the job") { waiter.isDone })
      isFree.arrive()
      #expect(waiter.wait() == .shutdownFromInside)
      blocker.wait()
      #expect(pool.state == .running)
    }

    @Test(arguments: workerCounts)
    func afterwardsCallsRunOnTheCallerAndSubmitThrows(workers: Int) throws {
      let pool = try makePool(workers)
      try pool.shutdown()
      let me = pthread_self()
      let elsewhere = Counter()
      @Sendable func note() { if pthread_equal(pthread_self(), me) == 0 { elsewhere.add(1) } }
      #expect(fib(pool, 10) == 55)
      _ = pool.join({ note() }, { note() })
      let seen = Counter()
      pool.parallelFor(0..<100) { _ in
        note()
        seen.add(1)
      }
      pool.scope { s in
        for _ in 0..<10 {
          s.spawn {
            note()
            seen.add(1)
            s.spawn { seen.add(1) }
          }
        }
      }
      #expect(seen.value == 120)
      #expect(pool.map(0..<10) { $0 } == Array(0..<10))
      #expect(pool.reduce(0..<10, identity: 0, combine: +) { $0 } == 45)
      #expect(throws: Oops.self) { try pool.join({ throw Oops("a") }, { 1 }) }
      #expect(throws: PoolError.shutDown) { try pool.submit {} }
      #expect(elsewhere.value == 0)
      #expect(pool.counters.count == workers)
    }

    /// Jobs that go on submitting while the pool shuts down: each submission runs or is refused.
    @Test(arguments: workerCounts)
    func submissionsFromJobsRunOrAreRefused(workers: Int) throws {
      for _ in 0..<10 {
        let pool = try makePool(workers)
        let (accepted, ran) = (Counter(), Counter())
        @Sendable func again() {
          ran.add(1)
          for _ in 0..<2 {
            do {
              try pool.submit { again() }
              accepted.add(1)
            } catch {}
            if accepted.value > 20_000 { return }
          }
        }
        try pool.submit { again() }
        usleep(1000)
        try pool.shutdown()
        #expect(ran.value == accepted.value + 1)
        #expect(throws: PoolError.shutDown) { try pool.submit {} }
      }
    }

    @Test(arguments: workerCounts)
    func submissionsThatRaceWithTheEndRunOrAreRefused(workers: Int) throws {
      for round in 0..<20 {
        let pool = try makePool(workers)
        let (accepted, ran, wrong) = (Counter(), Counter(), Counter())
        onThreads(8) { thread in
          if thread == 0 {
            usleep(UInt32(round * 50))
            do { try pool.shutdown() } catch { wrong.add(1) }
            return
          }
          for _ in 0..<100_000 {
            do throws(PoolError) {
              try pool.submit { ran.add(1) }
              accepted.add(1)
            } catch {
              if error != .shutDown { wrong.add(1) }
              return
            }
          }
        }
        try pool.shutdown()
        #expect(ran.value == accepted.value)
        #expect(wrong.value == 0)
      }
    }

    /// Several threads end the pool while others submit, jobs try to end it too, and a caller is inside: each accepted
    /// job runs, each refused one was told so, and all of it has happened when an end returns.
    @Test(arguments: workerCounts)
    func severalEndsInAStormOfSubmissions(workers: Int) throws {
      for round in 0..<5 {
        let pool = try makeSettledPool(workers)
        let (accepted, ran, wrong, guests) = (Counter(), Counter(), Counter(), Counter())
        onThreads(8) { thread in
          switch thread {
          case 0..<3:
            usleep(UInt32(round * 100))
            do { try pool.shutdown() } catch { wrong.add(1) }
            if pool.state != .shutDown { wrong.add(1) }
          case 3:
            for _ in 0..<20 {
              pool.parallelFor(0..<8, schedule: .dynamic(grain: 1)) { _ in usleep(20) }
              guests.add(1)
            }
          default:
            for _ in 0..<5000 {
              do throws(PoolError) {
                try pool.submit {
                  do throws(PoolError) { try pool.shutdown() } catch {
                    if error == .shutdownFromInside { ran.add(1) }
                  }
                }
                accepted.add(1)
              } catch {
                if error != .shutDown { wrong.add(1) }
                return
              }
            }
          }
        }
        #expect(ran.value == accepted.value)
        #expect(wrong.value == 0)
        #expect(guests.value == 20)
      }
    }

    /// A caller that holds a slot is waited for, however long it stays.
    @Test(arguments: workerCounts)
    func waitsForACallerThatIsInside(workers: Int) throws {
      let pool = try makeSettledPool(workers)
      let (inside, release) = (Gate(), Gate())
      let (guest, ended) = (Counter(), Counter())
      onThreads(3) { thread in
        switch thread {
        case 0:
          _ = pool.join(
            {
              if pool.currentWorker != nil { guest.add(1) }
              inside.arrive()
              release.wait("the test to let the caller go")
            }, {})
        case 1:
          inside.wait("a caller inside")
          usleep(20_000)
          try? pool.shutdown()
          ended.add(1)
        default:
          inside.wait("a caller inside")
          usleep(100_000)
          if guest.value == 1 { #expect(ended.value == 0, "the pool has ended around its caller") }
          release.arrive()
        }
      }
      #expect(ended.value == 1)
      #expect(pool.state == .shutDown)
    }

    /// Loops post to sleeping workers and take posts back; a pool that ends just then must still find all of its
    /// workers.
    @Test(arguments: workerCounts)
    func loopsThatRaceWithTheEndLeaveNoWorkerAsleep(workers: Int) throws {
      for round in 0..<60 {
        let pool = try makePool(workers) { $0.spin = .zero }
        let ended = Gate()
        onThreads(2) { thread in
          if thread == 0 {
            usleep(UInt32(200 + round * 10))
            ended.arrive()
            try? pool.shutdown()
          } else {
            while !ended.isOpen || pool.state == .running { pool.parallelFor(0..<256, schedule: .static) { _ in } }
            for _ in 0..<20 { pool.parallelFor(0..<256, schedule: .static) { _ in } }
          }
        }
      }
    }

    /// All kinds of calls from outside, while the pool ends: each completes, on workers or on its caller.
    @Test(arguments: workerCounts)
    func callsThatRaceWithTheEndComplete(workers: Int) throws {
      for round in 0..<20 {
        let pool = try makePool(workers)
        let wrong = Counter()
        onThreads(5) { thread in
          if thread == 0 {
            usleep(UInt32(round * 100))
            do { try pool.shutdown() } catch { wrong.add(1) }
            return
          }
          for _ in 0..<20 {
            if fib(pool, 8) != 21 { wrong.add(1) }
            let seen = Counter()
            pool.parallelFor(0..<64, schedule: .dynamic(grain: 1)) { _ in seen.add(1) }
            pool.scope { s in
              for _ in 0..<8 { s.spawn { _ = pool.join({ seen.add(1) }, { seen.add(1) }) } }
            }
            if seen.value != 80 { wrong.add(1) }
          }
        }
        #expect(wrong.value == 0)
      }
    }

    /// The pool's last reference goes inside one of its own jobs: what was submitted still runs.
    @Test(arguments: workerCounts)
    func droppingInsideAJobRunsWhatWasSubmitted(workers: Int) throws {
      for _ in 0..<20 {
        let ran = Counter()
        let box = Mutex<ThreadPool?>(try makePool(workers))
        let go = Gate()
        try submitLast(box, go, ran)
        go.arrive()
        eventually("all jobs ran") { ran.value == 101 }
        #expect(box.withLock { $0 == nil })
      }
    }

    /// Leaves the box with the only reference, which the job drops.
    private func submitLast(_ box: borrowing Mutex<ThreadPool?>, _ go: Gate, _ ran: Counter) throws {
      let holder = Holder(box.withLock { $0.take() })
      let job: @Sendable () -> Void = {
        go.wait("the other references to go")
        holder.drop()
        ran.add(1)
      }
      try holder.submit(job)
      for _ in 0..<100 { try holder.submit { ran.add(1) } }
    }

    private final class Holder: Sendable {
      let pool: Mutex<ThreadPool?>
      init(_ pool: ThreadPool?) { self.pool = Mutex(pool) }
      func drop() { pool.withLock { $0 = nil } }
      func submit(_ job: @escaping @Sendable () -> Void) throws {
        _ = try pool.withLock { try $0?.submit(job) }
      }
    }
  }
}

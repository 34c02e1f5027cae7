import Glibc
import Pinwheel
import Testing

extension PoolTests {
  /// A scope is an object, and `copy` gets it out of its call. Jobs that are spawned then run where they are spawned.
  @Suite
  struct LeakedScopeTests {
    private func spawnLate(_ scope: ThreadPool.Scope<Never>) {
      let (ledger, me) = (Ledger(), pthread_self())
      let here = Counter()
      do {
        let instance = ledger.make()
        scope.spawn { withExtendedLifetime(instance) { here.add(pthread_self() == me ? 1 : 1000) } }
      }
      #expect(here.value == 1)
      #expect(ledger.live == 0)
    }

    @Test(arguments: workerCounts)
    func aScopeThatOutlivesItsPoolRunsItsJobs(workers: Int) throws {
      let leaked: ThreadPool.Scope<Never>
      do {
        let pool = try makePool(workers)
        leaked = pool.scope { copy $0 }
      }
      for _ in 0..<3 { spawnLate(leaked) }
    }

    @Test(arguments: workerCounts)
    func aScopeThatOutlivesItsCallRunsItsJobs(workers: Int) throws {
      let pool = try makePool(workers)
      let leaked = pool.scope { copy $0 }
      spawnLate(leaked)
      pool.scope { _ in spawnLate(leaked) }
      try pool.submit { spawnLate(leaked) }.wait()
      try pool.shutdown()
      spawnLate(leaked)
    }

    @Test func whatALateJobThrowsIsLost() throws {
      let pool = try makePool(1)
      let (leaked, ran) = (try pool.scope { (s: borrowing ThreadPool.Scope<any Error>) throws in copy s }, Counter())
      leaked.spawn {
        ran.add(1)
        throw Oops("late")
      }
      leaked.spawn { ran.add(1) }
      #expect(ran.value == 2)
    }

    /// Whether a job that another thread spawns just when the scope ends is waited for or late: it runs, once.
    @Test(arguments: 0..<20)
    func aScopeThatEndsDuringASpawnLosesNoJob(round: Int) throws {
      let pool = try makePool(2)
      let (ledger, ran, begun) = (Ledger(), Counter(), Gate())
      try onThreadsWith(pool, ledger, ran, begun, round)
      try pool.shutdown()
      #expect(ran.value == 2000)
      #expect(ledger.live == 0)
    }

    private func onThreadsWith(_ pool: ThreadPool, _ ledger: Ledger, _ ran: Counter, _ begun: Gate, _ round: Int) throws
    {
      let scopes = Passed()
      onThreads(3) { thread in
        if thread == 0 {
          pool.scope { s in
            scopes.set(copy s)
            begun.arrive()
            usleep(UInt32(round * 10))
          }
          return
        }
        begun.wait("the scope")
        let scope = scopes.get()
        for _ in 0..<1000 {
          let instance = ledger.make()
          scope?.spawn { withExtendedLifetime(instance) { ran.add(1) } }
        }
      }
    }
  }
}

private final class Passed: @unchecked Sendable {
  // SAFETY: written before the gate opens, read after.
  private var scope: ThreadPool.Scope<Never>?
  func set(_ scope: ThreadPool.Scope<Never>) { self.scope = scope }
  func get() -> ThreadPool.Scope<Never>? { scope }
}

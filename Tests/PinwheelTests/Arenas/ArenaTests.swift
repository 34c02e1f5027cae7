import Foundation
import PinwheelTopology
import Synchronization
import Testing

@testable import Pinwheel

/// A pool whose workers are placed on a machine that is not there, so that they really run, and are pinned to nothing.
func makePool(
  on synthetic: String, _ workers: WorkerCount = .auto, quota: Double? = nil,
  _ adjust: (inout PoolConfiguration) -> Void = { _ in }
) throws -> ThreadPool {
  var configuration = PoolConfiguration(workers: workers, places: .cores, bind: .close)
  adjust(&configuration)
  let quota = quota.map { CPUQuota(cpus: $0, source: "/sys/fs/cgroup/app/cpu.max") }
  return ThreadPool(try Crew.start(configuration, on: Machine(synthetic: synthetic, quota: quota)))
}

extension PoolTests {
  /// Pools that have the workers of one node of another.
  @Suite
  struct ArenaTests {
    private let twoNodes = "package:2 [numa] core:4 pu:1"

    private func places(_ pool: ThreadPool) -> [CPUSet] { pool.placement.seats.map(\.place) }

    /// Blocks all workers of the pools, each with a job of its own, and looks that no other job begins meanwhile.
    private func expectWorkers(_ pools: [(ThreadPool, Int)], location: SourceLocation = #_sourceLocation) throws {
      let all = Gate(pools.reduce(0) { $0 + $1.1 })
      let goOn = Gate()
      let surplus = Counter()
      var handles: [JobHandle<Void, Never>] = []
      for (pool, workers) in pools {
        #expect(pool.workerCount == workers, sourceLocation: location)
        for _ in 0..<workers {
          handles.append(
            try pool.submit {
              all.arrive()
              goOn.wait("the test to have seen all workers busy")
            })
        }
      }
      #expect(all.wait("all workers at once"), sourceLocation: location)
      for (pool, _) in pools { handles.append(try pool.submit { surplus.add(1) }) }
      usleep(20_000)
      #expect(surplus.value == 0, sourceLocation: location)
      goOn.arrive()
      for handle in handles { handle.wait() }
    }

    @Test func anArenaTakesItsNodesWorkersAndGivesThemBack() throws {
      let pool = try makePool(on: twoNodes)
      let before = pool.placement
      #expect(pool.nodes == [0, 1])
      let arena = try pool.arena(of: 1)
      #expect(places(pool) == [[0], [1], [2], [3]] && places(arena) == [[4], [5], [6], [7]])
      #expect(pool.nodes == [0] && arena.nodes == [1])
      #expect(pool.placement.workerCountReason == "auto: one for each of 8 usable cores, 4 of them in an arena")
      #expect(arena.placement.workerCountReason == "4 of its pool's 8 workers: on NUMA node 1")
      #expect(arena.configuration.name == "pinwheel-n1" && arena.configuration.workers == .exactly(4))
      #expect(pool.configuration.workers == .auto)
      try expectWorkers([(pool, 4), (arena, 4)])

      #expect(fib(arena, 15) == 610)
      let workers = Mutex<Set<Int?>>([])
      arena.parallelFor(0..<1000, schedule: .dynamic(grain: 1)) { _ in
        #expect(pool.currentWorker == nil)
        workers.withLock { _ = $0.insert(arena.currentWorker) }
      }
      #expect(workers.withLock { $0.isSubset(of: [0, 1, 2, 3]) })

      try arena.shutdown()
      #expect(pool.placement == before && pool.nodes == [0, 1])
      try expectWorkers([(pool, 8)])
      #expect(arena.state == .shutDown && fib(arena, 10) == 55)
    }

    @Test func allNodesLendAndThePoolKeepsOne() throws {
      let pool = try makePool(on: "package:3 [numa] core:2 pu:1")
      let arenas = try pool.nodes.map { try pool.arena(of: $0) }
      #expect(arenas.map(\.workerCount) == [2, 2, 1])
      #expect(places(pool) == [[5]])
      try expectWorkers([(pool, 1)] + zip(arenas, [2, 2, 1]))
      // The first is not the last any more, so what the pool kept goes to whom it belongs.
      try arenas[0].shutdown()
      #expect(places(pool) == [[0], [1]] && arenas[2].workerCount == 2)
      try expectWorkers([(pool, 2), (arenas[1], 2), (arenas[2], 2)])
    }

    @Test func theLastReferenceGivesTheWorkersBack() throws {
      let pool = try makePool(on: twoNodes)
      var arena: ThreadPool? = try pool.arena(of: 0)
      #expect(pool.workerCount == 4)
      arena = nil
      #expect(arena == nil && pool.workerCount == 8)

      // From inside of its own job, where nobody can join it: a while later.
      let box = Mutex<ThreadPool?>(try pool.arena(of: 0))
      try box.withLock { $0 }?.submit { box.withLock { $0 = nil } }
      eventually("the workers are back") { pool.workerCount == 8 }
    }

    /// The second end of an arena is not that of the node's next one.
    @Test func anArenaThatHasEndedTakesNothingFromTheNext() throws {
      let pool = try makePool(on: twoNodes)
      var first: ThreadPool? = try pool.arena(of: 0)
      try first?.shutdown()
      let second = try pool.arena(of: 0)
      try first?.shutdown()
      first = nil
      #expect(pool.workerCount == 4 && second.workerCount == 4)
      #expect(throws: PoolError.arena(.alreadyLent(node: 0))) { try pool.arena(of: 0) }
    }

    @Test func whatCannotBeLentIsAnErrorThatSaysWhy() throws {
      func failure(_ pool: ThreadPool, _ node: Int) -> String? {
        do throws(PoolError) { _ = try pool.arena(of: node) } catch { return error.description }
        return nil
      }
      let pool = try makePool(on: twoNodes)
      let arena = try pool.arena(of: 0)
      let before = (pool.placement, arena.placement)
      #expect(failure(pool, 7) == "there is no NUMA node 7; allowed: 0, 1")
      #expect(failure(pool, -1) == "there is no NUMA node -1; allowed: 0, 1")
      #expect(failure(pool, 0) == "the workers of NUMA node 0 are in an arena already")
      let isArena =
        "the pool is the arena of NUMA node 0: its settings and its workers are those of the pool it belongs to"
      #expect(failure(arena, 0) == isArena && failure(arena, 1) == isArena)
      #expect(throws: PoolError.arena(.isArena(node: 0))) { try arena.apply(arena.configuration) }
      #expect(throws: PoolError.arena(.isArena(node: 0))) { try arena.refresh() }
      #expect(pool.placement == before.0 && arena.placement == before.1)

      let free = try makePool(on: twoNodes) { $0.bind = .none }
      #expect(free.nodes == [])
      #expect(
        failure(free, 0) == "no worker belongs to NUMA node 0: bind is none; allowed: close, spread or primary")
      let few = try makePool(on: twoNodes, .exactly(2))
      #expect(failure(few, 1) == "no worker sits on NUMA node 1 alone; allowed: 0")
      let wide = try makePool(on: twoNodes, .exactly(2)) { $0.places = .explicit([CPUSet(0..<8)]) }
      #expect(failure(wide, 1) == "no worker sits on NUMA node 1 alone; allowed: none")
      let one = try makePool(on: twoNodes, .exactly(1))
      #expect(
        failure(one, 0)
          == "the arena of NUMA node 0 would have no worker: a pool keeps one itself, and there is no other on that node"
      )
      #expect(one.workerCount == 1 && few.workerCount == 2)

      try one.shutdown()
      #expect(throws: PoolError.shutDown) { try one.arena(of: 0) }
      let replayed = try ThreadPool.deterministic(seed: 1, workers: 2)
      #expect(throws: PoolError.deterministic) { try replayed.arena(of: 0) }
    }

    // MARK: Changes of the pool

    @Test func changesOfThePoolReachItsArenas() throws {
      let pool = try makePool(on: twoNodes)
      let arena = try pool.arena(of: 1)
      var configuration = pool.configuration
      configuration.workers = .exactly(6)
      configuration.spin = .zero
      let change = try pool.apply(configuration)
      #expect(change.previousWorkerCount == 4 && change.workerCount == 4)
      #expect(
        change.arenas
          == [ThreadPool.Change.OfArena(node: 1, workerCount: 2, previousWorkerCount: 4, movedWorkers: [])])
      #expect(change.description == "4 workers; in the arena of NUMA node 1 2 workers instead of 4")
      #expect(places(pool) == [[0], [1], [2], [3]] && places(arena) == [[4], [5]])
      #expect(arena.configuration.workers == .exactly(2) && arena.configuration.name == "pinwheel-n1")
      #expect(arena.waiting.spin == .zero)
      try expectWorkers([(pool, 4), (arena, 2)])

      // More workers than the arena began with.
      configuration.workers = .exactly(16)
      try pool.apply(configuration)
      #expect(places(arena) == [[4], [4], [5], [5], [6], [6], [7], [7]])
      try expectWorkers([(pool, 8), (arena, 8)])

      configuration.bind = .spread
      configuration.workers = .exactly(2)
      try pool.apply(configuration)
      #expect(places(pool) == [[0]] && places(arena) == [[4]])
      try expectWorkers([(pool, 1), (arena, 1)])

      try arena.shutdown()
      #expect(places(pool) == [[0], [4]])
    }

    @Test func aChangeThatLeavesAnArenaWithoutWorkersIsRefused() throws {
      let pool = try makePool(on: twoNodes)
      let arena = try pool.arena(of: 1)
      let before = (pool.placement, arena.placement)
      for adjust: (inout PoolConfiguration) -> Void in [
        { $0.workers = .exactly(4) }, { $0.bind = .none }, { $0.places = .explicit([CPUSet(0..<8)]) },
      ] {
        var configuration = pool.configuration
        adjust(&configuration)
        #expect(throws: PoolError.arena(.leftWithout(node: 1))) { try pool.apply(configuration) }
        #expect(pool.placement == before.0 && arena.placement == before.1)
        #expect(pool.configuration.workers == .auto && pool.configuration.bind == .close)
      }
      try expectWorkers([(pool, 4), (arena, 4)])
      #expect(
        PoolError.arena(.leftWithout(node: 1)).description
          == "the arena of NUMA node 1 would be left without workers: end it first, or give the node some")
    }

    @Test func arenasFollowTheMachine() throws {
      let pool = try makePool(on: twoNodes)
      let arena = try pool.arena(of: 1)
      // Two CPUs of the node go, and one of the pool's.
      let less = try Machine(synthetic: twoNodes, usable: [0, 1, 2, 6, 7])
      let change = try #require(try pool.crew.refresh(to: less))
      #expect(change.workerCount == 3 && change.previousWorkerCount == 4)
      #expect(change.arenas.map(\.node) == [1] && change.arenas.map(\.workerCount) == [2])
      #expect(places(pool) == [[0], [1], [2]] && places(arena) == [[6], [7]])
      try expectWorkers([(pool, 3), (arena, 2)])
      #expect(try pool.crew.refresh(to: less) == nil)

      // All of them: it is the program's to end the arena.
      let without = try Machine(synthetic: twoNodes, usable: [0, 1, 2])
      #expect(throws: PoolError.arena(.leftWithout(node: 1))) { try pool.crew.refresh(to: without) }
      #expect(places(pool) == [[0], [1], [2]] && places(arena) == [[6], [7]])
      try arena.shutdown()
      #expect(try pool.crew.refresh(to: without)?.workerCount == 3)
      #expect(places(pool) == [[0], [1], [2]])
    }

    /// What all of them may spin is judged by all of them.
    @Test func oneBudgetOfTime() throws {
      let pool = try makePool(on: twoNodes, .exactly(8), quota: 4) { $0.wait = .active }
      let arena = try pool.arena(of: 1)
      for waiting in [pool.waiting, arena.waiting] {
        #expect(waiting.policy == .passive && waiting.spin == .zero)
        #expect(waiting.warning == .quota(workers: 8, cpus: 4))
      }
    }

    /// What an old closure for events had went while the pool was being changed: if that was the last reference to an
    /// arena, which gives its workers back then, the thread waited for itself.
    @Test(arguments: [false, true])
    func theLastReferenceGoesWithWhatAnotherPoolWentBy(isArenas: Bool) throws {
      let lender = try makePool(on: twoNodes)
      let other = try makePool(on: twoNodes)
      // As settings that the pool's own arena has, too.
      let arenaOfOther = isArenas ? try other.arena(of: 0) : nil
      var configuration = other.configuration
      var arena: ThreadPool? = try lender.arena(of: 1)
      configuration.onEvent = { [arena] _ in withExtendedLifetime(arena) {} }
      arena = nil
      try other.apply(configuration)
      configuration.onEvent = { _ in }
      #expect(lender.workerCount == 4)
      try other.apply(configuration)
      #expect(lender.workerCount == 8)
      withExtendedLifetime(arenaOfOther) {}
    }

    // MARK: Ends

    @Test func anArenaOutlivesItsPool() throws {
      var pool: ThreadPool? = try makePool(on: twoNodes)
      let arena = try #require(try pool?.arena(of: 0))
      let other = try #require(try pool?.arena(of: 1))
      try pool?.shutdown()
      #expect(fib(arena, 15) == 610)
      pool = nil
      try expectWorkers([(arena, 4), (other, 3)])
      try arena.shutdown()
      #expect(other.workerCount == 3 && fib(other, 15) == 610)
    }

    @Test func eventsAndHooksAreThePools() throws {
      let said = Mutex<[String]>([])
      let started = Counter()
      let stopped = Counter()
      let pool = try makePool(on: twoNodes) {
        $0.onEvent = { event in said.withLock { $0.append(event.description) } }
        $0.onWorkerStart = { _ in started.add(1) }
        $0.onWorkerStop = { _ in stopped.add(1) }
      }
      let arena = try pool.arena(of: 1)
      #expect(
        said.withLock { $0 }.last
          == "4 workers (4 of its pool's 8 workers: on NUMA node 1), places cores, bind close, wait passive")
      eventually("all have begun") { started.value == 12 }
      try arena.shutdown()
      #expect(stopped.value == 4)
      try pool.shutdown()
      #expect(stopped.value == 12 && started.value == 12)
    }

    /// Arenas come and go while everybody works.
    @Test func nothingIsLostWhileArenasComeAndGo() throws {
      let pool = try makePool(on: twoNodes)
      let isOver = Atomic<Bool>(false)
      let submitted = Counter()
      let ran = Counter()
      onThreads(4) { caller in
        switch caller {
        case 0, 1:
          for round in 0..<60 {
            do {
              let arena = try pool.arena(of: caller)
              #expect((3...8).contains(arena.workerCount))
              let counts = (0..<64).map { _ in Counter() }
              arena.parallelFor(0..<64, schedule: .dynamic(grain: 1)) { counts[$0].add(1) }
              #expect(counts.allSatisfy { $0.value == 1 })
              for _ in 0..<10 {
                submitted.add(1)
                try arena.submit { ran.add(1) }
              }
              #expect(fib(arena, 10) == 55)
              if round % 2 == 0 { try arena.shutdown() }
            } catch { Issue.record(error) }
          }
          isOver.store(true, ordering: .releasing)
        case 2:
          var round = 0
          while !isOver.load(ordering: .acquiring) {
            var configuration = pool.configuration
            configuration.workers = .exactly(8 + round % 3 * 4)
            #expect(throws: Never.self) { try pool.apply(configuration) }
            round += 1
            usleep(500)
          }
        default:
          while !isOver.load(ordering: .acquiring) {
            #expect(fib(pool, 12) == 144)
            submitted.add(1)
            #expect(throws: Never.self) { try pool.submit { ran.add(1) } }
          }
        }
      }
      var configuration = pool.configuration
      configuration.workers = .auto
      try pool.apply(configuration)
      try expectWorkers([(pool, 8)])
      try pool.shutdown()
      #expect(ran.value == submitted.value)
    }
  }
}

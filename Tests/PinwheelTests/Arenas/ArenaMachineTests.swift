import Foundation
import PinwheelTopology
import Synchronization
import Testing

@testable import Pinwheel

/// A node with at least two usable CPUs, and its machine; nil if there is none, or the machine is described by hwloc's
/// environment.
private let wideNode: (Int, Machine)? = {
  guard let machine = try? Machine.current(), machine.source == .real else { return nil }
  return machine.nodes.first { machine.cpus(ofNode: $0).intersection(machine.usable).count > 1 }.map { ($0, machine) }
}()

extension PoolTests {
  /// Arenas of the machine that the tests run on: what the kernel says of their workers, and who has claimed what.
  @Suite(.enabled(if: wideNode != nil, "takes a node with two CPUs"))
  struct ArenaMachineTests {
    private func allowed(_ pool: ThreadPool) -> [CPUSet] {
      pool.crew.threads.withLock { threads in
        threads.prefix(pool.workerCount).map { Affinity.current(of: $0.handle) }
      }
    }

    @Test func workersAreWhereThePlacementsSay() throws {
      let (node, machine) = try #require(wideNode)
      let pool = try ThreadPool(PoolConfiguration(workers: .threads, places: .threads, bind: .close))
      let whole = pool.placement
      let arena = try pool.arena(of: node)
      for pool in [pool, arena] {
        #expect(pool.placement.seats.map(\.allowed) == pool.placement.seats.map(\.place))
        #expect(allowed(pool) == pool.placement.seats.map(\.place))
      }
      let ofArena = CPUSet(arena.placement.seats.flatMap(\.place))
      let ofPool = CPUSet(pool.placement.seats.flatMap(\.place))
      #expect(ofArena.isSubset(of: machine.cpus(ofNode: node)) && ofArena.intersection(ofPool).isEmpty)
      #expect(arena.workerCount + pool.workerCount == whole.seats.count)
      // With one node, the pool keeps its last worker.
      if machine.nodes == [node] {
        #expect(pool.placement.seats.map(\.place) == [whole.seats[whole.seats.count - 1].place])
      }
      // Not even the threads that stand aside, and may be finishing something, are on the arena's CPUs.
      pool.crew.threads.withLock { threads in
        for thread in threads { #expect(Affinity.current(of: thread.handle).intersection(ofArena).isEmpty) }
      }
      #expect(arena.map(0..<1000) { $0 } == Array(0..<1000) && pool.map(0..<1000) { $0 } == Array(0..<1000))

      try arena.shutdown()
      #expect(pool.placement == whole && allowed(pool) == whole.seats.map(\.place))
    }

    /// A cpuset takes one of the node's CPUs away, with an arena at work there, and gives it back.
    @Test func workersOfAnArenaMoveAndAreReported() throws {
      let (node, machine) = try #require(wideNode)
      let said = Mutex<ThreadPool.Change?>(nil)
      // Two workers a CPU, so that the arena has some on each CPU of the node.
      var configuration = PoolConfiguration(
        workers: .exactly(2 * machine.usable.count), places: .threads, bind: .close)
      configuration.onEvent = { event in if case .changed(let change) = event { said.withLock { $0 = change } } }
      let pool = try ThreadPool(configuration)
      let arena = try pool.arena(of: node)
      let before = arena.placement.seats.map(\.place)
      let gone = try #require(before.first)
      let (submitted, ran, loops) = (Counter(), Counter(), Counter())
      let isOver = Gate()
      onThreads(2) { thread in
        if thread == 0 {
          while !isOver.isOpen {
            submitted.add(1)
            #expect(throws: Never.self) { try arena.submit { ran.add(1) } }
            arena.parallelFor(0..<100, schedule: .dynamic(grain: 1)) { _ in loops.add(1) }
            submitted.add(100)
          }
          return
        }
        defer { isOver.arrive() }
        do {
          for _ in 0..<20 {
            var less = machine
            less.usable = machine.usable.subtracting(gone)
            let change = try #require(try pool.crew.refresh(to: less))
            let places = arena.placement.seats.map(\.place)
            let moved = places.indices.filter { $0 >= before.count || places[$0] != before[$0] }
            #expect(!moved.isEmpty && places.allSatisfy { $0.intersection(gone).isEmpty })
            #expect(
              change.arenas == [
                ThreadPool.Change.OfArena(
                  node: node, workerCount: places.count, previousWorkerCount: before.count, movedWorkers: moved)
              ])
            #expect(said.withLock { $0 } == change && change.lostCPUs == gone)
            #expect(allowed(arena) == places)
            let back = try #require(try pool.crew.refresh(to: machine))
            #expect(back.arenas.map(\.workerCount) == [before.count] && allowed(arena) == before)
          }
          // What changes nothing in the arena says nothing of it.
          var configuration = pool.configuration
          configuration.spin = .zero
          #expect(try pool.apply(configuration).arenas.isEmpty)
        } catch { Issue.record(error) }
      }
      try arena.shutdown()
      #expect(ran.value + loops.value == submitted.value && ran.value > 0)
    }

    /// After a change of a cpuset the kernel may have let them go anywhere, and only those with a place were put back: who
    /// stood aside, and was finishing something, ran on the arena's CPUs.
    @Test func whoStandsAsideIsPutBackToo() throws {
      let (node, machine) = try #require(wideNode)
      let pool = try ThreadPool(PoolConfiguration(workers: .threads, places: .threads, bind: .close))
      let arena = try pool.arena(of: node)
      let ofArena = CPUSet(arena.placement.seats.flatMap(\.place))
      pool.crew.threads.withLock { threads in
        #expect(threads.count > pool.workerCount)
        for thread in threads { _ = Affinity.pin(thread, to: machine.usable, isBound: true) }
      }
      var other = machine
      other.quota = CPUQuota(cpus: Double(machine.usable.count), source: "/sys/fs/cgroup/app/cpu.max")
      _ = try #require(try pool.crew.refresh(to: other))
      pool.crew.threads.withLock { threads in
        for thread in threads { #expect(Affinity.current(of: thread).intersection(ofArena).isEmpty) }
      }
      #expect(allowed(pool) == pool.placement.seats.map(\.place))
    }

    /// A pool that was to share the machine, and found no directory for that, sits where it would without claims. Its
    /// later plans had no CPU.
    @Test func aPoolThatCouldClaimNothingCanChange() throws {
      let (node, machine) = try #require(wideNode)
      var configuration = PoolConfiguration(workers: .exactly(2), places: .threads, bind: .close)
      configuration.share = .machine
      configuration.claimsDirectory = "/dev/null/claims"
      let pool = try ThreadPool(configuration)
      #expect(pool.placement.claimed.isEmpty && pool.placement.warnings.count == 1)
      let before = pool.placement.seats
      configuration.spin = .zero
      try pool.apply(configuration)
      #expect(pool.placement.seats == before)
      configuration.workers = .exactly(machine.cpus(ofNode: node).count)
      try pool.apply(configuration)
      #expect(pool.placement.seats.count == machine.cpus(ofNode: node).count)
    }

    /// Claims are the pool's for as long as anybody sits on the cores.
    @Test func claimsMoveAlong() throws {
      let (node, _) = try #require(wideNode)
      let directory = FileManager.default.temporaryDirectory.appendingPathComponent("pinwheel-\(UUID().uuidString)")
      try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(at: directory) }
      var configuration = PoolConfiguration(workers: .threads, places: .threads, bind: .close)
      configuration.share = .machine
      configuration.claimsDirectory = directory.path
      // Whether a pool of one worker finds a core that nobody has claimed.
      let findsFree = {
        var other = configuration
        other.workers = .exactly(1)
        return try ThreadPool(other).placement.warnings.isEmpty
      }

      let pool = try ThreadPool(configuration)
      let whole = pool.placement.claimed
      #expect(!whole.isEmpty && pool.placement.warnings.isEmpty)
      #expect(try !findsFree())
      let arena = try pool.arena(of: node)
      let cpus = { (pool: ThreadPool) in pool.placement.seats.reduce(CPUSet()) { $0.union($1.place) } }
      #expect(pool.placement.claimed.union(arena.placement.claimed) == whole)
      for pool in [pool, arena] { #expect(cpus(pool).isSubset(of: pool.placement.claimed)) }

      try pool.shutdown()
      #expect(try !findsFree(), "the arena still sits on the claimed cores")
      try arena.shutdown()
      #expect(try findsFree())
    }
  }
}

import Foundation
import PinwheelTopology
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

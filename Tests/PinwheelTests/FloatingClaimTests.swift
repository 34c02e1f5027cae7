import PinwheelTopology
import Testing

@testable import Pinwheel

/// The machine that the tests run on, if it has two usable cores and is not described by hwloc's environment.
private let realMachine: Machine? = {
  guard let machine = try? Machine.current(), machine.source == .real, machine.usableCoreCount > 1 else { return nil }
  return machine
}()

extension PoolTests {
  /// Pools that share the machine and bind nobody.
  @Suite
  struct FloatingClaimTests {
    private func places(_ pool: ThreadPool) -> [CPUSet] { pool.placement.seats.map(\.place) }

    private func warnings(_ pool: ThreadPool) -> [String] {
      // The machine is not there: pins may be refused.
      pool.placement.warnings.compactMap { if case .pinRefused = $0 { nil } else { $0.description } }
    }

    /// Each had as many workers as there are cores, all on the same.
    @Test func poolsOfOneProcessHaveOneBudget() throws {
      let shared = try SharedMachine()
      let first = try shared.floatingPool(.exactly(3))
      #expect(places(first) == Array(repeating: [0, 1, 2], count: 3) && first.placement.claimed == [0, 1, 2])
      let second = try shared.floatingPool(.auto)
      #expect(places(second) == Array(repeating: CPUSet(3..<8), count: 5))
      #expect(second.placement.claimed == CPUSet(3..<8))
      #expect(warnings(first).isEmpty && warnings(second).isEmpty)
      // Nothing is left.
      let third = try shared.floatingPool(.exactly(2))
      #expect(places(third) == [CPUSet(0..<8), CPUSet(0..<8)] && third.placement.claimed.isEmpty)
      #expect(
        warnings(third) == [
          "no core is left, so workers sit where others do: CPUs 0-7 are claimed by this process's pool 'pinwheel'"
        ])
      try third.shutdown()

      try first.shutdown()
      try second.apply(second.configuration)
      #expect(second.workerCount == 8 && second.placement.claimed == CPUSet(0..<8))
      var configuration = second.configuration
      configuration.workers = .exactly(1)
      try second.apply(configuration)
      #expect(places(second) == [[0]] && second.placement.claimed == [0])
      #expect(places(try shared.floatingPool(.auto)) == Array(repeating: CPUSet(1..<8), count: 7))
    }

    @Test func boundAndFloatingPoolsKeepOffEachOther() throws {
      let shared = try SharedMachine()
      let bound = try shared.pool(.exactly(2))
      let floating = try shared.floatingPool(.exactly(4))
      #expect(places(bound) == [[0], [1]] && places(floating) == Array(repeating: [2, 3, 4, 5], count: 4))
      #expect(places(try shared.pool(.auto)) == [[6], [7]])
      // Bound from now on, to what it has.
      var configuration = floating.configuration
      configuration.bind = .close
      try floating.apply(configuration)
      #expect(places(floating) == [[2], [3], [4], [5]] && floating.placement.claimed == [2, 3, 4, 5])
      // It shares no more: others have all of it, and its workers go everywhere.
      configuration.bind = .none
      configuration.share = .none
      try floating.apply(configuration)
      #expect(places(floating) == Array(repeating: CPUSet(0..<8), count: 4) && floating.placement.claimed.isEmpty)
      #expect(places(try shared.pool(.exactly(6))) == [[2], [3], [4], [5], [6], [7]])
    }

    @Test func aPoolThatCanClaimNothingFloatsOverAll() throws {
      let shared = try SharedMachine()
      let other = try shared.floatingPool(.exactly(2))
      let pool = try shared.floatingPool(.exactly(2))
      var configuration = pool.configuration
      configuration.claimsDirectory = "/dev/null/claims"
      try pool.apply(configuration)
      // What it has it keeps.
      #expect(pool.placement.claimed == [2, 3] && places(pool) == [[2, 3], [2, 3]])
      #expect(warnings(pool).count == 1 && warnings(pool)[0].hasPrefix("cores cannot be claimed in /dev/null/claims"))
      let late = ThreadPool(try Crew.start(configuration, on: shared.machine))
      #expect(places(late) == [CPUSet(0..<8), CPUSet(0..<8)] && late.placement.claimed.isEmpty)
      withExtendedLifetime(other) {}
    }

    /// By the kernel's word.
    @Test(.enabled(if: realMachine != nil, "takes two cores"))
    func workersMayRunOnTheirPoolsCoresAlone() throws {
      let shared = try SharedMachine()
      let machine = try #require(realMachine)
      var configuration = PoolConfiguration(workers: .exactly(1))
      configuration.share = .machine
      configuration.claimsDirectory = shared.directory.path
      let first = try ThreadPool(configuration)
      configuration.workers = .cores
      let second = try ThreadPool(configuration)
      #expect(first.placement.warnings.isEmpty && second.placement.warnings.isEmpty)
      #expect(second.workerCount == machine.usableCoreCount - 1)
      func allowed(_ pool: ThreadPool) -> [CPUSet] {
        pool.crew.threads.withLock { threads in threads.map { Affinity.current(of: $0) } }
      }
      let (own, others) = (first.placement.claimed, second.placement.claimed)
      #expect(own.intersection(others).isEmpty && own.union(others) == machine.wholeCores(of: machine.usable))
      #expect(allowed(first) == [own.intersection(machine.usable)])
      #expect(Set(allowed(second)) == [others.intersection(machine.usable)])
      #expect(fib(first, 12) == 144 && fib(second, 12) == 144)
      // Alone on the machine it has all of it, also by the kernel's word.
      try first.shutdown()
      try second.apply(configuration)
      #expect(second.workerCount == machine.usableCoreCount)
      #expect(Set(allowed(second)) == [machine.usable])
    }
  }
}

import PinwheelTopology
import Testing

@testable import Pinwheel

extension PoolTests {
  /// Claims of a pool that changes.
  @Suite
  struct ClaimChangeTests {
    private func places(_ pool: ThreadPool) -> [CPUSet] { pool.placement.seats.map(\.place) }

    private func isUnavailable(_ pool: ThreadPool) -> Bool {
      pool.placement.warnings.contains { if case .claimsUnavailable = $0 { true } else { false } }
    }

    /// It gave them all back, while its workers sat there.
    @Test func aPoolKeepsItsCoresWhenNoneCanBeClaimed() throws {
      let shared = try SharedMachine()
      let pool = try shared.pool(.exactly(2))
      #expect(pool.placement.claimed == [0, 1])
      var configuration = pool.configuration
      configuration.claimsDirectory = "/dev/null/claims"
      try pool.apply(configuration)
      #expect(isUnavailable(pool) && places(pool) == [[0], [1]] && pool.placement.claimed == [0, 1])
      #expect(places(try shared.pool(.auto)) == [[2], [3], [4], [5], [6], [7]])
      // More workers share what it has.
      configuration.workers = .exactly(4)
      try pool.apply(configuration)
      #expect(places(pool) == [[0], [0], [1], [1]] && pool.placement.claimed == [0, 1])
      #expect(pool.placement.unused.contains(UnusedCPU(osIndex: 2, reason: .notClaimable)))
      configuration.workers = .auto
      try pool.apply(configuration)
      #expect(places(pool) == [[0], [1]])
      // As soon as it can, it has others.
      configuration.claimsDirectory = shared.directory.path
      try pool.apply(configuration)
      #expect(!isUnavailable(pool) && pool.workerCount == 8 && pool.placement.claimed == CPUSet(0..<8))
    }

    @Test func settingsThatNameOtherCoresGoThereUnclaimed() throws {
      let shared = try SharedMachine()
      let pool = try shared.pool(.exactly(2))
      var configuration = pool.configuration
      configuration.claimsDirectory = "/dev/null/claims"
      configuration.places = .explicit([[5]])
      try pool.apply(configuration)
      #expect(isUnavailable(pool) && places(pool) == [[5], [5]] && pool.placement.claimed == [])
      #expect(try shared.pool(.auto).workerCount == 8)
    }
  }
}

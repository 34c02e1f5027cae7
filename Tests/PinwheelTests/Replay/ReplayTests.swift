import Pinwheel
import Synchronization
import Testing

extension PoolTests {
  /// One seed, one schedule.
  @Suite
  struct ReplayTests {
    @Test(arguments: replayedCounts)
    func theSameSeedGivesTheSameRun(workers: Int) throws {
      let load = Load()
      for seed: UInt64 in [1, 2, 12_345] {
        let runs = try (0..<20).map { _ in try Run(seed: seed, workers: workers, mixedProgram) }
        #expect(Set(runs.map(\.replay.fingerprint)).count == 1, "seed \(seed)")
        #expect(Set(runs.map(\.replay.schedulingPoints)).count == 1, "seed \(seed)")
        #expect(Set(runs.map(\.story)).count == 1, "seed \(seed)")
        #expect(runs.allSatisfy { $0.replay.isExact }, "seed \(seed): \(runs.compactMap(\.replay.end))")
      }
      withExtendedLifetime(load) {}
    }

    @Test(arguments: [2, 4, 8])
    func otherSeedsGiveOtherRuns(workers: Int) throws {
      let runs = try (0..<20).map { try Run(seed: $0, workers: workers, mixedProgram) }
      let stories = Set(runs.map(\.story))
      #expect(stories.count >= 10, "only \(stories.count) of 20 differ")
      #expect(Set(runs.map(\.replay.fingerprint)).count == 20)
    }
  }
}

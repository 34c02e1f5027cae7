import PinwheelTopology
import Testing

@testable import Pinwheel

extension PoolTests {
  /// Arenas of pools that have claimed their cores, and were planned beside others that have gone meanwhile. On a machine
  /// that is not there, but for which claims are made as though it were.
  @Suite
  struct ArenaClaimTests {
    private func places(_ pool: ThreadPool) -> [CPUSet] { pool.placement.seats.map(\.place) }

    /// The pool was planned anew, with more workers than it had slots for.
    @Test func anArenaIsAPartOfThePoolAsItIs() throws {
      let sharing = try SharedMachine()
      let other = try sharing.pool(.exactly(6), [0, 1, 2, 4, 5, 6])
      let pool = try sharing.pool(.auto)
      #expect(places(pool) == [[3], [7]])
      try other.shutdown()
      let arena = try pool.arena(of: 1)
      #expect(places(pool) == [[3]] && places(arena) == [[7]])
      #expect(pool.workerCount == 1 && arena.workerCount == 1)
      #expect(pool.placement.claimed == [3] && arena.placement.claimed == [7])
      // Whoever wants the rest asks for it.
      try pool.apply(pool.configuration)
      #expect(places(pool) == [[0], [1], [2], [3]] && places(arena) == [[4], [5], [6], [7]])
      #expect(pool.workerCount == 4 && arena.workerCount == 4)
      #expect(pool.map(0..<100) { $0 } == Array(0..<100) && arena.map(0..<100) { $0 } == Array(0..<100))
      try arena.shutdown()
      #expect(pool.workerCount == 8)
    }

    /// The pool was planned anew, on the other node, and the arena refused.
    @Test func aNodeThatHasWorkersCanBeLent() throws {
      let sharing = try SharedMachine()
      let other = try sharing.pool(.exactly(4), [0, 1, 2, 3])
      let pool = try sharing.pool(.exactly(4))
      #expect(places(pool) == [[4], [5], [6], [7]] && pool.nodes == [1])
      try other.shutdown()
      let arena = try pool.arena(of: 1)
      #expect(places(pool) == [[7]] && places(arena) == [[4], [5], [6]])
      try arena.shutdown()
      #expect(places(pool) == [[4], [5], [6], [7]])
    }
  }
}

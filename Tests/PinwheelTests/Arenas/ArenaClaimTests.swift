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

    /// A change of the pool gave the cores back on which the arena's last jobs were still running.
    @Test func anArenaThatEndsKeepsItsCoresUntilItsWorkersHaveGone() throws {
      let sharing = try SharedMachine()
      let pool = try sharing.pool(.auto)
      let arena = try pool.arena(of: 1)
      let goOn = Gate()
      let job = try arena.submit { _ = goOn.wait("the test to change the pool") }
      let isOver = Gate()
      onThreads(2) { thread in
        if thread == 0 {
          #expect(throws: Never.self) { try arena.shutdown() }
          return isOver.arrive()
        }
        eventually("the arena is ending") { arena.state == .shutDown }
        var configuration = pool.configuration
        configuration.workers = .exactly(5)
        #expect(throws: Never.self) { try pool.apply(configuration) }
        let late = try? sharing.pool(.exactly(1))
        #expect(late?.placement.claimed == [], "on a core that the arena has")
        #expect(!isOver.isOpen)
        goOn.arrive()
      }
      job.wait()
      #expect(places(pool) == [[0], [1], [2], [3], [4]])
      #expect(places(try sharing.pool(.auto)) == [[5], [6], [7]])
    }
  }
}

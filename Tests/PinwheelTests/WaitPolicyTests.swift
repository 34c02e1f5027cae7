import Glibc
import PinwheelTopology
import Synchronization
import Testing

@testable import Pinwheel

extension PoolTests {
  /// `wait: active` and `passive`: who parks, and when an active pool may not spin.
  @Suite
  struct WaitPolicyTests {
    private static let cpus = (try? Machine.current())?.usable.count ?? 1
    private static let quota = (try? Machine.current())?.quota?.cpus ?? .infinity
    /// Then all pools are deterministic, and their threads take turns.
    private static let isReplayed = getenv("POOL_TESTS_SEED") != nil
    /// As many workers as may spin here.
    private static let most = max(1, Int(min(Double(cpus), quota)))

    private func parks(_ pool: ThreadPool) -> Int { (0..<pool.workerCount).reduce(0) { $0 + pool.counters[$1].parks } }

    @Test(.disabled(if: isReplayed))
    func anActivePoolNeverParks() throws {
      let pool = try makePool(Self.most) { $0.wait = .active }
      #expect(pool.waiting.policy == .active)
      #expect(pool.waiting.warning == nil)
      let ran = Atomic<Int>(0)
      for _ in 0..<20 {
        usleep(2000)  // forty times as long as a passive worker looks for work
        pool.parallelFor(0..<8) { _ in ran.add(1, ordering: .relaxed) }
        _ = try pool.submit { ran.add(1, ordering: .relaxed) }.wait()
        pool.scope { s in for _ in 0..<3 { s.spawn { ran.add(1, ordering: .relaxed) } } }
      }
      #expect(ran.load(ordering: .relaxed) == 20 * 12)
      #expect(parks(pool) == 0)
      try pool.shutdown()
    }

    @Test(.disabled(if: isReplayed))
    func aPassivePoolParks() throws {
      let pool = try makePool(Self.most) { $0.wait = .passive }
      #expect(pool.waiting.policy == .passive)
      eventually("all workers park") { parks(pool) >= pool.workerCount }
      try pool.shutdown()
    }

    @Test func anActivePoolOfTooManyWorkersParksAndSaysSo() throws {
      let said = Mutex<[PoolEvent]>([])
      let workers = Self.cpus + 1
      let pool = try makePool(workers) {
        $0.determinism = nil
        $0.wait = .active
        $0.onEvent = { event in said.withLock { $0.append(event) } }
      }
      let warning = WaitWarning.fewerCPUs(workers: workers, cpus: Self.cpus)
      #expect(pool.waiting.policy == .passive)
      #expect(pool.waiting.spin == .zero)
      #expect(pool.waiting.warning == warning)
      #expect(said.withLock { $0 }.contains(.waiting(warning)))
      eventually("all workers park") { parks(pool) >= workers }
      try pool.shutdown()
    }

    /// Who has asked for nothing is told nothing.
    @Test func aPoolOfTooManyWorkersIsSilentByDefault() throws {
      let said = Mutex<[PoolEvent]>([])
      let pool = try makePool(Self.cpus + 1) { $0.onEvent = { event in said.withLock { $0.append(event) } } }
      #expect(pool.waiting.spin == .zero)
      #expect(pool.waiting.warning == nil)
      #expect(!said.withLock { $0 }.contains { if case .waiting = $0 { true } else { false } })
    }

    @Test func anActiveDeterministicPoolTakesTurns() throws {
      let pool = try makePool(3) {
        $0.wait = .active
        $0.determinism = .init()
      }
      #expect(pool.waiting.policy == .passive)
      #expect(pool.map(0..<20) { $0 } == Array(0..<20))
      #expect(pool.replay?.isExact == true)
      try pool.shutdown()
    }

    /// Spinning threads see the end of their pool, also when it is dropped in the middle of a call.
    @Test(.disabled(if: isReplayed))
    func activePoolsEnd() throws {
      for round in 0..<30 {
        var pool: ThreadPool? = try makePool(Self.most) { $0.wait = .active }
        if round % 3 == 1 { _ = pool?.map(0..<10) { $0 } }
        if round % 2 == 0 { try pool?.shutdown() }
        pool = nil
      }
    }

    /// Each worker had stood down for a visitor, and then all of them slept until the next job woke one.
    @Test(.disabled(if: isReplayed || most < 2))
    func anActivePoolWhoseEverySeatWasVisitedIsAwakeAfterwards() throws {
      let name = "visited"
      let pool = try makePool(2) {
        $0.wait = .active
        $0.name = name
      }
      for _ in 0..<5 {
        let (inside, outside) = (Gate(2), Gate(2))
        onThreads(2) { _ in
          // Both hold a slot at the same time, so both workers have stood down.
          eventually("a seat is free") {
            pool.join(
              {
                guard pool.currentWorker != nil else { return false }
                inside.arrive()
                return inside.wait("the other visitor")
              }, {}
            ).0
          }
          outside.arrive()
        }
        eventually("a worker spins") { Self.states(ofThreadsNamed: name).contains("R") }
      }
      try pool.shutdown()
    }

    /// What the threads do whose names begin so: R runs, S sleeps.
    private static func states(ofThreadsNamed name: String) -> [String] {
      tasks().compactMap { task in
        guard firstLine(of: "/proc/self/task/\(task)/comm").hasPrefix(name) else { return nil }
        let stat = firstLine(of: "/proc/self/task/\(task)/stat")
        return stat.split(separator: " ").dropFirst(2).first.map(String.init)
      }
    }

    @Test func warningsAreSentences() {
      #expect(
        WaitWarning.fewerCPUs(workers: 3, cpus: 1).description
          == "idle workers park at once: 3 workers share 1 CPU, so whoever spins takes time from somebody who works")
      #expect(
        WaitWarning.quota(workers: 3, cpus: 1.5).description
          == "idle workers park at once: 3 workers share a quota of 1.5 CPUs, so time that is spun away is taken from "
          + "those who work")
    }

    /// Half a second more than the longest time came out as a tenth of a second.
    @Test func aTimeThatIsTooLongIsClamped() {
      let most = Duration(secondsComponent: 18_446_744_073, attosecondsComponent: 709_551_615_000_000_000)
      #expect(most.nanoseconds == .max)
      #expect((most - .nanoseconds(1)).nanoseconds == UInt64.max - 1)
      for more in [
        Duration.nanoseconds(1), .milliseconds(100), .milliseconds(290), .seconds(1), .seconds(Int64.max / 2),
      ] {
        #expect((most + more).nanoseconds == .max, "\(more)")
      }
      #expect(Duration.nanoseconds(-1).nanoseconds == 0)
      #expect((most - most - most).nanoseconds == 0)
    }
  }
}

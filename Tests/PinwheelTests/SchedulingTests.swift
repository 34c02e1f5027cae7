import Foundation
import Pinwheel
import PinwheelTopology
import Synchronization
import Testing

/// Scheduling class and nice value, as the kernel tells them of each worker. Whom it refuses them is the affair of a
/// process of its own: `refused-scheduling`.
@Suite("Scheduling", .timeLimit(.minutes(1)))
struct SchedulingTests {
  /// What `/proc/thread-self/stat` says: nice value (field 19), realtime priority (40) and policy (41), of proc_pid_stat(5).
  struct State: Hashable {
    var nice: Int
    var priority: Int
    var policy: Int

    static func current() -> State? {
      guard let stat = try? String(contentsOfFile: "/proc/thread-self/stat", encoding: .utf8),
        let name = stat.lastIndex(of: ")")
      else { return nil }
      let fields = stat[stat.index(after: name)...].split(separator: " ").map { Int($0) ?? 0 }
      guard fields.count > 38 else { return nil }
      return State(nice: fields[16], priority: fields[37], policy: fields[38])
    }
  }

  private final class Seen: Sendable {
    private let states = Mutex<[State?]>([])
    func look() {
      let state = State.current()
      states.withLock { $0.append(state) }
    }
    var all: [State?] { states.withLock { $0 } }
  }

  /// A pool of three workers, and what they see of themselves in their start hooks.
  private func pool(_ configure: (inout PoolConfiguration) -> Void) throws -> (pool: ThreadPool, seen: Seen) {
    let seen = Seen()
    var configuration = PoolConfiguration(workers: .exactly(3))
    configure(&configuration)
    configuration.onWorkerStart = { _ in seen.look() }
    return (try ThreadPool(configuration), seen)
  }

  private func states(_ configure: (inout PoolConfiguration) -> Void) throws -> Set<State?> {
    let (pool, seen) = try pool(configure)
    try pool.shutdown()
    #expect(seen.all.count == 3)
    return Set(seen.all)
  }

  /// What all workers are by now, each in a job of its own.
  private func states(of pool: ThreadPool) throws -> Set<State?> {
    let count = pool.workerCount
    let seen = Seen()
    let gate = Gate(count)
    let jobs = try (0..<count).map { _ in
      try pool.submit {
        gate.arrive()
        gate.wait("all workers")
        seen.look()
      }
    }
    for job in jobs { job.wait() }
    return Set(seen.all)
  }

  @Test("by default workers are as the process is")
  func inherited() throws {
    let mine = try #require(State.current())
    #expect(try states { _ in } == [mine])
  }

  @Test("batch, idle and a higher nice value need no permission")
  func standingBack() throws {
    let mine = try #require(State.current())
    try #require(mine.policy == 0, "the tests themselves run in another class")
    for (schedulingClass, policy) in [(SchedulingClass.batch, 3), (.idle, 5), (.normal, 0)] {
      let states = try states {
        $0.scheduling = schedulingClass
        $0.nice = 19
      }
      #expect(states == [State(nice: 19, priority: 0, policy: policy)])
    }
    #expect(State.current() == mine, "the caller keeps its own")
  }

  @Test("a realtime class is had, or the pool does not start and says what it takes")
  func realtime() throws {
    for (schedulingClass, policy) in [(SchedulingClass.fifo(priority: 7), 1), (.roundRobin(priority: 7), 2)] {
      do {
        let states = try states { $0.scheduling = schedulingClass }
        #expect(states.allSatisfy { $0?.policy == policy && $0?.priority == 7 })
      } catch PoolError.schedulingRefused(let refusal) {
        #expect(refusal.key == "scheduling" && refusal.value == "\(schedulingClass)" && refusal.origin == .api)
        #expect(refusal.errno == EPERM && refusal.limit?.name == "RLIMIT_RTPRIO" && refusal.limit?.needed == 7)
      }
    }
  }

  @Test("a lower nice value is had, or the pool does not start and says what it takes")
  func lowerNice() throws {
    let mine = try #require(State.current())
    guard mine.nice > -20 else { return }
    do {
      let states = try states { $0.nice = mine.nice - 1 }
      #expect(states == [State(nice: mine.nice - 1, priority: mine.priority, policy: mine.policy)])
    } catch PoolError.schedulingRefused(let refusal) {
      #expect(refusal.key == "nice" && refusal.value == "\(mine.nice - 1)" && refusal.errno == EACCES)
      #expect(refusal.limit?.name == "RLIMIT_NICE" && refusal.limit?.needed == 21 - mine.nice)
    }
  }

  @Test("workers that come later are as the others, before their hooks run")
  func growth() throws {
    let (pool, seen) = try pool {
      $0.scheduling = .batch
      $0.nice = 7
    }
    var configuration = pool.configuration
    configuration.workers = .exactly(6)
    try pool.apply(configuration)
    eventually("all have begun") { seen.all.count == 6 }
    let expected = State(nice: 7, priority: 0, policy: 3)
    #expect(Set(seen.all) == [expected])
    #expect(try states(of: pool) == [expected])
  }

  /// They kept what that thread had, as the configuration asks for nothing.
  @Test("workers that come later are as the others, whatever has the thread that lets them come")
  func growthFromBehind() throws {
    let mine = try #require(State.current())
    try #require(mine.nice < 15, "nobody is behind the tests")
    let (pool, seen) = try pool { _ in }
    onThreads(1) { _ in
      expectNoThrow {
        try putBehind(mine.nice + 5)
        var configuration = pool.configuration
        configuration.workers = .exactly(6)
        do {
          try pool.apply(configuration)
          eventually("all have begun") { seen.all.count == 6 }
          #expect(pool.workerCount == 6)
        } catch PoolError.schedulingRefused(let refusal) {
          #expect(refusal.key == "nice" && refusal.value == "inherited" && pool.workerCount == 3)
        }
        #expect(Set(seen.all) == [mine])
        #expect(try states(of: pool) == [mine])
      }
    }
  }

  @Test("an arena's workers are as its pool's, whatever has the thread that makes it")
  func arenaFromBehind() throws {
    let mine = try #require(State.current())
    try #require(mine.nice < 15, "nobody is behind the tests")
    let machine = try Machine.current()
    guard let node = machine.nodes.first, machine.cpus(ofNode: node).intersection(machine.usable).count > 1 else {
      return
    }
    let (pool, _) = try pool { ($0.places, $0.bind) = (.threads, .close) }
    onThreads(1) { _ in
      expectNoThrow {
        try putBehind(mine.nice + 5)
        do {
          let arena = try pool.arena(of: node)
          #expect(try states(of: arena) == [mine])
        } catch PoolError.schedulingRefused(let refusal) {
          #expect(refusal.key == "nice" && refusal.value == "inherited")
        }
        #expect(try states(of: pool) == [mine])
      }
    }
  }

  /// Gives the calling thread this nice value.
  private func putBehind(_ nice: Int) throws {
    try #require(setpriority(0, 0, Int32(nice)) == 0, "errno \(errno)")
  }

  private func expectNoThrow(_ body: () throws -> Void) {
    do { try body() } catch { Issue.record(error) }
  }

  @Test("a pool that runs takes another class and nice value for all workers")
  func changes() throws {
    let mine = try #require(State.current())
    try #require(mine.policy == 0, "the tests themselves run in another class")
    let (pool, _) = try pool { _ in }
    #expect(try states(of: pool) == [mine])
    var configuration = pool.configuration
    configuration.nice = 8
    configuration.workers = .exactly(4)
    #expect(try pool.apply(configuration).ignored == [])
    #expect(try states(of: pool) == [State(nice: 8, priority: 0, policy: 0)])
    configuration.scheduling = .batch
    configuration.nice = 9
    try pool.apply(configuration)
    #expect(try states(of: pool) == [State(nice: 9, priority: 0, policy: 3)])
    // Who says nothing of them leaves them.
    try pool.apply(PoolConfiguration(workers: .exactly(5)))
    #expect(try states(of: pool) == [State(nice: 9, priority: 0, policy: 3)])
    #expect(pool.configuration.nice == 9 && pool.configuration.scheduling == .batch)
    // Back, which is not for everybody.
    configuration.scheduling = .inherited
    configuration.nice = nil
    do {
      try pool.apply(configuration)
      #expect(try states(of: pool) == [mine])
    } catch PoolError.schedulingRefused(let refusal) {
      #expect(refusal.key == "nice" && refusal.value == "inherited")
      #expect(try states(of: pool) == [State(nice: 9, priority: 0, policy: 3)])
    }
  }

  @Test("an arena's workers are as its pool's, and change with them")
  func arenas() throws {
    let machine = try Machine.current()
    guard let node = machine.nodes.first, machine.cpus(ofNode: node).intersection(machine.usable).count > 1 else {
      return
    }
    let (pool, _) = try pool {
      ($0.places, $0.bind) = (.threads, .close)
      $0.nice = 6
    }
    let arena = try pool.arena(of: node)
    #expect(try states(of: arena).map { $0?.nice } == [6])
    var configuration = pool.configuration
    configuration.nice = 11
    try pool.apply(configuration)
    #expect(try states(of: arena).map { $0?.nice } == [11])
    #expect(try states(of: pool).map { $0?.nice } == [11])
  }
}

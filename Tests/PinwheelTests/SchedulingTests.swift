import Foundation
import Pinwheel
import PinwheelTopology
import Synchronization
import Testing

/// Scheduling class and nice value, as the kernel tells them of each worker.
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

  /// The states of all workers, as their start hooks see them, and the pool's warnings.
  private func states(_ configure: (inout PoolConfiguration) -> Void) throws -> (Set<State?>, [PlacementWarning]) {
    let seen = Mutex<[State?]>([])
    var configuration = PoolConfiguration(workers: .exactly(3))
    configure(&configuration)
    configuration.onWorkerStart = { _ in
      let state = State.current()
      seen.withLock { $0.append(state) }
    }
    let pool = try ThreadPool(configuration)
    let warnings = pool.placement.warnings
    try pool.shutdown()
    let all = seen.withLock { $0 }
    #expect(all.count == 3)
    return (Set(all), warnings)
  }

  private func refusals(_ warnings: [PlacementWarning]) -> [String] {
    warnings.compactMap { if case .schedulingRefused = $0 { $0.description } else { nil } }
  }

  @Test("by default workers are as the process is")
  func inherited() throws {
    let mine = try #require(State.current())
    let (states, warnings) = try states { _ in }
    #expect(states == [mine])
    #expect(refusals(warnings).isEmpty)
  }

  @Test("batch, idle and a higher nice value need no permission")
  func standingBack() throws {
    let mine = try #require(State.current())
    try #require(mine.policy == 0, "the tests themselves run in another class")
    for (schedulingClass, policy) in [(SchedulingClass.batch, 3), (.idle, 5), (.normal, 0)] {
      let (states, warnings) = try states {
        $0.scheduling = schedulingClass
        $0.nice = 19
      }
      #expect(states == [State(nice: 19, priority: 0, policy: policy)])
      #expect(refusals(warnings).isEmpty)
    }
    #expect(State.current() == mine, "the caller keeps its own")
  }

  @Test("a realtime class is had or refused with one warning that says what it takes")
  func realtime() throws {
    for (schedulingClass, policy) in [(SchedulingClass.fifo(priority: 7), 1), (.roundRobin(priority: 7), 2)] {
      let (states, warnings) = try states { $0.scheduling = schedulingClass }
      if states.contains(where: { $0?.policy == policy }) {
        #expect(states.allSatisfy { $0?.policy == policy && $0?.priority == 7 })
        #expect(refusals(warnings).isEmpty)
      } else {
        #expect(
          refusals(warnings) == [
            "scheduling=\(schedulingClass) was refused to 3 workers: Operation not permitted; "
              + "it takes CAP_SYS_NICE, or a limit (ulimit -r) of at least 7"
          ])
      }
    }
  }

  @Test("a lower nice value is had or refused")
  func lowerNice() throws {
    let mine = try #require(State.current())
    guard mine.nice > -20 else { return }
    let (states, warnings) = try states { $0.nice = mine.nice - 1 }
    if states == [State(nice: mine.nice - 1, priority: mine.priority, policy: mine.policy)] {
      #expect(refusals(warnings).isEmpty)
    } else {
      #expect(states == [mine])
      #expect(
        refusals(warnings) == [
          "nice=\(mine.nice - 1) was refused to 3 workers: Permission denied; "
            + "it takes CAP_SYS_NICE, or a limit (ulimit -e) of at least \(21 - mine.nice)"
        ])
    }
  }
}

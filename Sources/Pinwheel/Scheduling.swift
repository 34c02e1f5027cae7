import Glibc
import PinwheelTopology

/// How the kernel schedules a thread, or is to (sched(7)).
struct Scheduling: Sendable, Hashable {
  /// Without ``resetOnFork``.
  var policy: Int32
  var priority: Int32
  var nice: Int32

  /// What a thread's children do not inherit. Some of these numbers stand behind `_GNU_SOURCE` in the headers.
  private static let resetOnFork: Int32 = 0x4000_0000
  private static let batch: Int32 = 3
  private static let idle: Int32 = 5
  /// `PRIO_PROCESS`, which on Linux is one thread.
  private static let oneThread: Int32 = 0

  /// As it is for a thread by now.
  init(of thread: pid_t) {
    var parameters = sched_param()
    sched_getparam(thread, &parameters)
    policy = sched_getscheduler(thread) & ~Self.resetOnFork
    priority = parameters.sched_priority
    nice = getpriority(Self.oneThread, id_t(thread))
  }

  /// As a configuration asks for; what it does not ask for is as `inherited` has it.
  init(_ configuration: PoolConfiguration, over inherited: Scheduling) {
    self = inherited
    if let policy = Self.policy(of: configuration.scheduling) {
      self.policy = policy
      priority = Int32(configuration.scheduling.priority ?? 0)
    }
    if let nice = configuration.nice { self.nice = Int32(nice) }
  }

  private static func policy(of schedulingClass: SchedulingClass) -> Int32? {
    switch schedulingClass {
    case .inherited: nil
    case .normal: SCHED_OTHER
    case .batch: batch
    case .idle: idle
    case .fifo: SCHED_FIFO
    case .roundRobin: SCHED_RR
    }
  }

  /// What the kernel refuses.
  struct Refusal: Error {
    var key: SettingKey
    var errno: Int32
    /// The limit that would permit it; nil: none does.
    var limit: SchedulingRefusal.Limit?
  }

  /// Schedules a thread so. One that is refused something stays as it was, if the way back is not refused as well.
  func take(_ thread: pid_t) throws(Refusal) {
    let former = Scheduling(of: thread)
    do throws(Refusal) { try change(thread, from: former) } catch {
      try? former.change(thread, from: Scheduling(of: thread))
      throw error
    }
  }

  /// What takes a permission comes before what takes none, and what a filter of system calls alone refuses: so there is
  /// little to take back.
  private func change(_ thread: pid_t, from current: Scheduling) throws(Refusal) {
    if nice < current.nice { try setNice(of: thread) }
    if (policy, priority) != (current.policy, current.priority) {
      try setClass(of: thread, from: current.policy, nice: min(nice, current.nice))
    }
    if nice > current.nice { try setNice(of: thread) }
  }

  private func setNice(of thread: pid_t) throws(Refusal) {
    guard setpriority(Self.oneThread, id_t(thread), nice) == -1 else { return }
    throw Refusal(key: .nice, errno: errno, limit: .nice(atLeast: 20 - Int(nice)))
  }

  private func setClass(of thread: pid_t, from former: Int32, nice: Int32) throws(Refusal) {
    var parameters = sched_param()
    parameters.sched_priority = priority
    let isRealtime = priority > 0
    // Once it is set, taking it back is a privilege.
    let isReset = isRealtime || sched_getscheduler(thread) & Self.resetOnFork != 0
    guard sched_setscheduler(thread, policy | (isReset ? Self.resetOnFork : 0), &parameters) == -1 else { return }
    let limit: SchedulingRefusal.Limit? =
      isRealtime ? .realtime(atLeast: Int(priority)) : former == Self.idle ? .nice(atLeast: 20 - Int(nice)) : nil
    throw Refusal(key: .scheduling, errno: errno, limit: limit)
  }
}

extension [WorkerThread] {
  /// Has the kernel schedule them as a configuration asks for: all or, if it throws, none.
  ///
  /// - Parameter inherited: How they are scheduled if it asks for nothing, whoever has started them.
  mutating func schedule(_ configuration: PoolConfiguration, over inherited: Scheduling) throws(PoolError) {
    let wanted = Scheduling(configuration, over: inherited)
    let former = self
    for index in indices where self[index].scheduling != wanted {
      do throws(Scheduling.Refusal) {
        try wanted.take(self[index].number)
        self[index].scheduling = wanted
      } catch {
        for changed in indices[..<index] where self[changed].scheduling != former[changed].scheduling {
          try? former[changed].scheduling.take(self[changed].number)
        }
        self = former
        throw .schedulingRefused(SchedulingRefusal(error, configuration))
      }
    }
  }
}

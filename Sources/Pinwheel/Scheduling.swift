import Glibc
import PinwheelTopology

/// What workers ask of the kernel's scheduler.
struct Scheduling: Sendable, Hashable {
  var schedulingClass: SchedulingClass
  /// nil: as it is.
  var nice: Int?

  init(_ configuration: PoolConfiguration) {
    schedulingClass = configuration.scheduling
    nice = configuration.nice
  }

  /// Sets the calling thread's class and nice value.
  ///
  /// - Returns: What the kernel refused; empty if it did all.
  func apply() -> [Refusal] {
    var refusals: [Refusal] = []
    if let policy {
      var parameters = sched_param()
      parameters.sched_priority = Int32(schedulingClass.priority ?? 0)
      // On Linux, process 0 is the calling thread.
      if sched_setscheduler(0, policy, &parameters) == -1 {
        refusals.append(Refusal(asked: "scheduling=\(schedulingClass)", errno: errno, remedy: classRemedy))
      }
    }
    if let nice, setpriority(Self.oneThread, 0, Int32(nice)) == -1 {
      let remedy = "it takes CAP_SYS_NICE, or a limit (ulimit -e) of at least \(20 - nice)"
      refusals.append(Refusal(asked: "nice=\(nice)", errno: errno, remedy: remedy))
    }
    return refusals
  }

  /// Something that the kernel refused.
  struct Refusal: Sendable, Hashable {
    /// As a setting.
    var asked: String
    var errno: Int32
    /// What would permit it.
    var remedy: String
  }

  private var classRemedy: String {
    guard let priority = schedulingClass.priority else {
      return "leaving the class that the process has takes CAP_SYS_NICE"
    }
    return "it takes CAP_SYS_NICE, or a limit (ulimit -r) of at least \(priority)"
  }

  /// The policy's number; nil: leave it. (Some of them stand behind `_GNU_SOURCE` in the headers.)
  private var policy: Int32? {
    let resetOnFork: Int32 = 0x4000_0000
    switch schedulingClass {
    case .inherited: return nil
    case .normal: return SCHED_OTHER
    case .batch: return 3
    case .idle: return 5
    case .fifo: return SCHED_FIFO | resetOnFork
    case .roundRobin: return SCHED_RR | resetOnFork
    }
  }

  /// `PRIO_PROCESS`, which on Linux is one thread.
  private static let oneThread: Int32 = 0
}

extension PlacementWarning {
  /// One warning for all workers that were refused the same.
  static func scheduling(_ seatings: [Seating]) -> [PlacementWarning] {
    var workers: [Scheduling.Refusal: Int] = [:]
    for refusal in seatings.flatMap(\.schedulingRefusals) { workers[refusal, default: 0] += 1 }
    return workers.sorted { $0.key.asked > $1.key.asked }.map { refusal, count in
      .schedulingRefused(
        asked: refusal.asked, workers: count, reason: "\(describe(errno: refusal.errno)); \(refusal.remedy)")
    }
  }
}

extension ThreadPool.Placement {
  /// One worker more was refused these. Returns what is to be said about it: how many there are by now.
  mutating func note(_ refusals: [Scheduling.Refusal]) -> [PlacementWarning] {
    PlacementWarning.scheduling([Seating(allowed: [], schedulingRefusals: refusals)]).map { warning in
      guard case .schedulingRefused(let asked, let added, let reason) = warning else { return warning }
      for index in warnings.indices {
        guard case .schedulingRefused(asked, let workers, reason) = warnings[index] else { continue }
        warnings[index] = .schedulingRefused(asked: asked, workers: workers + added, reason: reason)
        return warnings[index]
      }
      warnings.append(warning)
      return warning
    }
  }
}

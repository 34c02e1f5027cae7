/// How the kernel's scheduler treats a pool's workers: the policies of `sched(7)`.
///
/// All workers of a pool have the same, from before their first job on, and ``ThreadPool/apply(_:)`` can give them another.
/// What the kernel refuses is an error (``PoolError/schedulingRefused(_:)``): the pool does not start, or stays as it is.
public enum SchedulingClass: Sendable, Hashable {
  /// As the thread that starts the pool has it.
  case inherited
  /// `SCHED_OTHER`: shared fairly, weighted by ``PoolConfiguration/nice``.
  case normal
  /// `SCHED_BATCH`: as normal, but taken for CPU-bound, so that it preempts others less often.
  case batch
  /// `SCHED_IDLE`: only when nobody else wants the CPU.
  case idle
  /// `SCHED_FIFO`: before all of the above, until it waits or somebody of a higher priority comes. From 1 to 99.
  ///
  /// A worker that never waits keeps everything else off its CPU. Takes `CAP_SYS_NICE`, or an `RLIMIT_RTPRIO` of at
  /// least the priority. Children that a job starts get the normal class (`SCHED_RESET_ON_FORK`).
  case fifo(priority: Int)
  /// `SCHED_RR`: as `SCHED_FIFO`, but those of one priority take turns.
  case roundRobin(priority: Int)
}

extension SchedulingClass: CustomStringConvertible {
  /// As a setting: `batch`, `fifo(10)`.
  public var description: String {
    switch self {
    case .inherited: "inherited"
    case .normal: "normal"
    case .batch: "batch"
    case .idle: "idle"
    case .fifo(let priority): "fifo(\(priority))"
    case .roundRobin(let priority): "round_robin(\(priority))"
    }
  }

  /// The priority of a realtime class; nil for the others.
  var priority: Int? {
    switch self {
    case .fifo(let priority), .roundRobin(let priority): priority
    default: nil
    }
  }
}

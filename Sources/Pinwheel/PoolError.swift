public import PinwheelTopology

/// Why a pool did not start, or did not take a job.
public enum PoolError: Error, Sendable, Hashable {
  /// A setting has a value that is not allowed.
  case configuration(ConfigurationError)
  /// The machine could not be read, or leaves no CPU to place workers on; and the settings that leave none, as their authors
  /// wrote them, such as `PINWHEEL_PLACES={99}`.
  case topology(TopologyError, settings: [String])
  /// The operating system refused a worker's thread (`pthread_create(3)`). No thread of a pool that did not start is left
  /// behind; one that was to grow goes on as before.
  case threadCreation(worker: Int, errno: Int32)
  /// The kernel refused the workers' scheduling class or nice value. Nothing is left of a pool that did not start; one that
  /// was to change goes on as before.
  case schedulingRefused(SchedulingRefusal)
  /// The operating system refused the thread that was to watch the machine or a file: the pool works, and does not follow.
  case watchRefused(errno: Int32)
  /// Memory for the pool, or for jobs in its queue, was refused.
  case outOfMemory
  /// The pool is shut down, or shutting down.
  case shutDown
  /// This process is a child made by `fork(2)`, where the pool's workers do not exist.
  case forked
  /// The pool is deterministic: its workers stay as they are.
  case deterministic
  /// A NUMA node's workers can't be lent to an arena, or the change can't be made while some are.
  case arena(ArenaError)
  /// `shutdown()` was called from inside a job of the same pool, which would wait for itself.
  case shutdownFromInside
}

extension PoolError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .configuration(let error): error.description
    case .topology(let error, let settings):
      settings.joined(separator: ", ") + (settings.isEmpty ? "" : ": ") + error.description
    case .threadCreation(let worker, let errno):
      "the thread of worker \(worker) was refused: \(describe(errno: errno)); allowed: fewer workers, a smaller stack, or a higher limit (ulimit -u, pids.max)"
    case .schedulingRefused(let refusal): refusal.description
    case .watchRefused(let errno):
      "the thread that was to watch for changes was refused: \(describe(errno: errno))"
    case .outOfMemory: "memory for the pool, or for jobs in its queue, was refused"
    case .shutDown: "the pool is shut down"
    case .forked: "the pool's workers do not exist in this process: it was made by fork"
    case .deterministic: "the pool is deterministic: its workers and settings stay as they are"
    case .arena(let error): error.description
    case .shutdownFromInside: "shutdown() was called from inside a job of the same pool: it would wait for itself"
    }
  }
}

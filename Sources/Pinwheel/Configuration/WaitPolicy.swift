package import PinwheelTopology

/// How threads of a pool wait: for work, when they have none, and for each other, at the end of a join, loop or scope.
///
/// The words are those of OpenMP's `OMP_WAIT_POLICY`.
public enum WaitPolicy: String, Sendable, Hashable, Codable, CaseIterable {
  /// They look for work during ``PoolConfiguration/spin``, then park. An idle pool uses no time; the first call after
  /// a pause pays a wake-up, some 5 µs for whoever wakes and 30 to 50 µs until the woken one runs.
  case passive
  /// They never park: every call is answered within a microsecond or so, however long the pool was idle. **Each worker
  /// keeps a CPU busy from the start of the pool to its end**, at full power, also when there is nothing to do. For
  /// programs that own their machine. (A worker that has lent its slot to a caller from outside parks until it is called
  /// again; one of them always stays awake.)
  ///
  /// If there are more workers than CPUs, or than a quota keeps busy, whoever spins takes time from somebody who works.
  /// Then the pool waits passively instead, and says so: see ``ThreadPool/Waiting``.
  case active
}

extension ThreadPool {
  /// How the threads of a pool really wait: what was asked for, and what its CPUs allow.
  public struct Waiting: Sendable, Hashable, Codable {
    /// How they wait.
    public var policy: WaitPolicy
    /// How long they look for work before they park, with the passive policy.
    public var spin: Duration
    /// Why it is less than was asked for; nil if it isn't.
    public var warning: WaitWarning?

    init(_ configuration: PoolConfiguration, workers: Int, cpus: Int, quota: Double?) {
      policy = configuration.wait
      spin = configuration.spin
      if configuration.determinism != nil {
        // Its threads take turns: there is nobody to spin for.
        (policy, spin) = (.passive, .zero)
      } else if workers > cpus {
        reduce(.fewerCPUs(workers: workers, cpus: cpus), asked: configuration)
      } else if let quota, Double(workers) > quota {
        reduce(.quota(workers: workers, cpus: quota), asked: configuration)
      }
    }

    private mutating func reduce(_ reason: WaitWarning, asked: PoolConfiguration) {
      // Only who has asked for something wants to hear that they don't get it.
      if asked.sets(.wait) && policy == .active || asked.sets(.spin) && spin > .zero { warning = reason }
      (policy, spin) = (.passive, .zero)
    }

    /// For the core.
    var nanoseconds: UInt64 { policy == .active ? .max : spin.nanoseconds }
  }
}

extension PoolConfiguration {
  /// How the threads of a pool would wait that was placed by this plan.
  package func waiting(for plan: PlacementPlan, on machine: Machine) -> ThreadPool.Waiting {
    let cpus = plan.taken.count
    return ThreadPool.Waiting(self, workers: plan.seats.count, cpus: cpus, quota: plan.quota?.cpus)
  }
}

/// Why a pool does not spin although it was asked to.
///
/// The description is a sentence for people. More cases may come: switch with a `default`.
public enum WaitWarning: Hashable, Sendable, Codable {
  /// There are more workers than CPUs for them.
  case fewerCPUs(workers: Int, cpus: Int)
  /// There are more workers than the CPU quota keeps busy.
  case quota(workers: Int, cpus: Double)
}

extension WaitWarning: CustomStringConvertible {
  public var description: String {
    switch self {
    case .fewerCPUs(let workers, let cpus):
      "idle workers park at once: \(workers) workers share \(cpus) \(cpus == 1 ? "CPU" : "CPUs"), "
        + "so whoever spins takes time from somebody who works"
    case .quota(let workers, let cpus):
      "idle workers park at once: \(workers) workers share a quota of \(cpus) CPUs, so time that is spun away is taken "
        + "from those who work"
    }
  }
}

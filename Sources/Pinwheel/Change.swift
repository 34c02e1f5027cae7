public import PinwheelTopology

extension ThreadPool {
  /// What ``ThreadPool/apply(_:)`` or ``ThreadPool/refresh()`` has changed.
  public struct Change: Sendable, Hashable {
    /// What has become of the workers in one arena (``ThreadPool/arena(of:)``).
    public struct OfArena: Sendable, Hashable {
      /// The arena's NUMA node.
      public var node: Int
      /// How many workers it has.
      public var workerCount: Int
      /// How many it had before.
      public var previousWorkerCount: Int
      /// The workers, by the arena's own numbers and among those that there are, whose place is another than before.
      public var movedWorkers: [Int]
    }

    /// How many workers there are, not counting those in arenas.
    public var workerCount: Int
    /// How many there were before, not counting those in arenas.
    public var previousWorkerCount: Int
    /// The workers, among those that there are, whose place is another than before.
    public var movedWorkers: [Int]
    /// The arenas that have other workers, or whose workers have moved, by ascending nodes. One that is ending at that moment
    /// is not among them.
    public var arenas: [OfArena]
    /// CPUs that the process could use before, and can't any more: offline, or taken away by a cpuset.
    public var lostCPUs: CPUSet
    /// CPUs that it can use now, and could not before.
    public var gainedCPUs: CPUSet
    /// The CPU quota; nil: unlimited.
    public var quota: CPUQuota?
    /// What the quota was before; nil: unlimited.
    public var previousQuota: CPUQuota?
    /// What was asked for and can't change while the pool runs.
    public var ignored: [ConfigurationWarning]
  }
}

extension ThreadPool.Change: CustomStringConvertible {
  public var description: String {
    var parts: [String] = []
    if !lostCPUs.isEmpty { parts.append("CPUs \(lostCPUs) are gone") }
    if !gainedCPUs.isEmpty { parts.append("CPUs \(gainedCPUs) have come") }
    if quota != previousQuota {
      parts.append("the quota is \(quota.map { "\($0.cpus) CPUs" } ?? "unlimited") now")
    }
    parts += workers(workerCount, instead: previousWorkerCount, moved: movedWorkers)
    for arena in arenas {
      let own = workers(arena.workerCount, instead: arena.previousWorkerCount, moved: arena.movedWorkers)
      parts.append("in the arena of NUMA node \(arena.node) \(own.joined(separator: ", "))")
    }
    return parts.joined(separator: "; ")
  }

  private func workers(_ count: Int, instead previous: Int, moved: [Int]) -> [String] {
    var parts = ["\(count) \(count == 1 ? "worker" : "workers")" + (count == previous ? "" : " instead of \(previous)")]
    if !moved.isEmpty { parts.append("moved: \(moved.map(String.init).joined(separator: ", "))") }
    return parts
  }
}

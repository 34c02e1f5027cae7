public import PinwheelTopology

extension ThreadPool {
  /// What ``ThreadPool/apply(_:)`` or ``ThreadPool/refresh()`` has changed.
  public struct Change: Sendable, Hashable {
    /// How many workers there are, and were before.
    public var workerCount: Int
    public var previousWorkerCount: Int
    /// The workers, among those that there are, whose place is another than before.
    public var movedWorkers: [Int]
    /// CPUs that the process could use before, and can't any more: offline, or taken away by a cpuset.
    public var lostCPUs: CPUSet
    /// CPUs that it can use now, and could not before.
    public var gainedCPUs: CPUSet
    /// The CPU quota, and what it was before; nil: unlimited.
    public var quota: CPUQuota?
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
    parts.append(
      workerCount == previousWorkerCount
        ? "\(workerCount) \(workerCount == 1 ? "worker" : "workers")"
        : "\(workerCount) \(workerCount == 1 ? "worker" : "workers") instead of \(previousWorkerCount)")
    if !movedWorkers.isEmpty {
      parts.append("moved: \(movedWorkers.map(String.init).joined(separator: ", "))")
    }
    return parts.joined(separator: "; ")
  }
}

/// Which worker goes where, and why: the outcome of ``Machine/plan(workers:places:bind:limit:)``.
public struct PlacementPlan: Sendable, Hashable, Codable {
  /// Where one worker goes.
  public struct Seat: Sendable, Hashable, Codable {
    /// The worker, numbered from 0.
    public var worker: Int
    /// The CPUs that the worker may run on; all usable ones if nobody is bound.
    public var place: CPUSet
    /// The place's index in ``PlacementPlan/places``; nil if nobody is bound.
    public var placeIndex: Int?
    /// Why it sits there, for people.
    public var reason: String
  }

  /// One a worker, in the workers' order.
  public var seats: [Seat]
  /// The places that were left to choose from, in order, none empty.
  public var places: [CPUSet]
  /// What is not as asked for, or unlikely to be wanted.
  public var warnings: [PlacementWarning]
  /// Why there are this many workers, for people.
  public var workerCountReason: String
}

/// Something in a plan that is not as asked for, or unlikely to be wanted. The description is a sentence for people.
public enum PlacementWarning: Sendable, Hashable, Codable {
  /// The places ask for CPUs that this process may not use; they were left out.
  case droppedCPUs(CPUSet, usable: CPUSet)
  /// Workers share CPUs: their places hold fewer CPUs than there are workers.
  case moreWorkersThanPlaces(workers: Int, places: Int, cpus: Int)
  /// Workers share CPUs: nobody is bound, and fewer CPUs are usable than there are workers.
  case moreWorkersThanCPUs(workers: Int, cpus: Int)
  /// More workers than the CPU quota can keep busy: when all are busy, the kernel stops all of them for a while.
  case workersExceedQuota(workers: Int, quota: CPUQuota)
  /// The kernel refused to pin a worker; it runs wherever the process may.
  case pinRefused(worker: Int, place: CPUSet)
}

extension PlacementWarning: CustomStringConvertible {
  public var description: String {
    switch self {
    case .droppedCPUs(let dropped, let usable):
      "CPUs \(dropped) are in the places but this process may not use them; they are left out (usable: \(usable.orNone))"
    case .moreWorkersThanPlaces(let workers, let places, let cpus):
      "\(workers) workers share \(places) \(places == 1 ? "place" : "places") with \(cpus) \(cpus == 1 ? "CPU" : "CPUs")"
    case .moreWorkersThanCPUs(let workers, let cpus):
      "\(workers) workers share \(cpus) usable \(cpus == 1 ? "CPU" : "CPUs")"
    case .workersExceedQuota(let workers, let quota):
      "\(workers) workers, but \(quota.source) grants the time of \(quota.cpus) CPUs: "
        + "when all are busy, all are stopped until the next period"
    case .pinRefused(let worker, let place):
      "worker \(worker) could not be pinned to \(place); it runs wherever the process may"
    }
  }
}

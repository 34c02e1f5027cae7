/// Which worker goes where, and why: the outcome of ``Machine/plan(_:)``.
public struct PlacementPlan: Sendable, Hashable, Codable {
  /// Where one worker goes.
  public struct Seat: Sendable, Hashable, Codable {
    /// The worker, numbered from 0.
    public var worker: Int
    /// The CPUs that the worker may run on: its place, or one CPU of it; if nobody is bound, all that the rules leave.
    public var place: CPUSet
    /// The place's index in ``PlacementPlan/places``; nil if nobody is bound.
    public var placeIndex: Int?
    /// Why it sits there, for people.
    public var reason: String
    /// How fast it runs there, compared with the fastest CPU of the machine (``Machine/relativeSpeed(of:)``); 1 where
    /// that is unknown, and for workers that are bound to nothing.
    public var speed = 1.0
  }

  /// One a worker, in the workers' order.
  public var seats: [Seat]
  /// The places that were left to choose from, in order, none empty.
  public var places: [CPUSet]
  /// What is not as asked for, or unlikely to be wanted.
  public var warnings: [PlacementWarning]
  /// Which bound decided how many workers there are.
  public var workerBound: WorkerBound
  /// Why there are this many workers, for people.
  public var workerCountReason: String
  /// The CPU quota that counts: the machine's, or this rank's equal share of it; nil: unlimited.
  public var quota: CPUQuota?
  /// The rank whose slice of the machine this is; nil if the plan is for all that is usable.
  public var rank: LocalRank?
  /// Whether workers need an affinity mask of their own: they are bound, or kept from some of the usable CPUs.
  public var needsPinning: Bool
  /// The CPUs of the machine that no worker may run on, by ascending number, each with the rule that took it away.
  public var unused: [UnusedCPU] = []

  /// The most workers that a plan has if they are counted, and not asked for by number: as many as a pool can have.
  package static let mostCounted = 4096

  /// The CPUs that workers may run on.
  package var taken: CPUSet { CPUSet(coalescing: seats.flatMap(\.place.runs)) }
}

/// What decided how many workers a plan has.
public enum WorkerBound: String, Sendable, Hashable, CaseIterable, Codable {
  /// Somebody asked for this many.
  case asked
  /// The cores that they may use.
  case cores
  /// The CPUs (hardware threads) that they may use.
  case threads
  /// The CPU quota.
  case quota
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
  /// hwloc can't tell which of the machine's kinds of CPU is faster, so CPUs of every kind are used.
  case kindsNotRanked(CPUKindChoice)
  /// Only CPUs of a slower kind are to be used, but all of the machine's are of one kind, so all are used.
  case kindsAlike(CPUKindChoice)
  /// CPUs are reserved for others that the machine does not have.
  case reservedCPUsMissing(CPUSet, present: CPUSet)
  /// There are fewer places than so many of the first as were asked for, as in `sockets(5)`.
  case fewerPlaces(String, asked: Int, available: Int)
  /// Workers are not bound as planned: hwloc's environment variables describe another machine than the one that they run on.
  case otherMachine(Machine.Source)
  /// Ranks share CPUs: there are fewer CPUs than ranks of a parallel program on this machine.
  case moreRanksThanCPUs(ranks: Int, cpus: Int)
  /// Others have claimed cores, so that workers share CPUs: the ones that are left, or, if none is left (`free` is empty),
  /// those that others have claimed.
  case claimed([CoreClaim], workers: Int, free: CPUSet)
  /// Cores can't be claimed, so others don't keep away from them: the directory, or a lock file in it, can't be used.
  case claimsUnavailable(directory: String, reason: String)
  /// The kernel refused to pin a worker: it runs where it ran before, which at its start is wherever the process may.
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
    case .kindsNotRanked(let choice):
      "kinds=\(choice.rawValue) has no effect: the machine has several kinds of CPU, but nothing tells which is faster"
    case .kindsAlike(let choice):
      "kinds=\(choice.rawValue) has no effect: all CPUs of the machine are of one kind"
    case .reservedCPUsMissing(let missing, let present):
      "\(missing.named) \(missing.count == 1 ? "is" : "are") reserved, but the machine does not have "
        + "\(missing.count == 1 ? "it" : "them") (it has \(present.orNone))"
    case .fewerPlaces(let places, let asked, let available):
      "\(places)(\(asked)) asks for \(asked) places, and there \(available == 1 ? "is" : "are") only \(available)"
    case .otherMachine(let source):
      "workers are not bound: they were placed on a \(source), which HWLOC_* variables put in this machine's place"
    case .moreRanksThanCPUs(let ranks, let cpus):
      "\(ranks) ranks share \(cpus) usable \(cpus == 1 ? "CPU" : "CPUs")"
    case .claimed(let claims, _, let free) where free.isEmpty:
      "no core is left, so workers sit where others do: \(claims.sentence(" is claimed", " are claimed"))"
    case .claimed(let claims, let workers, let free):
      "\(workers) workers share \(free.named): others have claimed \(claims.sentence())"
    case .claimsUnavailable(let directory, let reason):
      "cores cannot be claimed in \(printable(directory)), so others may bind their workers to the same: \(reason)"
    case .pinRefused(let worker, let place):
      "worker \(worker) could not be pinned to \(place); it runs where it ran before"
    }
  }
}

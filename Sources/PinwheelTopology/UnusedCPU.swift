/// A CPU of the machine that no worker may run on, and why: part of a ``PlacementPlan``.
///
/// Its description is a sentence for people: `CPU 4: reserved for others`.
public struct UnusedCPU: Sendable, Hashable, Codable {
  /// The operating system's number.
  public var osIndex: Int
  /// Why no worker runs there.
  public var reason: Reason

  /// A CPU and why no worker runs there.
  public init(osIndex: Int, reason: Reason) {
    self.osIndex = osIndex
    self.reason = reason
  }

  /// Why no worker runs on a CPU: the first rule that took it away. More cases may come: switch with a `default`.
  public enum Reason: Sendable, Hashable, Codable {
    /// The operating system has switched it off.
    case offline
    /// A control group (cpuset) hides it from this process, or it was hidden or off when the machine was recorded.
    case notAllowed
    /// The affinity mask that the process was started with leaves it out (`taskset`, a launcher, a container).
    case notInMask
    /// ``PlacementRequest/reserve`` leaves it to others.
    case reserved
    /// It is not of the kind that ``PlacementRequest/kinds`` asks for.
    case otherKind(CPUKindChoice)
    /// ``PlacementRequest/smt`` is `one`, and another hardware thread of its core, by its number, is used.
    case sibling(of: Int)
    /// It belongs to other ranks of this machine.
    case otherRank(LocalRank)
    /// Another pool has claimed its core.
    case claimed(by: CoreClaim.Holder)
    /// Workers are not bound, and keep to as many cores as there are of them: others may claim its core.
    case leftToOthers(workers: Int)
    /// The pool keeps to the cores that it has claimed, because it can claim no others at the moment.
    case notClaimable
    /// The listed places leave it out.
    case notInPlaces
    /// Its place comes after the first so many that are used, as `cores(4)` asks for.
    case beyondLimit(Int)
    /// ``PlacementRequest/bind`` is `primary`, and its place is not the first.
    case notPrimary
    /// There are more places than workers. `place` is the index of the one it is in.
    case noWorker(place: Int, workers: Int)
    /// There are more places than workers, because the CPU quota allows no more of them.
    case quota(place: Int, workers: Int, quota: CPUQuota)
    /// Workers take one CPU each, and its place has more CPUs than workers.
    case notTaken(place: Int)
    /// A worker sits there that the pool has lent to an arena: the one of that NUMA node.
    case lent(node: Int)
    /// A worker sits there that is not the arena's, but of the pool that it belongs to.
    case notLent
  }
}

extension UnusedCPU: CustomStringConvertible {
  public var description: String { "CPU \(osIndex): \(reason)" }
}

extension UnusedCPU.Reason: CustomStringConvertible {
  public var description: String {
    switch self {
    case .offline: "offline"
    case .notAllowed: "not allowed: a control group hides it, or it was off when the machine was recorded"
    case .notInMask: "not in the affinity mask that the process was started with"
    case .reserved: "reserved for others"
    case .otherKind(let choice): "not one of the \(choice.rawValue) CPUs"
    case .sibling(let cpu): "a hardware thread of the core of CPU \(cpu), and one a core is used"
    case .otherRank(let rank): "left to the other ranks: this is \(rank)"
    case .claimed(let holder): "its core is claimed by \(holder)"
    case .leftToOthers(let workers):
      "left to other pools: \(workers == 1 ? "1 worker keeps to 1 core" : "\(workers) workers keep to \(workers) cores")"
    case .notClaimable: "its core cannot be claimed"
    case .notInPlaces: "not in the listed places"
    case .beyondLimit(let limit): "not in the first \(limit == 1 ? "place" : "\(limit) places"), which alone are used"
    case .notPrimary: "all workers are bound to the first place"
    case .noWorker(let place, let workers):
      "place \(place + 1) has no worker: there \(workers == 1 ? "is 1" : "are \(workers)")"
    case .quota(let place, let workers, let quota):
      "place \(place + 1) has no worker: \(quota.source) grants the time of \(quota.cpus) CPUs, "
        + "so there \(workers == 1 ? "is 1" : "are \(workers)")"
    case .notTaken(let place): "place \(place + 1) has fewer workers than CPUs, and each worker takes one"
    case .lent(let node): "the arena of NUMA node \(node) has it"
    case .notLent: "the pool that the arena belongs to has it"
    }
  }
}

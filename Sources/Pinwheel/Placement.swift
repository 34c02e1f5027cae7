public import PinwheelTopology

extension ThreadPool {
  /// Where each worker sits, and why: what was planned, and what the kernel really allows.
  public struct Placement: Sendable, Hashable, Codable {
    /// One worker's seat.
    public struct Seat: Sendable, Hashable, Codable {
      /// The worker's index, from 0.
      public var worker: Int
      /// Where it was meant to sit.
      public var place: CPUSet
      /// The index of the place among the places of the configuration; nil if nobody is bound.
      public var placeIndex: Int?
      /// The CPUs that the kernel lets it run on, read back on the worker's own thread.
      public var allowed: CPUSet
      /// Why it sits there, in a sentence.
      public var reason: String
      /// How fast it runs there, compared with the fastest CPU of the machine, from above 0 to 1: loops give slower
      /// workers less to begin with. 1 where it is unknown, and for workers that are bound to nothing. See
      /// `Machine.relativeSpeed(of:)`.
      public var speed: Double
    }

    /// The workers, in order.
    public var seats: [Seat]
    /// What could not be done as asked, in sentences for people.
    public var warnings: [PlacementWarning]
    /// Which bound decided how many workers there are.
    public var workerBound: WorkerBound
    /// Why there are this many workers, in a sentence.
    public var workerCountReason: String
    /// The CPUs of the machine that no worker may run on, each with the rule that took it away.
    public var unused: [UnusedCPU]
    /// All CPUs of the cores that the pool has claimed; none unless its configuration shares the machine.
    public var claimed: CPUSet
    /// The rank of a parallel program whose slice of the machine this is; nil if all of it may be used.
    public var rank: LocalRank?
    /// The CPU quota that was found, of which a rank gets an equal share; nil: unlimited.
    public var quota: CPUQuota?

    init(plan: PlacementPlan, machine: Machine, seatings: [Seating], claimed: CPUSet) {
      self.claimed = claimed
      warnings = plan.warnings
      workerBound = plan.workerBound
      workerCountReason = plan.workerCountReason
      unused = plan.unused
      rank = plan.rank
      quota = machine.quota
      seats = zip(plan.seats, seatings).map { seat, seating in
        Seat(
          worker: seat.worker, place: seat.place, placeIndex: seat.placeIndex, allowed: seating.allowed,
          reason: seating.refusal.map { "\(seat.reason), but the pin was refused: \(describe(errno: $0))" }
            ?? seat.reason, speed: seat.speed)
      }
      for (seat, seating) in zip(plan.seats, seatings) where seating.refusal != nil {
        warnings.append(.pinRefused(worker: seat.worker, place: seat.place))
      }
    }
  }
}

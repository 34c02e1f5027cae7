import PinwheelTopology

/// What each CPU of a machine is used for: the workers that may run on it, or why there are none.
package struct Occupancy: Sendable {
  package enum Use: Hashable, Sendable {
    /// These workers are bound to it, or to a place that it is part of. Places with workers are numbered from 0, for
    /// their colours.
    case bound(workers: CPUSet, place: Int)
    /// Nobody is bound: any worker may run here.
    case anyWorker
    /// No worker runs here.
    case unused(UnusedCPU.Reason)
  }

  private let uses: [Int: Use]
  /// How many workers there are.
  package let workers: Int

  package init(_ plan: PlacementPlan) {
    var uses: [Int: Use] = [:]
    for cpu in plan.unused { uses[cpu.osIndex] = .unused(cpu.reason) }
    if plan.seats.contains(where: { $0.placeIndex == nil }) {
      for cpu in plan.seats[0].place where uses[cpu] == nil { uses[cpu] = .anyWorker }
    }
    for (place, seats) in Self.seatsByPlace(of: plan).enumerated() {
      // Workers that float in their place have the same CPUs: each is looked at once.
      for (cpus, seats) in Dictionary(grouping: seats, by: \.place) {
        let workers = CPUSet(seats.map(\.worker))
        for cpu in cpus {
          // Places may overlap: the CPU takes the first one's colour and names the workers of all.
          if case .bound(let others, let first)? = uses[cpu] {
            uses[cpu] = .bound(workers: others.union(workers), place: first)
          } else {
            uses[cpu] = .bound(workers: workers, place: place)
          }
        }
      }
    }
    self.uses = uses
    self.workers = plan.seats.count
  }

  /// The seats of each place that has some, in the places' order.
  package static func seatsByPlace(of plan: PlacementPlan) -> [[PlacementPlan.Seat]] {
    Dictionary(grouping: plan.seats.filter { $0.placeIndex != nil }) { $0.placeIndex ?? 0 }
      .sorted { $0.key < $1.key }.map(\.value)
  }

  /// What a CPU is used for; nil if the plan doesn't know it.
  package subscript(cpu: Int) -> Use? { uses[cpu] }
}

extension Occupancy {
  /// `worker 3`, `workers 0-7`, or why there is none.
  package func sentence(for cpu: Int) -> String {
    switch self[cpu] {
    case .bound(let workers, _): Self.name(workers)
    case .anyWorker: "any worker"
    case .unused(let reason): reason.description
    case nil: "not in the plan"
    }
  }

  /// `worker 3` or `workers 0-7`.
  package static func name(_ workers: CPUSet) -> String {
    workers.count == 1 ? "worker \(workers)" : "workers \(workers)"
  }
}

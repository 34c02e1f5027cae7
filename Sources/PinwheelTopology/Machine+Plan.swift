extension Machine {
  /// Decides how many workers there are and where each one goes. Pure: binds and starts nothing.
  ///
  /// ```swift
  /// let machine = try Machine(synthetic: "package:2 core:4 pu:2")
  /// let plan = try machine.plan(PlacementRequest(workers: .exactly(2), places: .sockets, bind: .spread))
  /// plan.seats.map(\.place.description)   // ["0-7", "8-15"]
  /// ```
  ///
  /// CPUs that the places ask for but this process may not use are left out, with one warning that names them. Workers
  /// that are counted (`auto`, `cores`, `threads`) are counted over the CPUs that they may run on: those that the
  /// request's rules leave, or, if workers are bound, those of them in the places.
  ///
  /// - Throws: ``TopologyError/noUsableCPU(asked:usable:)`` or ``TopologyError/nothingLeft(asked:unused:)`` if no place
  ///   is left, and ``TopologyError/invalidWorkerCount(_:)``.
  public func plan(_ request: PlacementRequest) throws(TopologyError) -> PlacementPlan {
    var candidates = candidates(for: request)
    let places = try places(for: request, among: candidates)
    var reach = request.bind == .none ? candidates.cpus : CPUSet(coalescing: places.used.flatMap(\.runs))
    let share = quota.map { CPUQuota(cpus: $0.cpus / Double(candidates.rank?.count ?? 1), source: $0.source) }
    var workers = try count(request.workers, over: reach, quota: share, rank: candidates.rank)
    if workers.bound != .asked, workers.count > request.mostCounted {
      workers.count = request.mostCounted
      workers.reason += "; a pool has \(workers.count) at most"
    }

    if request.keepsToCores, request.bind == .none {
      let cores = groups(by: \.coreIndex, in: candidates.cpus).prefix(workers.count)
      candidates.keep(CPUSet(coalescing: cores.flatMap(\.runs))) { _ in .leftToOthers(workers: workers.count) }
      reach = candidates.cpus
    }

    var warnings = places.warnings + candidates.warnings
    warnings += crowding(request, workers: workers.count, places: places.used, reach: reach)
    if let share, workers.count > share.wholeCPUs {
      warnings.append(.workersExceedQuota(workers: workers.count, quota: share))
    }

    let seats = seats(request, workers: workers.count, places: places.used, candidates: candidates.cpus)
    var plan = PlacementPlan(
      seats: seats, places: places.used, warnings: warnings, workerBound: workers.bound,
      workerCountReason: workers.reason, quota: share, rank: candidates.rank,
      needsPinning: request.bind != .none || candidates.cpus != usable)
    plan.unused = unused(request, plan: plan, candidates: candidates, allPlaces: places.all)
    return plan
  }

  // MARK: Places

  private func places(
    for request: PlacementRequest, among candidates: Candidates
  ) throws(TopologyError) -> (all: [CPUSet], used: [CPUSet], warnings: [PlacementWarning]) {
    var asked = usable
    if case .explicit(let sets) = request.places { asked = CPUSet(coalescing: sets.flatMap(\.runs)) }
    let all = resolve(request.places, in: candidates.cpus)
    let used = Array(all.prefix(max(request.limit ?? all.count, 0)))
    guard !used.isEmpty else {
      let taken = asked.intersection(usable).compactMap { cpu in
        candidates.excluded[cpu].map { UnusedCPU(osIndex: cpu, reason: $0) }
      }
      if taken.isEmpty { throw .noUsableCPU(asked: asked, usable: usable) }
      throw .nothingLeft(asked: asked, unused: taken)
    }
    let dropped = asked.subtracting(usable)
    let warnings: [PlacementWarning] = dropped.isEmpty ? [] : [.droppedCPUs(dropped, usable: usable)]
    return (all, used, warnings + tooFewPlaces(for: request, among: candidates))
  }

  /// That there are fewer places than asked for, if nobody is to blame for it but the machine and the other settings: of
  /// cores that others have claimed there are warnings of their own.
  private func tooFewPlaces(for request: PlacementRequest, among candidates: Candidates) -> [PlacementWarning] {
    guard let limit = request.limit, request.bind != .none else { return [] }
    if case .explicit = request.places { return [] }
    let claimed = candidates.excluded.filter { $0.value.isOfClaims }.keys
    let available = resolve(request.places, in: candidates.cpus.union(CPUSet(claimed))).count
    return available < limit ? [.fewerPlaces(request.places.description, asked: limit, available: available)] : []
  }

  // MARK: How many

  /// How many workers, over the CPUs that they may run on (never empty), and why.
  private func count(
    _ workers: WorkerCount, over reach: CPUSet, quota: CPUQuota?, rank: LocalRank?
  ) throws(TopologyError) -> (count: Int, bound: WorkerBound, reason: String) {
    let cores = coreCount(of: reach)
    let among = rank.map { ", as \($0)" } ?? ""
    switch workers {
    case .auto:
      guard let quota, quota.wholeCPUs < cores else {
        return (cores, .cores, "auto: one for each of \(cores) usable \(cores == 1 ? "core" : "cores")\(among)")
      }
      let share = rank == nil ? "" : " to each rank"
      return (
        quota.wholeCPUs, .quota,
        "auto: \(quota.source) grants the time of \(quota.cpus) CPUs\(share), less than the \(cores) usable cores\(among)"
      )
    case .cores: return (cores, .cores, "cores: one for each usable core\(among)")
    case .threads: return (reach.count, .threads, "threads: one for each usable CPU\(among)")
    case .exactly(let count):
      guard count >= 1 else { throw .invalidWorkerCount(count) }
      return (count, .asked, "\(count) asked for\(among)")
    }
  }

  private func crowding(
    _ request: PlacementRequest, workers: Int, places: [CPUSet], reach: CPUSet
  ) -> [PlacementWarning] {
    if request.bind == .none {
      return workers > reach.count ? [.moreWorkersThanCPUs(workers: workers, cpus: reach.count)] : []
    }
    let taken = request.bind == .primary ? places[0] : reach
    guard workers > taken.count else { return [] }
    let takenPlaces = request.bind == .primary ? 1 : places.count
    return [.moreWorkersThanPlaces(workers: workers, places: takenPlaces, cpus: taken.count)]
  }

  // MARK: Who sits where

  private func seats(
    _ request: PlacementRequest, workers: Int, places: [CPUSet], candidates: CPUSet
  ) -> [PlacementPlan.Seat] {
    guard let indices = request.bind.placeIndices(workers: workers, places: places.count) else {
      let reason = candidates == usable ? "not bound" : "not bound, but kept to \(candidates.named)"
      return (0..<workers).map { PlacementPlan.Seat(worker: $0, place: candidates, placeIndex: nil, reason: reason) }
    }
    var taken = [Int](repeating: 0, count: places.count)
    var orders: [Int: [Int]] = [:]
    return (0..<workers).map { worker in
      let index = indices[worker]
      var seat = PlacementPlan.Seat(
        worker: worker, place: places[index], placeIndex: index,
        reason: "\(request.bind.rawValue): place \(index + 1) of \(places.count) (\(request.places.shortName))")
      if orders[index] == nil { orders[index] = cpus(of: places[index], in: request.order) }
      if let order = orders[index], order.count > 1 {
        seat.place = [order[taken[index] % order.count]]
        seat.reason += ", CPU \(seat.place) of it (\(request.order.rawValue))"
      }
      taken[index] += 1
      seat.speed = relativeSpeed(of: seat.place)
      return seat
    }
  }

  // MARK: Who does not

  private func unused(
    _ request: PlacementRequest, plan: PlacementPlan, candidates: Candidates, allPlaces: [CPUSet]
  ) -> [UnusedCPU] {
    let used = plan.taken
    let manned = Set(plan.seats.compactMap(\.placeIndex))
    // The first of the places that a CPU is in: listed places may overlap.
    var placeOf: [Int: Int] = [:]
    for (index, place) in allPlaces.enumerated() { for cpu in place where placeOf[cpu] == nil { placeOf[cpu] = index } }
    return present.subtracting(used).map { cpu in
      let reason: UnusedCPU.Reason =
        if let rule = candidates.excluded[cpu] {
          rule
        } else if let place = placeOf[cpu] {
          if place >= plan.places.count {
            .beyondLimit(plan.places.count)
          } else if manned.contains(place) {
            .notTaken(place: place)
          } else if request.bind == .primary {
            .notPrimary
          } else if plan.workerBound == .quota, let quota = plan.quota {
            .quota(place: place, workers: plan.seats.count, quota: quota)
          } else {
            .noWorker(place: place, workers: plan.seats.count)
          }
        } else {
          .notInPlaces
        }
      return UnusedCPU(osIndex: cpu, reason: reason)
    }
  }
}

extension Places {
  fileprivate var shortName: String {
    if case .explicit = self { "listed" } else { description }
  }
}

extension UnusedCPU.Reason {
  /// Whether it is that other pools have claimed cores.
  fileprivate var isOfClaims: Bool {
    switch self {
    case .claimed, .notClaimable: true
    default: false
    }
  }
}

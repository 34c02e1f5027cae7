extension Machine {
  /// Decides how many workers there are and where each one goes. Pure: binds and starts nothing.
  ///
  /// ```swift
  /// let machine = try Machine(synthetic: "package:2 core:4 pu:2")
  /// let plan = try machine.plan(workers: .exactly(2), places: .sockets, bind: .spread)
  /// plan.seats.map(\.place.description)   // ["0-7", "8-15"]
  /// ```
  ///
  /// CPUs that the places ask for but this process may not use are left out, with one warning that names them. Workers
  /// that are counted (`auto`, `cores`, `threads`) are counted over the CPUs that they may run on: the usable ones, or,
  /// if they are bound, those in the places.
  ///
  /// - Parameter limit: Use only the first so many usable places, as OpenMP's `cores(4)` does; nil: all.
  /// - Throws: ``TopologyError/noUsableCPU(asked:usable:)`` if no place is left, and
  ///   ``TopologyError/invalidWorkerCount(_:)``.
  public func plan(
    workers: WorkerCount, places: Places, bind: Binding, limit: Int? = nil
  ) throws(TopologyError) -> PlacementPlan {
    let (allPlaces, asked) = resolve(places)
    let usablePlaces = Array(allPlaces.prefix(max(limit ?? allPlaces.count, 0)))
    guard !usablePlaces.isEmpty else { throw .noUsableCPU(asked: asked, usable: usable) }

    let reach = bind == .none ? usable : usablePlaces.reduce(CPUSet()) { $0.union($1) }
    let (count, countReason) = try count(workers, over: reach)
    let indices = bind.placeIndices(workers: count, places: usablePlaces.count)

    var warnings: [PlacementWarning] = []
    let dropped = asked.subtracting(usable)
    if !dropped.isEmpty { warnings.append(.droppedCPUs(dropped, usable: usable)) }
    if bind == .none {
      if count > usable.count { warnings.append(.moreWorkersThanCPUs(workers: count, cpus: usable.count)) }
    } else {
      let taken = bind == .primary ? usablePlaces[0] : reach
      if count > taken.count {
        let takenPlaces = bind == .primary ? 1 : usablePlaces.count
        warnings.append(.moreWorkersThanPlaces(workers: count, places: takenPlaces, cpus: taken.count))
      }
    }
    if let quota, count > quota.wholeCPUs {
      warnings.append(.workersExceedQuota(workers: count, quota: quota))
    }

    let seats = (0..<count).map { worker in
      guard let index = indices?[worker] else {
        return PlacementPlan.Seat(worker: worker, place: usable, placeIndex: nil, reason: "not bound")
      }
      return PlacementPlan.Seat(
        worker: worker, place: usablePlaces[index], placeIndex: index,
        reason: "\(bind.rawValue): place \(index + 1) of \(usablePlaces.count) (\(places.shortName))")
    }
    return PlacementPlan(seats: seats, places: usablePlaces, warnings: warnings, workerCountReason: countReason)
  }

  /// How many workers, over the CPUs that they may run on (never empty), and why.
  private func count(
    _ workers: WorkerCount, over reach: CPUSet
  ) throws(TopologyError) -> (count: Int, reason: String) {
    let cores = coreCount(of: reach)
    switch workers {
    case .auto:
      guard let quota, quota.wholeCPUs < cores else {
        return (cores, "auto: one for each of \(cores) usable \(cores == 1 ? "core" : "cores")")
      }
      return (
        quota.wholeCPUs,
        "auto: \(quota.source) grants the time of \(quota.cpus) CPUs, less than the \(cores) usable cores"
      )
    case .cores: return (cores, "cores: one for each usable core")
    case .threads: return (reach.count, "threads: one for each usable CPU")
    case .exactly(let count):
      guard count >= 1 else { throw .invalidWorkerCount(count) }
      return (count, "\(count) asked for")
    }
  }
}

extension Places {
  fileprivate var shortName: String {
    if case .explicit = self { "listed" } else { description }
  }
}

/// A core that a pool has claimed: its workers are bound or kept to it, and other pools that share the machine keep away.
///
/// Claims are advisory. Only pools that ask for it (`share: machine`) make them, and look at those of others.
public struct CoreClaim: Sendable, Hashable, Codable {
  /// Whose pool it is.
  public struct Holder: Sendable, Hashable, Codable {
    /// The process; nil if it cannot be told, as for one in a container that is not visible from here.
    public var process: Int?
    /// The name of the program that it runs; nil if it cannot be told.
    public var program: String?
    /// The name of the pool; nil if it cannot be told.
    public var pool: String?
    /// Whether that is the process itself that asks: another of its pools has the core.
    public var isThisProcess: Bool

    /// A holder of whom some things may be unknown (nil).
    public init(process: Int?, program: String?, pool: String?, isThisProcess: Bool = false) {
      self.process = process
      self.program = program
      self.pool = pool
      self.isThisProcess = isThisProcess
    }
  }

  /// The core's CPUs that the machine's description has.
  public var cpus: CPUSet
  /// Who has it.
  public var holder: Holder

  /// A claim to plan beside: see ``Machine/plan(_:beside:)``.
  public init(cpus: CPUSet, holder: Holder) {
    self.cpus = cpus
    self.holder = holder
  }
}

extension CoreClaim.Holder: CustomStringConvertible {
  /// For the middle of a sentence: `process 4711 (render, pool 'pinwheel')`.
  public var description: String {
    let pool = pool.map { "pool '\(printable($0))'" }
    if isThisProcess { return pool.map { "this process's \($0)" } ?? "this process" }
    let details = [program.map { printable($0) }, pool].compactMap { $0 }.joined(separator: ", ")
    return (process.map { "process \($0)" } ?? "another process") + (details.isEmpty ? "" : " (\(details))")
  }
}

extension [CoreClaim] {
  /// All CPUs that are claimed.
  public var cpus: CPUSet { reduce(CPUSet()) { $0.union($1.cpus) } }

  /// `CPUs 0-1 by process 4711 (render, pool 'pinwheel'), CPU 3 by …`, in the order of the CPUs; with verbs, if given.
  func sentence(_ isClaimed: String = "", _ areClaimed: String = "") -> String {
    var sets: [CoreClaim.Holder: CPUSet] = [:]
    for claim in self { sets[claim.holder, default: []] = sets[claim.holder, default: []].union(claim.cpus) }
    return sets.sorted { ($0.value.first ?? 0) < ($1.value.first ?? 0) }
      .map { holder, cpus in "\(cpus.named)\(cpus.count == 1 ? isClaimed : areClaimed) by \(holder)" }
      .joined(separator: ", ")
  }
}

extension CPUSet {
  /// `CPU 3`, `CPUs 0-1`.
  var named: String { "\(count == 1 ? "CPU" : "CPUs") \(self)" }
}

extension Machine {
  /// A plan that keeps away from cores that others have claimed. Pure, as the plan itself.
  ///
  /// ```swift
  /// let machine = try Machine(synthetic: "core:2 pu:1")
  /// let other = CoreClaim(cpus: [0], holder: .init(process: 4711, program: "render", pool: "pinwheel"))
  /// let request = PlacementRequest(workers: .exactly(2), places: .cores, bind: .close)
  /// let plan = try machine.plan(request, beside: [other])
  /// plan.seats.map(\.place.description)   // ["1", "1"], and a warning that says who has CPU 0
  /// ```
  ///
  /// Workers that are not bound keep to as many of the cores that are left as there are workers, so that others have the
  /// rest, also if nobody has claimed any.
  ///
  /// Claims are the last of the rules that take CPUs away, so `auto` counts what they leave. If more is asked for than
  /// that, workers share what is left; if nothing is left, they sit as though nobody had claimed anything. Both are
  /// warnings that say who has which CPUs (``PlacementWarning/claimed(_:workers:free:)``), never errors.
  ///
  /// - Throws: What ``plan(_:)`` throws for the same request.
  public func plan(
    _ request: PlacementRequest, beside claims: [CoreClaim]
  ) throws(TopologyError) -> PlacementPlan {
    if request.bind == .none { return try floatingPlan(request, beside: claims) }
    var alone = try plan(request)
    let places = CPUSet(coalescing: alone.places.flatMap(\.runs))
    let met = claims.filter { !$0.cpus.intersection(places).isEmpty }
    if met.isEmpty { return alone }
    var kept = request
    kept.claims = claims
    guard var plan = try? plan(kept) else {
      // Nothing is left: whatever else could be wrong was no hindrance without the claims.
      let taken = alone.taken
      alone.warnings.append(
        .claimed(met.filter { !$0.cpus.intersection(taken).isEmpty }, workers: alone.seats.count, free: []))
      return alone
    }
    if plan.seats.count < alone.seats.count { plan.workerCountReason += "; others have claimed \(met.sentence())" }
    let sharesCPUs = plan.seats.count > plan.taken.count && plan.taken.count < alone.taken.count
    let sharesPlaces = plan.seats.count > plan.placesTaken && plan.placesTaken < alone.placesTaken
    if sharesCPUs || sharesPlaces {
      // Where claims alone have made it narrow, they are all there is to say.
      if alone.seats.count <= alone.taken.count {
        plan.warnings.removeAll { if case .moreWorkersThanPlaces = $0 { true } else { false } }
      }
      plan.warnings.append(.claimed(met, workers: plan.seats.count, free: plan.taken))
    }
    return plan
  }

  /// The same for workers that are not bound.
  private func floatingPlan(
    _ request: PlacementRequest, beside claims: [CoreClaim]
  ) throws(TopologyError) -> PlacementPlan {
    var alone = try plan(request)
    let met = claims.filter { !$0.cpus.intersection(alone.taken).isEmpty }
    // Nobody is bound to a place, so it does not matter if all of those are claimed.
    var kept = request
    (kept.places, kept.limit, kept.claims, kept.keepsToCores) = (.cores, nil, claims, true)
    guard var plan = try? plan(kept) else {
      alone.warnings.append(.claimed(met, workers: alone.seats.count, free: []))
      return alone
    }
    plan.places = alone.places
    plan.warnings.insert(contentsOf: alone.warnings.filter { if case .droppedCPUs = $0 { true } else { false } }, at: 0)
    if met.isEmpty { return plan }
    if plan.seats.count < alone.seats.count { plan.workerCountReason += "; others have claimed \(met.sentence())" }
    // A core for each, or as many as there are.
    if coreCount(of: plan.taken) < min(plan.seats.count, coreCount(of: alone.taken)) {
      if alone.seats.count <= alone.taken.count {
        plan.warnings.removeAll { if case .moreWorkersThanCPUs = $0 { true } else { false } }
      }
      plan.warnings.append(.claimed(met, workers: plan.seats.count, free: plan.taken))
    }
    return plan
  }
}

extension PlacementPlan {
  /// How many places have a worker.
  fileprivate var placesTaken: Int { Set(seats.map(\.placeIndex)).count }
}

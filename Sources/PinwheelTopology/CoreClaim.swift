/// A core that a pool has claimed: its workers are bound to it, and other pools that share the machine keep away.
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

  public init(cpus: CPUSet, holder: Holder) {
    self.cpus = cpus
    self.holder = holder
  }
}

extension CoreClaim.Holder: CustomStringConvertible {
  /// For the middle of a sentence: `process 4711 (render, pool 'pinwheel')`.
  public var description: String {
    let pool = pool.map { "pool '\($0)'" }
    if isThisProcess { return pool.map { "this process's \($0)" } ?? "this process" }
    let details = [program, pool].compactMap { $0 }.joined(separator: ", ")
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
  /// Claims are the last of the rules that take CPUs away, so `auto` counts what they leave. If more is asked for than
  /// that, workers share what is left; if nothing is left, they sit as though nobody had claimed anything. Both are
  /// warnings that say who has which CPUs (``PlacementWarning/claimed(_:workers:free:)``), never errors.
  ///
  /// - Throws: What ``plan(_:)`` throws for the same request.
  public func plan(
    _ request: PlacementRequest, beside claims: [CoreClaim]
  ) throws(TopologyError) -> PlacementPlan {
    var alone = try plan(request)
    let places = CPUSet(coalescing: alone.places.flatMap(\.runs))
    let met = claims.filter { !$0.cpus.intersection(places).isEmpty }
    if met.isEmpty { return alone }
    var kept = request
    kept.claims = claims
    guard var plan = try? plan(kept) else {
      // Nothing is left: whatever else could be wrong was no hindrance without the claims.
      let taken = alone.cpus
      alone.warnings.append(
        .claimed(met.filter { !$0.cpus.intersection(taken).isEmpty }, workers: alone.seats.count, free: []))
      return alone
    }
    if plan.seats.count < alone.seats.count { plan.workerCountReason += "; others have claimed \(met.sentence())" }
    let sharesCPUs = plan.seats.count > plan.cpus.count && plan.cpus.count < alone.cpus.count
    let sharesPlaces = plan.seats.count > plan.placesTaken && plan.placesTaken < alone.placesTaken
    if sharesCPUs || sharesPlaces {
      // Where claims alone have made it narrow, they are all there is to say.
      if alone.seats.count <= alone.cpus.count {
        plan.warnings.removeAll { if case .moreWorkersThanPlaces = $0 { true } else { false } }
      }
      plan.warnings.append(.claimed(met, workers: plan.seats.count, free: plan.cpus))
    }
    return plan
  }
}

extension PlacementPlan {
  /// The CPUs that workers may run on.
  fileprivate var cpus: CPUSet { CPUSet(coalescing: seats.flatMap(\.place.runs)) }

  /// How many places have a worker.
  fileprivate var placesTaken: Int { Set(seats.map(\.placeIndex)).count }
}

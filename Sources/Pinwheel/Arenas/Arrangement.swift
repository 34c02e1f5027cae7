import PinwheelTopology

/// What a pool and its arenas go by from now on: one plan for all of their workers, shared out.
struct Arrangement {
  let configuration: PoolConfiguration
  let machine: Machine
  /// Of all workers.
  let plan: PlacementPlan
  let waiting: ThreadPool.Waiting
  let shares: PlanShares
  /// Whether workers are pinned to their places.
  let binds: Bool
  /// The nodes of the arenas.
  let nodes: [Int]
  /// The cores that the pool has claimed for it. To be settled when all sit where they are to, or withdrawn.
  let claims: CoreClaims

  /// Plans anew.
  ///
  /// - Parameter former: What the pool has claimed so far.
  /// - Throws: What planning throws, and ``PoolError/arena(_:)`` if an arena, or the pool, is left without workers.
  init(
    _ configuration: PoolConfiguration, on machine: Machine, after former: CoreClaims, lending nodes: [Int]
  ) throws(PoolError) {
    let plan: PlacementPlan
    let claims: CoreClaims
    do { (plan, claims) = try CoreClaims.plan(configuration, on: machine, after: former) } catch {
      throw configuration.misplaced(error)
    }
    // Who spins takes time from all of them.
    let waiting = configuration.waiting(for: plan, on: machine)
    do throws(PoolError) {
      try self.init(
        configuration, on: machine, plan, waiting: waiting, claims: claims, lending: nodes)
    } catch {
      claims.withdraw()
      throw error
    }
  }

  /// Shares out the plan that the pool goes by already: nobody else's claims count, since none of its workers moves.
  ///
  /// - Throws: ``PoolError/arena(_:)`` if an arena, or the pool, is left without workers.
  init(asPlanned state: CrewState, lending nodes: [Int]) throws(PoolError) {
    try self.init(
      state.configuration, on: state.machine, state.plan, waiting: state.waiting, claims: state.claims, lending: nodes)
  }

  private init(
    _ configuration: PoolConfiguration, on machine: Machine, _ plan: PlacementPlan, waiting: ThreadPool.Waiting,
    claims: CoreClaims, lending nodes: [Int]
  ) throws(PoolError) {
    do { shares = try PlanShares(plan, lending: nodes, on: machine) } catch { throw .arena(error) }
    (self.configuration, self.machine, self.plan, self.waiting) = (configuration, machine, plan, waiting)
    (self.claims, self.nodes) = (claims, nodes)
    binds = plan.binds(on: machine)
  }

  /// The CPUs that the pool's threads may use which have no place: who is not in the plan, and may be busy, keeps to the
  /// pool's own cores as well.
  private var reach: CPUSet { claims.cpus.isEmpty ? machine.usable : machine.usable.intersection(claims.cpus) }

  /// Where the pool's threads may run that have no place: not on the arenas' CPUs.
  var ownReach: CPUSet {
    if nodes.isEmpty { return reach }
    return reach.subtracting(lent).union(shares.own.taken)
  }

  /// What the pool itself has of the cores that it has claimed.
  var ownClaimed: CPUSet {
    claims.cpus.subtracting(machine.wholeCores(of: lent)).union(claimed(by: shares.own))
  }

  /// What an arena has of them.
  func claimed(by share: PlacementPlan) -> CPUSet { claims.cpus.intersection(machine.wholeCores(of: share.taken)) }

  private var lent: CPUSet { shares.arenas.reduce([]) { $0.union($1.taken) } }

  /// The settings of an arena.
  func configuration(of share: PlacementPlan, node: Int) -> PoolConfiguration {
    var arena = configuration
    arena.workers = .exactly(share.seats.count)
    // The pool follows, and its arenas with it.
    arena.follow = .zero
    arena.name += "-n\(node)"
    // Said by the pool.
    arena.warnings = []
    return arena
  }
}

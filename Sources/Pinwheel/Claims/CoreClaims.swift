import CPinwheel
import PinwheelTopology

/// The cores that one pool has claimed, for the settings that it goes by.
///
/// All its functions are called with forks held off (`pw_hold_off_forks`). What ``plan(_:on:after:)`` has claimed is the
/// pool's from then on. Then either ``settle()``, when workers sit where they are to sit, or ``withdraw()``, if nothing
/// came of it.
struct CoreClaims: Sendable {
  /// All CPUs of the cores that workers are bound or kept to.
  private(set) var cpus = CPUSet()
  private var owner: ClaimTable.Owner?
  private var kept: Set<ClaimFile.Identity> = []
  /// Those that are new.
  private var taken: Set<ClaimFile.Identity> = []

  /// Plans where a pool's workers go, and, if it shares the machine, does so beside what others have claimed, and claims
  /// the cores that they are bound or kept to.
  ///
  /// - Parameter former: What the pool has claimed so far. It keeps that until the new claims are settled.
  static func plan(
    _ configuration: PoolConfiguration, on machine: Machine, after former: CoreClaims = CoreClaims()
  ) throws(TopologyError) -> (plan: PlacementPlan, claims: CoreClaims) {
    var claims = CoreClaims()
    claims.owner = former.owner
    guard configuration.claimsCores(on: machine) else {
      var plan = try configuration.plan(on: machine)
      if plan.needsPinning, !plan.binds(on: machine) { plan.warnings.append(.otherMachine(machine.source)) }
      return (plan, claims)
    }
    switch ClaimDirectory.open(configuration.claimsDirectory, creating: true) {
    case .success(let directory):
      let cores = ClaimableCore.all(of: machine)
      let outcome = try ClaimTable.shared.withLock { table throws(TopologyError) in
        try table.claim(cores, for: former.owner, pool: configuration.name, in: directory) {
          others throws(TopologyError) in
          try configuration.plan(on: machine, beside: others)
        }
      }
      (claims.cpus, claims.owner) = (outcome.cpus, outcome.owner)
      (claims.kept, claims.taken) = (outcome.kept, outcome.taken)
      return (outcome.plan, claims)
    case .failure(let refusal):
      var plan: PlacementPlan
      if !former.cpus.isEmpty, let onItsOwn = try? configuration.plan(on: machine, claimed: former.cpus) {
        // What it has claimed it still has, and keeps to.
        plan = onItsOwn
        (claims.cpus, claims.kept) = (former.cpus, former.kept)
      } else {
        // It has none, or its settings name others: as though nobody claimed anything.
        plan = try configuration.plan(on: machine)
      }
      plan.warnings.append(refusal.warning)
      return (plan, claims)
    }
  }

  var mayHaveCores: Bool { owner != nil }

  /// Nobody works any more on the cores of which the plan knows nothing: they go back.
  func settle() { release(but: kept) }

  /// Nothing came of the plan: what it has taken goes back.
  func withdraw() {
    guard let owner else { return }
    ClaimTable.shared.withLock { table in table.release(owner, only: taken) }
  }

  /// Gives all of them back. Does nothing the second time.
  func release() { release(but: []) }

  private func release(but kept: Set<ClaimFile.Identity>) {
    if let owner { ClaimTable.shared.withLock { $0.release(owner, but: kept) } }
  }
}

extension PoolConfiguration {
  /// The plan of a pool that has claimed these cores, and can claim no others.
  fileprivate func plan(on machine: Machine, claimed: CPUSet) throws(TopologyError) -> PlacementPlan {
    var request = placementRequest
    request.claimed = claimed
    return try machine.plan(request)
  }

  /// Whether a pool of this configuration claims cores on this machine.
  func claimsCores(on machine: Machine) -> Bool { share == .machine && machine.source == .real }

  /// The plan of a pool that would start now: beside what others have claimed, if it shares the machine. Claims nothing.
  ///
  /// - Throws: What ``plan(on:)`` throws.
  package func planBesideOthers(on machine: Machine) throws(TopologyError) -> PlacementPlan {
    guard claimsCores(on: machine) else { return try plan(on: machine) }
    let claims: [CoreClaim]
    switch claimsOfOthers(on: machine) {
    case .success(let known): claims = known
    case .failure(let refusal) where refusal.isAbsent: claims = []
    case .failure(let refusal):
      var plan = try plan(on: machine)
      plan.warnings.append(refusal.warning)
      return plan
    }
    return try plan(on: machine, beside: claims)
  }

  /// What others have claimed now.
  private func claimsOfOthers(on machine: Machine) -> Result<[CoreClaim], ClaimDirectory.Refusal> {
    pw_hold_off_forks()
    defer { pw_allow_forks() }
    switch ClaimDirectory.open(claimsDirectory, creating: false) {
    case .success(let directory):
      let cores = ClaimableCore.all(of: machine)
      return .success(ClaimTable.shared.withLock { $0.claims(on: cores, in: directory) }.compactMap { $0 })
    case .failure(let refusal): return .failure(refusal)
    }
  }
}

extension ClaimDirectory.Refusal {
  fileprivate var warning: PlacementWarning { .claimsUnavailable(directory: path, reason: reason) }
}

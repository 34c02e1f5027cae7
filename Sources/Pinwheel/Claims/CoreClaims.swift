import CPinwheel
import PinwheelTopology

/// The cores that one pool has claimed, from its start to its end.
///
/// All its functions are called with forks held off (`pw_hold_off_forks`).
struct CoreClaims: Sendable {
  /// All CPUs of these cores.
  let cpus: CPUSet
  private let owner: ClaimTable.Owner?

  /// Plans where a pool's workers go, beside what others have claimed, and claims the cores that they are bound to.
  static func claim(
    _ configuration: PoolConfiguration, on machine: Machine
  ) throws(TopologyError) -> (plan: PlacementPlan, claims: CoreClaims) {
    switch ClaimDirectory.open(configuration.claimsDirectory, creating: true) {
    case .success(let directory): return try claim(configuration, on: machine, in: directory)
    case .failure(let refusal):
      var plan = try configuration.plan(on: machine)
      plan.warnings.append(.claimsUnavailable(directory: refusal.path, reason: refusal.reason))
      return (plan, CoreClaims(cpus: [], owner: nil))
    }
  }

  private static func claim(
    _ configuration: PoolConfiguration, on machine: Machine, in directory: borrowing ClaimDirectory
  ) throws(TopologyError) -> (plan: PlacementPlan, claims: CoreClaims) {
    let cores = ClaimableCore.all(of: machine)
    let outcome = try ClaimTable.shared.withLock { table throws(TopologyError) in
      try table.claim(cores, pool: configuration.name, in: directory) { claims throws(TopologyError) in
        try configuration.plan(on: machine, beside: claims)
      }
    }
    return (outcome.plan, CoreClaims(cpus: outcome.cpus, owner: outcome.owner))
  }

  /// Gives the cores back. Does nothing the second time.
  func release() {
    if let owner { ClaimTable.shared.withLock { $0.release(owner) } }
  }
}

extension PoolConfiguration {
  /// Whether a pool of this configuration claims cores on this machine.
  func claimsCores(on machine: Machine) -> Bool { share == .machine && bind != .none && machine.source == .real }

  /// What others have claimed now, for a pool of this configuration; nothing, if it shares nothing. Claims nothing.
  package func claimsOfOthers(on machine: Machine) -> [CoreClaim] {
    guard claimsCores(on: machine) else { return [] }
    pw_hold_off_forks()
    defer { pw_allow_forks() }
    switch ClaimDirectory.open(claimsDirectory, creating: false) {
    case .success(let directory):
      let cores = ClaimableCore.all(of: machine)
      return ClaimTable.shared.withLock { $0.claims(on: cores, in: directory) }.compactMap { $0 }
    case .failure: return []
    }
  }
}

import CPinwheel
import PinwheelTopology
import Synchronization

/// The arenas that have workers of a crew.
///
/// One crew of threads can't be in two pools, so the workers of an arena have threads of their own, and as many of the
/// pool's stand aside for as long as it lives. Both crews are given their parts of one plan (``PlanShares``), when an
/// arena comes or goes and whenever the plan is made anew: so they never have more workers together than the pool alone.
struct Lending: Sendable {
  struct Loan: Sendable {
    let node: Int
    weak var arena: Crew?
  }

  /// In the order in which they were made.
  var loans: [Loan] = []
  /// The last arena that ended could not be followed by what it takes to have its workers back: at the next look all is
  /// arranged anew.
  var isOwed = false
  /// The lender has ended. Its arenas work on, and whoever ends last gives back what it has claimed.
  var isOver = false
}

/// Whose workers an arena has.
struct Tenure: Sendable {
  let lender: Crew
  let node: Int
}

extension Crew {
  /// Starts an arena with the crew's workers of that node. They wait to be let in.
  func lend(_ node: Int) throws(PoolError) -> Crew {
    let (arena, configuration, known, former) = try change { () throws(PoolError) in
      let current = state.read { $0 }
      let machine = current.machine
      let loans = lending.withLock { $0.loans }
      if loans.contains(where: { $0.node == node }) { throw .arena(.alreadyLent(node: node)) }
      guard machine.nodes.contains(node) else { throw .arena(.unknownNode(node, nodes: machine.nodes)) }
      if current.configuration.bind == .none { throw .arena(.notBound(node: node)) }
      let manned = nodes
      guard manned.contains(node) else { throw .arena(.noWorker(node: node, nodes: manned)) }

      let arrangement = try Arrangement(asPlanned: current, lending: loans.map(\.node) + [node])
      // As a rule none is missing. If the end of an earlier arena could not be carried out, some may be.
      try prepare(arrangement)
      let share = arrangement.shares.arenas[loans.count]
      let ofArena = arrangement.configuration(of: share, node: node)
      // Refused threads leave nothing behind; from there on nothing throws.
      let arena = try Crew.seat(
        ofArena, on: machine, share, waiting: arrangement.waiting, claims: CoreClaims(),
        claimed: arrangement.claimed(by: share), tenure: Tenure(lender: self, node: node))
      let known = warnings + arena.placement.warnings
      let former = carryOut(arrangement, again: false).former
      lending.withLock { $0.loans.append(Lending.Loan(node: node, arena: arena)) }
      return (arena, ofArena, known, former)
    }
    defer { withExtendedLifetime(former) {} }
    arena.announceStart(configuration)
    announce(besides: known)
    return arena
  }

  /// An arena's threads are gone: its workers are the crew's own again.
  func takeBack(from arena: Crew) {
    pw_hold_off_forks()
    let known = warnings
    let outcome = isEnding.withLock { ending in takeBack(from: arena, isEnding: ending) }
    pw_allow_forks()
    defer { withExtendedLifetime(outcome) {} }
    switch outcome {
    case .success: announce(besides: known)
    case .failure(let refusal): tell(.notApplied(refusal))
    case nil: break
    }
  }

  /// What is not as asked for, with the crew's own workers and with those in arenas.
  private var warnings: [PlacementWarning] { placement.warnings + arenas.flatMap(\.placement.warnings) }

  /// Tells of the workers what nobody knows yet.
  private func announce(besides known: [PlacementWarning]) {
    for warning in warnings where !known.contains(warning) { tell(.placement(warning)) }
  }

  /// What has been arranged, or why the crew goes on without them; nil: it has nothing to arrange.
  private func takeBack(from arena: Crew, isEnding: Bool) -> Result<Arranged, PoolError>? {
    let left: Lending? = lending.withLock { lending in
      guard let index = lending.loans.firstIndex(where: { $0.arena === arena }) else { return nil }
      lending.loans.remove(at: index)
      return lending
    }
    // It has given them back before.
    guard let left else { return nil }
    if left.isOver, left.loans.isEmpty { claims.release() }
    if isEnding { return nil }
    let current = state.read { $0 }
    do throws(PoolError) {
      return .success(try enact(Arrangement(asPlanned: current, lending: left.loans.map(\.node))))
    } catch {
      lending.withLock { $0.isOwed = true }
      return .failure(error)
    }
  }

  /// The crew has ended: its claims go, unless arenas sit on them. Forks are held off.
  func releaseClaims() {
    let isLast = lending.withLock { lending in
      lending.isOver = true
      return lending.loans.isEmpty
    }
    if isLast { claims.release() }
  }

  var arenas: [Crew] { lending.withLock { $0.loans.compactMap(\.arena) } }

  /// The NUMA nodes that its workers sit on, one node each, ascending.
  var nodes: [Int] {
    let (placement, machine) = state.read { ($0.placement, $0.machine) }
    return Set(placement.seats.compactMap { $0.placeIndex == nil ? nil : machine.node(of: $0.place) }).sorted()
  }

  /// Whether the kernel has put a bound worker of an arena somewhere else.
  var arenaHasStrayed: Bool {
    // One that ends may be joining its threads.
    arenas.contains { arena in arena.isEnding.withLock { ending in !ending && arena.hasStrayed } }
  }

  // MARK: What a change does

  /// Makes the threads that an arrangement takes and that are missing, for the crew and its arenas: they stand aside. And
  /// has all of them scheduled as it asks for, the new ones whatever the calling thread has. If it throws, none is new: one
  /// that could not be scheduled as the others would be in the way of every later change, and of other callers.
  func prepare(_ arrangement: Arrangement) throws(PoolError) {
    // So that a new worker's hook finds it scheduled already.
    let hold = Hold()
    do throws(PoolError) {
      try hold.isAbandoned.withLock { abandoned throws(PoolError) in
        abandoned = true
        try startThreads(for: arrangement, hold: hold)
        try schedule(for: arrangement)
        abandoned = false
      }
    } catch {
      dismissThreads(of: hold)
      for (arena, _) in arenas(of: arrangement) { arena.unlessEnding { arena.dismissThreads(of: hold) } }
      throw error
    }
  }

  private func startThreads(for arrangement: Arrangement, hold: Hold) throws(PoolError) {
    try startThreads(for: arrangement.shares.own, binds: arrangement.binds, hold: hold)
    for (arena, share) in arenas(of: arrangement) {
      try arena.unlessEnding { () throws(PoolError) in
        try arena.startThreads(for: share, binds: arrangement.binds, hold: hold)
      }
    }
  }

  /// All crews or, if it throws, none.
  private func schedule(for arrangement: Arrangement) throws(PoolError) {
    let crews = [self] + arenas(of: arrangement).map(\.crew)
    for (index, crew) in crews.enumerated() {
      do throws(PoolError) {
        try crew.unlessEnding { () throws(PoolError) in try crew.schedule(arrangement.configuration) }
      } catch {
        let former = state.read { $0.configuration }
        for changed in crews[..<index] {
          try? changed.unlessEnding { () throws(PoolError) in try changed.schedule(former) }
        }
        throw error
      }
    }
  }

  /// Nothing of a crew whose threads may be being joined.
  private func unlessEnding<E: Error>(_ body: () throws(E) -> Void) throws(E) {
    // Whoever changes a pool has that of its own.
    if tenure == nil { return try body() }
    try isEnding.withLock { ending throws(E) in if !ending { try body() } }
  }

  /// Does as arranged, and gives back claimed cores that nobody needs. Those that lose workers come first, so that there
  /// are never more of them than before or after.
  /// Returns which of the crew's workers have moved, what has become of its arenas, and what they went by before, the crew
  /// first.
  func carryOut(
    _ arrangement: Arrangement, again: Bool
  ) -> (moved: [Int], arenas: [ThreadPool.Change.OfArena], former: [CrewState]) {
    let shares = arenas(of: arrangement)
    let growth = { (crew: Crew, share: PlacementPlan) in share.seats.count - crew.placement.seats.count }
    let ownGrowth = growth(self, arrangement.shares.own)
    let (shrinking, others) = (
      shares.filter { growth($0.crew, $0.share) < 0 }, shares.filter { growth($0.crew, $0.share) >= 0 }
    )
    let settleOwn = {
      self.settle(
        arrangement.shares.own, arrangement.configuration, arrangement, within: arrangement.ownReach,
        claimed: arrangement.ownClaimed, again: again)
    }
    let early = ownGrowth < 0 ? settleOwn() : nil
    var adopted = shrinking.map { arena, share in arena.adopt(arrangement, share, again: again) }
    let own = early ?? settleOwn()
    adopted += others.map { arena, share in arena.adopt(arrangement, share, again: again) }
    // By now nobody is there who should not be, but for the workers of arenas that end: as long as those finish something
    // no core is given back. The end of the last of them carries this out once more.
    if !adopted.contains(where: { $0 == nil }) { arrangement.claims.settle() }
    let changes = adopted.compactMap { $0?.change }.filter { change in
      change.workerCount != change.previousWorkerCount || !change.movedWorkers.isEmpty
    }
    return (own.moved, changes.sorted { $0.node < $1.node }, [own.former] + adopted.compactMap { $0?.former })
  }

  /// An arena does as its pool has arranged, unless it ends. Returns what has become of it, and what it went by before; nil:
  /// it ends.
  private func adopt(
    _ arrangement: Arrangement, _ share: PlacementPlan, again: Bool
  ) -> (change: ThreadPool.Change.OfArena, former: CrewState)? {
    guard let node = tenure?.node else { return nil }
    return isEnding.withLock { ending in
      if ending { return nil }
      let (moved, former) = settle(
        share, arrangement.configuration(of: share, node: node), arrangement, within: share.taken,
        claimed: arrangement.claimed(by: share), again: again)
      let change = ThreadPool.Change.OfArena(
        node: node, workerCount: share.seats.count, previousWorkerCount: former.placement.seats.count,
        movedWorkers: moved)
      return (change, former)
    }
  }

  private func arenas(of arrangement: Arrangement) -> [(crew: Crew, share: PlacementPlan)] {
    let loans = lending.withLock { $0.loans }
    return zip(arrangement.nodes, arrangement.shares.arenas).compactMap { node, share in
      loans.first { $0.node == node }?.arena.map { ($0, share) }
    }
  }
}

import CPinwheel
import Glibc
import PinwheelTopology
import Synchronization

/// The C core's pool, owned: freed when the last reference goes.
final class CorePool: @unchecked Sendable {
  // SAFETY: the pointer never changes; what it points to is made for many threads.
  let pointer: OpaquePointer
  /// What makes the pool deterministic; nil in others.
  let baton: OpaquePointer?
  private let observer: ReplayObserver?
  /// Whose jobs run on threads of other pools, which wait for them.
  private let asides = Mutex<[Submission]>([])

  init(_ pointer: OpaquePointer, observer: ReplayObserver?) {
    self.pointer = pointer
    self.observer = observer
    baton = pw_pool_baton(pointer)
  }

  deinit { pw_pool_destroy(pointer) }

  /// Who sits where, so that outside callers take the slot of the CPU that they run on.
  func setHomes(_ configuration: PoolConfiguration, _ plan: PlacementPlan) {
    let last = configuration.bind == .none ? nil : plan.seats.flatMap { Array($0.place) }.max()
    var homes = [UInt32](repeating: 0, count: last.map { min($0, Int(PW_MOST_CPUS) - 1) + 1 } ?? 0)
    for seat in plan.seats.reversed() {
      for cpu in seat.place where cpu < homes.count { homes[cpu] = UInt32(seat.worker) }
    }
    pw_pool_set_homes(pointer, homes, UInt32(homes.count))
  }

  /// How fast they are, so that loops begin with parts to suit. Not in a deterministic pool, whose schedule must be the
  /// same on every machine.
  func setWeights(_ plan: PlacementPlan) {
    let speeds = plan.seats.map(\.speed)
    let isUneven = baton == nil && speeds.contains { $0 != speeds[0] }
    let weights = isUneven ? speeds.map { UInt32(max($0 * Double(PW_FULL_WEIGHT), 1)) } : []
    pw_pool_set_weights(pointer, weights, UInt32(weights.count))
  }

  /// Who can run at the same time: no more than there are CPUs for them, or than the quota keeps busy; and how long
  /// members of a team that is no larger look before they sleep. In a deterministic pool, where one runs at a time, all:
  /// its schedule must be the same on every machine.
  func setAbreast(_ plan: PlacementPlan, _ configuration: PoolConfiguration, _ waiting: ThreadPool.Waiting) {
    let quota = plan.quota.map { Int(min($0.cpus.rounded(.up), Double(plan.seats.count))) } ?? plan.seats.count
    let count = baton == nil ? min(plan.seats.count, plan.taken.count, quota) : plan.seats.count
    let apart = count < plan.seats.count ? plan.workersApart : []
    // Part of a quota's CPU, in which one more of them runs, is none to be spun away.
    let spins = baton == nil && plan.quota.map { Double(count) <= $0.cpus } ?? true
    let spin = spins ? max(waiting.nanoseconds, configuration.spin.nanoseconds) : waiting.nanoseconds
    pw_pool_set_abreast(pointer, UInt32(max(count, 1)), spin, apart, UInt32(apart.count))
  }

  /// Who is near whom: thieves and wake-ups go by it. A deterministic pool does the same on every machine instead.
  func setNeighborhood(_ neighborhood: Neighborhood) {
    if baton != nil { return }
    for (position, worker) in neighborhood.row.enumerated() {
      // If there are more than the core has room for, the outermost are left out: they matter least.
      let groups = neighborhood.groups[position].prefix(Int(PW_LEVELS) - 1)
      let bounds = groups.flatMap { [UInt32($0.range.lowerBound), UInt32($0.range.upperBound)] }
      pw_pool_set_near(
        pointer, UInt32(worker), UInt32(position), bounds, UInt32(groups.count), groups.first?.bond == .core)
    }
    // Workers that are not in the row, because they are bound to nothing or not wanted.
    for index in UInt32(neighborhood.row.count)..<max(pw_pool_made(pointer), UInt32(neighborhood.row.count)) {
      pw_pool_set_near(pointer, index, index, [], 0, false)
    }
  }

  func begin(aside: Submission) { asides.withLock { $0.append(aside) } }

  func end(aside: Submission) {
    asides.withLock { all in
      if let index = all.firstIndex(where: { $0 === aside }) { all.remove(at: index) }
    }
  }

  /// Waits for those that have begun. When no ticket is left no other can begin.
  func awaitAsides() { for aside in asides.withLock({ $0 }) { aside.awaitAside() } }
}

/// The pool's threads and what they share. It outlives its ``ThreadPool`` for as long as a worker needs to end.
package final class Crew: Sendable {
  let core: CorePool
  /// What the pool was started with: what is fixed comes from here.
  let founding: PoolConfiguration
  /// What it goes by now.
  let state: GuardedCrewState
  let threads: Mutex<[WorkerThread]>
  /// How its workers are scheduled unless its settings ask for something else.
  let inherited: Scheduling
  let follower = Mutex(Follower())
  /// Held while somebody changes who works, and to say that the pool ends.
  let isEnding = Mutex(false)
  /// Who has workers of it.
  let lending = Mutex(Lending())
  /// Whose workers it has, if it is an arena's.
  let tenure: Tenure?
  private let gate: StartGate

  private init(
    core: CorePool, founding: PoolConfiguration, state: CrewState, tenure: Tenure?, threads: [WorkerThread],
    inherited: Scheduling, gate: StartGate
  ) {
    self.core = core
    self.founding = founding
    self.tenure = tenure
    self.inherited = inherited
    self.gate = gate
    self.state = GuardedCrewState(state, of: core.pointer)
    self.threads = Mutex(threads)
  }

  var placement: ThreadPool.Placement { state.read { $0.placement } }
  var waiting: ThreadPool.Waiting { state.read { $0.waiting } }
  package var configuration: PoolConfiguration { state.read { $0.configuration } }
  /// Whether it takes no settings any more.
  package var isOver: Bool { pw_pool_is_closed(core.pointer) }
  /// The cores that it has claimed, its arenas' too; none if it is an arena's.
  var claims: CoreClaims { state.read { $0.claims } }

  /// - Parameter described: The machine to plan on; nil: the one that this process runs on.
  static func start(_ requested: PoolConfiguration, on described: Machine? = nil) throws(PoolError) -> Crew {
    let configuration: PoolConfiguration
    let crew: Crew
    do {
      pw_hold_off_forks()
      defer { pw_allow_forks() }
      do { configuration = try requested.resolved() } catch { throw PoolError.configuration(error) }
      crew = try seat(configuration, on: described)
    }
    crew.announceStart(configuration)
    crew.follow()
    return crew
  }

  func announceStart(_ configuration: PoolConfiguration) {
    guard let onEvent = configuration.onEvent else { return }
    let start = ThreadPool.Start(configuration, placement, waiting)
    onEvent(.started(start))
    for warning in start.warnings { onEvent(warning) }
  }

  /// Starts the threads, each where it belongs. They are let in when all have come, or wait for `open`.
  private static func seat(_ configuration: PoolConfiguration, on described: Machine?) throws(PoolError) -> Crew {
    let machine: Machine
    let plan: PlacementPlan
    let claims: CoreClaims
    do {
      machine = if let described { described } else { try Surroundings.machine() }
      (plan, claims) = try CoreClaims.plan(configuration, on: machine)
    } catch { throw configuration.misplaced(error) }
    do {
      return try seat(
        configuration, on: machine, plan, waiting: configuration.waiting(for: plan, on: machine), claims: claims,
        claimed: claims.cpus, tenure: nil)
    } catch {
      claims.withdraw()
      throw error
    }
  }

  static func seat(
    _ configuration: PoolConfiguration, on machine: Machine, _ plan: PlacementPlan, waiting: ThreadPool.Waiting,
    claims: CoreClaims, claimed: CPUSet, tenure: Tenure?
  ) throws(PoolError) -> Crew {
    let count = plan.seats.count
    let binds = plan.binds(on: machine)
    let core = try makeCore(configuration, plan: plan, waiting: waiting)
    if binds { core.setNeighborhood(machine.neighborhood(of: plan)) }
    let gate = StartGate(count: count)
    var threads: [WorkerThread] = []
    let inherited: Scheduling
    do throws(PoolError) {
      for seat in plan.seats {
        let place = binds ? seat.place : nil
        threads.append(try startThread(seat.worker, of: core, gate: gate, place: place, configuration))
      }
      inherited = tenure?.lender.inherited ?? threads.first?.scheduling ?? Scheduling(of: 0)
      try threads.schedule(configuration, over: inherited)
    } catch {
      gate.abandon()
      for thread in threads { thread.join() }
      throw error
    }
    // Those of a deterministic pool wait until its caller has the baton, hooks come after the event that says that the pool
    // has started, and an arena's workers after those that lend them their places have been told.
    let waits = core.baton != nil || configuration.onWorkerStart != nil || tenure != nil
    let seatings = gate.waitForAll(opens: !waits)
    for (index, seating) in seatings.enumerated() where seating.refusal != nil {
      threads[index].noteRefusedStart()
    }
    let placement = ThreadPool.Placement(plan: plan, machine: machine, seatings: seatings, claimed: claimed)
    let state = CrewState(
      configuration: configuration, machine: machine, plan: plan, placement: placement, waiting: waiting,
      claims: claims)
    return Crew(
      core: core, founding: configuration, state: state, tenure: tenure, threads: threads, inherited: inherited,
      gate: gate)
  }

  /// Starts a worker's thread. Without a gate it stands aside until it is wanted; then its place is where it first goes,
  /// and it counts as bound to nothing until somebody has seen to it; and it does not begin while somebody has its `hold`
  /// locked.
  static func startThread(
    _ index: Int, of core: CorePool, gate: StartGate?, place: CPUSet?, _ configuration: PoolConfiguration,
    hold: Hold? = nil
  ) throws(PoolError) -> WorkerThread {
    guard let pin = pw_pin_create() else { throw .outOfMemory }
    let worker = Worker(
      index: index, slot: pw_pool_slot(core.pointer, UInt32(index)), core: core, gate: gate, pin: pin, place: place,
      configuration: configuration, hold: hold)
    if gate == nil, let place { Affinity.note(place, in: pin) }
    switch Thread.start(stackSize: configuration.stackSize, { worker.run() }) {
    case .success(let thread):
      return WorkerThread(handle: thread, pin: pin, place: gate == nil ? nil : place, reach: place, hold: hold)
    case .failure(let refusal):
      pw_pin_destroy(pin)
      throw .threadCreation(worker: index, errno: refusal.errno)
    }
  }

  /// Lets the workers begin, if they have not yet.
  func open() {
    // As the caller of a deterministic pool, which has the baton from the start.
    pw_baton_enter(core.baton)
    defer { pw_baton_leave(core.baton) }
    gate.open()
    // So that the first call from outside finds idle seats, on a busy machine too.
    pw_pool_await_start(core.pointer, 100_000_000)
  }

  private static func makeCore(
    _ configuration: PoolConfiguration, plan: PlacementPlan, waiting: ThreadPool.Waiting
  ) throws(PoolError) -> CorePool {
    let count = plan.seats.count
    guard
      let pointer = pw_pool_reserve(
        UInt32(count), configuration.determinism == nil ? UInt32(PW_MOST_SLOTS) : UInt32(count),
        UInt32(PW_STRICT_CAPACITY), waiting.nanoseconds, configuration.seed, runEntry)
    else { throw .outOfMemory }
    let observer = configuration.determinism.map { _ in ReplayObserver(workers: count, configuration.onEvent) }
    if let observer, let determinism = configuration.determinism,
      !observer.watch(pointer, seed: configuration.seed, determinism)
    {
      pw_pool_destroy(pointer)
      throw .outOfMemory
    }
    let core = CorePool(pointer, observer: observer)
    core.setHomes(configuration, plan)
    core.setWeights(plan)
    core.setAbreast(plan, configuration, waiting)
    return core
  }

  /// Refuses new jobs, runs what is queued, and joins the workers. Once; later calls wait for the first.
  func shutDown() {
    if pw_pool_is_forked(core.pointer) { return }  // the threads are not ours to join
    pw_baton_enter(core.baton)
    defer { pw_baton_leave(core.baton) }
    close()
    pw_baton_await_workers(core.baton)
    joinWorkers()
  }

  /// From here on nobody changes who works.
  private func close() {
    isEnding.withLock { ending in
      ending = true
      _ = pw_pool_close(core.pointer)
      pw_pool_stop(core.pointer)
    }
  }

  private func joinWorkers() {
    stopFollowing()
    threads.withLock { threads in
      for thread in threads { thread.join() }
      threads = []
    }
    if claims.mayHaveCores {
      pw_hold_off_forks()
      releaseClaims()
      pw_allow_forks()
    }
    tenure?.lender.takeBack(from: self)
    // No worker is left. What is (tickets of scopes that have ended, as a rule) is run here, so that nothing is lost.
    var entry = pw_entry()
    while pw_pool_leftover(core.pointer, &entry) { runLeftover(entry) }
    core.awaitAsides()
  }

  /// The pool was dropped. On one of its own workers, joining is left to a thread made for it.
  func end() {
    if pw_pool_is_forked(core.pointer) { return }
    if !pw_is_inside(core.pointer) {
      shutDown()
    } else {
      close()
      pw_baton_forget_caller(core.baton)
      // If even that thread is refused, the workers end by themselves and their memory is leaked, not freed under them.
      switch Thread.start(stackSize: Thread.helperStackSize, { self.joinWorkers() }) {
      case .success(let reaper): pthread_detach(reaper)
      case .failure: _ = Unmanaged.passRetained(self)
      }
    }
  }
}

extension Duration {
  /// Whole nanoseconds, clamped to what a `UInt64` holds.
  var nanoseconds: UInt64 {
    let (seconds, attoseconds) = components
    if seconds < 0 || attoseconds < 0 { return 0 }
    let (whole, overflow) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
    let (sum, isTooMany) = whole.addingReportingOverflow(UInt64(attoseconds / 1_000_000_000))
    return overflow || isTooMany ? .max : sum
  }
}

extension PlacementPlan {
  /// A bit for each worker that is one of the first on its CPUs, as many as those are. None if nobody is bound: then the
  /// operating system keeps those apart that run.
  var workersApart: [UInt64] {
    var words = [UInt64](repeating: 0, count: (seats.count + 63) / 64)
    var taken: [CPUSet: Int] = [:]
    for seat in seats {
      if seat.placeIndex == nil { return [] }
      if taken[seat.place, default: 0] == seat.place.count { continue }
      taken[seat.place, default: 0] += 1
      words[seat.worker / 64] |= 1 << UInt64(seat.worker % 64)
    }
    return words
  }
}

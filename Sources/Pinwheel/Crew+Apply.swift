import CPinwheel
import Glibc
import PinwheelTopology
import Synchronization

/// What an arrangement has done.
struct Arranged {
  var change: ThreadPool.Change
  /// What the crew and its arenas went by before. It may have the last references to what is the user's, and what runs
  /// when that goes may call this pool or another: it is let go when no lock is held any more, and forks are not held off.
  var former: [CrewState]
}

extension Crew {
  package func apply(_ requested: PoolConfiguration) throws(PoolError) -> ThreadPool.Change {
    let arranged = try change { () throws(PoolError) in
      var configuration: PoolConfiguration
      do throws(ConfigurationError) { configuration = try requested.resolved() } catch { throw .configuration(error) }
      let ignored = keepWhatIsFixed(&configuration)
      let machine = state.read { $0.machine }
      return try arrange(configuration, on: machine, ignored: ignored)
    }
    defer { withExtendedLifetime(arranged.former) {} }
    follow()
    announce(arranged.change.ignored)
    return arranged.change
  }

  /// - Parameter seen: The machine as it is by now; nil: look.
  func refresh(to seen: Machine? = nil) throws(PoolError) -> ThreadPool.Change? {
    let arranged = try change { () throws(PoolError) -> Arranged? in
      let (configuration, known) = state.read { ($0.configuration, $0.machine) }
      let machine: Machine
      do throws(TopologyError) {
        machine = if let seen { seen } else { try Surroundings.lookAgain() }
      } catch { throw .topology(error, settings: []) }
      // An older kernel forgets what threads were bound to when their cpuset changes, also if it changes back.
      guard machine != known || hasStrayed || arenaHasStrayed || lending.withLock({ $0.isOwed }) else { return nil }
      return try arrange(configuration, on: machine, ignored: [], again: true)
    }
    guard let arranged else { return nil }
    defer { withExtendedLifetime(arranged.former) {} }
    tell(.changed(arranged.change))
    announce(arranged.change.ignored)
    return arranged.change
  }

  /// One at a time, not in a child, and not when the pool ends. Events are for afterwards, and so is the end of whatever
  /// may be the user's.
  func change<R>(_ body: () throws(PoolError) -> R) throws(PoolError) -> R {
    if pw_pool_is_forked(core.pointer) { throw .forked }
    if core.baton != nil { throw .deterministic }
    if let tenure { throw .arena(.isArena(node: tenure.node)) }
    // Also what makes callers take turns.
    pw_hold_off_forks()
    defer { pw_allow_forks() }
    return try isEnding.withLock { ending throws(PoolError) in
      if ending { throw .shutDown }
      return try body()
    }
  }

  /// What its threads and its memory were made with.
  private static let fixed: [SettingKey] = [.stack, .seed]

  /// What stays as it is unless other settings say something of it: to go back may be a privilege.
  private static let lasting: [SettingKey] = [.scheduling, .nice]

  /// The settings that nothing can change any more are put back. Returns those that would have changed.
  private func keepWhatIsFixed(_ configuration: inout PoolConfiguration) -> [ConfigurationWarning] {
    let current = state.read { $0.configuration }
    var ignored: [String] = []
    for key in Self.fixed where configuration.sets(key) && key.text(configuration) != key.text(current) {
      ignored.append("\(key.name)=\(key.text(configuration))")
    }
    if configuration.name != current.name, configuration.name != PoolConfiguration().name {
      ignored.append("name=\(configuration.name)")
    }
    if configuration.determinism != nil { ignored.append("determinism") }
    (configuration.stackSize, configuration.seed) = (current.stackSize, current.seed)
    for key in Self.fixed { configuration.origins[key.name] = current.origins[key.name] }
    for key in Self.lasting where !configuration.sets(key) { key.copy(from: current, to: &configuration) }
    (configuration.name, configuration.determinism) = (current.name, nil)
    configuration.onWorkerStart = current.onWorkerStart
    configuration.onWorkerStop = current.onWorkerStop
    configuration.onEvent = configuration.onEvent ?? current.onEvent
    return ignored.map { .fixedWhileRunning($0) }
  }

  /// Plans, and does as planned. If it throws, everything is as it was.
  func arrange(
    _ configuration: PoolConfiguration, on machine: Machine, ignored: [ConfigurationWarning], again: Bool = false
  ) throws(PoolError) -> Arranged {
    let nodes = lending.withLock { $0.loans.map(\.node) }
    let arrangement = try Arrangement(configuration, on: machine, after: claims, lending: nodes)
    do throws(PoolError) { return try enact(arrangement, ignored: ignored, again: again) } catch {
      arrangement.claims.withdraw()
      throw error
    }
  }

  /// Does as arranged. What throws comes first.
  func enact(
    _ arrangement: Arrangement, ignored: [ConfigurationWarning] = [], again: Bool = false
  ) throws(PoolError) -> Arranged {
    try prepare(arrangement)
    let (moved, arenas, former) = carryOut(arrangement, again: again)
    lending.withLock { $0.isOwed = false }
    let (before, machine) = (former[0], arrangement.machine)
    let change = ThreadPool.Change(
      workerCount: arrangement.shares.own.seats.count, previousWorkerCount: before.placement.seats.count,
      movedWorkers: moved, arenas: arenas, lostCPUs: before.machine.usable.subtracting(machine.usable),
      gainedCPUs: machine.usable.subtracting(before.machine.usable), quota: machine.quota,
      previousQuota: before.machine.quota, ignored: ignored)
    return Arranged(change: change, former: former)
  }

  /// Puts the threads on their places, and changes how many are wanted: all of an arrangement, for one crew. `within`:
  /// where threads may run that have no place. Returns which workers have moved, and what the crew went by before.
  func settle(
    _ plan: PlacementPlan, _ configuration: PoolConfiguration, _ arrangement: Arrangement, within reach: CPUSet,
    claimed: CPUSet, again: Bool
  ) -> (moved: [Int], former: CrewState) {
    let (seatings, moved) = sit(
      plan, within: reach, of: arrangement.machine.usable, binds: arrangement.binds, again: again)
    pw_pool_set_spin(core.pointer, arrangement.waiting.nanoseconds)
    core.setHomes(configuration, plan)
    core.setWeights(plan)
    core.setAbreast(plan, configuration, arrangement.waiting)
    core.setNeighborhood(arrangement.binds ? arrangement.machine.neighborhood(of: plan) : Neighborhood())
    _ = pw_pool_resize(core.pointer, UInt32(plan.seats.count))

    let placement = ThreadPool.Placement(
      plan: plan, machine: arrangement.machine, seatings: seatings, claimed: claimed)
    let settled = CrewState(
      configuration: configuration, machine: arrangement.machine, plan: tenure == nil ? arrangement.plan : plan,
      placement: placement, waiting: arrangement.waiting, claims: tenure == nil ? arrangement.claims : CoreClaims())
    return (moved, state.replace(with: settled))
  }

  /// Threads that are missing. They stand aside until they are wanted.
  func startThreads(for plan: PlacementPlan, binds: Bool, hold: Hold) throws(PoolError) {
    try threads.withLock { threads throws(PoolError) in
      for seat in plan.seats.dropFirst(threads.count) {
        if pw_pool_made(core.pointer) == seat.worker, !pw_pool_make_slot(core.pointer) { throw .outOfMemory }
        let place = binds ? seat.place : nil
        threads.append(
          try Self.startThread(seat.worker, of: core, gate: nil, place: place, founding, hold: hold))
      }
    }
  }

  /// Ends the threads that were started with this hold, which has been abandoned. Nobody has seen them.
  func dismissThreads(of hold: Hold) {
    threads.withLock { threads in
      while let thread = threads.last, thread.hold === hold {
        thread.join()
        threads.removeLast()
      }
    }
  }

  /// Has all threads scheduled as a configuration asks for. If it throws, none.
  func schedule(_ configuration: PoolConfiguration) throws(PoolError) {
    try threads.withLock { threads throws(PoolError) in try threads.schedule(configuration, over: inherited) }
  }

  /// Puts every thread where the plan has it; those that are not in it may run on `usable`, which may be less than the
  /// process may use. Returns what the workers found, and which of them have moved. `again`: also those for which nothing is
  /// different, which the kernel may have forgotten.
  private func sit(
    _ plan: PlacementPlan, within usable: CPUSet, of all: CPUSet, binds: Bool, again: Bool
  ) -> (seatings: [Seating], moved: [Int]) {
    threads.withLock { threads in
      var seatings: [Seating] = []
      var moved: [Int] = []
      for index in threads.indices {
        let isWanted = index < plan.seats.count
        let place = binds && isWanted ? plan.seats[index].place : nil
        var refusal: Int32?
        // Who is kept to less than the process hands that on to nobody, as those with a place.
        let isBound = place != nil || usable != all
        let isForgotten = again && isBound && threads[index].reach != nil
        if threads[index].isElsewhere(than: place, within: usable) || isForgotten {
          let isNew = isWanted && place != threads[index].place
          refusal = Affinity.pin(threads[index], to: place ?? usable, isBound: isBound)
          if isNew, refusal == nil { moved.append(index) }
          threads[index].note(place, within: usable, isRefused: refusal != nil)
        }
        if isWanted {
          seatings.append(Seating(allowed: Affinity.current(of: threads[index]), refusal: refusal))
        }
      }
      return (seatings, moved)
    }
  }

  /// Whether the kernel has put a bound worker somewhere else. Not while the threads are joined.
  var hasStrayed: Bool {
    threads.withLock { threads in
      threads.contains { thread in thread.place.map { !Affinity.current(of: thread).isSubset(of: $0) } ?? false }
    }
  }

  /// Tells what is not as asked for, by now.
  private func announce(_ ignored: [ConfigurationWarning]) {
    let (configuration, placement, waiting) = state.read { ($0.configuration, $0.placement, $0.waiting) }
    guard let onEvent = configuration.onEvent else { return }
    for warning in configuration.warnings + ignored { onEvent(.configuration(warning)) }
    for warning in placement.warnings + arenas.flatMap(\.placement.warnings) { onEvent(.placement(warning)) }
    if let warning = waiting.warning { onEvent(.waiting(warning)) }
  }

  // MARK: Following

  /// Looks again as often as the settings say, from now on.
  func follow() {
    var refusal: PoolError?
    let old = isEnding.withLock { ending -> Ticker? in
      let interval = state.read { $0.configuration.follow }
      if ending { return nil }
      return follower.withLock { follower in
        guard interval != follower.interval else { return nil }
        let old = follower.ticker
        follower = Follower(interval: interval)
        guard interval > .zero else { return old }
        do throws(PoolError) { follower.ticker = try startFollower(interval) } catch {
          refusal = error
          // The next change tries again.
          follower.interval = .zero
        }
        return old
      }
    }
    // It may be waiting for its turn to look.
    old?.stop()
    if let refusal { tell(.notApplied(refusal)) }
  }

  func stopFollowing() { follower.withLock { $0.ticker }?.stop() }

  private func startFollower(_ interval: Duration) throws(PoolError) -> Ticker {
    let last = LastFailure()
    return try Ticker.start(every: interval) { [weak self] in
      guard let self else { return }
      do throws(PoolError) {
        _ = try refresh()
        last.error.withLock { $0 = nil }
      } catch {
        if error == .shutDown { return }
        // Once, and not at each look.
        let isNew = last.error.withLock { last in
          defer { last = error }
          return last != error
        }
        if isNew { tell(.notApplied(error)) }
      }
    }
  }

  /// Says something through the `onEvent` of its settings.
  package func tell(_ event: PoolEvent) { state.read { $0.configuration.onEvent }?(event) }
}

/// Who looks again, and how often.
struct Follower: Sendable {
  var interval = Duration.zero
  var ticker: Ticker?
}

private final class LastFailure: Sendable {
  let error = Mutex<PoolError?>(nil)
}

extension PlacementPlan {
  /// Whether workers are bound. A described machine (HWLOC_XMLFILE, HWLOC_SYNTHETIC) has CPUs that are not there to be
  /// pinned on.
  func binds(on machine: Machine) -> Bool { needsPinning && machine.source == .real }
}

import CPinwheelProbe
import Glibc
import Pinwheel
import PinwheelTopology

/// Every kind of call, and what a child says if one does not do what it should on a forked pool: calls run on the
/// caller, `submit` is refused, and a pool of the child's own works.
///
/// Swift's runtime makes the metadata of a generic type when it is first used, under locks that a fork does not wait
/// for: a child that first uses a type while a thread of the parent's was making it hangs, pool or no pool. So the
/// parent runs all of this before it forks.
@discardableResult
private func behavesAsForked(_ pool: ThreadPool, inside: Bool) -> Bool {
  var complaints: [String] = []
  func expect(_ condition: Bool, _ what: String) { if !condition { complaints.append(what) } }
  expect(pool.state == .forked, "state \(pool.state)")
  let me = UInt(pthread_self())
  let (ran, elsewhere) = (Count(), Count())
  @Sendable func note() {
    ran.add()
    if UInt(pthread_self()) != me { elsewhere.add() }
  }
  expect(fib(pool, 12) == 144, "join")
  for schedule in [Schedule.auto, .static, .dynamic(grain: 1)] {
    pool.parallelFor(0..<100, schedule: schedule) { _ in note() }
  }
  pool.scope { s in for _ in 0..<100 { s.spawn { note() } } }
  pool.scope { outer in pool.scope { s in for _ in 0..<100 { s.spawn { outer.spawn { note() } } } } }
  expect(ran.value == 500 && elsewhere.value == 0, "\(ran.value) of 500 ran, \(elsewhere.value) elsewhere")
  let members = Count()
  pool.team { member in
    member.barrier()
    for _ in 0..<member.count { members.add() }
  }
  expect(members.value == 1 || pool.state != .forked, "a team of \(members.value)")
  expect(pool.makeArray(firstTouching: 10) { $0 } == Array(0..<10), "makeArray(firstTouching:)")
  expect(pool.map(0..<10) { $0 } == Array(0..<10), "map")
  expect(pool.reduce(0..<10, identity: 0, combine: +) { $0 } == 45, "reduce")
  do throws(PoolError) {
    try pool.submit {}.wait()
    expect(false, "submit did not throw")
  } catch { expect(error == .forked, "submit threw \(error)") }
  do {
    let own = try makePool(2)
    expect(fib(own, 10) == 55, "fib in a pool of the child's")
    expect(try own.submit { 7 }.wait() == 7, "submit in a pool of the child's")
    try own.shutdown()
  } catch { expect(false, "a pool of the child's threw \(error)") }
  do throws(PoolError) {
    try pool.shutdown()
    expect(!inside, "shutdown from inside of a job did not throw")
  } catch { expect(inside && error == .shutdownFromInside, "shutdown threw \(error)") }
  if pool.state == .forked { for complaint in complaints { print(complaint) } }
  return complaints.isEmpty
}

/// An outside thread forks, whatever the pool is at: sleeping, busy, starting, ending.
func forkStates() throws {
  forkWhileTheFirstPoolStarts()
  behavesAsForked(try makePool(2), inside: false)
  for workers in [1, 2, 8] {
    let sleeping = try makePool(workers) { $0.spin = .zero }
    usleep(20_000)
    check(inChild { behavesAsForked(sleeping, inside: false) } == 0, "sleeping, \(workers) workers")

    // Whatever instant it is: callers that take slots and leave them, workers that fork and steal and go to sleep.
    let stop = Count()
    let callers = (0..<2).map { _ in
      OwnThread {
        while stop.value == 0 {
          _ = fib(sleeping, 8)
          sleeping.parallelFor(0..<16, schedule: .static) { _ in }
          sleeping.scope { s in for _ in 0..<8 { s.spawn { _ = fib(sleeping, 4) } } }
          for _ in 0..<100 { _ = try? sleeping.submit {} }
        }
      }
    }
    for round in 0..<30 {
      usleep(UInt32(round * 37 % 1000))
      check(inChild { behavesAsForked(sleeping, inside: false) } == 0, "busy, \(workers) workers, round \(round)")
    }
    stop.add()
    for caller in callers { caller.join() }
    check(fib(sleeping, 10) == 55, "the parent's pool after all forks")

    // Ending, by a call and by its last release; the child ends it, and drops it, too.
    for round in 0..<10 {
      var pool: ThreadPool? = try makePool(workers)
      for _ in 0..<100 { try pool?.submit { usleep(50) } }
      let ender = OwnThread { [pool] in try? pool?.shutdown() }
      usleep(UInt32(round * 100))
      let status = inChild {
        guard let ending = pool else { return false }
        let isFine = behavesAsForked(ending, inside: false)
        pool = nil
        return isFine
      }
      check(status == 0, "shutting down, \(workers) workers: \(status)")
      ender.join()
      pool = nil
    }
  }
}

/// The first pool of a process reads the machine, for some milliseconds. A child that is forked meanwhile must be able
/// to do so as well, though the thread that was at it is gone.
private func forkWhileTheFirstPoolStarts() {
  for microseconds in stride(from: 0, to: 16_000, by: 800) {
    let run = Run(arguments: ["fork-while-starting", "\(microseconds)"])
    check(run.status == 0, "forked \(microseconds) µs after a first pool began to start: \(run.status) \(run.output)")
  }
}

/// Argument: when to fork.
func forkWhileStarting() throws {
  var configuration = PoolConfiguration()
  configuration.workers = .exactly(2)
  let (settings, end) = (configuration, Count())
  let starter = OwnThread {
    let pool = try? ThreadPool(settings)
    check(pool != nil, "the parent's first pool")
    _ = eventually { end.value == 1 }
  }
  usleep(CommandLine.arguments.dropFirst(2).first.flatMap { UInt32($0) } ?? 0)
  let status = inChild { (try? ThreadPool(settings)) != nil }
  check(status == 0, "a first pool in the child: \(status)")
  end.add()
  starter.join()
}

/// Other threads look at a pool, one of them at the moment of the fork: the child may look, too.
func forkWhileOthersLook() throws {
  let pool = try makePool(2)
  @Sendable func look() -> Bool {
    pool.placement.seats.count == 2 && pool.configuration.workers == .exactly(2) && pool.nodes.count < 3
      && pool.waiting.policy == pool.waiting.policy
  }
  check(look(), "before any fork")
  let stop = Count()
  let others = (0..<2).map { _ in OwnThread { while stop.value == 0 { _ = look() } } }
  for round in 0..<500 where failures.value == 0 {
    let status = inChild { look() && pool.state == .forked }
    check(status == 0, "round \(round): \(status)")
  }
  stop.add()
  for other in others { other.join() }
}

/// Forks inside of calls and jobs: the child may use the pool, exit and exec.
func forkInside() throws {
  behavesAsForked(try makePool(2), inside: false)
  for workers in [1, 2, 8] {
    let pool = try makePool(workers)
    // Inside of a call: nobody needs to have taken the other half.
    _ = pool.join({ check(inChild { behavesAsForked(pool, inside: true) } == 0, "inside join, \(workers)") }, {})
    pool.parallelFor(0..<4) { i in
      if i == 0 { check(inChild { behavesAsForked(pool, inside: true) } == 0, "inside a loop, \(workers)") }
    }
    pool.scope { s in
      s.spawn { check(inChild { behavesAsForked(pool, inside: true) } == 0, "inside a spawned job, \(workers)") }
      check(inChild { behavesAsForked(pool, inside: true) } == 0, "inside a scope's body, \(workers)")
    }
    // Inside of a job; the child exits in both ways, with its status.
    try pool.submit {
      check(inChild { behavesAsForked(pool, inside: true) } == 0, "inside a job, \(workers) workers")
      check(Run(forked: { exit(7) }).status == 7, "exit inside a job")
      check(Run(forked: { execute(["report"]) }).status == 0, "exec inside a job")
    }.wait()
    // The last reference of a pool, in a child that was forked inside of one of its jobs.
    let last = Last(try makePool(workers))
    let job = try last.submit {
      last.awaitRelease()
      let status = inChild {
        last.drop()
        return true
      }
      check(status == 0, "dropped in a child inside of a job: \(status)")
    }
    last.release()
    job?.wait()
  }
}

import CPinwheelProbe
import Glibc
import Pinwheel

/// Scheduling classes and nice values that the kernel refuses: no pool starts, no change is made, nothing is left behind,
/// and the error says what would permit it.
func refusedScheduling() throws {
  expectSuccess(Run(forked: { report { try refusedAtStart() } }))
  expectSuccess(Run(forked: { report { try refusedByFilter() } }))
  expectSuccess(Run(forked: { report { try refusedToStepBack() } }))
  expectSuccess(Run(forked: { report { try refusedWhileRunning() } }))
  expectSuccess(Run(forked: { report { try refusedToNewWorkers() } }))
  expectSuccess(Run(forked: { report { try refusedToThoseFromBehind() } }))
}

private func expectSuccess(_ run: Run, line: UInt = #line) {
  check(run.status == 0, "status \(run.status) \(run.output)", line: line)
}

private func report(_ body: () throws -> Void) -> Bool {
  do { try body() } catch { check(false, "\(error)") }
  return failures.value == 0
}

/// Whether the calling thread may do what others may not: by CAP_SYS_NICE, if the process has that, and by nothing else.
/// Returns whether it is so.
@discardableResult
private func mayComeFirst(_ may: Bool, line: UInt = #line) -> Bool {
  for resource in [__RLIMIT_NICE, __RLIMIT_RTPRIO] {
    var none = rlimit(rlim_cur: 0, rlim_max: 0)
    check(setrlimit(__rlimit_resource_t(resource.rawValue), &none) == 0, "setrlimit: errno \(errno)", line: line)
  }
  let refused = probe_use_capability(23, may)
  check(may || refused == 0, "capset: errno \(refused)", line: line)
  return refused == 0
}

private func refusal(_ body: () throws -> Void) -> String {
  do { try body() } catch PoolError.schedulingRefused(let refusal) {
    check(PoolError.schedulingRefused(refusal).description == refusal.description, "\(refusal)")
    return refusal.description
  } catch { return "not that: \(error)" }
  return "nothing is refused"
}

/// Policy and nice value of each worker's thread, also of those that stand aside.
private func workers() -> [String] {
  tasks().filter { contents(of: "/proc/self/task/\($0)/comm").hasPrefix("pinwheel-") }.map { task in
    "\(sched_getscheduler(pid_t(task)) & 0xff) \(getpriority(0, id_t(task)))"
  }
}

private func refusedAtStart() throws {
  mayComeFirst(false)
  _ = fib(try makePool(2), 10)  // the first pool of a process makes one thread more, to ask where it may run
  let lacks = "it takes CAP_SYS_NICE, which this process does not have"
  func refuseAll() {
    let hooks = Count()
    func start(_ workers: Int, _ adjust: (inout PoolConfiguration) -> Void) throws {
      _ = try makePool(workers) {
        adjust(&$0)
        $0.onWorkerStart = { _ in hooks.add() }
      }
    }
    for workers in [1, 8] {
      var said = refusal { try start(workers) { $0.nice = -5 } }
      check(
        said == "nice=-5 (set in code): refused by the kernel: Permission denied; \(lacks), "
          + "or RLIMIT_NICE (ulimit -e) of at least 25, which is 0", said)
      said = refusal {
        try start(workers) {
          $0.scheduling = .fifo(priority: 42)
          $0.nice = 3
        }
      }
      check(
        said == "scheduling=fifo(42) (set in code): refused by the kernel: Operation not permitted; \(lacks), "
          + "or RLIMIT_RTPRIO (ulimit -r) of at least 42, which is 0", said)
    }
    check(hooks.value == 0, "\(hooks.value) hooks of workers that never worked")
    check(eventually { tasks().count == 1 }, "\(tasks().count - 1) threads are left")
  }
  refuseAll()
  let before = probe_bytes_in_use()
  for _ in 0..<50 { refuseAll() }
  // What threads that end leave in malloc's caches differs by some 6000, however many there were.
  let growth = Int(probe_bytes_in_use()) - Int(before)
  check(growth < 10_000, "\(growth) bytes leaked by 200 refused pools")
  // Where it was written.
  let written = refusal {
    _ = try ThreadPool(PoolConfiguration(environment: ["PINWHEEL_NICE": "-1", "PINWHEEL_WORKERS": "2"]))
  }
  check(written.hasPrefix("PINWHEEL_NICE=-1: refused by the kernel"), written)
  check(fib(try makePool(3) { $0.nice = 5 }, 10) == 55, "the next pool")
}

/// Somebody who has every right is refused all the same. Of two steps the first is taken back.
private func refusedByFilter() throws {
  guard mayComeFirst(true) else { return }
  let pool = try makePool(2) { $0.nice = 5 }
  let refused = probe_refuse_class(EPERM)
  check(refused == 0, "no filter of system calls: errno \(refused)")
  var said = refusal { _ = try makePool(3) { $0.scheduling = .batch } }
  check(
    said == "scheduling=batch (set in code): refused by the kernel: Operation not permitted; it takes CAP_SYS_NICE, "
      + "which this process has; so its container, a filter of system calls or a security module forbids it", said)
  var configuration = pool.configuration
  (configuration.nice, configuration.scheduling) = (1, .batch)
  said = refusal { try pool.apply(configuration) }
  check(said.hasPrefix("scheduling=batch (set in code)"), said)
  check(workers() == ["0 5", "0 5"], "\(workers())")
  check(fib(try makePool(3), 10) == 55, "the next pool")
}

/// A higher nice value takes no permission, but a filter may refuse even that: the class, which is taken first, is taken
/// back, also from the worker that was refused.
private func refusedToStepBack() throws {
  let pool = try makePool(2) { $0.nice = 5 }
  let refused = probe_refuse_nice(EPERM)
  check(refused == 0, "no filter of system calls: errno \(refused)")
  var configuration = pool.configuration
  (configuration.nice, configuration.scheduling) = (9, .batch)
  let said = refusal { try pool.apply(configuration) }
  check(said.hasPrefix("nice=9 (set in code): refused by the kernel: Operation not permitted"), said)
  check(workers() == ["0 5", "0 5"], "\(workers())")
  check(fib(pool, 12) == 144, "fib")
}

private func refusedWhileRunning() throws {
  mayComeFirst(false)
  let said = Said<PoolEvent>()
  let pool = try makePool(2) {
    $0.nice = 5
    $0.onEvent = { said.add($0) }
  }
  func change(_ adjust: (inout PoolConfiguration) -> Void) throws {
    var configuration = pool.configuration
    adjust(&configuration)
    try pool.apply(configuration)
  }
  // Of several settings none is taken.
  var text = refusal {
    try change {
      $0.nice = -1
      $0.workers = .exactly(1)
      $0.spin = .zero
    }
  }
  check(text.hasSuffix("RLIMIT_NICE (ulimit -e) of at least 21, which is 0"), text)
  check(pool.workerCount == 2 && workers() == ["0 5", "0 5"], "\(pool.workerCount) workers: \(workers())")
  check(pool.configuration.nice == 5 && pool.configuration.spin != .zero, "\(pool.configuration.settings)")
  check(fib(pool, 12) == 144, "fib")
  // A class that is easier to take than to leave.
  try change { $0.scheduling = .idle }
  text = refusal {
    try change {
      $0.scheduling = .inherited
      $0.workers = .exactly(4)
    }
  }
  check(
    text.hasPrefix("scheduling=inherited (set in code): refused") && text.hasSuffix("of at least 15, which is 0"), text)
  check(pool.workerCount == 2 && pool.configuration.scheduling == .idle, "\(pool.workerCount) workers")
  // The threads that were started for it are gone, and the next ones are as the others.
  check(eventually { tasks().count == 3 }, "\(tasks().count - 3) threads are left")
  try change { $0.workers = .exactly(4) }
  check(eventually { workers() == Array(repeating: "5 5", count: 4) }, "\(pool.workerCount) workers: \(workers())")
  check(fib(pool, 12) == 144, "fib")
  check(!said.values.contains { if case .notApplied = $0 { true } else { false } }, "\(said.values)")
  try pool.shutdown()
  check(eventually { tasks().count == 1 }, "\(tasks().count - 1) threads are left")
}

/// A pool has what it may not have any more: it does not grow by workers that are not as the others.
private func refusedToNewWorkers() throws {
  guard mayComeFirst(true) else { return }
  let pool = try makePool(2) {
    $0.nice = -5
    $0.scheduling = .fifo(priority: 1)
  }
  mayComeFirst(false)
  var configuration = pool.configuration
  configuration.workers = .exactly(4)
  let text = refusal { try pool.apply(configuration) }
  check(text.hasPrefix("nice=-5 (set in code): refused") && text.hasSuffix("of at least 25, which is 0"), text)
  check(pool.workerCount == 2 && fib(pool, 12) == 144, "\(pool.workerCount) workers")
  mayComeFirst(true)
  try pool.apply(configuration)
  check(eventually { workers() == Array(repeating: "1 -5", count: 4) }, "\(pool.workerCount) workers: \(workers())")
  // Down again without it: the flag that its children shall not inherit the class is a privilege to take back.
  mayComeFirst(false)
  (configuration.scheduling, configuration.nice) = (.normal, 2)
  try pool.apply(configuration)
  check(workers() == Array(repeating: "0 2", count: 4), "\(workers())")
  check(fib(pool, 12) == 144, "fib")
}

/// The thread that has a pool grow is behind its workers, and may not put new ones before itself: the pool stays as it is,
/// ends if it is to, and grows when somebody else has it.
private func refusedToThoseFromBehind() throws {
  mayComeFirst(false)
  let own = getpriority(0, 0)
  for isToGrow in [true, false] {
    let hooks = Count()
    let pool = try makePool(2) { $0.onWorkerStart = { _ in hooks.add() } }
    check(fib(pool, 12) == 144 && eventually { hooks.value == 2 }, "\(hooks.value) workers have begun")
    var configuration = pool.configuration
    configuration.workers = .exactly(4)
    let larger = configuration
    let thread = OwnThread {
      check(setpriority(0, 0, own + 5) == 0, "setpriority: errno \(errno)")
      let said = refusal { try pool.apply(larger) }
      check(
        said.hasPrefix("nice=inherited (default): refused by the kernel: Permission denied")
          && said.hasSuffix("RLIMIT_NICE (ulimit -e) of at least \(20 - own), which is 0"), said)
    }
    thread.join()
    check(pool.workerCount == 2 && fib(pool, 12) == 144, "\(pool.workerCount) workers")
    check(eventually { tasks().count == 3 }, "\(tasks().count - 3) threads are left")
    check(hooks.value == 2, "\(hooks.value - 2) hooks of workers that never worked")
    if isToGrow {
      try pool.apply(larger)
      check(eventually { workers() == Array(repeating: "0 \(own)", count: 4) }, "\(workers())")
      check(pool.workerCount == 4 && fib(pool, 12) == 144, "\(pool.workerCount) workers")
      check(eventually { hooks.value == 4 }, "\(hooks.value) workers have begun")
    }
    try pool.shutdown()
    check(eventually { tasks().count == 1 }, "\(tasks().count - 1) threads are left")
  }
}

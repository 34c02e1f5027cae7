import CPinwheelProbe
import Glibc
import Pinwheel
import PinwheelTopology

private func boundPool(_ workers: Int, _ binding: Binding = .close) throws -> ThreadPool {
  try makePool(workers) {
    $0.places = .threads
    $0.bind = binding
  }
}

/// The kernel refuses every affinity, as a sandbox may: the pool works, and says where its workers are and why.
func refusedAffinity() throws {
  let mine = CPUSet(field("Cpus_allowed_list", of: "/proc/self/status"))
  for error in [EPERM, EINVAL, ENOSYS] {
    let run = Run(forked: {
      let refused = probe_refuse_affinity(error)
      check(refused == 0, "no filter of system calls: errno \(refused)")
      check(probe_set_affinity(0, 1) == error, "the filter does nothing")
      do {
        for workers in [1, 2, 8] {
          let said = Said<PoolEvent>()
          let pool = try makePool(workers) {
            $0.places = .threads
            $0.bind = .spread
            $0.onEvent = { said.add($0) }
          }
          let reason = String(cString: strerror(error))
          for seat in pool.placement.seats {
            check(seat.allowed == mine, "worker \(seat.worker) may run on \(seat.allowed)")
            check(seat.reason.contains("refused") && seat.reason.contains(reason), "the reason is '\(seat.reason)'")
            let warning = PlacementWarning.pinRefused(worker: seat.worker, place: seat.place)
            check(pool.placement.warnings.contains(warning), "no warning for worker \(seat.worker)")
            check(said.values.contains(.placement(warning)), "no event for worker \(seat.worker)")
          }
          check(fib(pool, 15) == 610, "fib")
          check(try pool.submit { ThreadPool.withProcessAttributes { 7 } }.wait() == 7, "a job")
          let caller = pool.withCallerBound { CPUSet(field("Cpus_allowed_list", of: "/proc/thread-self/status")) }
          check(caller == mine, "the caller may run on \(String(describing: caller))")
        }
      } catch { check(false, "\(error)") }
      return failures.value == 0
    })
    check(run.status == 0, "errno \(error): status \(run.status) \(run.output)")
  }
}

/// CPUs go and come back while bound workers work: by hand, and, where control groups can be written, by the kernel.
/// Work goes on, and the placement goes on saying what it said at the start: nobody looks again.
func takenCPU() throws {
  let mine = CPUSet(field("Cpus_allowed_list", of: "/proc/self/status"))
  check(
    mine?.contains(0) == true && mine?.contains(1) == true, "CPUs 0 and 1 are needed, not \(String(describing: mine))")
  func work(_ pool: ThreadPool, while what: String) {
    for _ in 0..<20 {
      check(fib(pool, 12) == 144, "fib while \(what)")
      let ran = Count()
      pool.parallelFor(0..<64, schedule: .static) { _ in ran.add() }
      pool.scope { s in for _ in 0..<64 { s.spawn { ran.add() } } }
      check(ran.value == 128 && (try? pool.submit { 7 }.wait()) == 7, "\(ran.value) of 128 while \(what)")
    }
  }
  for workers in [2, 8] {
    let pool = try boundPool(workers)
    let before = pool.placement
    for (mask, what) in [(1, "only CPU 0 is left"), (2, "only CPU 1 is left"), (3, "both are back")]
      as [(UInt64, String)]
    {
      for task in tasks() { check(probe_set_affinity(Int32(task), mask) == 0, "sched_setaffinity") }
      work(pool, while: what)
    }
    check(pool.placement == before, "the placement changed")
  }
  guard let group = ControlGroup("cpuset") else {
    print("no control group for cpusets can be made here: only emulated")
    return
  }
  defer { group.remove() }
  check(group.allow(cpus: "0-1"), "cpuset.cpus")
  check(group.enter(), "cgroup.procs")
  let pool = try boundPool(2)
  let before = pool.placement
  work(pool, while: "in a cpuset of two")
  check(group.allow(cpus: "0"), "cpuset.cpus = 0")
  let allowed = tasks().map { field("Cpus_allowed_list", of: "/proc/self/task/\($0)/status") }
  check(allowed.allSatisfy { $0 == "0" }, "the kernel has left \(allowed)")
  work(pool, while: "the cpuset has lost CPU 1")
  check(fib(try boundPool(2), 12) == 144, "a new bound pool, whose machine is that of the start")
  check(group.allow(cpus: "0-1"), "cpuset.cpus = 0-1")
  work(pool, while: "the cpuset has CPU 1 again")
  check(pool.placement == before, "the placement changed")
}

/// Few CPUs, or a small share of one, and many workers: everything goes on. Also run under `taskset -c 0`.
func fewCPUs() throws {
  let group = ControlGroup("cpu")
  defer { group?.remove() }
  if let group {
    // One CPU's time, then a fifth of one's.
    check(group.grant(cpus: 1), "a quota of one CPU")
    check(group.enter(), "cgroup.procs")
    let run = Run(arguments: ["quota", "1"])
    check(run.status == 0, "a quota of one CPU: \(run.status) \(run.output)")
    check(group.grant(cpus: 0.2), "a quota of a fifth")
  } else {
    print("no control group for CPU time can be made here: only where this runs")
  }
  for workers in [2, 8, 64] {
    for spin in [Duration.zero, .microseconds(50), .milliseconds(1)] {
      let pool = try makePool(workers) { $0.spin = spin }
      check(fib(pool, 14) == 377, "fib on \(workers)")
      let ran = Count()
      for _ in 0..<10 {
        pool.parallelFor(0..<64, schedule: .static) { _ in ran.add() }
        pool.parallelFor(0..<64, schedule: .dynamic(grain: 1)) { _ in ran.add() }
        pool.scope { s in for _ in 0..<64 { s.spawn { ran.add() } } }
      }
      check(ran.value == 1920, "\(ran.value) of 1920 on \(workers)")
      let handles = try (0..<100).map { i in try pool.submit { i } }
      for (i, handle) in handles.enumerated() { check(handle.wait() == i, "submit") }
      try pool.shutdown()
    }
  }
}

/// Argument: how many workers `auto` must make of the quota that this process is under.
func quota() throws {
  let expected = CommandLine.arguments.dropFirst(2).first.flatMap { Int($0) }
  let pool = try ThreadPool(PoolConfiguration())
  check(pool.workerCount == expected, "\(pool.workerCount) workers: \(pool.placement.workerCountReason)")
  check(pool.placement.quota?.cpus == expected.map { Double($0) }, "quota \(String(describing: pool.placement.quota))")
  check(fib(pool, 20) == 6765, "fib")
}

import CPinwheelProbe
import Glibc
import Pinwheel
import PinwheelTopology

private func expect(_ what: String, line: UInt = #line, _ condition: () -> Bool) {
  check(eventually(condition), "never came true: \(what)", line: line)
}

private func work(_ pool: ThreadPool, _ what: String) {
  check(fib(pool, 15) == 610, "fib \(what)")
  let ran = Count()
  for _ in 0..<10 {
    pool.parallelFor(0..<64, schedule: .static) { _ in ran.add() }
    pool.scope { s in for _ in 0..<64 { s.spawn { ran.add() } } }
  }
  check(ran.value == 1280 && (try? pool.submit { 7 }.wait()) == 7, "\(ran.value) of 1280 \(what)")
}

/// A container whose CPU time is changed while it runs: a pool that follows has as many workers as can be kept busy.
func followQuota() throws {
  guard let group = ControlGroup("cpu") else {
    print("no control group for CPU time can be made here: not tried")
    return
  }
  defer { group.remove() }
  check(group.write("cpu.cfs_period_us", "100000") && group.write("cpu.cfs_quota_us", "100000"), "cpu.cfs_quota_us")
  check(group.enter(), "cgroup.procs")
  let said = Said<PoolEvent>()
  var configuration = PoolConfiguration()
  configuration.follow = .milliseconds(50)
  configuration.onEvent = { said.add($0) }
  let pool = try ThreadPool(configuration)
  let cores = try Machine.current().usableCoreCount
  check(pool.workerCount == 1, "\(pool.workerCount) workers under a quota of one CPU")
  work(pool, "under a quota of one CPU")
  let before = cpuNanoseconds()
  usleep(1_000_000)
  let used = cpuNanoseconds() - before
  check(used < 200_000_000, "an idle pool used \(used / 1_000_000) ms of CPU time in one second")
  for (quota, workers) in [("-1", cores), ("100000", 1), ("150000", min(cores, 2)), ("20000", 1)] {
    said.clear()
    check(group.write("cpu.cfs_quota_us", quota), "cpu.cfs_quota_us = \(quota)")
    expect("\(workers) workers with a quota of \(quota)") {
      pool.workerCount == workers
        && pool.placement.quota.map { $0.cpus * 100_000 } == (quota == "-1" ? nil : Double(quota))
    }
    work(pool, "with a quota of \(quota)")
    expect("somebody is told of a quota of \(quota)") {
      said.values.contains { if case .changed(let change) = $0 { change.workerCount == workers } else { false } }
    }
  }
  try pool.shutdown()
}

/// A container whose CPUs are changed while it runs: bound workers are moved, and are put back where they belong.
func followCPUs() throws {
  let mine = CPUSet(field("Cpus_allowed_list", of: "/proc/self/status"))
  check(
    mine?.contains(0) == true && mine?.contains(1) == true, "CPUs 0 and 1 are needed, not \(String(describing: mine))")
  guard let group = ControlGroup("cpuset") else {
    print("no control group for cpusets can be made here: not tried")
    return
  }
  defer { group.remove() }
  check(group.write("cpuset.mems", group.parent("cpuset.mems")) && group.write("cpuset.cpus", "0-1"), "cpuset.cpus")
  check(group.enter(), "cgroup.procs")
  let said = Said<PoolEvent>()
  let pool = try makePool(2) {
    $0.places = .threads
    $0.bind = .close
    $0.onEvent = { said.add($0) }
  }
  var counted = PoolConfiguration(workers: .threads)
  counted.follow = .milliseconds(50)
  let counting = try ThreadPool(counted)
  check(pool.placement.seats.map(\.allowed) == [CPUSet([0]), CPUSet([1])], "at first \(pool.placement.seats)")

  check(group.write("cpuset.cpus", "0"), "cpuset.cpus = 0")
  let lost = try pool.refresh()
  check(lost?.lostCPUs == CPUSet([1]) && lost?.movedWorkers == [1], "without CPU 1: \(String(describing: lost))")
  check(pool.placement.seats.map(\.allowed) == [CPUSet([0]), CPUSet([0])], "without CPU 1: \(pool.placement.seats)")
  check(said.values.contains { if case .changed(let change) = $0 { change == lost } else { false } }, "\(said.values)")
  work(pool, "without CPU 1")
  expect("one worker a CPU") { counting.workerCount == 1 }
  work(counting, "without CPU 1")

  check(group.write("cpuset.cpus", "0-1"), "cpuset.cpus = 0-1")
  let gained = try pool.refresh()
  check(gained?.gainedCPUs == CPUSet([1]) || gained?.movedWorkers == [1], "with CPU 1: \(String(describing: gained))")
  check(pool.placement.seats.map(\.allowed) == [CPUSet([0]), CPUSet([1])], "with CPU 1: \(pool.placement.seats)")
  expect("one worker a CPU") { counting.workerCount == 2 }
  work(counting, "with CPU 1")
}

/// Ten thousand changes under full load. Prints how long it took to accept them.
func changes() throws {
  alarm(170)
  let pool = try makePool(4)
  let count = 10_000
  let isOver = Count()
  let submitted = Count()
  let ran = Count()
  let loops = Count()
  let wrong = Count()
  var times: [Double] = []
  var costs: [Double] = []
  let threads = (0..<3).map { caller in
    OwnThread {
      while isOver.value == 0 {
        if caller == 0, fib(pool, 10) != 55 { wrong.add() }
        if caller == 1 {
          pool.parallelFor(0..<64, schedule: .static) { _ in loops.add() }
          pool.parallelFor(0..<64, schedule: .dynamic(grain: 1)) { _ in loops.add() }
          if loops.value % 128 != 0 { wrong.add() }
        }
        if caller == 2 {
          pool.scope { s in for _ in 0..<16 { s.spawn { ran.add() } } }
          submitted.add(16)
          for _ in 0..<16 {
            submitted.add()
            do { try pool.submit { ran.add() } } catch { wrong.add() }
          }
        }
      }
    }
  }
  for change in 0..<count {
    var configuration = PoolConfiguration(workers: .exactly(1 + change * 5 % 7), places: .threads)
    configuration.bind = change % 2 == 0 ? .close : .none
    let (begin, used) = (now(CLOCK_MONOTONIC), now(CLOCK_THREAD_CPUTIME_ID))
    try pool.apply(configuration)
    times.append(now(CLOCK_MONOTONIC) - begin)
    costs.append(now(CLOCK_THREAD_CPUTIME_ID) - used)
  }
  isOver.add()
  for thread in threads { thread.join() }
  try pool.shutdown()
  check(wrong.value == 0, "\(wrong.value) wrong results")
  check(ran.value == submitted.value, "\(ran.value) of \(submitted.value) jobs ran")
  func spread(_ seconds: [Double]) -> String {
    let sorted = seconds.sorted()
    func microseconds(_ part: Double) -> Int { Int(sorted[min(count - 1, Int(part * Double(count)))] * 1e6) }
    return "\(microseconds(0.5)) us (median), \(microseconds(0.99)) us (99%), \(microseconds(1)) us (the longest)"
  }
  print("\(count) changes, \(ran.value) jobs meanwhile; accepted in \(spread(times)); CPU time of it \(spread(costs))")
}

private func now(_ clock: clockid_t) -> Double {
  var time = timespec()
  clock_gettime(clock, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

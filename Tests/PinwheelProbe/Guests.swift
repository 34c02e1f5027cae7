// What `.ci/qemu` looks at inside of the machine that it boots: 8 CPUs, two memory nodes with a package each, two cores a
// package, two hardware threads a core. With PROBE_PLANT set each of these must fail.
import CPinwheel
import CPinwheelProbe
import Glibc
import Pinwheel
import PinwheelTopology

let isPlanted = getenv("PROBE_PLANT") != nil

/// The machine is the one that the expectations are of: by the kernel's word, not hwloc's.
func expectTheMachine() {
  let system = "/sys/devices/system"
  for (file, expected) in [
    ("cpu/online", "0-7"), ("node/node0/cpulist", "0-3"), ("node/node1/cpulist", "4-7"),
    ("cpu/cpu2/topology/thread_siblings_list", "2-3"), ("cpu/cpu5/topology/core_siblings_list", "4-7"),
    ("cpu/cpu0/cache/index3/shared_cpu_list", "0-3"),
  ] {
    let found = contents(of: "\(system)/\(file)").split(separator: "\n").first ?? ""
    check(found == expected, "\(file) is '\(found)', not \(expected)")
  }
}

/// A pool with settings such as `places=cores bind=close`.
func guestPool(_ settings: some StringProtocol) throws -> ThreadPool {
  let pairs = settings.split(separator: " ").map { $0.split(separator: "=", maxSplits: 1) }
  let variables = pairs.map { ("PINWHEEL_" + $0[0].uppercased(), String($0.last ?? "")) }
  return try ThreadPool(PoolConfiguration(environment: Dictionary(variables, uniquingKeysWith: { $1 })))
}

/// Has each worker run one of as many jobs, all at once, and tells the CPU that it ran on.
func cpusOfWorkers(_ pool: ThreadPool) throws -> [Int: Int] {
  let begun = Count()
  let count = pool.workerCount
  let jobs = try (0..<count).map { _ in
    try pool.submit {
      begun.add()
      let isTogether = eventually { begun.value == count }
      return (worker: pool.currentWorker ?? -1, cpu: Int(pw_current_cpu()), isTogether: isTogether)
    }
  }
  let answers = jobs.map { $0.wait() }
  check(answers.allSatisfy(\.isTogether), "\(begun.value) of \(count) workers took a job")
  return Dictionary(answers.map { ($0.worker, $0.cpu) }, uniquingKeysWith: { first, _ in first })
}

/// Workers sit where their policy says, by the kernel's word for each thread, and run there.
func guestPins() throws {
  expectTheMachine()
  let table: [(settings: String, cpus: String)] = [
    ("places=threads bind=close workers=threads", "0 1 2 3 4 5 6 7"),
    ("places=threads bind=close workers=3", "0 1 2"),
    ("places=threads bind=spread workers=2", "0 4"),
    ("places=threads bind=spread workers=4", "0 2 4 6"),
    ("places=threads bind=spread workers=3", "0 3 6"),
    ("places=cores bind=close workers=auto", "0-1 2-3 4-5 6-7"),
    ("places=cores bind=close workers=2", "0-1 2-3"),
    ("places=cores bind=close workers=6", "0-1 0-1 2-3 2-3 4-5 6-7"),
    ("places=cores bind=spread workers=2", "0-1 4-5"),
    ("places=cores bind=spread workers=3", "0-1 4-5 6-7"),
    ("places=ll_caches bind=close workers=2", "0-3 4-7"),
    ("places=ll_caches bind=close workers=8", "0-3 0-3 0-3 0-3 4-7 4-7 4-7 4-7"),
    ("places=ll_caches bind=spread workers=4", "0-3 0-3 4-7 4-7"),
    ("places=numa_domains bind=close workers=3", "0-3 0-3 4-7"),
    ("places=numa_domains bind=spread workers=2", "0-3 4-7"),
    ("places=numa_domains bind=primary workers=2", "0-3 0-3"),
    ("places=sockets bind=spread workers=auto", "0-3 0-3 4-7 4-7"),
    ("places={4:4},{0:2} bind=close workers=2", "4-7 0-1"),
    ("places=threads bind=none workers=4", "0-7 0-7 0-7 0-7"),
    ("places=threads bind=close workers=threads smt=one", "0 2 4 6"),
    ("places=cores bind=close workers=auto smt=one", "0 2 4 6"),
    ("places=cores bind=close workers=auto reserve=core_per_node", "2-3 6-7"),
    ("places=cores bind=close workers=auto reserve=0,7", "1 2-3 4-5 6"),
    ("places=sockets bind=close workers=4 order=cores_first", "0 2 4 6"),
    ("places=sockets bind=close workers=4 order=siblings_first", "0 1 4 5"),
    ("places=threads bind=none workers=auto reserve=0-3", "4-7 4-7"),
  ]
  for row in table {
    let what = row.settings
    let expected = row.cpus.split(separator: " ").compactMap { CPUSet(String($0)) }
    let pool = try guestPool(row.settings)
    if isPlanted {
      // The first worker is moved to where it does not belong.
      for task in tasks() where contents(of: "/proc/self/task/\(task)/comm") == "pinwheel-0\n" {
        check(probe_set_affinity(Int32(task), 1 << 7) == 0, "sched_setaffinity")
      }
    }
    let found = workerAffinities()
    check(
      found == Dictionary(uniqueKeysWithValues: expected.enumerated().map { ($0, $1) }),
      "\(what): the workers are on \(found.sorted { $0.key < $1.key }.map(\.value)), not \(row.cpus)")
    check(pool.placement.seats.map(\.allowed) == expected, "\(what): said \(pool.placement.seats.map(\.allowed))")
    check(pool.placement.warnings.isEmpty == (expected.count <= CPUSet(expected.joined()).count), "\(what): warnings")
    let ran = try cpusOfWorkers(pool)
    for (worker, cpu) in ran where expected.indices.contains(worker) {
      check(expected[worker].contains(cpu), "\(what): worker \(worker) runs on CPU \(cpu)")
    }
    check(ran.count == expected.count, "\(what): the workers \(ran.keys.sorted()) ran jobs")
    check(fib(pool, 10) == 55, "\(what): fib")
  }
}

/// What a new process finds. Arguments: settings, and where the workers must be, in turn.
func guestSeats() throws {
  let words = Array(CommandLine.arguments.dropFirst(2))
  for index in stride(from: 0, to: words.count - 1, by: 2) {
    let pool = try guestPool(words[index])
    let found = workerAffinities().sorted { $0.key < $1.key }.map(\.value.description).joined(separator: " ")
    check(found == words[index + 1], "\(words[index]): on \(found), not \(words[index + 1])")
    check(fib(pool, 10) == 55, "fib")
  }
}

private func expectSeats(_ what: String, _ expected: [(settings: String, cpus: String)]) {
  let run = Run(arguments: ["guest-seats"] + expected.flatMap { [$0.settings, $0.cpus] })
  check(run.status == 0, "a new process, \(what): status \(run.status) \(run.output)")
}

/// A pool of eight, one a CPU, that another thread keeps busy with work whose outcome it checks.
private struct BusyPool {
  let pool: ThreadPool
  private let driver: ThreadPool
  private let rounds = Count()
  private let stop = Count()

  init() throws {
    pool = try guestPool("places=threads bind=close workers=threads")
    driver = try makePool(1) { $0.name = "driver" }
    let (pool, rounds, stop) = (self.pool, self.rounds, self.stop)
    try driver.submit {
      while stop.value == 0 {
        check(fib(pool, 10) == 55, "fib")
        let ran = Count()
        pool.parallelFor(0..<64, schedule: .static) { _ in ran.add() }
        pool.scope { s in for _ in 0..<32 { s.spawn { ran.add() } } }
        check((try? pool.submit { 7 }.wait()) == 7, "a job")
        check(ran.value == 96, "\(ran.value) of 96")
        rounds.add()
      }
    }
  }

  /// Work gets done from now on, by each of the workers, and none of them is elsewhere than on these CPUs.
  func expectWork(on cpus: CPUSet, while what: String) throws {
    let before = rounds.value
    check(eventually { rounds.value > before + 3 }, "no work is done while \(what)")
    let ran = try cpusOfWorkers(pool)
    check(ran.count == pool.workerCount, "the workers \(ran.keys.sorted()) ran jobs while \(what)")
    for (worker, cpu) in ran { check(cpus.contains(cpu), "worker \(worker) runs on CPU \(cpu) while \(what)") }
  }

  /// Ends it, and says where the kernel has left its workers.
  func end() throws {
    let left = workerAffinities().sorted { $0.key < $1.key }.map(\.value.description)
    print("in the end the workers may run on \(left.joined(separator: " "))")
    stop.add()
    try driver.shutdown()
    try pool.shutdown()
  }
}

/// CPUs are taken offline while a pool works, and come back.
func guestOffline() throws {
  expectTheMachine()
  let busy = try BusyPool()
  try busy.expectWork(on: [0, 1, 2, 3, 4, 5, 6, 7], while: "all are there")
  func set(_ cpu: Int, online: Bool) {
    if isPlanted { return }
    check(overwrite("/sys/devices/system/cpu/cpu\(cpu)/online", with: online ? "1" : "0"), "CPU \(cpu): errno \(errno)")
  }
  func expectOnline(_ cpus: String) {
    let online = contents(of: "/sys/devices/system/cpu/online").filter { $0 != "\n" }
    check(online == cpus, "\(online) are online, not \(cpus)")
  }
  set(3, online: false)
  expectOnline("0-2,4-7")
  try busy.expectWork(on: [0, 1, 2, 4, 5, 6, 7], while: "CPU 3 is off")
  expectSeats(
    "CPU 3 is off",
    [
      ("places=threads bind=close workers=threads", "0 1 2 4 5 6 7"),
      ("places=cores bind=close workers=auto", "0-1 2 4-5 6-7"),
    ])
  for cpu in [4, 5] { set(cpu, online: false) }
  expectOnline("0-2,6-7")
  try busy.expectWork(on: [0, 1, 2, 6, 7], while: "CPUs 3 to 5 are off")
  expectSeats("CPUs 3 to 5 are off", [("places=cores bind=spread workers=2", "0-1 6-7")])
  for cpu in [3, 4, 5] { set(cpu, online: true) }
  expectOnline("0-7")
  try busy.expectWork(on: [0, 1, 2, 3, 4, 5, 6, 7], while: "all are back")
  expectSeats("all are back", [("places=cores bind=close workers=auto", "0-1 2-3 4-5 6-7")])
  try busy.end()
}

/// The cpuset of a control group changes while a pool works in it.
func guestCPUSet() throws {
  expectTheMachine()
  guard let group = ControlGroup("cpuset") else { return check(false, "no control group can be made") }
  defer { group.remove() }
  func allow(_ cpus: String) {
    if isPlanted { return }
    check(group.allow(cpus: cpus), "cpuset.cpus = \(cpus): errno \(errno)")
  }
  allow("0-7")
  check(group.enter(), "cgroup.procs")
  let busy = try BusyPool()
  try busy.expectWork(on: [0, 1, 2, 3, 4, 5, 6, 7], while: "all are allowed")
  for (cpus, seats) in [
    (
      "0-3",
      [
        ("places=threads bind=close workers=threads", "0 1 2 3"), ("places=cores bind=close workers=auto", "0-1 2-3"),
        ("places=numa_domains bind=spread workers=2", "0-3 0-3"),
      ]
    ),
    (
      "2-5",
      [
        ("places=threads bind=spread workers=2", "2 4"), ("places=numa_domains bind=spread workers=2", "2-3 4-5"),
        ("places=ll_caches bind=close workers=2", "2-3 4-5"),
      ]
    ),
    ("7", [("places=cores bind=close workers=auto", "7"), ("places=cores bind=close workers=3", "7 7 7")]),
  ] as [(String, [(settings: String, cpus: String)])] {
    allow(cpus)
    for (worker, allowed) in workerAffinities() {
      check(
        CPUSet(cpus).map { allowed.isSubset(of: $0) } == true, "worker \(worker) is on \(allowed), outside of \(cpus)")
    }
    try busy.expectWork(on: CPUSet(cpus) ?? [], while: "\(cpus) are allowed")
    expectSeats("\(cpus) are allowed", seats)
  }
  allow("0-7")
  try busy.expectWork(on: [0, 1, 2, 3, 4, 5, 6, 7], while: "all are allowed again")
  expectSeats("all are allowed again", [("places=cores bind=close workers=auto", "0-1 2-3 4-5 6-7")])
  try busy.end()
}

/// A quota of one CPU's time: one worker.
func guestQuota() throws {
  guard let group = ControlGroup("cpu") else { return check(false, "no control group can be made") }
  defer { group.remove() }
  for cpus in [1, 3] {
    if !isPlanted { check(group.grant(cpus: Double(cpus)), "cpu.max: errno \(errno)") }
    check(group.enter(), "cgroup.procs")
    let run = Run(arguments: ["quota", "\(cpus)"])
    check(run.status == 0, "a quota of \(cpus): status \(run.status) \(run.output)")
  }
}

/// Whom do thieves steal from? On each core one worker spawns jobs, and its sibling, like the other idle ones, has
/// nothing but what it steals. By the CPUs that they are really on.
func guestSteals() throws {
  expectTheMachine()
  let pool = try guestPool("places=threads bind=close workers=threads")
  let cpus = isPlanted ? shuffleWorkers() : Array(0..<8)
  // 0 sibling, 1 same node, 2 other node.
  @Sendable func distance(_ a: Int, _ b: Int) -> Int {
    cpus[a] / 2 == cpus[b] / 2 ? 0 : cpus[a] / 4 == cpus[b] / 4 ? 1 : 2
  }
  let stolen = (0..<3).map { _ in Count() }
  let passedBy = Count()
  let left = (0..<8).map { _ in Count() }
  let begun = Count()
  let jobs = try (0..<8).map { _ in
    try pool.submit {
      begun.add()
      _ = eventually { begun.value == 8 }
      guard let producer = pool.currentWorker, producer % 2 == 0 else { return }
      pool.scope { s in
        for _ in 0..<400 {
          left[producer].add()
          s.spawn {
            left[producer].add(-1)
            guard let thief = pool.currentWorker, thief != producer else { return }
            let way = distance(thief, producer)
            stolen[way].add()
            // More than eight workers can have taken and not begun.
            if (0..<8).contains(where: { distance(thief, $0) < way && left[$0].value > 8 }) { passedBy.add() }
            let end = pw_now() + 20_000
            while pw_now() < end {}
          }
        }
      }
    }
  }
  for job in jobs { job.wait() }
  let counts = stolen.map(\.value)
  let all = counts.reduce(0, +)
  print(
    "stolen from the sibling \(counts[0]), on the node \(counts[1]), from the other node \(counts[2]); "
      + "\(passedBy.value) while somebody nearer had jobs")
  check(all > 100, "only \(all) jobs were stolen")
  // By chance one victim in seven is the sibling, two are on the node, four on the other. How many more are the sibling's
  // depends on how soon siblings are done, with whom the emulator lets run.
  check(
    counts[0] > all / 5 && passedBy.value < all / 8, "thieves do not look near first: \(counts), \(passedBy.value)")
}

/// Puts the workers elsewhere than the pool believes, siblings on different nodes. Returns their CPUs.
private func shuffleWorkers() -> [Int] {
  let cpus = [0, 4, 5, 1, 2, 6, 7, 3]
  for task in tasks() {
    let name = contents(of: "/proc/self/task/\(task)/comm").dropLast()
    guard name.hasPrefix("pinwheel-"), let worker = Int(name.dropFirst(9)) else { continue }
    check(probe_set_affinity(Int32(task), 1 << UInt64(cpus[worker])) == 0, "sched_setaffinity")
  }
  return cpus
}

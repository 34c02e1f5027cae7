import CPinwheel
import CPinwheelProbe
import Glibc
import Pinwheel
import PinwheelTopology
import Synchronization

private let nodes: [CPUSet] = [[0, 1, 2, 3], [4, 5, 6, 7]]

/// Arenas of both nodes at the same time, beside the pool that they are of: by the kernel's word each has its node's
/// workers, and all of them together are never more than the pool had.
func guestArenas() throws {
  expectTheMachine()
  guard let group = ControlGroup("cpuset") else { return check(false, "no control group can be made") }
  defer { group.remove() }
  check(group.allow(cpus: "0-7") && group.enter(), "cpuset: errno \(errno)")
  let pool = try guestPool("places=threads bind=close workers=threads")
  let budget = Budget(pool)
  try expectWhole(pool, "at first")

  do {
    let near = try lend(0, of: pool, budget)
    expectSeats([(pool, "pinwheel", [4, 5, 6, 7]), (near, "pinwheel-n0", [0, 1, 2, 3])], "with one arena")
    try expectWork(in: near, on: nodes[0])
    try expectWork(in: pool, on: nodes[1])

    let far = try lend(1, of: pool, budget)
    // A pool keeps one worker: here the last of the node that was asked for last.
    let all = [
      (pool, "pinwheel", [7]), (near, "pinwheel-n0", [0, 1, 2, 3]), (far, "pinwheel-n1", [4, 5, 6]),
    ]
    expectSeats(all, "with two arenas")
    try expectTogether(all, "with two arenas")
    try expectBothAtWork(near, far, beside: pool)
    try expectChangesFollowed(pool, near, all, group)

    // One ends by being shut down, the other by being dropped.
    try near.shutdown()
    // The pool has others now, so that the other arena gets the worker which the pool had kept.
    let left = [(pool, "pinwheel", [0, 1, 2, 3]), (far, "pinwheel-n1", [4, 5, 6, 7])]
    expectSeats(left, "when one arena has ended")
    try expectTogether(left, "when one arena has ended")
    try expectWork(in: pool, on: nodes[0])
    try expectWork(in: far, on: nodes[1])
    budget.forgetArenas()
  }
  try expectWhole(pool, "when both arenas have ended")
  for node in [1, 0] {
    let cpus = try lend(node, of: pool, budget).placement.seats.flatMap(\.place)
    budget.forgetArenas()
    check(CPUSet(cpus) == nodes[node], "once more: the arena of node \(node) was on \(cpus)")
    try expectWhole(pool, "when node \(node) was lent once more")
  }
  budget.end()
  try pool.shutdown()
}

private func lend(_ node: Int, of pool: ThreadPool, _ budget: Budget) throws -> ThreadPool {
  check(pool.nodes.contains(node), "the pool is on nodes \(pool.nodes)")
  let arena = try pool.arena(of: node)
  budget.add(arena)
  check(arena.nodes == [node], "an arena of node \(node) is on nodes \(arena.nodes)")
  if isPlanted {
    // One of its workers is another node's.
    for task in tasks() where contents(of: "/proc/self/task/\(task)/comm") == "pinwheel-n\(node)-0\n" {
      check(probe_set_affinity(Int32(task), node == 0 ? 1 << 5 : 1 << 2) == 0, "sched_setaffinity")
    }
  }
  return arena
}

/// Each worker is where it is to be, by the kernel and by what the pools say.
private func expectSeats(_ pools: [(pool: ThreadPool, name: String, cpus: [Int])], _ what: String) {
  for (pool, name, cpus) in pools {
    let expected = cpus.map { CPUSet([$0]) }
    let found = workerAffinities(named: name)
    let wanted = cpus.indices.map { found[$0] ?? [] }
    check(wanted == expected, "\(what): the workers of \(name) are on \(wanted), not \(cpus)")
    let seats = pool.placement.seats
    check(seats.map(\.allowed) == expected, "\(what): \(name) says that it is on \(seats.map(\.allowed)), not \(cpus)")
    check(pool.workerCount == cpus.count, "\(what): \(name) has \(pool.workerCount) workers, not \(cpus.count)")
    // Nor are those elsewhere that stand aside.
    let all = CPUSet(cpus)
    for (worker, allowed) in found where !allowed.isSubset(of: all) {
      check(false, "\(what): worker \(worker) of \(name) may run on \(allowed), not only \(all)")
    }
  }
  let all = pools.flatMap(\.cpus)
  check(Set(all).count == all.count, "\(what): a CPU belongs to two")
}

/// All workers of all pools are at work at the same time, each on its CPU, and nobody else.
private func expectTogether(_ pools: [(pool: ThreadPool, name: String, cpus: [Int])], _ what: String) throws {
  let count = pools.reduce(0) { $0 + $1.cpus.count }
  let (begun, surplus, goOn) = (Count(), Count(), Count())
  let ran = Said<Int>()
  var jobs: [JobHandle<Void, Never>] = []
  for (pool, _, cpus) in pools {
    for _ in cpus {
      jobs.append(
        try pool.submit {
          ran.add(Int(pw_current_cpu()))
          begun.add()
          _ = eventually { goOn.value > 0 }
        })
    }
  }
  check(eventually { begun.value == count }, "\(what): \(begun.value) of \(count) workers have begun")
  for (pool, _, _) in pools { jobs.append(try pool.submit { surplus.add() }) }
  usleep(50_000)
  check(surplus.value == 0, "\(what): there are more than \(count) workers")
  goOn.add()
  for job in jobs { job.wait() }
  check(ran.values.sorted() == pools.flatMap(\.cpus).sorted(), "\(what): jobs ran on CPUs \(ran.values.sorted())")
}

private func expectWhole(_ pool: ThreadPool, _ what: String) throws {
  let all = [(pool, "pinwheel", Array(0..<8))]
  expectSeats(all, what)
  try expectTogether(all, what)
  let ran = try cpusOfWorkers(pool)
  check(ran == Dictionary(uniqueKeysWithValues: (0..<8).map { ($0, $0) }), "\(what): workers ran on CPUs \(ran)")
}

/// Every kind of job runs on these CPUs and nowhere else: whether it comes from a worker, or from a caller that is bound
/// to a worker's place.
private func expectWork(in pool: ThreadPool, on cpus: CPUSet) throws {
  let elsewhere = Said<(String, Int)>()
  let ran = Count()
  @Sendable func look(_ what: String) {
    ran.add()
    let cpu = Int(pw_current_cpu())
    if !cpus.contains(cpu) { elsewhere.add((what, cpu)) }
  }
  @Sendable func tree(_ depth: Int) {
    look("a join")
    if depth > 0 { _ = pool.join({ tree(depth - 1) }, { tree(depth - 1) }) }
  }
  @Sendable func everything() {
    for schedule in [Schedule.static, .dynamic(grain: 1), .guided(grain: 1), .auto] {
      pool.parallelFor(0..<64, schedule: schedule) { _ in look("a loop") }
    }
    pool.team { member in
      look("a team")
      member.barrier()
      look("a team")
    }
    pool.scope { s in for _ in 0..<64 { s.spawn { look("a scope") } } }
    tree(6)
  }
  try pool.submit { everything() }.wait()
  let first = pool.placement.seats[0].place
  pool.withCallerBound {
    let mine = CPUSet(field("Cpus_allowed_list", of: "/proc/thread-self/status"))
    check(mine == first, "a caller is bound to \(String(describing: mine)), not \(first)")
    everything()
  }
  for job in try (0..<64).map({ _ in try pool.submit { look("a job") } }) { job.wait() }
  for _ in 0..<64 { try pool.execute { look("a job that nobody waits for") } }
  let least = 2 * (4 * 64 + 2 + 64 + 127) + 128
  check(eventually { ran.value >= least }, "\(ran.value) of at least \(least) jobs ran")
  if let (what, cpu) = elsewhere.values.first {
    check(false, "\(elsewhere.values.count) jobs of a pool on CPUs \(cpus) ran elsewhere, \(what) on CPU \(cpu)")
  }
}

/// Both arenas work at the same time, and the pool goes on running what is submitted to it.
private func expectBothAtWork(_ near: ThreadPool, _ far: ThreadPool, beside pool: ThreadPool) throws {
  let threads = [(near, nodes[0]), (far, nodes[1])].map { arena, cpus in
    OwnThread {
      for _ in 0..<3 { do { try expectWork(in: arena, on: cpus) } catch { check(false, "in an arena: \(error)") } }
    }
  }
  let ran = Said<Int>()
  for _ in 0..<50 { try pool.submit { ran.add(Int(pw_current_cpu())) }.wait() }
  for thread in threads { thread.join() }
  check(ran.values.count == 50 && Set(ran.values) == [7], "the pool's jobs ran on CPUs \(Set(ran.values))")
}

/// A CPU goes offline and comes back, then a cpuset takes one away and gives it back: the arena has a worker less meanwhile,
/// and the change says which of the others have moved.
private func expectChangesFollowed(
  _ pool: ThreadPool, _ near: ThreadPool, _ all: [(pool: ThreadPool, name: String, cpus: [Int])], _ group: ControlGroup
) throws {
  func switchCPU2(_ state: String) -> Bool { overwrite("/sys/devices/system/cpu/cpu2/online", with: state) }
  let changes: [(what: String, make: () -> Bool, cpus: [Int], moved: [Int])] = [
    ("CPU 2 is off", { switchCPU2("0") }, [0, 1, 3], [2]),
    ("CPU 2 is back", { switchCPU2("1") }, [0, 1, 2, 3], [2, 3]),
    ("CPUs 1-7 are allowed", { group.allow(cpus: "1-7") }, [1, 2, 3], [0, 1, 2]),
    ("all are allowed again", { group.allow(cpus: "0-7") }, [0, 1, 2, 3], [0, 1, 2, 3]),
  ]
  for (what, make, cpus, moved) in changes {
    check(make(), "\(what): errno \(errno)")
    let change = try pool.refresh()
    let arena = change?.arenas.first
    check(
      change?.arenas.count == 1 && arena?.node == 0 && arena?.workerCount == cpus.count && arena?.movedWorkers == moved,
      "\(what): \(change?.description ?? "nothing is different")")
    var expected = all
    expected[1].cpus = cpus
    expectSeats(expected, what)
    try expectTogether(expected, what)
    try expectWork(in: near, on: CPUSet(cpus))
  }
}

/// Looks all the time that a pool and its arenas have no more workers than the pool alone had.
private final class Budget: Sendable {
  private let pool: ThreadPool
  private let all: Int
  private let arenas = Mutex<[ThreadPool]>([])
  private let isOver = Count()
  private let looks = Count()
  private let watcher = Mutex<OwnThread?>(nil)

  init(_ pool: ThreadPool) {
    self.pool = pool
    all = pool.workerCount
    watcher.withLock { $0 = OwnThread { while self.isOver.value == 0 { self.look() } } }
  }

  func add(_ arena: ThreadPool) { arenas.withLock { $0.append(arena) } }

  /// So that the last references can be dropped.
  func forgetArenas() { arenas.withLock { $0 = [] } }

  private func look() {
    let counts: [Int]? = arenas.withLock { arenas in
      let own = pool.workerCount
      let others = arenas.map { $0.state == .running ? $0.workerCount : 0 }
      // If it is another by now, one of them came or went in between.
      return pool.workerCount == own ? [own] + others : nil
    }
    if let counts {
      check(counts.reduce(0, +) <= all, "the pool and its arenas have \(counts) workers, more than \(all)")
      looks.add()
    }
    usleep(1000)
  }

  func end() {
    isOver.add()
    watcher.withLock { $0?.join() }
    check(looks.value > 20, "only \(looks.value) looks at how many workers there are")
  }
}

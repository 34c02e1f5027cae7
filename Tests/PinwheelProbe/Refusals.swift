import CPinwheel
import CPinwheelProbe
import Glibc
import Pinwheel
import PinwheelTopology

/// The k-th thread is refused, for every k: the error says which, the threads before it have gone, no memory stays, and
/// the next pool starts.
func refusedEachThread() throws {
  _ = fib(try makePool(1), 10)  // the first pool of a process makes one thread more, to ask where it may run
  for workers in [1, 2, 8, 64] {
    func refuseAll() throws {
      for k in 1...workers {
        let hooks = Count()
        probe_refuse_thread(k)
        do {
          _ = try makePool(workers) {
            $0.onWorkerStart = { _ in hooks.add() }
            $0.onWorkerStop = { _ in hooks.add() }
          }
          check(false, "a pool of \(workers) started without its thread \(k)")
        } catch PoolError.threadCreation(let worker, let errno) {
          check(worker == k - 1 && errno == EAGAIN, "worker \(worker), errno \(errno); thread \(k) was refused")
        } catch { check(false, "\(error)") }
        check(hooks.value == 0, "\(hooks.value) hooks of workers that never worked")
        check(eventually { tasks().count == 1 }, "\(tasks().count - 1) threads are left")
      }
      check(fib(try makePool(workers), 10) == 55, "the next pool")
    }
    try refuseAll()
    check(eventually { tasks().count == 1 }, "threads are left")
    let before = probe_bytes_in_use()
    try refuseAll()
    check(eventually { tasks().count == 1 }, "threads are left")
    let growth = Int(probe_bytes_in_use()) - Int(before)
    check(growth < 5000, "\(growth) bytes leaked by \(workers) refused pools of \(workers)")
  }
  // A pool that is dropped inside of its own job needs a thread to join its workers. Without it they end by themselves.
  for _ in 0..<20 {
    let last = Last(try makePool(2))
    let ran = Count()
    try last.submit {
      last.awaitRelease()
      probe_refuse_thread(1)
      last.drop()
      ran.add()
    }
    last.release()
    check(eventually { ran.value == 1 && tasks().count == 1 }, "\(tasks().count - 1) threads are left")
  }
  probe_refuse_thread(0)
}

/// The thread that is to look at the machine is refused: the pool starts, says so after that, and follows after the next
/// change.
func refusedFollower() throws {
  _ = fib(try makePool(1), 10)  // the first pool of a process makes one thread more, to ask where it may run
  let said = Said<PoolEvent>()
  probe_refuse_thread(3)
  let pool = try makePool(2) {
    $0.follow = .milliseconds(10)
    $0.onEvent = { said.add($0) }
  }
  let isStart = if case .started = said.values.first { true } else { false }
  check(isStart && said.values.dropFirst() == [.notApplied(.watchRefused(errno: EAGAIN))], "\(said.values)")
  func isFollowed() -> Bool {
    tasks().contains { contents(of: "/proc/self/task/\($0)/comm") == "pinwheel-watch\n" }
  }
  check(!isFollowed(), "a thread was refused, and is there")
  try pool.apply(pool.configuration)
  check(eventually { isFollowed() }, "nobody follows")
  try pool.shutdown()
}

/// An arena ends, and its pool is refused a thread for a worker that it gets back: it goes on without them, says so, and
/// has them when it looks the next time.
func refusedGiveBack() throws {
  let machine = try Machine.current()
  guard let node = machine.nodes.first, machine.cpus(ofNode: node).intersection(machine.usable).count > 1 else {
    return print("a node with two CPUs is needed")
  }
  let said = Said<PoolEvent>()
  let pool = try makePool(2) {
    $0.places = .threads
    $0.bind = .close
    $0.onEvent = { said.add($0) }
  }
  let arena = try pool.arena(of: node)
  var configuration = pool.configuration
  configuration.workers = .exactly(4)
  try pool.apply(configuration)
  check(pool.workerCount == 1 && arena.workerCount == 3, "\(pool.workerCount) and \(arena.workerCount)")
  said.clear()
  probe_refuse_thread(1)
  try arena.shutdown()
  check(said.values == [.notApplied(.threadCreation(worker: 2, errno: EAGAIN))], "\(said.values)")
  check(pool.workerCount == 1 && fib(pool, 10) == 55, "\(pool.workerCount) workers")
  let change = try pool.refresh()
  check(change?.workerCount == 4 && change?.previousWorkerCount == 1, "\(String(describing: change))")
  check(pool.workerCount == 4 && pool.placement.seats.count == 4 && fib(pool, 10) == 55, "\(pool.workerCount) workers")
  check(try pool.refresh() == nil, "nothing is owed any more")
}

/// Memory is refused to a pool that starts, at every allocation and mapping of the core's in turn.
func refusedPoolMemory() throws {
  _ = fib(try makePool(8), 10)
  check(eventually { tasks().count == 1 }, "threads are left")
  // Of the core, allocation by allocation: nothing stays behind.
  func create(refusing n: Int) -> OpaquePointer? {
    probe_refuse_own_memory(n, n)
    defer { probe_refuse_own_memory(0, 0) }
    return pw_pool_create(8, 8, 1024, 0, 1, { _, _, _, _ in })
  }
  func refuseInTurn() {
    var n = 1
    while true {
      let refusals = probe_refused()
      guard let pool = create(refusing: n) else {
        check(probe_refused() == refusals + 1, "refused without a refusal")
        n += 1
        continue
      }
      pw_pool_destroy(pool)
      break
    }
    check(n == 10, "a pool of 8 took \(n - 1) pieces of memory: one, and one for each slot, make 9")
  }
  for _ in 0..<10 { refuseInTurn() }  // until malloc has cut its pieces
  let (bytes, size) = (probe_bytes_in_use(), processSize())
  for _ in 0..<20 { refuseInTurn() }
  // The smallest piece, lost at one of the refusals only, would be 20 * 80 bytes.
  let growth = Int(probe_bytes_in_use()) - Int(bytes)
  check(growth < 1500, "\(growth) bytes of refused pools")
  check(processSize() == size, "\(processSize() - size) pages of mappings of refused pools")

  // Of the pool: the mapping of its slots is the first of the large pieces that its starting thread asks for itself, and
  // that of each slot's stack comes next.
  for workers in [1, 2, 8, 64] {
    probe_refuse_allocations(1 << 20, 1, 1)
    do {
      _ = try makePool(workers)
      check(false, "a pool of \(workers) started without its slots")
    } catch { check(error as? PoolError == .outOfMemory, "\(error)") }
    probe_refuse_allocations(1 << 20, 1 + workers, 1 + workers)
    do {
      _ = try makePool(workers)
      check(false, "a pool of \(workers) started without the last slot's stack")
    } catch { check(error as? PoolError == .outOfMemory, "\(error)") }
    // Workers' alternate stacks, on which their overflow would be reported, are no reason not to start: the mappings
    // after those.
    let refusals = probe_refused()
    probe_refuse_allocations(60_000, 2 + workers, 1 + 2 * workers)
    check(fib(try makePool(workers), 10) == 55, "a pool without alternate stacks")
    check(probe_refused() == refusals + workers, "\(probe_refused() - refusals) alternate stacks were refused")
    probe_refuse_allocations(0, 0, 0)
    check(fib(try makePool(workers), 10) == 55, "the next pool")
  }
}

private func processSize() -> Int {
  Int(contents(of: "/proc/self/statm").split(separator: " ").first ?? "") ?? 0
}

/// What the core allocates for queues, and nothing of Swift's here, is at least this large.
private let queueMemory = 1500

/// A deque or a queue cannot grow, from the n-th attempt on or at the n-th alone: each job runs once, or its `submit`
/// has thrown.
func refusedQueueMemory() throws {
  // Once with all the memory there is: Swift's runtime makes types when they are first used, and cannot be refused.
  let first = try makePool(2)
  spawnALot(first)
  submitALot(first)
  try spawnOnAWorker(first)
  try first.shutdown()
  for workers in [1, 2, 8] {
    for lasting in [false, true] {
      for n in 1...8 {
        let pool = try makePool(workers)
        let before = probe_refused()
        probe_refuse_allocations(queueMemory, n, lasting ? .max : n)
        spawnALot(pool)
        submitALot(pool)
        try spawnOnAWorker(pool)
        probe_refuse_allocations(0, 0, 0)
        if n <= 2 { check(probe_refused() > before, "nothing was refused at \(n)") }
        check(fib(pool, 10) == 55, "the pool afterwards")
        check(try pool.submit { 7 }.wait() == 7, "a job afterwards")
        try pool.shutdown()
      }
    }
  }
}

/// Into the innermost scope, into an outer one, and from a thread that knows the scope only.
private func spawnALot(_ pool: ThreadPool) {
  let ran = Count()
  pool.scope { outer in
    for _ in 0..<300 { outer.spawn { ran.add() } }
    pool.scope { _ in for _ in 0..<300 { outer.spawn { ran.add() } } }
  }
  check(ran.value == 600, "\(ran.value) of 600 spawned jobs ran")
}

/// From outside, and from inside of a scope, whose end has to move them out of its way.
private func submitALot(_ pool: ThreadPool) {
  let (accepted, ran) = (Count(), Count())
  func submit(_ count: Int) {
    for _ in 0..<count {
      do throws(PoolError) {
        try pool.submit { ran.add() }
        accepted.add()
      } catch { check(error == .outOfMemory, "submit threw \(error)") }
    }
  }
  submit(300)
  pool.scope { s in
    submit(100)
    s.spawn {}
  }
  check(eventually { ran.value == accepted.value }, "\(ran.value) jobs ran, \(accepted.value) were accepted")
}

private func spawnOnAWorker(_ pool: ThreadPool) throws {
  // Its own submission may be refused as well.
  for _ in 0..<20 {
    do throws(PoolError) {
      return try pool.submit {
        spawnALot(pool)
        submitHere(pool)
      }.wait()
    } catch { check(error == .outOfMemory, "submit threw \(error)") }
  }
}

private func submitHere(_ pool: ThreadPool) {
  let (accepted, ran) = (Count(), Count())
  pool.scope { s in
    for _ in 0..<300 {
      s.spawn { ran.add() }
      accepted.add()
      do throws(PoolError) {
        try pool.submit { ran.add() }
        accepted.add()
      } catch { check(error == .outOfMemory, "submit threw \(error)") }
    }
  }
  // On one worker nobody else runs what was moved; it runs when this job has ended.
  check(ran.value >= 300 && ran.value <= accepted.value, "\(ran.value) jobs ran of \(accepted.value)")
}

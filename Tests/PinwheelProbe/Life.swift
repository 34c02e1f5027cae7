import CPinwheelProbe
import Glibc
import Pinwheel
import Synchronization

/// Idle pools use no CPU time, and wake for every kind of work.
func idle() throws {
  let pools = try [1, 2, 8, 64].flatMap { workers in
    try [Duration.zero, .microseconds(50)].map { spin in try makePool(workers) { $0.spin = spin } }
  }
  for pool in pools { check(fib(pool, 10) == 55, "fib") }
  usleep(200_000)
  let before = cpuNanoseconds()
  sleep(5)
  let used = cpuNanoseconds() - before
  check(used < 5_000_000, "8 idle pools used \(used) ns of CPU in 5 s")
  for pool in pools {
    let ran = Count()
    // From sleep each time.
    func rested(_ body: () throws -> Void) rethrows {
      usleep(5000)
      try body()
    }
    try rested { check(try pool.submit { 7 }.wait() == 7, "submit") }
    rested { pool.parallelFor(0..<100, schedule: .static) { _ in ran.add() } }
    rested { pool.scope { s in for _ in 0..<10 { s.spawn { ran.add() } } } }
    check(ran.value == 110, "loop and scope ran \(ran.value)")
    if pool.workerCount > 1 {
      rested {
        _ = pool.join({ check(eventually { ran.value == 111 }, "no thief woke for a fork") }, { ran.add() })
      }
      rested {
        pool.scope { s in
          s.spawn { ran.add() }
          check(eventually { ran.value == 112 }, "nobody woke for a spawn")
        }
      }
      rested {
        // Of its own, also in a debug build: nothing is known of it, so it is worth waking somebody.
        pool.parallelFor(chunks: 0..<2, schedule: .static) { _ in
          ran.add()
          check(eventually { ran.value == 114 }, "nobody woke for a loop")
        }
      }
    }
  }
}

/// A thousand pools, started and ended in both ways, leave no thread and no memory.
func leaks() throws {
  func generation(_ count: Int) throws {
    for i in 0..<count {
      let pool = try makePool([1, 2, 8][i % 3])
      try pool.submit {}
      pool.scope { s in for _ in 0..<100 { s.spawn {} } }
      pool.parallelFor(0..<100) { _ in }
      if i % 2 == 0 { try pool.shutdown() }
    }
  }
  try generation(50)
  // A thread that has been joined may show for a moment longer.
  check(eventually { tasks().count == 1 }, "threads of the first pools are left")
  let (bytes, pages) = (probe_bytes_in_use(), residentPages())
  try generation(1000)
  check(eventually { tasks().count == 1 }, "\(tasks().count - 1) threads are left")
  let growth = Int(probe_bytes_in_use()) - Int(bytes)
  check(growth < 100_000, "malloc: \(growth) bytes more after 1000 pools")
  let resident = residentPages() - pages
  check(resident < 2000, "\(resident) pages more after 1000 pools")
}

private func residentPages() -> Int {
  Int(contents(of: "/proc/self/statm").split(separator: " ").dropFirst().first ?? "") ?? 0
}

/// Names, stacks.
func threads() throws {
  for megabytes in [1, 64, 200] {
    let pool = try makePool(3) { $0.stackSize = megabytes << 20 }
    let size = try pool.submit { probe_stack_size() }.wait()
    check(size >= megabytes << 20 && size < (megabytes + 1) << 20, "a stack of \(size) bytes, not of \(megabytes) MiB")
    let names = Set(tasks().map { contents(of: "/proc/self/task/\($0)/comm") })
    check(names.isSuperset(of: ["pinwheel-0\n", "pinwheel-1\n", "pinwheel-2\n"]), "names: \(names)")
  }
  check(eventually { tasks().count == 1 }, "threads are left")
}

/// The k-th thread is refused: the error says which, and the threads before it have gone.
func refusedThreads() throws {
  _ = try makePool(2).submit { 1 }.wait()  // what every first pool reads and allocates
  check(eventually { tasks().count == 1 }, "the first pool's threads are left")
  let size = Int(contents(of: "/proc/self/statm").split(separator: " ").first ?? "") ?? 0
  // Room for the pool's own mapping and some stacks of 4 GiB, not for all.
  var limit = rlimit()
  limit.rlim_cur = rlim_t(size * Int(getpagesize()) + 15 << 30)
  limit.rlim_max = limit.rlim_cur
  check(setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0, "setrlimit")
  for workers in [8, 64] {
    let before = probe_bytes_in_use()
    for _ in 0..<50 {
      let hooks = Count()
      do {
        _ = try makePool(workers) {
          $0.stackSize = 4 << 30
          $0.onWorkerStart = { _ in hooks.add() }
          $0.onWorkerStop = { _ in hooks.add() }
        }
        check(false, "a pool of \(workers) stacks of 4 GiB started within 15 GiB")
      } catch PoolError.threadCreation(let worker, let errno) {
        check(worker >= 1 && worker < 4, "worker \(worker) was refused")
        check(errno == EAGAIN || errno == ENOMEM, "errno \(errno)")
      } catch { check(false, "\(error)") }
      check(hooks.value == 0, "\(hooks.value) hooks of workers that never worked")
      check(eventually { tasks().count == 1 }, "\(tasks().count - 1) threads are left")
    }
    let growth = Int(probe_bytes_in_use()) - Int(before)
    check(growth < 50_000, "\(growth) bytes leaked by 50 refused pools")
  }
  // The same process can still have a pool of a size that fits.
  check(fib(try makePool(2), 10) == 55, "a pool after refused ones")
}

/// The last reference goes inside a job: no thread joins itself, and all of them end.
func droppedInside() throws {
  for workers in [1, 2, 8, 64] {
    for _ in 0..<20 {
      let ran = Count()
      let last = Last(try makePool(workers))
      try last.submit {
        ran.add()
        last.drop()
        ran.add()
      }
      last.release()
      check(eventually { ran.value == 2 }, "the job did not end")
      check(eventually { tasks().count == 1 }, "\(workers) workers: \(tasks().count - 1) threads are left")
    }
  }
}

/// A reference that waits, inside a job, until it is the last one.
final class Last: Sendable {
  private let pool: Mutex<ThreadPool?>
  private let others = Atomic<Bool>(true)

  init(_ pool: ThreadPool) { self.pool = Mutex(pool) }

  @discardableResult
  func submit(_ job: @escaping @Sendable () -> Void) throws -> JobHandle<Void, Never>? {
    try pool.withLock { try $0?.submit(job) }
  }
  /// The submitting thread is done with the pool.
  func release() { others.store(false, ordering: .releasing) }
  /// The caller is not done with it yet.
  func shutDown() { try? pool.withLock { $0 }?.shutdown() }
  func awaitRelease() { _ = eventually { !others.load(ordering: .acquiring) } }
  func drop() {
    awaitRelease()
    pool.withLock { $0 = nil }
  }
}

import CPinwheelProbe
import Glibc
import Pinwheel

private let ways: [(name: String, status: Int32)] = [("return", 0), ("exit", 7), ("_exit", 8), ("abort", -SIGABRT)]
private let states = ["sleeping", "working", "inside", "from-a-job"]

/// The process ends while pools work or sleep: at once, and with the status that belongs to it.
func processEnds() throws {
  for way in ways {
    for state in states where !(way.name == "return" && state == "from-a-job") {
      for workers in [1, 2, 8] {
        let run = Run(arguments: ["end", way.name, state, "\(workers)"])
        check(run.status == way.status, "\(way.name), \(state), \(workers) workers: \(run.status) \(run.output)")
        check(run.output.isEmpty || way.name == "abort", "\(way.name), \(state): \(run.output)")
      }
    }
  }
}

/// The pool lives as long as the process, as a global does.
nonisolated(unsafe) private var kept: ThreadPool?

/// Arguments: how to end, in which state, with how many workers.
func end() throws {
  alarm(10)
  signal(SIGABRT, SIG_DFL)  // no backtrace of an end that is meant
  let words = CommandLine.arguments.dropFirst(2)
  guard words.count == 3, let workers = words.last.flatMap({ Int($0) }) else { return check(false, "three arguments") }
  let (way, state) = (words[2], words[3])
  let pool = try makePool(workers) { $0.spin = .zero }
  kept = pool
  switch state {
  case "sleeping": usleep(20_000)
  case "working":
    // More of it than ends before the process does, each kind.
    for _ in 0..<workers { try pool.submit { while true { _ = fib(pool, 15) } } }
    for _ in 0..<1000 { try pool.submit { usleep(10_000) } }
    usleep(5000)
  case "inside":
    for _ in 0..<2 {
      _ = OwnThread { while true { pool.parallelFor(0..<100) { _ in usleep(100) } } }
    }
    usleep(5000)
  default:
    try pool.submit { leave(way) }
    while true { pause() }
  }
  leave(way)
}

private func leave(_ way: String) {
  switch way {
  case "exit": exit(7)
  case "_exit": _exit(8)
  case "abort": abort()
  default: return
  }
}

// MARK: Destructors of thread-locals

nonisolated(unsafe) private var key = pthread_key_t()
private let destroyed = Said<String>()

/// What a thread's end does with the pool.
private final class Parting: Sendable {
  let pool: ThreadPool
  let name: String
  init(_ pool: ThreadPool, _ name: String) {
    self.pool = pool
    self.name = name
  }

  /// Makes it what the calling thread's destructor does.
  func set() { pthread_setspecific(key, Unmanaged.passRetained(self).toOpaque()) }

  func part() {
    check(fib(pool, 12) == 144, "\(name): join")
    let ran = Count()
    pool.parallelFor(0..<100) { _ in ran.add() }
    pool.scope { s in for _ in 0..<100 { s.spawn { ran.add() } } }
    check(ran.value == 200, "\(name): \(ran.value) of 200")
    let isWorker = name != "outside"
    do throws(PoolError) {
      check(try pool.submit { 7 }.wait() == 7 && !isWorker, "\(name): submit")
    } catch { check(isWorker && error == .shutDown, "\(name): submit threw \(error)") }
    if isWorker {
      do throws(PoolError) {
        try pool.shutdown()
        check(false, "\(name): shutdown returned, on one of the threads that it waits for")
      } catch { check(error == .shutdownFromInside, "\(name): shutdown threw \(error)") }
    }
    destroyed.add(name)
  }
}

/// Destructors of thread-locals call the pool: on a thread from outside as any caller, on a worker's when the pool has
/// ended for it.
func threadLocalDestructors() throws {
  let made = pthread_key_create(&key) { value in
    // SAFETY: the reference that `set` passed on; the destructor runs once a thread.
    if let value { Unmanaged<Parting>.fromOpaque(value).takeRetainedValue().part() }
  }
  check(made == 0, "pthread_key_create")
  for workers in [1, 2, 8] {
    let pool = try makePool(workers)
    for _ in 0..<10 {
      let thread = OwnThread {
        _ = fib(pool, 5)
        Parting(pool, "outside").set()
      }
      thread.join()
    }
    check(destroyed.values.filter { $0 == "outside" }.count == 10, "10 threads' destructors: \(destroyed.values.count)")

    // Workers: all of them, set in the hook at their start, in a job, and in the hook at their end.
    for hook in ["start", "job", "stop"] {
      let here = Said<ThreadPool>()
      let ready = Count()
      let ending = try makePool(workers) {
        $0.onWorkerStart = { _ in
          if hook == "start" {
            _ = eventually { !here.values.isEmpty }
            Parting(here.values[0], "worker").set()
          }
        }
        $0.onWorkerStop = { _ in if hook == "stop" { Parting(here.values[0], "worker").set() } }
      }
      here.add(ending)
      let before = destroyed.values.count
      if hook == "job" {
        for _ in 0..<workers {
          try ending.submit {
            Parting(ending, "worker").set()
            ready.add()
            _ = eventually { ready.value == workers }
          }
        }
      }
      try ending.shutdown()
      check(destroyed.values.count == before + workers, "\(hook): \(destroyed.values.count - before) of \(workers)")
      here.clear()
    }
    destroyed.clear()
  }
  check(eventually { tasks().count == 1 }, "\(tasks().count - 1) threads are left")
  try lastReferenceInADestructor()
}

/// The last reference of a pool goes in the destructor of one of its workers' thread-locals: nobody joins itself.
private func lastReferenceInADestructor() throws {
  let made = pthread_key_create(&key) { value in
    // SAFETY: as above.
    if let value { Unmanaged<Last>.fromOpaque(value).takeRetainedValue().drop() }
  }
  check(made == 0, "pthread_key_create")
  for workers in [1, 2, 8] {
    for _ in 0..<10 {
      let last = Last(try makePool(workers))
      try last.submit { pthread_setspecific(key, Unmanaged.passRetained(last).toOpaque()) }?.wait()
      // The workers end; one of their destructors waits until this thread has let go.
      let ender = OwnThread { last.shutDown() }
      usleep(1000)
      last.release()
      ender.join()
      check(eventually { tasks().count == 1 }, "\(tasks().count - 1) threads are left")
    }
  }
}

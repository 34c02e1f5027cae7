import CPinwheelProbe
import Glibc
import Pinwheel
import PinwheelTopology

/// Prints which CPUs this process may run on, and which signals it blocks.
func report() { print(own("Cpus_allowed_list"), own("SigBlk")) }

private func own(_ key: String) -> String { field(key, of: "/proc/thread-self/status") }

/// What a job's programs and threads inherit: nothing of the worker's, by fork; nothing by posix_spawn with care.
func forkAttributes() throws {
  let mine = "\(own("Cpus_allowed_list")) \(own("SigBlk"))"
  let pool = try makePool(2) {
    $0.places = .threads
    $0.bind = .close
  }
  let unbound = try makePool(2)
  // Both workers at once, so that one is bound elsewhere than where a first CPU's worth of luck would have it.
  let both = Count()
  let jobs = try (0..<2).map { _ in
    try pool.submit {
      both.add()
      _ = eventually { both.value == 2 }
      inheritance(of: mine)
    }
  }
  for job in jobs { job.wait() }
  try unbound.submit { inheritance(of: mine) }.wait()
  // A thread of the application's, which has bound itself and starts a program: that is its own affair.
  check(probe_set_affinity(0, 1) == 0, "sched_setaffinity")
  let bound = "0 \(own("SigBlk"))"
  check(inChild { "\(own("Cpus_allowed_list")) \(own("SigBlk"))" == bound } == 0, "a bound thread of the application's")
  check(Run(arguments: ["report"]).output == bound + "\n", "a program of a bound thread of the application's")
}

/// On a worker.
private func inheritance(of mine: String) {
  let workers = "\(own("Cpus_allowed_list")) \(own("SigBlk"))"
  check(workers != mine, "the worker has nothing of its own, so this can show nothing")
  let spawned = Run(arguments: ["report"]).output
  check(spawned == workers + "\n", "without care a program inherits the worker's \(workers), not \(spawned)")
  let careful = ThreadPool.withProcessAttributes {
    ThreadPool.withProcessAttributes { Run(arguments: ["report"]).output }
  }
  check(careful == mine + "\n", "a program inherits \(careful), not \(mine)")
  check("\(own("Cpus_allowed_list")) \(own("SigBlk"))" == workers, "the worker has not got its own back")

  check(Run(forked: { execute(["report"]) }).output == mine + "\n", "exec after fork inherits the worker's")
  let fork = inChild {
    let here = "\(own("Cpus_allowed_list")) \(own("SigBlk"))"
    if here != mine { print("a forked child has \(here), not \(mine)") }
    return here == mine
  }
  check(fork == 0, "fork alone")
  // A fork in the middle of a careful stretch: the child keeps what the process has.
  let middle = ForkInTheMiddle()
  ThreadPool.withProcessAttributes { middle.now() }
  let status = middle.finish("\(own("Cpus_allowed_list")) \(own("SigBlk"))" == mine).status
  check(status == 0, "a child forked in a careful stretch got the worker's when that ended")

  // A pool that a job starts is not bound to its CPU.
  do {
    let inner = try makePool(2)
    let cpus = CPUSet(String(mine.prefix { $0 != " " }))
    for seat in inner.placement.seats {
      check(seat.allowed == cpus, "an unbound pool of a bound worker's may run on \(seat.allowed)")
    }
    check(fib(inner, 10) == 55, "fib")
  } catch { check(false, "\(error)") }
}

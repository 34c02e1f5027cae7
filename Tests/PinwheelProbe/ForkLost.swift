import CPinwheelProbe
import Glibc
import Pinwheel

/// Where a forked child would have to wait for a thread that is not there, it ends with one line and SIGABRT.
func forkLost() throws {
  let pool = try makePool(2) { $0.spin = .zero }
  let one = try makePool(1)
  // In a call of this thread, and in a job of a worker.
  for inJob in [false, true] {
    func inside(_ body: @escaping @Sendable () -> Void) throws {
      if inJob { try pool.submit(body).wait() } else { body() }
    }
    try inside { loseTheOtherHalf(of: pool) }
    try inside { loseASpawnedJob(of: pool) }
    try inside { loseASlice(of: pool) }
    try inside { loseASubmittedJob(of: inJob ? one : pool) }
    try inside { loseAJobOfABatch() }
  }
  // A child that returns from a job on a worker has no pool to return to.
  for workers in [1, 2] {
    let pool = try makePool(workers)
    let fork = ForkInTheMiddle()
    try pool.submit { fork.now() }.wait()
    expectLine("returning from a job, \(workers) workers", fork.finish())
    check(try pool.submit { 7 }.wait() == 7, "the parent's pool")
  }
}

private func expectLine(_ what: String, _ run: Run) {
  check(run.status == -SIGABRT, "\(what): ended with \(run.status), not by SIGABRT: \(run.output)")
  let isOne = run.lines.count == 1 && run.output.hasPrefix("pinwheel: ") && run.output.contains("fork")
  check(isOne, "\(what): not one line about the fork: \(run.output)")
}

private func loseTheOtherHalf(of pool: ThreadPool) {
  let (fork, begun, end) = (ForkInTheMiddle(), Count(), Count())
  _ = pool.join(
    {
      check(eventually { begun.value == 1 }, "nobody has taken the other half")
      fork.now()
      end.add()
    },
    {
      begun.add()
      _ = eventually { end.value == 1 }
    })
  expectLine("join", fork.finish())
}

private func loseASpawnedJob(of pool: ThreadPool) {
  let (fork, begun, end) = (ForkInTheMiddle(), Count(), Count())
  pool.scope { s in
    s.spawn {
      begun.add()
      _ = eventually { end.value == 1 }
    }
    check(eventually { begun.value == 1 }, "nobody has taken the spawned job")
    fork.now()
    end.add()
  }
  expectLine("scope", fork.finish())
}

private func loseASlice(of pool: ThreadPool) {
  let (fork, begun, end) = (ForkInTheMiddle(), Count(), Count())
  let me = UInt(pthread_self())
  pool.parallelFor(0..<2, schedule: .static) { _ in
    begun.add()
    if UInt(pthread_self()) == me {
      check(eventually { begun.value == 2 }, "nobody has taken the other slice")
      fork.now()
      end.add()
    } else {
      _ = eventually { end.value == 1 }
    }
  }
  expectLine("loop", fork.finish())
}

/// An error that takes long to go.
private final class Lasting: Error {
  private let goes: Count
  private let mayGo: Count
  init(goes: Count, mayGo: Count) { (self.goes, self.mayGo) = (goes, mayGo) }
  deinit {
    goes.add()
    _ = eventually { mayGo.value == 1 }
  }
}

/// The child runs a job of the batch that throws, while the parent puts another job's error in the place of a third's:
/// that was done under a lock, for which the child waited.
private func loseAJobOfABatch() {
  guard let pool = try? makePool(2, { $0.spin = .zero }) else { return check(false, "no pool") }
  let (thrown, blocked, goes, end) = (Count(), Count(), Count(), Count())
  let batch = try? pool.submit(count: 4) { index in
    switch index {
    case 0:
      _ = eventually { thrown.value == 1 && blocked.value == 1 }
      throw Lasting(goes: Count(), mayGo: end)
    case 1:
      defer { thrown.add() }
      throw Lasting(goes: goes, mayGo: end)
    case 2:
      blocked.add()
      _ = eventually { end.value == 1 }
    default: throw Lasting(goes: Count(), mayGo: end)
    }
  }
  check(eventually { blocked.value == 1 }, "the batch's jobs have not begun")
  for _ in 0..<100 where goes.value == 0 { usleep(1000) }
  expectLine(
    "batch",
    Run(forked: {
      try? batch?.wait()
      return true
    }))
  end.add()
  try? batch?.wait()
}

private func loseASubmittedJob(of pool: ThreadPool) {
  let (begun, end) = (Count(), Count())
  let handle = try? pool.submit {
    begun.add()
    _ = eventually { end.value == 1 }
  }
  check(eventually { begun.value == 1 }, "the submitted job has not begun")
  expectLine(
    "wait",
    Run(forked: {
      handle?.wait()
      return true
    }))
  end.add()
  handle?.wait()
}

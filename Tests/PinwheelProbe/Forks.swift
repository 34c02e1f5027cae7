import CPinwheelProbe
import Glibc
import Pinwheel

/// A forked child: calls run on their caller, `submit` throws, ends return, and a new pool works.
func forked() throws {
  for workers in [1, 2, 8] {
    var pool: ThreadPool? = try makePool(workers)
    guard let parents = pool else { return }
    check(fib(parents, 10) == 55, "fib before fork")
    // Also while the workers are at it.
    let stop = Count()
    for busy in [false, true] {
      if busy {
        for _ in 0..<workers { try parents.submit { while stop.value == 0 { _ = fib(parents, 8) } } }
        usleep(10_000)
      }
      let status = inChild {
        var ok = true
        func expect(_ condition: Bool, _ what: String) {
          if condition { return }
          ok = false
          print("in the child of \(workers) workers, busy \(busy): \(what)")
          fflush(nil)
        }
        expect(parents.state == .forked, "state \(parents.state)")
        expect(fib(parents, 10) == 55, "join")
        let ran = Count()
        parents.parallelFor(0..<100) { _ in ran.add() }
        parents.scope { s in
          for _ in 0..<100 { s.spawn { ran.add() } }
        }
        expect(ran.value == 200, "loop and scope ran \(ran.value)")
        expect(parents.map(0..<10) { $0 } == Array(0..<10), "map")
        expect(parents.reduce(0..<10, identity: 0, combine: +) { $0 } == 45, "reduce")
        do throws(PoolError) {
          try parents.submit {}
          expect(false, "submit did not throw")
        } catch { expect(error == PoolError.forked, "submit threw \(error)") }
        do { try parents.shutdown() } catch { expect(false, "shutdown threw \(error)") }
        do {
          let own = try makePool(2)
          expect(fib(own, 10) == 55, "fib in a pool of the child's")
          expect(own.state == .running, "a pool of the child's is \(own.state)")
          try own.shutdown()
        } catch { expect(false, "a pool of the child's threw \(error)") }
        return ok
      }
      check(status == 0, "child of \(workers) workers, busy \(busy): status \(status)")
    }
    stop.add()
    check(fib(parents, 10) == 55, "fib in the parent after fork")
    check(try parents.submit { 7 }.wait() == 7, "submit in the parent after fork")
    try parents.shutdown()
    // Dropping a pool in the child.
    pool = try makePool(workers)
    let status = inChild {
      pool = nil
      return true
    }
    check(status == 0, "deinit in the child: status \(status)")
    // A grandchild.
    let grand = inChild {
      let state = pool?.state
      return inChild { pool?.state == .forked && state == .forked && pool.map { fib($0, 10) } == 55 } == 0
    }
    check(grand == 0, "grandchild: status \(grand)")
  }
}

/// A forked child of a process with a deterministic pool: no baton holds it up, and the parent's replay goes on.
func forkedDeterministic() throws {
  for workers in [1, 2, 8] {
    let pool = try ThreadPool.deterministic(seed: 3, workers: workers, patience: .seconds(30))
    let ran = Count()
    for _ in 0..<10 { try pool.submit { ran.add() } }
    let inside = Count()
    let status = inChild { fib(pool, 10) == 55 && isForked(pool) }
    check(status == 0, "child of \(workers) workers, between calls: status \(status)")
    // From inside a call, with workers on their way.
    pool.parallelFor(0..<4) { i in
      if i != 2 { return }
      inside.add()
      let status = inChild { isForked(pool) }
      check(status == 0, "child of \(workers) workers, inside a loop: status \(status)")
    }
    check(inside.value == 1, "the loop's body forked \(inside.value) times")
    check(fib(pool, 10) == 55, "fib in the parent")
    try pool.shutdown()
    check(ran.value == 10, "\(ran.value) of 10 jobs ran in the parent")
    check(pool.replay?.isExact == true, "the parent's replay: \(String(describing: pool.replay))")
  }
}

/// What a child can see of its parent's pool.
private func isForked(_ pool: ThreadPool) -> Bool {
  do throws(PoolError) { try pool.submit {} } catch {
    return error == .forked && pool.state == .forked && pool.replay?.isExact == true
  }
  return false
}

/// A handle of the parent's whose job no worker will ever run here: the child must not wait for ever.
func forkedWaits() throws {
  let pool = try makePool(1)
  let stop = Count()
  try pool.submit { _ = eventually { stop.value != 0 } }
  let handle = try pool.submit { 7 }
  let status = inChild { handle.wait() == 7 }
  stop.add()
  check(status == 0, "wait in the child for a job that had not started: status \(status)")
  check(handle.wait() == 7, "the parent's job")
}

/// Scopes in a child leave nothing behind in the queue of workers that do not exist.
func forkedMemory() throws {
  let pool = try makePool(2)
  let status = inChild {
    func scopes(_ count: Int) { for _ in 0..<count { pool.scope { s in for _ in 0..<10 { s.spawn {} } } } }
    scopes(10)
    let before = probe_bytes_in_use()
    scopes(1000)
    let growth = Int(probe_bytes_in_use()) - Int(before)
    if growth > 10_000 { print("\(growth) bytes are left of 1000 scopes in a forked child") }
    fflush(nil)
    return growth <= 10_000
  }
  check(status == 0, "status \(status)")
}

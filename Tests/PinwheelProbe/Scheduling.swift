import CPinwheelProbe
import Glibc
import Pinwheel
import PinwheelTopology

/// The kernel refuses every scheduling class and nice value, as it does to processes without the right to them: the pool
/// works, and one warning for each says how many workers it concerns and what would permit it.
func refusedScheduling() throws {
  let run = Run(forked: {
    let refused = probe_refuse_scheduling(EPERM)
    check(refused == 0, "no filter of system calls: errno \(refused)")
    do {
      let said = Said<PoolEvent>()
      let pool = try makePool(3) {
        $0.scheduling = .fifo(priority: 42)
        $0.nice = -5
        $0.onEvent = { said.add($0) }
      }
      let expected = [
        "scheduling=fifo(42) was refused to 3 workers: Operation not permitted; "
          + "it takes CAP_SYS_NICE, or a limit (ulimit -r) of at least 42",
        "nice=-5 was refused to 3 workers: Operation not permitted; "
          + "it takes CAP_SYS_NICE, or a limit (ulimit -e) of at least 25",
      ]
      let warnings = pool.placement.warnings.filter { if case .schedulingRefused = $0 { true } else { false } }
      check(warnings.map(\.description) == expected, "\(warnings)")
      for warning in warnings { check(said.values.contains(.placement(warning)), "no event for \(warning)") }
      check(fib(pool, 15) == 610, "fib")
      try refusedLater(pool)
    } catch { check(false, "\(error)") }
    return failures.value == 0
  })
  check(run.status == 0, "status \(run.status) \(run.output)")
}

/// Workers that come later are told of in the same way, and by whomever the pool tells by then. Who is told is inside of
/// the pool: `shutdown()` would wait for this very worker.
private func refusedLater(_ pool: ThreadPool) throws {
  let said = Said<PoolEvent>()
  let ends = Said<PoolError>()
  let changer = pthread_self()
  var configuration = pool.configuration
  configuration.workers = .exactly(5)
  configuration.onEvent = { [weak pool] event in
    // Whoever has changed the pool tells of it, too.
    guard case .placement(.schedulingRefused) = event, pthread_equal(pthread_self(), changer) == 0 else { return }
    said.add(event)
    do throws(PoolError) { try pool?.shutdown() } catch { ends.add(error) }
  }
  try pool.apply(configuration)
  check(eventually { said.values.count == 4 }, "\(said.values)")
  check(ends.values == Array(repeating: .shutdownFromInside, count: 4), "\(ends.values)")
  let counts = pool.placement.warnings.compactMap { warning -> Int? in
    if case .schedulingRefused(_, let workers, _) = warning { workers } else { nil }
  }
  check(counts == [5, 5], "\(pool.placement.warnings)")
  // They stay known.
  try pool.apply(pool.configuration)
  check(pool.placement.warnings.count { $0.description.contains("refused to 5 workers") } == 2, "after another change")
}

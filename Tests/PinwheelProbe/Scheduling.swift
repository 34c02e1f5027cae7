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
    } catch { check(false, "\(error)") }
    return failures.value == 0
  })
  check(run.status == 0, "status \(run.status) \(run.output)")
}

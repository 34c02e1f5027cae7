import Glibc
import Pinwheel
import PinwheelTopology

/// Where the kernel lets each worker of the pool run, by its index.
func workerAffinities(named name: String = "pinwheel") -> [Int: CPUSet] {
  let pairs = tasks().compactMap { task -> (Int, CPUSet)? in
    let comm = contents(of: "/proc/self/task/\(task)/comm").filter { $0 != "\n" }
    guard comm.hasPrefix(name + "-"), let index = Int(comm.dropFirst(name.count + 1)) else { return nil }
    return CPUSet(field("Cpus_allowed_list", of: "/proc/self/task/\(task)/status")).map { (index, $0) }
  }
  return Dictionary(pairs, uniquingKeysWith: { first, _ in first })
}

/// Bound workers sit where the placement says, as the kernel sees it. Run with and without a narrower affinity.
func placement() throws {
  let mine = CPUSet(field("Cpus_allowed_list", of: "/proc/self/status"))
  for binding in [Binding.close, .spread, .primary, .none] {
    for count in [WorkerCount.auto, .threads, .exactly(1), .exactly(3)] {
      let pool = try makePool(1) {
        $0.workers = count
        $0.places = .threads
        $0.bind = binding
      }
      let seats = pool.placement.seats
      check(seats.count == pool.workerCount && !seats.isEmpty, "\(seats.count) seats")
      if count == .exactly(3) { check(seats.count == 3, "\(seats.count) workers, not 3") }
      let affinities = workerAffinities()
      for (index, seat) in seats.enumerated() {
        check(seat.worker == index, "seat \(index) is worker \(seat.worker)'s")
        let allowed = affinities[index]
        check(
          allowed == seat.allowed, "worker \(index) may run on \(String(describing: allowed)), said \(seat.allowed)")
        if binding == .none {
          check(allowed == mine, "an unbound worker may run on \(String(describing: allowed))")
          check(seat.placeIndex == nil, "an unbound worker has place \(String(describing: seat.placeIndex))")
        } else {
          check(allowed == seat.place, "worker \(index) may run on \(String(describing: allowed)), not \(seat.place)")
          check(seat.place.count == 1, "a hardware thread of \(seat.place.count) CPUs")
        }
        if let mine { check(seat.allowed.isSubset(of: mine), "\(seat.allowed) is outside of \(mine)") }
        check(!seat.reason.isEmpty, "no reason")
      }
      if binding == .close && count == .threads {
        check(Set(seats.map(\.place)).count == seats.count, "two of \(seats) share a place")
      }
      check(fib(pool, 10) == 55, "fib")
    }
  }
  // A worker's jobs run where it sits.
  let pool = try makePool(2) {
    $0.places = .threads
    $0.bind = .close
  }
  for _ in 0..<50 {
    let (worker, list) = try pool.submit {
      (pool.currentWorker ?? 0, CPUSet(field("Cpus_allowed_list", of: "/proc/thread-self/status")))
    }.wait()
    check(
      list == pool.placement.seats[worker].place, "a job on worker \(worker) may run on \(String(describing: list))")
  }
}

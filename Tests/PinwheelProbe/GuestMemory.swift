import CPinwheelProbe
import Glibc
import Pinwheel
import PinwheelTopology

/// Each worker's memory lies on the node that it is bound to: of those that there are from the start, of those that come
/// later, and what `makeArray(firstTouching:)` gives them.
func guestMemory() throws {
  // With a fault planted everything comes from the first node.
  if isPlanted { check(probe_prefer_node(0) == 0, "set_mempolicy: errno \(errno)") }
  var settings = try PoolConfiguration(environment: ["PINWHEEL_PLACES": "threads", "PINWHEEL_BIND": "close"])
  settings.workers = .exactly(8)
  let pool = try ThreadPool(settings)
  try expectOwnNodes(pool, "from the start")
  try expectArray(pool)
  try pool.shutdown()

  settings.workers = .exactly(1)
  let growing = try ThreadPool(settings)
  settings.workers = .exactly(8)
  try growing.apply(settings)
  try expectOwnNodes(growing, "grown")
  try expectArray(growing)
}

/// CPUs 0 to 3 are on one node, 4 to 7 on the other, and worker i is on CPU i.
private func expectOwnNodes(_ pool: ThreadPool, _ what: String) throws {
  try onEachWorker(pool) { _ = fib(pool, 16) }
  let found = Said<(worker: Int, nodes: probe_slot_nodes)>()
  try onEachWorker(pool) { if let worker = pool.currentWorker { found.add((worker, probe_nodes_of_own_slot())) } }
  check(Set(found.values.map(\.worker)) == Set(0..<8), "\(what): the workers \(found.values.map(\.worker)) were asked")
  for (worker, nodes) in found.values {
    let own = Int32(worker / 4)
    for (part, node) in [
      ("lines", nodes.lines), ("counters", nodes.counters), ("deque", nodes.deque), ("stack", nodes.stack),
    ] {
      check(node == own, "\(what): worker \(worker)'s \(part) are on node \(node), not \(own)")
    }
    for (part, node) in [("entries", nodes.entries), ("lines of calls", nodes.calls)] {
      // Nobody has touched it, or nobody has written to it.
      let isUntouched = node == -ENOENT || node == -EFAULT
      check(node == own || isUntouched, "\(what): worker \(worker)'s \(part) are on node \(node), not \(own)")
    }
  }
  print("\(what): thread-locals on nodes \(found.values.sorted { $0.worker < $1.worker }.map(\.nodes.locals))")
}

private func expectArray(_ pool: ThreadPool) throws {
  let page = 4096 / MemoryLayout<Int>.stride
  let count = 8 * 16 * page
  // From a worker: a caller from outside makes the slice of the worker whose slot it has.
  let array = try pool.submit { pool.makeArray(firstTouching: count) { $0 } }.wait()
  check(array.last == count - 1, "the array ends with \(String(describing: array.last))")
  var (pages, wrong) = (0, 0)
  array.withUnsafeBufferPointer { elements in
    for (worker, slice) in pool.slices(of: elements.indices).enumerated() {
      guard let base = elements.baseAddress else { return }
      // Pages at the edges belong to two.
      for index in stride(from: slice.lowerBound + page, to: slice.upperBound - page, by: page) {
        pages += 1
        if probe_node_of(base + index) != Int32(worker / 4) { wrong += 1 }
      }
    }
  }
  check(
    pages >= 8 * 14 && wrong == 0,
    "\(wrong) of \(pages) pages of an array are not on the node of the worker that has them")
}

/// Runs one job on each of eight workers, all at once.
private func onEachWorker(_ pool: ThreadPool, _ body: @escaping @Sendable () -> Void) throws {
  let begun = Count()
  let jobs = try (0..<8).map { _ in
    try pool.submit {
      begun.add()
      check(eventually { begun.value == 8 }, "\(begun.value) of 8 workers took a job")
      body()
    }
  }
  for job in jobs { job.wait() }
}

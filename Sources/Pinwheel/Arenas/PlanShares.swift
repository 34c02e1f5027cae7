import PinwheelTopology

/// The plan of all workers of a pool, shared out between the pool itself and its arenas: each worker is in exactly one of
/// them. Pure.
struct PlanShares {
  /// The pool's own part: never empty.
  var own: PlacementPlan
  /// The arenas', in the order in which the nodes were given: none empty.
  var arenas: [PlacementPlan]

  /// Gives each arena the workers that sit on its node and on no other. The pool keeps one in any case: if all would be
  /// gone, the last one of the last node.
  ///
  /// - Throws: ``ArenaError/lastWorker(node:)`` or ``ArenaError/leftWithout(node:)`` if nothing is left for an arena.
  init(_ plan: PlacementPlan, lending nodes: [Int], on machine: Machine) throws(ArenaError) {
    var takers = plan.seats.map { seat in machine.node(of: seat).flatMap { nodes.firstIndex(of: $0) } }
    let kept = takers.contains(nil) ? nil : takers.lastIndex(of: nodes.count - 1) ?? takers.indices.last
    if let kept { takers[kept] = nil }
    let seats = { (taker: Int?) in plan.seats.indices.filter { takers[$0] == taker }.map { plan.seats[$0] } }

    let all = plan.seats.count
    let count = { (workers: Int) in workers == 1 ? "1 worker" : "\(workers) workers" }
    arenas = []
    for (index, node) in nodes.enumerated() {
      let lent = seats(index)
      if lent.isEmpty {
        let keptHere = kept.map { machine.node(of: plan.seats[$0]) == node } ?? false
        throw keptHere ? .lastWorker(node: node) : .leftWithout(node: node)
      }
      arenas.append(
        plan.share(of: lent, reason: "\(lent.count) of its pool's \(count(all)): on NUMA node \(node)"))
    }
    let left = seats(nil)
    own = plan
    if !nodes.isEmpty {
      own = plan.share(
        of: left,
        reason: "\(plan.workerCountReason), \(all - left.count) of them in \(nodes.count == 1 ? "an arena" : "arenas")")
    }
    // The warnings are about all workers together, and the pool's to say.
    for index in arenas.indices { arenas[index].warnings = [] }

    // Who has what a share has not.
    for (index, node) in nodes.enumerated() {
      own.leave(arenas[index].taken.subtracting(own.taken), .lent(node: node))
      arenas[index].leave(own.taken.subtracting(arenas[index].taken), .notLent)
      for (other, node) in nodes.enumerated() where other != index {
        arenas[index].leave(arenas[other].taken.subtracting(arenas[index].taken), .lent(node: node))
      }
    }
  }
}

extension Machine {
  /// The NUMA node that a worker belongs to; nil if it may run on several, or is bound to nothing.
  func node(of seat: PlacementPlan.Seat) -> Int? { seat.placeIndex == nil ? nil : node(of: seat.place) }
}

extension PlacementPlan {
  /// The same with some of its workers, numbered anew.
  fileprivate func share(of seats: [Seat], reason: String) -> PlacementPlan {
    var share = self
    share.seats = seats
    for index in seats.indices { share.seats[index].worker = index }
    share.workerCountReason = reason
    return share
  }

  fileprivate mutating func leave(_ cpus: CPUSet, _ reason: UnusedCPU.Reason) {
    let known = Set(unused.map(\.osIndex))
    unused += cpus.filter { !known.contains($0) }.map { UnusedCPU(osIndex: $0, reason: reason) }
    unused.sort { $0.osIndex < $1.osIndex }
  }
}

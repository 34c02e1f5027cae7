/// The NUMA domains of a machine in a row in which near ones stand side by side, as far as a row can have it: each is
/// followed by the nearest of those that are left. What several domains are in is not left before all of them are in the row.
struct DomainRow {
  /// The place in the row of what has a number of ``Machine/CPU``: for each level around the domains, from the outside in,
  /// and for the domains themselves.
  let ranks: [[Int: Int]]
  /// From each place in the row to each; nil where nothing tells.
  private let distances: [[UInt64?]]

  /// - Parameter levels: What domains are in, from the outside in.
  /// - Returns: nil if no distances are known.
  init?(_ machine: Machine, within levels: [KeyPath<Machine.CPU, Int>]) {
    guard let known = machine.distances else { return nil }
    let rows = Dictionary(known.nodes.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    // The first CPU of each domain stands for it.
    var left: [Machine.CPU] = []
    var seen: Set<Int> = []
    for cpu in machine.cpus where seen.insert(cpu.numaDomain).inserted { left.append(cpu) }
    guard !left.isEmpty else { return nil }
    let distance = { (from: Machine.CPU, to: Machine.CPU) -> UInt64? in
      guard let row = from.numaNode.flatMap({ rows[$0] }), let column = to.numaNode.flatMap({ rows[$0] }) else {
        return nil
      }
      return known.values[row][column]
    }
    var row = [left.removeFirst()]
    while let last = row.last, !left.isEmpty {
      let apart = left.map { cpu in
        (levels.firstIndex { cpu[keyPath: $0] != last[keyPath: $0] } ?? levels.count, distance(last, cpu) ?? .max)
      }
      let next = left.indices.min { (-apart[$0].0, apart[$0].1, $0) < (-apart[$1].0, apart[$1].1, $1) }
      row.append(left.remove(at: next ?? 0))
    }
    distances = row.map { from in row.map { to in distance(from, to) } }
    ranks = (levels + [\.numaDomain]).map { level in
      var ranks: [Int: Int] = [:]
      for cpu in row where ranks[cpu[keyPath: level]] == nil { ranks[cpu[keyPath: level]] = ranks.count }
      return ranks
    }
  }

  /// From one place in the row to another; nil if nothing tells.
  func distance(from: Int, to: Int) -> UInt64? { distances[from][to] }
}

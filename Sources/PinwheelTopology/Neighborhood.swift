/// Who is near whom: the workers of a plan in a row in which those that share something of the machine stand side by side.
///
/// Thieves and wake-ups go by it: first those that share a core, then a cache, and so on outwards; beyond a NUMA node first
/// those on nodes that are near.
package struct Neighborhood: Sendable, Hashable {
  /// What neighbours share, from the nearest outwards on most machines; a NUMA node may be a part of what shares a cache, and
  /// nodes that are near each other lie in one package or in several.
  package enum Bond: Sendable, Hashable, CaseIterable {
    case core, secondLevelCache, lastLevelCache, numaDomain, nearDomains, package, pool
  }

  /// An interval of the row, of workers that share something.
  package struct Group: Sendable, Hashable {
    package var bond: Bond
    package var range: Range<Int>
  }

  /// The workers, by their position in the row; empty if nothing tells some of them from others.
  package var row: [Int] = []
  /// For each position the groups that it is in, each a part of the next and none like it; the last one is all.
  package var groups: [[Group]] = []

  /// Nobody has neighbours.
  package init() {}
}

extension Neighborhood {
  /// - Parameter paths: For each worker what it is in, from the outside in, as far as all of its place is: numbers that
  ///   mean the same for all workers with the same path up to there.
  /// - Parameter bonds: What each number of a path is shared by.
  /// - Parameter distance: How far the NUMA domains are from each other that two numbers of paths name; nil: nothing tells.
  package init(paths: [[Int]], bonds: [Bond], distance: (Int, Int) -> UInt64? = { _, _ in nil }) {
    let row = paths.indices.sorted { a, b in
      paths[a] == paths[b] ? a < b : paths[a].lexicographicallyPrecedes(paths[b])
    }
    var groups = [[Group]](repeating: [], count: row.count)
    // From the inside out. Whoever has the same path up to `depth` stands side by side.
    for depth in bonds.indices.reversed() {
      var begin = 0
      while begin < row.count {
        let path = paths[row[begin]].prefix(depth + 1)
        let end = row[begin...].firstIndex { paths[$0].prefix(depth + 1) != path } ?? row.count
        if path.count == depth + 1, end - begin > 1 {
          let group = Group(bond: bonds[depth], range: begin..<end)
          for position in group.range where groups[position].last?.range != group.range {
            groups[position].append(group)
          }
        }
        begin = end
      }
    }
    if let depth = bonds.firstIndex(of: .numaDomain) {
      Self.add(Self.nearDomains(row.map { depth < paths[$0].count ? paths[$0][depth] : nil }, distance), to: &groups)
    }
    let all = row.indices
    guard groups.contains(where: { $0.contains { $0.range != all } }) else { return }
    for position in all where groups[position].last?.range != all {
      groups[position].append(Group(bond: .pool, range: all))
    }
    (self.row, self.groups) = (row, groups)
  }
}

extension Machine {
  /// Who is near whom, where a plan puts them. Workers that float are near to whoever lies within the same part of the
  /// machine as all of their place; workers that are bound to nothing have no neighbours.
  package func neighborhood(of plan: PlacementPlan) -> Neighborhood {
    guard plan.seats.allSatisfy({ $0.placeIndex != nil }) else { return Neighborhood() }
    // Which part lies in which differs: a node may have several outermost caches, or be one of several beside one cache.
    let levels: [(bond: Neighborhood.Bond, part: KeyPath<CPU, Int>)] = [
      (.package, \.packageIndex), (.numaDomain, \.numaDomain), (.lastLevelCache, \.lastLevelCache),
      (.secondLevelCache, \.secondLevelCache), (.core, \.coreIndex),
    ]
    let counts = levels.map { level in Set(cpus.map { $0[keyPath: level.part] }).count }
    let nesting = levels.indices.sorted { (counts[$0], $0) < (counts[$1], $1) }
    let domains = DomainRow(
      self, within: nesting.prefix { levels[$0].bond != .numaDomain }.map { levels[$0].part })
    let ranks = domains?.ranks ?? []

    let known = Dictionary(cpus.map { ($0.osIndex, $0) }, uniquingKeysWith: { first, _ in first })
    var paths: [CPUSet: [Int]] = [:]
    for place in Set(plan.seats.map(\.place)) {
      let parts = place.compactMap { known[$0] }
      let shared = nesting.enumerated().lazy.map { depth, level -> Int? in
        guard let part = parts.first?[keyPath: levels[level].part],
          parts.allSatisfy({ $0[keyPath: levels[level].part] == part })
        else { return nil }
        return depth < ranks.count ? ranks[depth][part] : part
      }
      paths[place] = shared.prefix { $0 != nil }.compactMap { $0 }
    }
    return Neighborhood(
      paths: plan.seats.map { paths[$0.place] ?? [] }, bonds: nesting.map { levels[$0].bond },
      distance: { domains?.distance(from: $0, to: $1) })
  }
}

extension Neighborhood {
  /// Classes of distances to be told apart at most, beside the farthest: each is a level, which has a share of a search's few
  /// looks, and the core has room for six.
  private static let mostClasses = 2

  /// Where classes of distances end that are alike: all but the farthest. If there are too many, those are parted that are
  /// farthest from the next in proportion.
  static func classes(of distances: Set<UInt64>) -> [UInt64] {
    let sorted = distances.sorted()
    let ratio = { (far: UInt64, near: UInt64) in Double(far) / Double(max(near, 1)) }
    let ends = sorted.indices.dropLast().sorted { a, b in
      let (gap, other) = (ratio(sorted[a + 1], sorted[a]), ratio(sorted[b + 1], sorted[b]))
      return gap == other ? a < b : gap > other
    }
    return ends.prefix(mostClasses).sorted().map { sorted[$0] }
  }

  /// For each run of workers on one domain the workers around it, side by side, on domains that are near: a group for each
  /// class of distances. A row has but two sides, so some that are as near may not be among them.
  static func nearDomains(
    _ domains: [Int?], _ distance: (Int, Int) -> UInt64?
  ) -> [(run: Range<Int>, groups: [Group])] {
    var runs: [(domain: Int?, range: Range<Int>)] = []
    for (position, domain) in domains.enumerated() {
      if let last = runs.last, last.domain == domain {
        runs[runs.count - 1].range = last.range.lowerBound..<(position + 1)
      } else {
        runs.append((domain, position..<(position + 1)))
      }
    }
    return runs.indices.compactMap { index in
      guard let own = runs[index].domain else { return nil }
      let away = runs.map { run in run.domain.flatMap { distance(own, $0) } }
      let classes = classes(of: Set(runs.indices.lazy.filter { runs[$0].domain != own }.compactMap { away[$0] }))
      let groups = classes.map { limit in
        let isNear = { (other: Int) in away[other].map { $0 <= limit } ?? false }
        let begin = runs[..<index].indices.reversed().prefix(while: isNear).last ?? index
        let end = runs[(index + 1)...].indices.prefix(while: isNear).last ?? index
        return Group(bond: .nearDomains, range: runs[begin].range.lowerBound..<runs[end].range.upperBound)
      }
      return (runs[index].range, groups)
    }
  }

  /// Adds those groups that are a part of the ones that are there, or have them as parts, and are none of them.
  static func add(_ near: [(run: Range<Int>, groups: [Group])], to groups: inout [[Group]]) {
    for (run, additions) in near {
      for addition in additions where addition.range != run {
        for position in run {
          let inner = groups[position].prefix { $0.range.count < addition.range.count }.count
          if groups[position].allSatisfy({ $0.range.nests(with: addition.range) }) {
            groups[position].insert(addition, at: inner)
          }
        }
      }
    }
  }
}

extension Range<Int> {
  /// Whether one of them is a part of the other, and not all of it.
  fileprivate func nests(with other: Range<Int>) -> Bool {
    self != other && (clamped(to: other) == self || other.clamped(to: self) == other)
  }
}

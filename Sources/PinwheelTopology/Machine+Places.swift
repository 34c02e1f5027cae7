extension Machine {
  /// The places of a kind that have one of these CPUs, cut down to them, in topological order.
  func resolve(_ places: Places, in set: CPUSet) -> [CPUSet] {
    switch places {
    case .threads: groups(by: \.osIndex, in: set)
    case .cores: groups(by: \.coreIndex, in: set)
    case .llCaches: groups(by: \.lastLevelCache, in: set)
    case .numaDomains: groups(by: \.numaDomain, in: set)
    case .sockets: groups(by: \.packageIndex, in: set)
    case .explicit(let sets): sets.map { $0.intersection(set) }.filter { !$0.isEmpty }
    }
  }

  /// The CPUs of a set that share something, in the order in which the first of each group comes in ``cpus``.
  func groups(by shared: KeyPath<CPU, Int>, in set: CPUSet) -> [CPUSet] {
    var order: [Int: Int] = [:]
    var members: [[Int]] = []
    for cpu in cpus where set.contains(cpu.osIndex) {
      let group = cpu[keyPath: shared]
      if let index = order[group] {
        members[index].append(cpu.osIndex)
      } else {
        order[group] = members.count
        members.append([cpu.osIndex])
      }
    }
    return members.map { CPUSet($0) }
  }

  /// The CPUs of a place in the order in which workers take them; nil if they float.
  func cpus(of place: CPUSet, in order: OrderInPlace) -> [Int]? {
    lazy var topological = cpus.map(\.osIndex).filter { place.contains($0) }
    switch order {
    case .float: return nil
    case .byNumber: return topological.sorted()
    case .siblingsFirst: return topological
    case .coresFirst:
      let cores = groups(by: \.coreIndex, in: place).map { core in topological.filter { core.contains($0) } }
      let most = cores.map(\.count).max() ?? 0
      return (0..<most).flatMap { turn in cores.compactMap { turn < $0.count ? $0[turn] : nil } }
    }
  }
}

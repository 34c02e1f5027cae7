extension Machine {
  /// The usable places of a kind, in topological order, and all CPUs that were asked for.
  func resolve(_ places: Places) -> (places: [CPUSet], asked: CPUSet) {
    let named: [CPUSet]
    switch places {
    case .threads: named = groups(by: \.osIndex)
    case .cores: named = groups(by: \.coreIndex)
    case .llCaches: named = groups(by: \.lastLevelCache)
    case .numaDomains: named = groups(by: \.numaDomain)
    case .sockets: named = groups(by: \.packageIndex)
    case .explicit(let sets):
      let asked = sets.reduce(CPUSet()) { $0.union($1) }
      return (sets.map { $0.intersection(usable) }.filter { !$0.isEmpty }, asked)
    }
    return (named, usable)
  }

  /// The usable CPUs that share something, in the order in which the first of each group comes in ``cpus``.
  private func groups(by shared: KeyPath<CPU, Int>) -> [CPUSet] {
    var order: [Int: Int] = [:]
    var members: [[Int]] = []
    for cpu in cpus where usable.contains(cpu.osIndex) {
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
}

extension Machine {
  /// The NUMA nodes that are the closest memory of at least one allowed CPU, by the operating system's numbers, ascending.
  public var nodes: [Int] { Set(cpus.compactMap(\.numaNode)).sorted() }

  /// The allowed CPUs whose closest memory is the NUMA node of that number (the operating system's).
  public func cpus(ofNode node: Int) -> CPUSet {
    CPUSet(cpus.lazy.filter { $0.numaNode == node }.map(\.osIndex))
  }

  /// The NUMA node that a worker belongs to which may run on these CPUs: all of them are that node's. Nil if they are of
  /// several, or there are none.
  public func node(of place: CPUSet) -> Int? {
    let nodes = Set(cpus.lazy.filter { place.contains($0.osIndex) }.map(\.numaNode))
    return nodes.count == 1 ? nodes.first ?? nil : nil
  }

  /// All allowed CPUs of the cores that have one of these.
  package func wholeCores(of set: CPUSet) -> CPUSet {
    let cores = Set(cpus.lazy.filter { set.contains($0.osIndex) }.map(\.coreIndex))
    return CPUSet(cpus.lazy.filter { cores.contains($0.coreIndex) }.map(\.osIndex))
  }
}

import PinwheelTopology

extension ValueFormat where Value == Reservation {
  /// `none`, `core_per_node`, or CPUs in the kernel's list format.
  static var reservation: ValueFormat {
    let words: [(String, Reservation)] = [("none", .nothing), ("core_per_node", .corePerNode)]
    return ValueFormat(
      allowed: "none, core_per_node (the first core of each NUMA node), or CPUs such as 0-1,8",
      parse: { text throws(ValueProblem) in
        var scanner = TextScanner(text)
        let word = scanner.rest()
        if let (_, value) = words.first(where: { $0.0 == word.lowercased() }) { return value }
        guard !word.isEmpty, let cpus = CPUSet(word) else {
          throw ValueProblem("not CPUs to reserve", suggestion: nearestWord(to: word, among: words.map(\.0)))
        }
        return .cpus(cpus)
      },
      check: { value throws(ValueProblem) in
        guard case .cpus(let cpus) = value, let last = cpus.last, last >= PlacesParser.mostCPUs else { return }
        throw ValueProblem("CPU numbers go from 0 to \(PlacesParser.mostCPUs - 1)")
      },
      text: { $0.description })
  }
}

extension Machine {
  /// How fast a thread runs on these CPUs, compared with one on the fastest CPU of the machine: above 0 and at most 1. Of
  /// CPUs of several kinds, among which the thread moves, it is the mean.
  ///
  /// The first of these that is known of every kind decides: Linux's own estimate (`cpu_capacity`, which hwloc calls
  /// `LinuxCapacity`, and which counts in what a kind does in a cycle), else the kinds' highest frequency, else their
  /// base frequency. Where none is, and where all CPUs are alike, every CPU's speed is 1. A frequency tells too little of
  /// a frugal core that also does less in a cycle: take it for a beginning.
  public func relativeSpeed(of cpus: CPUSet) -> Double {
    let speeds = kindSpeeds
    let mine = self.cpus.lazy.filter { cpus.contains($0.osIndex) }.map { speeds[$0.kind] }
    return mine.isEmpty ? 1 : mine.reduce(0, +) / Double(mine.count)
  }

  /// The speed of each of ``kinds``.
  private var kindSpeeds: [Double] {
    for name in ["LinuxCapacity", "FrequencyMaxMHz", "FrequencyBaseMHz"] {
      let known = kinds.compactMap { $0.details[name].flatMap { Int($0) } }.filter { $0 > 0 }
      if let fastest = known.max(), known.count == kinds.count { return known.map { Double($0) / Double(fastest) } }
    }
    return kinds.map { _ in 1 }
  }
}

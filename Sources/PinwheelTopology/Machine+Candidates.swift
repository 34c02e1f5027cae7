extension Machine {
  /// What is left of the usable CPUs when a request's rules have taken their part, and who took which of the others.
  struct Candidates {
    /// The CPUs that are left.
    var cpus: CPUSet
    /// Why each of the others is not.
    var excluded: [Int: UnusedCPU.Reason] = [:]
    /// The rank that the process keeps to; nil if it does not.
    var rank: LocalRank?
    var warnings: [PlacementWarning] = []

    mutating func keep(_ kept: CPUSet, _ reason: (Int) -> UnusedCPU.Reason) {
      for cpu in cpus.subtracting(kept) { excluded[cpu] = reason(cpu) }
      cpus = cpus.intersection(kept)
    }
  }

  func candidates(for request: PlacementRequest) -> Candidates {
    var left = Candidates(cpus: present)
    left.keep(present.subtracting(offline)) { _ in .offline }
    left.keep(allowed) { _ in .notAllowed }
    left.keep(usable) { _ in .notInMask }
    let reserved = cpus(of: request.reserve)
    left.keep(left.cpus.subtracting(reserved)) { _ in .reserved }
    let missing = reserved.subtracting(present)
    if !missing.isEmpty { left.warnings.append(.reservedCPUsMissing(missing, present: present)) }
    if let chosen = cpus(of: request.kinds) {
      left.keep(chosen) { _ in .otherKind(request.kinds) }
    } else {
      left.warnings.append(.kindsNotRanked(request.kinds))
    }
    // Where all are alike all are of the fastest kind, so who asks for that gets it.
    if request.kinds == .efficiency, kinds.count < 2 { left.warnings.append(.kindsAlike(request.kinds)) }
    if request.smt == .one {
      let leaders = leadersOfCores(in: left.cpus)
      left.keep(CPUSet(leaders.values)) { .sibling(of: leaders[$0] ?? $0) }
    }
    if request.ranks == .auto, let rank, needsSlice(rank) {
      left.rank = rank
      let cores = groups(by: \.coreIndex, in: left.cpus)
      let cpuCount = left.cpus.count
      left.keep(rank.slice(of: cores)) { _ in .otherRank(rank) }
      if rank.count > cpuCount, cpuCount > 0 {
        left.warnings.append(.moreRanksThanCPUs(ranks: rank.count, cpus: cpuCount))
      }
    }
    // After the ranks: whose slice a core is in must not depend on who has claimed it.
    for claim in request.claims { left.keep(left.cpus.subtracting(claim.cpus)) { _ in .claimed(by: claim.holder) } }
    if let claimed = request.claimed { left.keep(left.cpus.intersection(claimed)) { _ in .notClaimable } }
    return left
  }

  /// Whether the mask of a rank is that of the whole machine, so that it is not the rank's slice already.
  private func needsSlice(_ rank: LocalRank) -> Bool {
    rank.count > 1 && (0..<rank.count).contains(rank.rank) && usable == allowed
      && usable.count > rank.cpusPerRank ?? 0
  }

  private func cpus(of reservation: Reservation) -> CPUSet {
    switch reservation {
    case .nothing: return []
    case .cpus(let listed): return listed
    case .corePerNode:
      var cores: [Int: Int] = [:]
      for cpu in cpus where cores[cpu.numaDomain] == nil { cores[cpu.numaDomain] = cpu.coreIndex }
      let first = Set(cores.values)
      return CPUSet(cpus.lazy.filter { first.contains($0.coreIndex) }.map(\.osIndex))
    }
  }

  /// The CPUs of a choice; nil if hwloc can't tell which kind is faster.
  private func cpus(of choice: CPUKindChoice) -> CPUSet? {
    guard choice != .all, kinds.count > 1 else { return allowed }
    let ranks = kinds.compactMap(\.efficiency)
    guard ranks.count == kinds.count, let fastest = ranks.max(), ranks.contains(where: { $0 < fastest }) else {
      return nil
    }
    let performance = kinds.filter { $0.efficiency == fastest }.reduce(CPUSet()) { $0.union($1.cpus) }
    return choice == .performance ? performance : allowed.subtracting(performance)
  }

  /// For each CPU of a set the first one of its core that is in the set.
  private func leadersOfCores(in set: CPUSet) -> [Int: Int] {
    var leaderOfCore: [Int: Int] = [:]
    var leaders: [Int: Int] = [:]
    for cpu in cpus where set.contains(cpu.osIndex) {
      let leader = leaderOfCore[cpu.coreIndex, default: cpu.osIndex]
      leaderOfCore[cpu.coreIndex] = leader
      leaders[cpu.osIndex] = leader
    }
    return leaders
  }
}

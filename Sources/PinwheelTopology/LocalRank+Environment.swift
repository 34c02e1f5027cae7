import Glibc

extension LocalRank {
  /// What the launcher of a parallel program has left in the environment, looked for in this order:
  ///
  /// | launcher | rank on this machine | how many there |
  /// |---|---|---|
  /// | Open MPI, Spectrum MPI | `OMPI_COMM_WORLD_LOCAL_RANK` | `OMPI_COMM_WORLD_LOCAL_SIZE` |
  /// | MPICH, Intel MPI | `MPI_LOCALRANKID` | `MPI_LOCALNRANKS` |
  /// | MVAPICH2 | `MV2_COMM_WORLD_LOCAL_RANK` | `MV2_COMM_WORLD_LOCAL_SIZE` |
  /// | PMI | `PMI_LOCAL_RANK` | `PMI_LOCAL_SIZE` |
  /// | PALS | `PALS_LOCAL_RANKID` | `PALS_LOCAL_SIZE` |
  /// | `jsrun` | `JSM_NAMESPACE_LOCAL_RANK` | `JSM_NAMESPACE_LOCAL_SIZE` |
  /// | Slurm's `srun` | `SLURM_LOCALID` | `SLURM_STEP_TASKS_PER_NODE`, at `SLURM_NODEID`; else `SLURM_NTASKS_PER_NODE` |
  ///
  /// Slurm comes last because it may be what has started the daemons of another launcher. Its variables count only in a
  /// step: a batch script's own process has them, too, and is alone. `SLURM_CPUS_PER_TASK` gives ``cpusPerRank``.
  ///
  /// - Returns: nil if no launcher has left both numbers, with the first below the second.
  public init?(environment: [String: String]) {
    let number = { (name: String) in environment[name].flatMap { Self.number($0[...]) } }
    for (rankName, countName) in Self.pairs {
      guard let rank = number(rankName), let count = number(countName), rank < count else { continue }
      self.init(rank: rank, count: count, source: rankName)
      return
    }
    guard let rank = number(Self.slurmRank), environment[Self.slurmStep] ?? environment["SLURM_STEPID"] != nil,
      let count = Self.slurmTasks(environment) ?? number("SLURM_NTASKS_PER_NODE"), rank < count
    else { return nil }
    self.init(rank: rank, count: count, source: Self.slurmRank, cpusPerRank: number("SLURM_CPUS_PER_TASK"))
  }

  private static let slurmRank = "SLURM_LOCALID"
  private static let slurmStep = "SLURM_STEP_ID"
  private static let pairs = [
    ("OMPI_COMM_WORLD_LOCAL_RANK", "OMPI_COMM_WORLD_LOCAL_SIZE"), ("MPI_LOCALRANKID", "MPI_LOCALNRANKS"),
    ("MV2_COMM_WORLD_LOCAL_RANK", "MV2_COMM_WORLD_LOCAL_SIZE"), ("PMI_LOCAL_RANK", "PMI_LOCAL_SIZE"),
    ("PALS_LOCAL_RANKID", "PALS_LOCAL_SIZE"), ("JSM_NAMESPACE_LOCAL_RANK", "JSM_NAMESPACE_LOCAL_SIZE"),
  ]

  /// Slurm lists how many tasks each node has, with repetitions: `4(x2),3` is 4, 4, 3.
  private static func slurmTasks(_ environment: [String: String]) -> Int? {
    guard let list = environment["SLURM_STEP_TASKS_PER_NODE"] else { return nil }
    var node = number(environment["SLURM_NODEID", default: "0"][...]) ?? 0
    for item in list.split(separator: ",") {
      let parts = item.split(separator: "(", omittingEmptySubsequences: false)
      guard let tasks = number(parts[0]) else { return nil }
      var repeats = 1
      if parts.count > 1 {
        guard parts[1].hasPrefix("x"), parts[1].hasSuffix(")"), let times = number(parts[1].dropFirst().dropLast())
        else { return nil }
        repeats = times
      }
      if node < repeats { return tasks }
      node -= repeats
    }
    return nil
  }

  /// A plain decimal number that is no larger than the largest number of CPUs.
  private static func number(_ digits: Substring) -> Int? {
    guard digits.utf8.allSatisfy({ (48...57).contains($0) }), let number = Int(digits) else { return nil }
    return number <= CPUSet.largestCPU ? number : nil
  }

  /// This process' variables, of those that count.
  static func variables() -> [String: String] {
    let names =
      pairs.flatMap { [$0.0, $0.1] } + [
        slurmRank, slurmStep, "SLURM_STEPID", "SLURM_STEP_TASKS_PER_NODE", "SLURM_NODEID", "SLURM_NTASKS_PER_NODE",
        "SLURM_CPUS_PER_TASK",
      ]
    return names.reduce(into: [:]) { variables, name in
      // SAFETY: getenv's string is copied at once.
      if let value = getenv(name) { variables[name] = String(cString: value) }
    }
  }
}

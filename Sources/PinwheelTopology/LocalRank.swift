/// That this process is one of several of a parallel program on this machine, started by MPI or Slurm.
public struct LocalRank: Sendable, Hashable, Codable {
  /// Which of them it is, from 0.
  public var rank: Int
  /// How many there are on this machine; above ``rank``.
  public var count: Int
  /// Who says so: the environment variable with the rank.
  public var source: String
  /// How many CPUs each of them was promised; nil if unknown. A process whose mask is no larger has its slice already.
  public var cpusPerRank: Int?

  /// A rank as a launcher has it, or one to pretend.
  public init(rank: Int, count: Int, source: String, cpusPerRank: Int? = nil) {
    self.rank = rank
    self.count = count
    self.source = source
    self.cpusPerRank = cpusPerRank
  }
}

extension LocalRank: CustomStringConvertible {
  /// `rank 0 of 4 on this machine (SLURM_LOCALID)`.
  public var description: String { "rank \(rank) of \(count) on this machine (\(source))" }
}

extension LocalRank {
  /// The slice of `cores` that this rank takes: a run of neighbours, as long as the others' or one more.
  ///
  /// - Parameter cores: The CPUs of each core, in topological order.
  /// - Returns: Whole cores; CPUs of one core if there are more ranks than cores; one CPU that it shares with other
  ///   ranks if there are more ranks than CPUs.
  func slice(of cores: [CPUSet]) -> CPUSet {
    guard count > cores.count else { return Self.part(rank, of: count, in: cores).reduce(CPUSet()) { $0.union($1) } }
    let cpus = cores.flatMap { Array($0) }
    guard !cpus.isEmpty else { return [] }
    return count > cpus.count ? [cpus[rank % cpus.count]] : CPUSet(Self.part(rank, of: count, in: cpus))
  }

  /// The run of neighbours that is one of `count` parts, whose lengths differ by at most 1.
  private static func part<Element>(_ index: Int, of count: Int, in all: [Element]) -> ArraySlice<Element> {
    let (each, extra) = all.count.quotientAndRemainder(dividingBy: count)
    let start = index * each + min(index, extra)
    return all[start..<(start + each + (index < extra ? 1 : 0))]
  }
}

/// The CPU time that control groups grant this process, in CPUs.
///
/// A process may keep this many CPUs busy on average; if it runs more threads, all of them are stopped for the rest of
/// a period (usually 100 ms) once the quota is used up.
public struct CPUQuota: Sendable, Hashable, Codable {
  /// How many CPUs' worth of time, often fractional; above 0.
  public var cpus: Double
  /// The control group's file that sets it.
  public var source: String

  /// A quota as a control group's file has it, or one to pretend.
  public init(cpus: Double, source: String) {
    self.cpus = cpus
    self.source = source
  }

  /// The number of workers that can use this quota up: rounded up, at least 1.
  public var wholeCPUs: Int {
    // Clamped before the conversion, which would trap on a quota beyond Int.
    Int(max(1, min(cpus.rounded(.up), Double(CPUSet.largestCPU))))
  }
}

/// All that one benchmark run found out, for people and for programs.
public struct BenchReport: Codable, Sendable, Equatable {
  /// Where one worker sits.
  public struct Seat: Codable, Sendable, Equatable {
    public var worker: Int
    /// The CPUs that it was to run on, in the kernel's list format.
    public var place: String
    /// The CPUs that the kernel lets its thread run on.
    public var allowed: String
    /// Why it sits there.
    public var reason: String

    public init(worker: Int, place: String, allowed: String, reason: String) {
      (self.worker, self.place, self.allowed, self.reason) = (worker, place, allowed, reason)
    }
  }

  public var machine: MachineFacts
  /// The pool's settings and where each is from.
  public var settings: [String]
  public var seats: [Seat]
  /// The CPUs that the calling thread may run on while it works for the pool.
  public var callerAllowed: String?
  /// What is not as asked for.
  public var warnings: [String]
  /// A cache line's way from one core to another and back; nil where there is one CPU.
  public var cacheLine: CacheLineLatency?
  public var forkCost: ForkCost?
  public var workloads: [WorkloadResult]

  public init(
    machine: MachineFacts, settings: [String] = [], seats: [Seat] = [], callerAllowed: String? = nil,
    warnings: [String] = [], cacheLine: CacheLineLatency? = nil, forkCost: ForkCost? = nil,
    workloads: [WorkloadResult] = []
  ) {
    (self.machine, self.settings, self.seats) = (machine, settings, seats)
    (self.callerAllowed, self.warnings, self.cacheLine) = (callerAllowed, warnings, cacheLine)
    (self.forkCost, self.workloads) = (forkCost, workloads)
  }
}

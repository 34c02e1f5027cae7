internal import Foundation
internal import PinwheelTopology

/// What a reader has to know of a machine before believing a figure from it.
public struct MachineFacts: Codable, Sendable, Equatable {
  /// The processor's name, or its architecture where the kernel gives no name.
  public var processor: String
  public var kernel: String
  /// The CPUs that this process may use, in the kernel's list format.
  public var usableCPUs: String
  public var usableCPUCount: Int
  /// How many cores these are.
  public var usableCores: Int
  /// The CPU time that control groups grant, in CPUs; nil without a limit.
  public var quota: Double?
  /// How many processes ran or wanted to run in the last minute when measuring began: others' load disturbs.
  public var load: Double?

  public init(
    processor: String, kernel: String, usableCPUs: String, usableCPUCount: Int, usableCores: Int, quota: Double?,
    load: Double?
  ) {
    (self.processor, self.kernel, self.usableCPUs) = (processor, kernel, usableCPUs)
    (self.usableCPUCount, self.usableCores) = (usableCPUCount, usableCores)
    (self.quota, self.load) = (quota, load)
  }

  /// Reads them from hwloc and `/proc`.
  ///
  /// - Throws: `TopologyError` if the machine can't be loaded.
  public static func current() throws -> MachineFacts {
    let machine = try Machine.current()
    var system = utsname()
    uname(&system)
    let release = withUnsafeBytes(of: system.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    let architecture = withUnsafeBytes(of: system.machine) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    return MachineFacts(
      processor: ProcText.processorName(cpuinfo: ProcText.read("/proc/cpuinfo") ?? "") ?? architecture,
      kernel: release, usableCPUs: machine.usable.description, usableCPUCount: machine.usable.count,
      usableCores: machine.usableCoreCount, quota: machine.quota?.cpus,
      load: ProcText.load(loadavg: ProcText.read("/proc/loadavg") ?? ""))
  }

  /// For a report's head.
  public var lines: [String] {
    let busy = (load ?? 0) >= 0.5 ? ": busy, expect noise" : ""
    return [
      "machine: \(processor), Linux \(kernel)",
      "CPUs: \(usableCPUs) usable, \(usableCores) \(usableCores == 1 ? "core" : "cores"); "
        + "quota: \(quota.map { "\($0) CPUs" } ?? "none"); "
        + "load: \(load.map { "\($0)" } ?? "unknown")\(busy)",
    ]
  }
}

import Glibc
import PinwheelTopology

/// A scheduling class or a nice value that the kernel refuses to a pool's workers, and what would permit it.
///
/// The description is one line, made to be printed as it is:
/// `PINWHEEL_NICE=-5: refused by the kernel: Permission denied; it takes CAP_SYS_NICE, which this process does not have, or
/// RLIMIT_NICE (ulimit -e) of at least 25, which is 0`.
public struct SchedulingRefusal: Error, Sendable, Hashable {
  /// A limit of the process (`getrlimit(2)`) under which the kernel permits it without `CAP_SYS_NICE`.
  public struct Limit: Sendable, Hashable {
    /// Its name: `RLIMIT_NICE` or `RLIMIT_RTPRIO`.
    public var name: String
    /// What of the shell's shows and sets it: `ulimit -e`.
    public var command: String
    /// How much would do.
    public var needed: Int
    /// What the process has now; nil: unlimited.
    public var present: Int?
  }

  /// The setting: `scheduling` or `nice`.
  public var key: String
  /// Its value, as one would write it: `fifo(10)`, `-5`.
  public var value: String
  /// Where it was written.
  public var origin: ConfigurationOrigin
  /// What the kernel answered.
  public var errno: Int32
  /// Whether the calling thread has `CAP_SYS_NICE`. In a container that may be of no use.
  public var hasCapability: Bool
  /// The limit that would permit it, too; nil if none does.
  public var limit: Limit?

  init(_ refusal: Scheduling.Refusal, _ configuration: PoolConfiguration) {
    key = refusal.key.name
    value = refusal.key.text(configuration)
    origin = configuration.origins[key] ?? .defaults
    errno = refusal.errno
    hasCapability = Self.callerHasCapability
    limit = refusal.limit
  }

  /// Whether `CAP_SYS_NICE` (23) is among the calling thread's effective capabilities.
  private static var callerHasCapability: Bool {
    let status = contentsOfSystemFile("/proc/thread-self/status")
    let line = status?.split(separator: "\n").first { $0.hasPrefix("CapEff:") }
    let digits = line?.split { $0 == ":" || $0.isWhitespace }.last
    return digits.flatMap { UInt64($0, radix: 16) }.map { $0 >> 23 & 1 == 1 } ?? false
  }
}

extension SchedulingRefusal.Limit {
  static func nice(atLeast needed: Int) -> Self {
    Self(name: "RLIMIT_NICE", command: "ulimit -e", needed: needed, present: present(__RLIMIT_NICE))
  }

  static func realtime(atLeast needed: Int) -> Self {
    Self(name: "RLIMIT_RTPRIO", command: "ulimit -r", needed: needed, present: present(__RLIMIT_RTPRIO))
  }

  private static func present(_ resource: __rlimit_resource) -> Int? {
    var limit = rlimit()
    return getrlimit(__rlimit_resource_t(resource.rawValue), &limit) == 0 ? Int(exactly: limit.rlim_cur) : 0
  }

  fileprivate var isEnough: Bool { present.map { $0 >= needed } ?? true }
}

extension SchedulingRefusal: CustomStringConvertible {
  public var description: String {
    var line = origin.subject(key: key, value: value) + "refused by the kernel: \(describe(errno: errno)); "
    line += "it takes CAP_SYS_NICE, which this process \(hasCapability ? "has" : "does not have")"
    if let limit {
      let present = limit.present.map(String.init) ?? "unlimited"
      line += ", or \(limit.name) (\(limit.command)) of at least \(limit.needed), which is \(present)"
    }
    if hasCapability || limit?.isEnough == true {
      line += "; so its container, a filter of system calls or a security module forbids it"
    }
    return line
  }
}

internal import Foundation

/// Reads the few fields that reports need from the texts under `/proc` (see `proc(5)`).
public enum ProcText {
  /// A file's text; nil if it can't be read.
  static func read(_ path: String) -> String? {
    try? String(contentsOfFile: path, encoding: .utf8)
  }

  /// The first `model name` of `/proc/cpuinfo`, which some architectures don't have.
  public static func processorName(cpuinfo: String) -> String? {
    field("model name", of: cpuinfo)
  }

  /// The average of the last minute in `/proc/loadavg`.
  public static func load(loadavg: String) -> Double? {
    loadavg.split(separator: " ").first.flatMap { Double($0) }
  }

  /// The CPUs that a thread may run on, in the kernel's list format, from its `status` file.
  public static func allowedCPUs(status: String) -> String? {
    field("Cpus_allowed_list", of: status)
  }

  /// The CPUs that the calling thread may run on as the kernel sees it, not as somebody asked for.
  public static func allowedCPUsOfThisThread() -> String? {
    read("/proc/thread-self/status").flatMap { allowedCPUs(status: $0) }
  }

  /// The value of the first line `name : value`.
  private static func field(_ name: String, of text: String) -> String? {
    for line in text.split(separator: "\n") where line.hasPrefix(name) {
      let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, parts[0].trimmingCharacters(in: .whitespaces) == name else { continue }
      let value = parts[1].trimmingCharacters(in: .whitespaces)
      return value.isEmpty ? nil : value
    }
    return nil
  }
}

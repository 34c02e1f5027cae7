/// What a peer says: one line of text on its standard output.
public enum Answer: Sendable, Hashable {
  /// The first line: the peer's pool is warm. The version is nil where the runtime has none of its own.
  case ready(name: String, version: String?)
  /// The answer to `list`.
  case families([String])
  /// A run has ended.
  case ok(Measured)
  /// The runtime cannot do this family.
  case unsupported
  /// Something failed, in words.
  case error(String)

  /// Reads a line; nil if it is none of the protocol's.
  public init?(line: String) {
    let words = line.split(separator: " ", omittingEmptySubsequences: true)
    guard let verb = words.first else { return nil }
    switch (verb, words.count) {
    case ("ready", 3...):
      let version = words[2...].joined(separator: " ")
      self = .ready(name: String(words[1]), version: version == "-" ? nil : version)
    case ("families", _): self = .families(words.dropFirst().map(String.init))
    case ("unsupported", 1): self = .unsupported
    case ("error", _): self = .error(words.dropFirst().joined(separator: " "))
    case ("ok", 3...):
      guard let nanoseconds = UInt64(words[1]), let result = UInt64(words[2]) else { return nil }
      var measured = Measured(nanoseconds: nanoseconds, result: result)
      for word in words.dropFirst(3) {
        let pair = word.split(separator: "=", maxSplits: 1)
        guard pair.count == 2, let value = UInt64(pair[1]) else { return nil }
        measured.keys[String(pair[0])] = value
      }
      self = .ok(measured)
    default: return nil
    }
  }

  /// The line, without its end.
  public var line: String {
    switch self {
    case .ready(let name, let version): return "ready \(name) \(version ?? "-")"
    case .families(let names): return (["families"] + names).joined(separator: " ")
    case .unsupported: return "unsupported"
    case .error(let text): return "error " + text.split(whereSeparator: \.isNewline).joined(separator: " ")
    case .ok(let measured):
      let keys = measured.keys.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
      return (["ok", "\(measured.nanoseconds)", "\(measured.result)"] + keys).joined(separator: " ")
    }
  }
}

/// One run as its peer measured it.
public struct Measured: Sendable, Hashable, Codable {
  /// Wall-clock time of the timed part.
  public var nanoseconds: UInt64
  /// What was computed, to compare with what others computed.
  public var result: UInt64
  /// What else was measured, by name.
  public var keys: [String: UInt64]

  public init(nanoseconds: UInt64, result: UInt64, keys: [String: UInt64] = [:]) {
    (self.nanoseconds, self.result, self.keys) = (nanoseconds, result, keys)
  }

  /// CPU time of the whole process in the timed part.
  public var cpu: UInt64? { keys["cpu"] }
  /// The median of single operations, where the family asks for it.
  public var median: UInt64? { keys["median"] }
  /// Loops in which every worker took part, where the family asks for it.
  public var both: UInt64? { keys["both"] }
}

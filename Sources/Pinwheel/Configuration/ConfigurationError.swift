import PinwheelTopology

/// A mistake in a setting: which one, what it says, where it stands and what would be right.
///
/// The description is one line, made to be printed as it is:
/// `PINWHEEL_WORKERS=banana: not a worker count; allowed: auto, cores, threads or a number from 1 to 4096`.
public struct ConfigurationError: Error, Hashable, Sendable {
  /// What sort of mistake it is.
  public enum Kind: Hashable, Sendable {
    /// The value doesn't read as what the key takes, or lies outside of its bounds.
    case invalidValue
    /// The value is a list, a mapping or nothing where a single value belongs.
    case wrongType
    /// No setting has this name.
    case unknownKey
    /// A file sets the same key twice.
    case duplicateKey
    /// A file is neither YAML nor JSON.
    case syntax
    /// A file can't be read at all.
    case unreadableFile
  }

  /// What sort of mistake it is.
  public var kind: Kind
  /// The setting's name, such as `workers`; nil if the mistake concerns a file as a whole.
  public var key: String?
  /// The value as it was written; nil if there is none to show.
  public var value: String?
  /// Where it was written.
  public var origin: ConfigurationOrigin
  /// What is wrong, such as `not a worker count`.
  public var problem: String
  /// What was probably meant.
  public var suggestion: String?
  /// What is allowed there; nil if there is no short answer.
  public var allowed: String?

  /// A mistake; what is nil is left out of its description.
  public init(
    _ kind: Kind, key: String? = nil, value: String? = nil, origin: ConfigurationOrigin, problem: String,
    suggestion: String? = nil, allowed: String? = nil
  ) {
    self.kind = kind
    self.key = key
    self.value = value
    self.origin = origin
    self.problem = problem
    self.suggestion = suggestion
    self.allowed = allowed
  }
}

extension ConfigurationError: CustomStringConvertible {
  public var description: String {
    var line = origin.subject(key: key, value: value) + problem
    if let suggestion { line += " (did you mean \(suggestion)?)" }
    if let allowed { line += "; allowed: \(allowed)" }
    return line
  }
}

extension ConfigurationOrigin {
  /// What the rest of a line is about, as its author wrote it.
  func subject(key: String?, value: String?) -> String {
    let assigned = value.map { "=" + Self.short($0) } ?? ""
    let setting = key.map { Self.short($0) + assigned }
    switch self {
    case .environment(let name), .commandLine(let name):
      return "\(printable(name))\(assigned): "
    case .file:
      return "\(self): " + (setting.map { "\($0): " } ?? "")
    case .api, .defaults, .reader:
      return (setting.map { "\($0) (\(self)): " } ?? "")
    }
  }

  /// A value or a key from outside, for the middle of a line.
  private static func short(_ text: String) -> String { printable(text, atMost: 120) }
}

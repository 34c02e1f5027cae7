import PinwheelTopology

/// Where a setting's value came from, for messages and for `pinwheel config check`.
public enum ConfigurationOrigin: Hashable, Sendable {
  /// Nobody set it.
  case defaults
  /// The program set it on a ``PoolConfiguration``.
  case api
  /// An environment variable, by its name.
  case environment(String)
  /// A place in a configuration file; line and column count from 1, columns in Unicode scalars. Line 0 is the file as a
  /// whole.
  case file(path: String, line: Int, column: Int)
  /// An option of a command line, such as `--workers`.
  case commandLine(String)
  /// A key that some configuration reader of the program's answered; which of its sources did is the reader's affair.
  case reader(key: String)
}

extension ConfigurationOrigin: CustomStringConvertible {
  public var description: String {
    switch self {
    case .defaults: "default"
    case .api: "set in code"
    case .environment(let variable): printable(variable)
    case .file(let path, line: 0, column: _): printable(path)
    case .file(let path, let line, let column): "\(printable(path)):\(line):\(column)"
    case .commandLine(let option): printable(option)
    case .reader(let key): "configuration key \(printable(key))"
    }
  }
}

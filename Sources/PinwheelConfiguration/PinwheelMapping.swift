#if Tools
  import Pinwheel
  import Yams

  /// The mapping `pinwheel` of a YAML document, with each value's place. JSON is read as the YAML that it also is.
  struct PinwheelMapping {
    /// A setting as it is written.
    struct Entry: Sendable {
      var text: String
      var origin: ConfigurationOrigin
    }

    /// The mapping's name at the top of the file.
    static let name = "pinwheel"

    /// Values by setting; all of them known names and allowed values.
    private(set) var entries: [String: Entry] = [:]

    /// - Throws: ``ConfigurationError`` for the first mistake, in the order of the file.
    init(yaml: String, path: String) throws(ConfigurationError) {
      guard let root = try Self.document(yaml, path: path), !Self.isNull(root) else { return }
      guard let top = root.mapping else {
        throw ConfigurationError(
          .wrongType, origin: root.origin(in: path), problem: "the file is no mapping",
          allowed: "settings under `pinwheel:`")
      }
      guard !top.isEmpty else { return }
      guard let (key, value) = top.first(where: { $0.key.scalar?.string == Self.name }) else {
        let names = top.compactMap { $0.key.scalar?.string }
        throw ConfigurationError(
          .unknownKey, origin: root.origin(in: path), problem: "the file has no mapping `pinwheel:`",
          suggestion: Self.hintAtName(names))
      }
      guard !Self.isNull(value) else { return }
      guard let settings = value.mapping else {
        throw ConfigurationError(
          .wrongType, key: Self.name, origin: (value.mark == nil ? key : value).origin(in: path),
          problem: "is \(value.kindOfNode), not a mapping of settings",
          allowed: SettingKey.all.map(\.name).joined(separator: ", "))
      }
      for (key, value) in settings { try add(key, value, path: path) }
    }

    private mutating func add(_ key: Node, _ value: Node, path: String) throws(ConfigurationError) {
      let names = SettingKey.all.map(\.name)
      guard let name = key.scalar?.string, let setting = SettingKey.all.first(where: { $0.name == name }) else {
        let written = key.scalar?.string
        throw ConfigurationError(
          .unknownKey, key: written, origin: key.origin(in: path), problem: "no setting has this name",
          suggestion: written.flatMap { nearestWord(to: $0, among: names) }, allowed: names.joined(separator: ", "))
      }
      guard let scalar = value.scalar, !Self.isNull(value) else {
        let braces = name == SettingKey.places.name && value.mapping != nil
        throw ConfigurationError(
          .wrongType, key: name, origin: value.origin(in: path),
          problem: braces ? Self.bracesProblem : "is \(value.kindOfNode), not a single value", allowed: setting.allowed)
      }
      let origin = value.origin(in: path)
      // Read here once so that the mistake that stands first in the file is the one that is reported.
      var scratch = PoolConfiguration()
      try setting.assign(scalar.string, origin: origin, to: &scratch)
      entries[name] = Entry(text: scalar.string, origin: origin)
    }

    /// Whether YAML reads a node as no value at all.
    fileprivate static func isNull(_ node: Node) -> Bool {
      guard case .scalar(let scalar) = node, scalar.style == .plain else { return false }
      return ["", "~", "null", "Null", "NULL"].contains(scalar.string)
    }

    private static func hintAtName(_ names: [String]) -> String? {
      if let setting = names.first(where: { name in SettingKey.all.contains { $0.name == name } }) {
        return "`pinwheel:` above `\(setting):`, with the settings indented"
      }
      return names.contains { nearestWord(to: $0, among: [name]) != nil } ? "`pinwheel:`" : nil
    }

    static let bracesProblem = "YAML reads unquoted braces as a mapping; quote them, as in places: \"{0},{2}\""
  }

  extension Node {
    fileprivate func origin(in path: String) -> ConfigurationOrigin {
      .file(path: path, line: mark?.line ?? 0, column: mark?.column ?? 0)
    }

    fileprivate var kindOfNode: String {
      switch self {
      case .scalar where PinwheelMapping.isNull(self): scalar?.string.isEmpty == true ? "empty" : "null"
      case .scalar: "a single value"
      case .mapping: "a mapping"
      case .sequence: "a list"
      case .alias: "an alias"
      }
    }
  }
#endif

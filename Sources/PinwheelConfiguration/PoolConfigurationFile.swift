#if Tools
  public import Configuration
  public import Pinwheel

  /// The settings in one configuration file, YAML or JSON, each with its line and column.
  ///
  /// A snapshot for `swift-configuration`: use it with `FileProvider` or `ReloadingFileProvider`, and read it through
  /// ``Pinwheel/PoolConfiguration/init(config:)`` in the scope `pinwheel`. It answers for the settings of a pool only;
  /// for a program's own settings in the same file add a provider with a snapshot of the program's choice.
  ///
  /// Stricter than the snapshots that come with that package: names that no setting has, names given twice and values
  /// that aren't allowed are errors, and know where they stand. Making a snapshot never throws, because a provider that
  /// reloads would only log it: the first mistake is kept, and thrown at every look-up.
  public struct PoolConfigurationFile: Sendable {
    /// What a snapshot should know beside the file's bytes.
    public struct ParsingOptions: FileParsingOptions {
      /// The file's path, for messages.
      public var path: String

      /// For a file with this path. It is not read by it.
      public init(path: String) {
        self.path = path
      }

      /// For a file of the usual name, `pinwheel.yaml`.
      public static var `default`: ParsingOptions { ParsingOptions(path: "pinwheel.yaml") }
    }

    /// The first mistake in the file, if there is one.
    public let mistake: ConfigurationError?
    /// The name of the provider that reads the file, or the file's path.
    public let providerName: String
    private let path: String
    private let entries: [String: PinwheelMapping.Entry]

    init(text: String?, path: String, providerName: String) {
      self.path = path
      self.providerName = providerName
      do throws(ConfigurationError) {
        guard let text else {
          throw ConfigurationError(
            .syntax, origin: .file(path: path, line: 0, column: 0), problem: "the file is not text in UTF-8")
        }
        let mapping = try PinwheelMapping(yaml: text, path: path)
        entries = mapping.entries
        mistake = nil
      } catch {
        entries = [:]
        mistake = error
      }
    }

    /// Reads a file.
    ///
    /// - Throws: ``ConfigurationError`` if it can't be read, or for the first mistake in it.
    public init(path: String) throws(ConfigurationError) {
      try self.init(bytes: try contents(ofFile: path), path: path)
    }

    init(bytes: [UInt8], path: String) throws(ConfigurationError) {
      self.init(text: String(validating: bytes, as: UTF8.self), path: path, providerName: path)
      if let mistake { throw mistake }
    }

    /// The settings, for ``Pinwheel/PoolConfiguration``.
    var source: SettingSource {
      SettingSource { key throws(ConfigurationError) in
        if let mistake { throw mistake }
        return entries[key.name].map { ($0.text, $0.origin) }
      }
    }
  }

  extension PoolConfigurationFile: FileConfigSnapshot {
    /// Reads a file's bytes. A mistake in them is kept, and thrown at every look-up.
    public init(data: RawSpan, providerName: String, parsingOptions: ParsingOptions) {
      let text = data.withUnsafeBytes { String(validating: $0, as: UTF8.self) }
      self.init(text: text, path: parsingOptions.path, providerName: providerName)
    }

    /// The text of a setting, by a key of two parts such as `pinwheel.workers`; no value for all other keys.
    ///
    /// - Throws: ``ConfigurationError`` for the first mistake in the file, or if something else than text is asked for, or
    ///   an integer where the text is none.
    public func value(forKey key: AbsoluteConfigKey, type: ConfigType) throws -> LookupResult {
      if let mistake { throw mistake }
      let name = key.components.joined(separator: ".")
      guard key.components.count == 2, key.components[0] == PinwheelMapping.name, let entry = entries[key.components[1]]
      else { return LookupResult(encodedKey: name, value: nil) }
      let content: ConfigContent? =
        switch type {
        case .string: .string(entry.text)
        case .int: Int(entry.text).map { .int($0) }
        default: nil
        }
      guard let content else {
        throw ConfigurationError(
          .wrongType, key: key.components[1], value: entry.text, origin: entry.origin,
          problem: "asked for as \(type.rawValue), but settings are text")
      }
      return LookupResult(encodedKey: name, value: ConfigValue(content, isSecret: false))
    }

    /// The provider's name and how many settings there are.
    public var description: String { "\(providerName)[\(entries.count) values]" }

    /// The same with the settings' values.
    public var debugDescription: String {
      let values = entries.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.text)" }
      return "\(providerName)[\(values.joined(separator: ", "))]"
    }
  }
#endif

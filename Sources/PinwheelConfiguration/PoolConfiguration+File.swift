#if Tools
  public import Pinwheel

  extension PoolConfiguration {
    /// The defaults, overridden by a file, overridden by the environment, overridden by a command line's options.
    ///
    /// ```swift
    /// let configuration = try PoolConfiguration(file: "pinwheel.yaml")
    /// ```
    ///
    /// The file is YAML or JSON, with the settings in a mapping named `pinwheel`; other names at the top are the
    /// program's own and left alone. Every mistake in the file is an error, also in a value that the environment or the
    /// command line overrides; of a variable only if it is used. File and environment are read now, not when a pool
    /// starts.
    ///
    /// - Parameters:
    ///   - file: The path; nil: what `PINWHEEL_CONFIG` names, or no file if that is absent.
    ///   - options: The values of command line options that were given, by setting: `["workers": "8"]`.
    ///   - environment: The environment's variables; nil: this process's.
    /// - Throws: ``ConfigurationError`` for the first mistake, with line and column if it stands in the file.
    public init(
      file: String?, options: [String: String] = [:], environment: [String: String]? = nil
    ) throws(ConfigurationError) {
      let variables = environment ?? ProcessEnvironment.variables()
      let options = try SettingSource.options(options)
      try self.init(
        of: try Self.configurationFile(file, variables: variables), options: options, variables: variables)
    }

    /// The same with a file that has been read.
    init(
      bytes: [UInt8], ofFile file: String, options: [String: String], environment: [String: String]?
    ) throws(ConfigurationError) {
      let options = try SettingSource.options(options)
      try self.init(
        of: try PoolConfigurationFile(bytes: bytes, path: file), options: options,
        variables: environment ?? ProcessEnvironment.variables())
    }

    private init(
      of file: PoolConfigurationFile?, options: SettingSource, variables: [String: String]
    ) throws(ConfigurationError) {
      self.init()
      var sources = [options, .environment(variables)]
      if let file { sources.append(file.source) }
      try fill(from: sources)
      warn(ConfigurationWarning.unknownVariables(in: variables))
    }

    private static func configurationFile(
      _ path: String?, variables: [String: String]
    ) throws(ConfigurationError) -> PoolConfigurationFile? {
      if let path { return try PoolConfigurationFile(path: path) }
      let variable = ProcessEnvironment.configurationFile
      guard let path = variables[variable], !path.isEmpty else { return nil }
      do throws(ConfigurationError) {
        return try PoolConfigurationFile(path: path)
      } catch {
        guard error.kind == .unreadableFile else { throw error }
        // Who made the mistake is whoever set the variable.
        throw ConfigurationError(.unreadableFile, value: path, origin: .environment(variable), problem: error.problem)
      }
    }
  }

  extension SettingSource {
    /// Options of a command line, by setting.
    fileprivate static func options(_ values: [String: String]) throws(ConfigurationError) -> SettingSource {
      let known = SettingKey.all.map(\.name)
      if let name = values.keys.sorted().first(where: { !known.contains($0) }) {
        throw ConfigurationError(
          .unknownKey, value: values[name], origin: .commandLine("--" + name), problem: "no setting has this name",
          suggestion: nearestWord(to: name, among: known).map { "--" + $0 }, allowed: known.joined(separator: ", "))
      }
      return SettingSource { key in values[key.name].map { ($0, .commandLine(key.option)) } }
    }
  }
#endif

#if Tools
  public import Configuration
  public import Pinwheel

  extension PoolConfiguration {
    /// The defaults, overridden by what a configuration reader answers for `workers`, `places`, `bind`, `order`, `kinds`,
    /// `smt`, `reserve`, `ranks`, `share`, `claims`, `wait`, `spin`, `stack`, `scheduling`, `nice`, `seed` and `follow`.
    ///
    /// For programs that already read their configuration through `swift-configuration`. Give it the scope that holds
    /// the settings; with the scope `pinwheel`, variables and files are named as everywhere else:
    ///
    /// ```swift
    /// let reader = ConfigReader(providers: [
    ///   CommandLineArgumentsProvider(),   // --pinwheel-workers 8
    ///   EnvironmentVariablesProvider(),   // PINWHEEL_WORKERS=8
    ///   try await FileProvider<PoolConfigurationFile>(parsingOptions: .init(path: path), filePath: FilePath(path)),
    /// ])
    /// let configuration = try PoolConfiguration(config: reader.scoped(to: "pinwheel"))
    /// ```
    ///
    /// Which source answers is the reader's affair: the environment isn't looked at beside it, and names that nothing
    /// reads are found only in a ``PoolConfigurationFile``. Values are taken at this moment; make another configuration
    /// to see a reload.
    ///
    /// - Throws: ``ConfigurationError`` for the first value that isn't allowed, or for a mistake in the file.
    public init(config: ConfigReader) throws(ConfigurationError) {
      self.init()
      try fill(from: [
        SettingSource { key throws(ConfigurationError) in
          try config.text(of: key).map { ($0, .reader(key: key.name)) }
        }
      ])
    }
  }

  extension ConfigReader {
    /// What the reader has for a key, as text; nil if nothing.
    ///
    /// Only `required…` tells a value that is absent from one that is there but of another type or wrong, and does so
    /// in errors of types that aren't public, hence the questions one after the other.
    fileprivate func text(of setting: SettingKey) throws(ConfigurationError) -> String? {
      let key = ConfigKey([setting.name])
      let failure: any Error
      do {
        return try requiredString(forKey: key)
      } catch {
        failure = error
      }
      if let mistake = failure as? ConfigurationError { throw mistake }
      if let number = int(forKey: key) { return "\(number)" }
      // A list is text that a provider split at its commas, as the one for command lines does.
      if let list = stringArray(forKey: key) { return list.joined(separator: ",") }
      if bool(forKey: key) != nil || double(forKey: key) != nil {
        throw ConfigurationError(
          .wrongType, key: setting.name, origin: .reader(key: setting.name), problem: "neither text nor a whole number",
          allowed: setting.allowed)
      }
      // The package's own errors are left to mean "absent"; a provider's own are for the user to see.
      if String(reflecting: type(of: failure)).hasPrefix("Configuration.") { return nil }
      throw ConfigurationError(
        .unreadableFile, key: setting.name, origin: .reader(key: setting.name), problem: "can't be read: \(failure)")
    }
  }
#endif

#if Tools
  import ArgumentParser
  import Pinwheel
  import PinwheelConfiguration

  /// The options that every command that makes a pool, or plans one, has in common.
  ///
  /// They arrive as text: reading them is the settings' own business, so that a mistake reads the same wherever it was
  /// made.
  struct SettingsOptions: ParsableArguments {
    @Option(name: .customLong("config"), help: "A YAML or JSON file with settings (default: $PINWHEEL_CONFIG).")
    var file: String?

    @Option(help: .setting(.workers))
    var workers: String?

    @Option(help: .setting(.places))
    var places: String?

    @Option(help: .setting(.bind))
    var bind: String?

    @Option(help: .setting(.order))
    var order: String?

    @Option(help: .setting(.kinds))
    var kinds: String?

    @Option(help: .setting(.smt))
    var smt: String?

    @Option(help: .setting(.reserve))
    var reserve: String?

    @Option(help: .setting(.ranks))
    var ranks: String?

    @Option(help: .setting(.share))
    var share: String?

    @Option(help: .setting(.claims))
    var claims: String?

    @Option(help: .setting(.wait))
    var wait: String?

    @Option(help: .setting(.spin))
    var spin: String?

    @Option(help: .setting(.stack))
    var stack: String?

    @Option(help: .setting(.scheduling))
    var scheduling: String?

    // Unconditional: a nice value may begin with a minus, which would make it an option's name.
    @Option(parsing: .unconditional, help: .setting(.nice))
    var nice: String?

    @Option(help: .setting(.seed))
    var seed: String?

    @Option(help: .setting(.follow))
    var follow: String?

    func validate() throws {
      try requirePath(file, of: "--config")
      // Whatever comes next is its value, so it has to be told here that there is none.
      if nice?.hasPrefix("--") == true { throw ValidationError("Missing value for '--nice <nice>'") }
    }

    /// The options that were given, by setting.
    private var given: [String: String] {
      let all: [(SettingKey, String?)] = [
        (.workers, workers), (.places, places), (.bind, bind), (.order, order), (.kinds, kinds), (.smt, smt),
        (.reserve, reserve), (.ranks, ranks), (.share, share), (.claims, claims), (.wait, wait), (.spin, spin),
        (.stack, stack),
        (.scheduling, scheduling), (.nice, nice), (.seed, seed), (.follow, follow),
      ]
      return all.reduce(into: [:]) { given, option in given[option.0.name] = option.1 }
    }

    /// These options over the environment over the file over the defaults, with every value checked; its
    /// ``PoolConfiguration/settings`` tell where each is from. Warnings are printed.
    ///
    /// - Throws: `ConfigurationError` for the first mistake; the tool's main function prints it and exits with status
    ///   2.
    func resolve() throws -> PoolConfiguration {
      let configuration = try PoolConfiguration(file: file, options: given).resolved()
      for warning in configuration.warnings { Console.report(.configuration(warning)) }
      return configuration
    }
  }

  extension ArgumentHelp {
    /// Help for the option that overrides a setting.
    fileprivate static func setting(_ key: SettingKey) -> ArgumentHelp {
      let meaning = key.meaning.prefix(1).uppercased() + key.meaning.dropFirst()
      return ArgumentHelp("\(meaning): \(key.allowed).", valueName: key.name)
    }
  }
#endif

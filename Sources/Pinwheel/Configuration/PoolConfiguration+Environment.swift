extension PoolConfiguration {
  /// The defaults, overridden by the `PINWHEEL_*` variables that the process has **when the pool starts**.
  ///
  /// | variable | value |
  /// |---|---|
  /// | `PINWHEEL_WORKERS` | `auto`, `cores`, `threads` or a number from 1 to 4096 |
  /// | `PINWHEEL_PLACES` | `threads`, `cores`, `ll_caches`, `numa_domains`, `sockets`, `cores(4)`, `{0:4},{8:4}` |
  /// | `PINWHEEL_BIND` | `none`, `primary`, `close`, `spread` |
  /// | `PINWHEEL_ORDER` | `float`, `cores_first`, `siblings_first`, `by_number` |
  /// | `PINWHEEL_KINDS` | `all`, `performance`, `efficiency` |
  /// | `PINWHEEL_SMT` | `all`, `one` |
  /// | `PINWHEEL_RESERVE` | `none`, `core_per_node`, or CPUs such as `0-1,8` |
  /// | `PINWHEEL_RANKS` | `auto`, `off` |
  /// | `PINWHEEL_SHARE` | `none`, `machine` |
  /// | `PINWHEEL_CLAIMS` | `auto`, or the path of a directory |
  /// | `PINWHEEL_WAIT` | `passive`, `active` |
  /// | `PINWHEEL_SPIN` | a time such as `50us`, `1.5ms` or `2s`, or 0 |
  /// | `PINWHEEL_STACK` | a size such as `512KiB` or `8MiB` |
  /// | `PINWHEEL_SCHEDULING` | `inherited`, `normal`, `batch`, `idle`, `fifo(10)`, `round_robin(10)` |
  /// | `PINWHEEL_NICE` | `inherited`, or a number from -20 to 19 |
  /// | `PINWHEEL_SEED` | a number, decimal or hexadecimal with 0x |
  /// | `PINWHEEL_FOLLOW` | a time such as `1s`, from 10ms to an hour, or 0 for never |
  ///
  /// A variable that is empty counts as absent, as an unset variable in a shell script or a compose file turns out.
  /// `PINWHEEL_CONFIG` names a file for programs that load one through `PinwheelConfiguration`. Any other variable that
  /// begins with `PINWHEEL_` is a warning.
  ///
  /// Making this value reads nothing and can't fail; ``resolved()`` does and can.
  public static var environment: PoolConfiguration {
    var configuration = PoolConfiguration()
    configuration.readsEnvironment = true
    return configuration
  }

  /// The defaults, overridden by the `PINWHEEL_*` variables among `variables`.
  ///
  /// - Throws: ``ConfigurationError`` for the first variable whose value isn't allowed.
  public init(environment variables: [String: String]) throws(ConfigurationError) {
    self = try Self.environment.resolved(environment: variables)
  }

  /// This configuration with the environment read, if it is one that reads it, and every value checked.
  ///
  /// A pool does this when it starts. Settings that the program assigned are kept, and the variables for them not read.
  ///
  /// - Throws: ``ConfigurationError`` for the first setting whose value isn't allowed, whoever set it.
  public func resolved() throws(ConfigurationError) -> PoolConfiguration {
    try resolved(environment: readsEnvironment ? ProcessEnvironment.variables() : [:])
  }

  package func resolved(environment variables: [String: String]) throws(ConfigurationError) -> PoolConfiguration {
    var resolved = self
    if readsEnvironment {
      try resolved.fill(from: [.environment(variables)])
      resolved.warnings += ConfigurationWarning.unknownVariables(in: variables)
      resolved.readsEnvironment = false
    }
    for key in SettingKey.all {
      try key.check(resolved, origin: resolved.origins[key.name] ?? .defaults)
    }
    // Resolving what is resolved changes nothing; and what it was warned of before may have been set right since.
    resolved.warnings.removeAll(where: \.isOfBinding)
    resolved.warnings += resolved.settingsWithoutBinding
    return resolved
  }

  /// What was set that only binding gives a meaning to, while nobody is bound.
  private var settingsWithoutBinding: [ConfigurationWarning] {
    guard bind == .none else { return [] }
    let defaults = PoolConfiguration()
    var warnings: [ConfigurationWarning] = []
    if placeSelection != defaults.placeSelection {
      warnings.append(.placesWithoutBinding(SettingKey.places.text(self)))
    }
    if order != defaults.order { warnings.append(.orderWithoutBinding(SettingKey.order.text(self))) }
    return warnings
  }
}

/// Somewhere that settings are written down as text.
package struct SettingSource {
  /// The text for a key and where it stands; nil if this source doesn't set it.
  package typealias Entry = (text: String, origin: ConfigurationOrigin)

  package let entry: (SettingKey) throws(ConfigurationError) -> Entry?

  package init(entry: @escaping (SettingKey) throws(ConfigurationError) -> Entry?) {
    self.entry = entry
  }

  package static func environment(_ variables: [String: String]) -> SettingSource {
    SettingSource { key throws(ConfigurationError) in
      guard let text = variables[key.variable], !text.allSatisfy(\.isWhitespace) else { return nil }
      return (text, .environment(key.variable))
    }
  }
}

extension PoolConfiguration {
  /// Reads what the program hasn't set from the first of `sources` that has it; the others aren't asked, so a mistake
  /// in a value that wouldn't be used does no harm.
  package mutating func fill(from sources: [SettingSource]) throws(ConfigurationError) {
    for key in SettingKey.all where origins[key.name] == nil {
      for source in sources {
        guard let (text, origin) = try source.entry(key) else { continue }
        try key.assign(text, origin: origin, to: &self)
        break
      }
    }
  }

  /// Takes over what the program set in another configuration: that wins over all that is written anywhere, also over
  /// what is written later.
  package mutating func keep(setInCode former: PoolConfiguration) {
    for key in SettingKey.all where former.origins[key.name] == .api { key.copy(from: former, to: &self) }
  }

  package mutating func warn(_ warnings: [ConfigurationWarning]) {
    self.warnings += warnings
  }
}

extension ConfigurationWarning {
  /// Whether it says that something has no effect because nobody is bound.
  fileprivate var isOfBinding: Bool {
    switch self {
    case .placesWithoutBinding, .orderWithoutBinding: true
    default: false
    }
  }

  /// The variables with our prefix that nothing reads, in alphabetical order.
  package static func unknownVariables(in variables: [String: String]) -> [ConfigurationWarning] {
    let known = SettingKey.all.map(\.variable) + [ProcessEnvironment.configurationFile]
    return variables.keys.filter { $0.hasPrefix("PINWHEEL_") && !known.contains($0) }.sorted().map { name in
      .unknownVariable(name, suggestion: nearestWord(to: name, among: known))
    }
  }
}

/// A setting that can be written down: its name and how its value reads. Environment, file and command line all go
/// through this one table.
package struct SettingKey: Sendable {
  /// The name in a file; the names elsewhere follow from it.
  package let name: String
  /// What it decides, for help.
  package let meaning: String
  /// What values are allowed, for messages and help.
  package let allowed: String
  /// The value that a configuration has for it, as one would write it.
  package let text: @Sendable (PoolConfiguration) -> String

  private let read: @Sendable (String, inout PoolConfiguration) throws(ValueProblem) -> Void
  private let verify: @Sendable (PoolConfiguration) throws(ValueProblem) -> Void
  private let take: @Sendable (PoolConfiguration, inout PoolConfiguration) -> Void

  /// The environment variable: `PINWHEEL_WORKERS`.
  package var variable: String { "PINWHEEL_" + name.uppercased() }
  /// The option of a command line: `--workers`.
  package var option: String { "--" + name }

  private init<Value>(
    _ name: String, _ property: WritableKeyPath<PoolConfiguration, Value> & Sendable, _ format: ValueFormat<Value>,
    _ meaning: String
  ) {
    self.name = name
    self.meaning = meaning
    allowed = format.allowed
    text = { format.text($0[keyPath: property]) }
    read = { text, configuration throws(ValueProblem) in
      let value = try format.parse(text)
      try format.check(value)
      configuration[keyPath: property] = value
    }
    verify = { configuration throws(ValueProblem) in try format.check(configuration[keyPath: property]) }
    take = { source, configuration in configuration[keyPath: property] = source[keyPath: property] }
  }
}

extension SettingKey {
  package static let workers = SettingKey("workers", \.workers, .workerCount, "how many workers")
  package static let places = SettingKey("places", \.placeSelection, .places, "what a worker may be bound to")
  package static let bind = SettingKey("bind", \.bind, .binding, "how workers are spread over places")
  package static let order = SettingKey("order", \.order, .order, "which CPU of its place a worker takes")
  package static let kinds = SettingKey("kinds", \.kinds, .kinds, "which kinds of CPU to use")
  package static let smt = SettingKey("smt", \.smt, .smt, "how many hardware threads of a core to use")
  package static let reserve = SettingKey("reserve", \.reserve, .reservation, "which CPUs to leave to others")
  package static let ranks = SettingKey("ranks", \.ranks, .ranks, "whether ranks on one machine share it out")
  package static let share = SettingKey("share", \.share, .share, "whether to keep off cores that others have claimed")
  package static let claims = SettingKey(
    "claims", \.claimsDirectory, .claimsDirectory, "the directory where cores are claimed")
  package static let wait = SettingKey("wait", \.wait, .waitPolicy, "whether idle workers park or never do")
  package static let spin = SettingKey(
    "spin", \.spin, .time(upTo: .seconds(3600)), "how long an idle worker looks for work")
  package static let stack = SettingKey(
    "stack", \.stackSize, .size(from: 64 << 10, to: 4 << 30), "how large a worker's stack is")
  package static let scheduling = SettingKey(
    "scheduling", \.scheduling, .schedulingClass, "how the kernel schedules workers")
  package static let nice = SettingKey("nice", \.nice, .nice, "the workers' nice value")
  package static let seed = SettingKey("seed", \.seed, .seed, "where the choice of victims starts")

  package static let follow = SettingKey(
    "follow", \.follow, .time(from: Ticker.shortest, upTo: .seconds(3600)),
    "how often to look whether the machine has changed")

  /// All settings, in the order in which they are shown.
  package static let all = [
    workers, places, bind, order, kinds, smt, reserve, ranks, share, claims, wait, spin, stack, scheduling, nice, seed,
    follow,
  ]
}

extension SettingKey {
  /// Reads `text` and gives its value to `configuration`.
  package func assign(
    _ text: String, origin: ConfigurationOrigin, to configuration: inout PoolConfiguration
  ) throws(ConfigurationError) {
    do throws(ValueProblem) {
      try read(text, &configuration)
    } catch {
      throw failure(error, value: text, origin: origin)
    }
    configuration.origins[name] = origin
  }

  /// Gives `configuration` the value that another one has, and says of it that it is from where that has it.
  func copy(from source: PoolConfiguration, to configuration: inout PoolConfiguration) {
    take(source, &configuration)
    configuration.origins[name] = source.origins[name]
  }

  /// Whether the value that `configuration` has is allowed.
  func check(_ configuration: PoolConfiguration, origin: ConfigurationOrigin) throws(ConfigurationError) {
    do throws(ValueProblem) {
      try verify(configuration)
    } catch {
      throw failure(error, value: text(configuration), origin: origin)
    }
  }

  private func failure(_ problem: ValueProblem, value: String, origin: ConfigurationOrigin) -> ConfigurationError {
    ConfigurationError(
      .invalidValue, key: name, value: value, origin: origin, problem: problem.text, suggestion: problem.suggestion,
      allowed: allowed)
  }
}

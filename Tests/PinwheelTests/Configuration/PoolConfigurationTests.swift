import CPinwheel
import Pinwheel
import PinwheelTopology
import Testing

struct PoolConfigurationTests {
  private func setting(_ name: String, of configuration: PoolConfiguration) -> PoolConfiguration.Setting? {
    configuration.settings.first { $0.name == name }
  }

  @Test func defaults() throws {
    let configuration = try PoolConfiguration().resolved()
    #expect(
      configuration.settings.map(\.name) == [
        "workers", "places", "bind", "order", "kinds", "smt", "reserve", "ranks", "share", "claims", "wait",
        "spin", "stack", "scheduling", "nice", "seed", "follow",
      ])
    #expect(
      configuration.settings.map(\.value) == [
        "auto", "cores", "none", "float", "all", "all", "none", "auto", "none", "auto", "passive", "50us", "8MiB",
        "inherited", "inherited", "1", "0",
      ])
    #expect(configuration.settings.allSatisfy { $0.origin == .defaults })
    #expect(configuration.name == "pinwheel")
  }

  @Test func programWinsOverEnvironment() throws {
    var configuration = PoolConfiguration.environment
    configuration.workers = .auto
    configuration.placeLimit = 2
    // A variable that isn't used isn't read, so that it can't be wrong either.
    let resolved = try configuration.resolved(environment: [
      "PINWHEEL_WORKERS": "banana", "PINWHEEL_PLACES": "sockets", "PINWHEEL_BIND": "close",
    ])
    #expect(resolved.workers == .auto)
    #expect(setting("workers", of: resolved)?.origin == .api)
    #expect(setting("places", of: resolved)?.value == "cores(2)")
    #expect(setting("bind", of: resolved)?.origin == .environment("PINWHEEL_BIND"))
    #expect(resolved.bind == .close)
    #expect(setting("spin", of: resolved)?.origin == .defaults)
  }

  @Test func plainConfigurationIgnoresTheEnvironment() throws {
    let resolved = try PoolConfiguration(workers: .exactly(2)).resolved(environment: ["PINWHEEL_BIND": "close"])
    #expect(resolved.bind == .none)
    #expect(setting("workers", of: resolved)?.origin == .api)
  }

  @Test func environmentIsReadOnce() throws {
    let resolved = try PoolConfiguration.environment.resolved(environment: ["PINWHEEL_WORKERS": "3"])
    #expect(try resolved.resolved(environment: ["PINWHEEL_WORKERS": "5", "PINWHEEL_X": ""]).workers == .exactly(3))
  }

  @Test(arguments: ["", " ", "\n"])
  func emptyVariableCountsAsAbsent(text: String) throws {
    let configuration = try PoolConfiguration(environment: ["PINWHEEL_WORKERS": text])
    #expect(setting("workers", of: configuration)?.origin == .defaults)
  }

  @Test func unknownVariablesAreWarnings() throws {
    let configuration = try PoolConfiguration(environment: [
      "PINWHEEL_WORKER": "4", "PINWHEEL_SERVICE_HOST": "10.0.0.1", "PINWHEEL_CONFIG": "pool.yaml", "HOME": "/",
    ])
    #expect(
      configuration.warnings.map(\.description) == [
        "PINWHEEL_SERVICE_HOST is ignored: no setting has this name",
        "PINWHEEL_WORKER is ignored: no setting has this name (did you mean PINWHEEL_WORKERS?)",
      ])
    #expect(PoolEvent.configuration(configuration.warnings[1]).description == configuration.warnings[1].description)
  }

  /// A pool with more was refused its memory, as it seemed.
  @Test func aPoolCanHaveAsManyWorkersAsAreCounted() {
    #expect(PlacementPlan.mostCounted == Int(PW_MOST_SLOTS))
  }

  /// What had no effect once was told at every change, also when it had one.
  @Test func aWarningGoesWithItsReason() throws {
    var configuration = try PoolConfiguration(environment: [
      "PINWHEEL_PLACES": "sockets", "PINWHEEL_SERVICE_PORT_HTTP": "1",
    ])
    configuration = try configuration.resolved()
    let both = configuration.warnings
    #expect(both.count == 2 && both.contains(.placesWithoutBinding("sockets")))
    #expect(try configuration.resolved().warnings == both)
    configuration.places = .numaDomains
    #expect(try configuration.resolved().warnings.last == .placesWithoutBinding("numa_domains"))
    #expect(try configuration.resolved().warnings.count == 2)
    configuration.bind = .close
    #expect(try configuration.resolved().warnings == [.unknownVariable("PINWHEEL_SERVICE_PORT_HTTP", suggestion: nil)])
  }

  @Test func placesWithoutBindingAreWarned() throws {
    var configuration = try PoolConfiguration(environment: ["PINWHEEL_PLACES": "sockets"])
    #expect(
      configuration.warnings.map(\.description) == [
        "places=sockets has no effect: bind is none; close or spread would bind workers to them"
      ])
    #expect(try configuration.resolved().warnings.count == 1)
    configuration = try PoolConfiguration(environment: ["PINWHEEL_PLACES": "sockets", "PINWHEEL_BIND": "close"])
    #expect(configuration.warnings.isEmpty)
    #expect(try PoolConfiguration(workers: .auto).resolved().warnings.isEmpty)
  }

  @Test func onlyTheFirstPlacesAreUsed() throws {
    let machine = try Machine(synthetic: "package:1 core:4 pu:2")
    var configuration = try PoolConfiguration(environment: ["PINWHEEL_PLACES": "cores(2)", "PINWHEEL_BIND": "close"])
    configuration.workers = .exactly(2)
    let plan = try configuration.plan(on: machine)
    #expect(plan.places == [[0, 1], [2, 3]])
    #expect(plan.seats.map(\.place) == [[0, 1], [2, 3]])
    #expect(plan.seats[0].reason == "close: place 1 of 2 (cores)")
    // A limit beyond what there is takes all.
    configuration.placeLimit = 9
    #expect(try configuration.plan(on: machine).places.count == 4)
  }

  /// What a program assigns is checked like anything else, when the pool starts.
  @Test func assignedValuesAreChecked() {
    let mistakes: [((inout PoolConfiguration) -> Void, String)] = [
      ({ $0.workers = .exactly(0) }, "workers=0 (set in code): too few workers; "),
      ({ $0.workers = .exactly(.max) }, "workers=\(Int.max) (set in code): too many workers; "),
      ({ $0.places = .explicit([]) }, "places= (set in code): no place is named; "),
      ({ $0.places = .explicit([[]]) }, "places={} (set in code): a place is empty; "),
      ({ $0.placeLimit = 0 }, "places=cores(0) (set in code): the number of places must be at least 1; "),
      ({ $0.spin = .seconds(-1) }, "spin=-1s (set in code): a time can't be negative; "),
      ({ $0.spin = .seconds(Int64.max) }, "spin=\(Int64.max)s (set in code): too long; "),
      ({ $0.stackSize = 0 }, "stack=0 (set in code): too small; "),
      ({ $0.stackSize = .min }, "stack=-8589934592GiB (set in code): too small; "),
    ]
    for (mistake, message) in mistakes {
      var configuration = PoolConfiguration()
      mistake(&configuration)
      let error = #expect(throws: ConfigurationError.self) { try configuration.resolved() }
      #expect(error?.description.hasPrefix(message) == true, "\(String(describing: error))")
      #expect(error?.origin == .api)
    }
  }

  /// A value from outside must not break the line that reports it, nor drive the terminal.
  @Test func valuesAreShownOnOneLine() {
    let error = #expect(throws: ConfigurationError.self) {
      try PoolConfiguration(environment: [
        "PINWHEEL_BIND": "a\nb\u{1B}[31m\u{202E}" + String(repeating: "x", count: 200)
      ])
    }
    let line = error?.description ?? ""
    #expect(line.hasPrefix(#"PINWHEEL_BIND=a\nb\u{1B}[31m\u{202E}xxx"#))
    #expect(line.contains("x…: not a way to bind; allowed: "))
    #expect(line.count < 300)
  }
}

extension PoolConfigurationTests {
  @Test func errorsAreValues() {
    let error = #expect(throws: ConfigurationError.self) {
      try PoolConfiguration(environment: ["PINWHEEL_WORKERS": "coers"])
    }
    #expect(
      error
        == ConfigurationError(
          .invalidValue, key: "workers", value: "coers", origin: .environment("PINWHEEL_WORKERS"),
          problem: "not a worker count", suggestion: "cores",
          allowed: "auto, cores, threads or a number from 1 to 4096"))
  }

  @Test(arguments: [
    (ConfigurationOrigin.environment("PINWHEEL_BIND"), "PINWHEEL_BIND=x: wrong"),
    (.file(path: "p.yaml", line: 3, column: 9), "p.yaml:3:9: bind=x: wrong"),
    (.commandLine("--bind"), "--bind=x: wrong"),
    (.api, "bind=x (set in code): wrong"),
    (.reader(key: "bind"), "bind=x (configuration key bind): wrong"),
  ])
  func errorsNameTheirOrigin(origin: ConfigurationOrigin, line: String) {
    #expect(
      ConfigurationError(.invalidValue, key: "bind", value: "x", origin: origin, problem: "wrong").description == line)
  }
}

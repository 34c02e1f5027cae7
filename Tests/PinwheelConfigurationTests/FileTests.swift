#if Tools
  import Pinwheel
  import PinwheelConfiguration
  import PinwheelTopology
  import Testing

  /// Settings from a file, and who wins over it.
  struct FileTests {
    private func load(
      _ content: String, options: [String: String] = [:], environment: [String: String] = [:]
    ) throws -> PoolConfiguration {
      try withFile(content) { try PoolConfiguration(file: $0, options: options, environment: environment) }
    }

    private func values(_ configuration: PoolConfiguration) -> [String] { configuration.settings.map(\.value) }

    @Test func everySettingWithItsPlace() throws {
      let content = """
        # a comment
        pinwheel:
          workers: 3
          places: "{0:2}:2:2"
          bind: 'spread'
          order: cores_first
          kinds: performance
          smt: one
          reserve: 0-1,8
          ranks: off
          share: machine
          claims: /run/lock
          wait: active
          spin: 20us
          stack: 1MiB
          scheduling: round_robin(7)
          nice: -5
          seed: 0x10
          follow: 1s
        """
      try withFile(content) { path in
        let configuration = try PoolConfiguration(file: path, environment: [:])
        #expect(
          values(configuration) == [
            "3", "{0-1},{2-3}", "spread", "cores_first", "performance", "one", "0-1,8", "off", "machine",
            "/run/lock", "active", "20us", "1MiB", "round_robin(7)", "-5", "16", "1s",
          ])
        let places = [
          (3, 12), (4, 11), (5, 9), (6, 10), (7, 10), (8, 8), (9, 12), (10, 10), (11, 10), (12, 11), (13, 9), (14, 9),
          (15, 10), (16, 15), (17, 9), (18, 9), (19, 11),
        ]
        #expect(
          configuration.settings.map(\.origin) == places.map { .file(path: path, line: $0.0, column: $0.1) })
        #expect(configuration.settings[0].origin.description == "\(path):3:12")
      }
    }

    @Test func yamlAndJSONAgree() throws {
      let yaml = try load("pinwheel: {workers: 4, places: \"{0},{2}\", bind: close, spin: 1.5ms}")
      let json = try load(
        """
        {
        \t"pinwheel": {
        \t\t"workers": 4,
        \t\t"places": "{0},{2}",
        \t\t"bind": "close",
        \t\t"spin": "1.5ms"
        \t}
        }
        """)
      #expect(values(yaml) == values(json))
      #expect(json.workers == .exactly(4))
      #expect(json.places == .explicit([[0], [2]]))
    }

    @Test func commandLineOverEnvironmentOverFile() throws {
      let file = "pinwheel:\n  workers: 1\n  bind: close\n  spin: 1us\n"
      let configuration = try load(
        file, options: ["workers": "3"], environment: ["PINWHEEL_WORKERS": "2", "PINWHEEL_BIND": "spread"])
      #expect(configuration.workers == .exactly(3))
      #expect(configuration.bind == .spread)
      #expect(configuration.spin == .microseconds(1))
      #expect(configuration.settings[0].origin == .commandLine("--workers"))
      #expect(configuration.settings[2].origin == .environment("PINWHEEL_BIND"))
      #expect(configuration.settings[5].origin == .defaults)
      // All is read by now: a pool that starts later asks the environment nothing.
      #expect(try configuration.resolved(environment: ["PINWHEEL_SEED": "9"]).seed == 1)
    }

    @Test func mistakesInLayersThatLose() throws {
      let file = "pinwheel:\n  workers: 1\n"
      #expect(try load(file, options: ["workers": "3"], environment: ["PINWHEEL_WORKERS": "x"]).workers == .exactly(3))
      #expect(throws: ConfigurationError.self) { try load("pinwheel:\n  workers: x\n", options: ["workers": "3"]) }
    }

    @Test func optionsNameThemselves() throws {
      let value = #expect(throws: ConfigurationError.self) { try load("", options: ["workers": "0"]) }
      #expect(value?.description.hasPrefix("--workers=0: too few workers; allowed: ") == true)
      let name = #expect(throws: ConfigurationError.self) { try load("", options: ["worker": "1"]) }
      #expect(
        name?.description
          == "--worker=1: no setting has this name (did you mean --workers?); "
          + "allowed: workers, places, bind, order, kinds, smt, reserve, ranks, share, claims, wait, spin, stack, "
          + "scheduling, nice, seed, follow"
      )
    }

    @Test func environmentNamesTheFile() throws {
      let (named, given) = (try StoredFile("pinwheel: {workers: 5}"), try StoredFile("pinwheel: {workers: 6}"))
      let environment = ["PINWHEEL_CONFIG": named.path]
      #expect(try PoolConfiguration(file: nil, environment: environment).workers == .exactly(5))
      // What the program names goes first.
      #expect(try PoolConfiguration(file: given.path, environment: environment).workers == .exactly(6))
      #expect(try PoolConfiguration(file: nil, environment: ["PINWHEEL_CONFIG": ""]).workers == .auto)
      #expect(try PoolConfiguration(file: nil, environment: [:]).settings.allSatisfy { $0.origin == .defaults })
    }

    @Test func unknownVariablesAreWarnings() throws {
      let configuration = try load("", environment: ["PINWHEEL_WORKER": "1"])
      #expect(configuration.warnings == [.unknownVariable("PINWHEEL_WORKER", suggestion: "PINWHEEL_WORKERS")])
    }

    @Test(arguments: [
      "", "# nothing\n", "pinwheel:\n", "pinwheel: ~", "pinwheel: {}", "{}", "---\n...\n", "\u{FEFF}pinwheel:\n",
    ])
    func nothingSet(content: String) throws {
      #expect(try load(content).settings.allSatisfy { $0.origin == .defaults })
    }

    @Test func otherMappingsAreTheProgramsOwn() throws {
      let content = "database: {workers: many, hosts: [a, b]}\npinwheel:\n  workers: 2\nlogging: verbose\n"
      #expect(try load(content).workers == .exactly(2))
    }

    @Test func missingFiles() {
      let missing = #expect(throws: ConfigurationError.self) {
        try PoolConfiguration(file: "/nonexistent/pinwheel.yaml", environment: [:])
      }
      #expect(missing?.kind == .unreadableFile)
      #expect(
        missing?.description == "/nonexistent/pinwheel.yaml: the file can't be read: No such file or directory")
      let named = #expect(throws: ConfigurationError.self) {
        try PoolConfiguration(file: nil, environment: ["PINWHEEL_CONFIG": "/nonexistent/p.yaml"])
      }
      #expect(
        named?.description
          == "PINWHEEL_CONFIG=/nonexistent/p.yaml: the file can't be read: No such file or directory")
      let folder = #expect(throws: ConfigurationError.self) { try PoolConfiguration(file: "/tmp", environment: [:]) }
      #expect(folder?.description == "/tmp: the file can't be read: Is a directory")
      let endless = #expect(throws: ConfigurationError.self) {
        try PoolConfiguration(file: "/dev/zero", environment: [:])
      }
      #expect(endless?.description == "/dev/zero: the file can't be read: it is larger than 1 MiB")
    }
  }
#endif

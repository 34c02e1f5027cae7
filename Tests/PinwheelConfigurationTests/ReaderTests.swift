#if Tools
  import Configuration
  import Pinwheel
  import PinwheelConfiguration
  import PinwheelTopology
  import Testing

  /// Settings through a program's own `ConfigReader`.
  struct ReaderTests {
    private func configuration(_ providers: any ConfigProvider...) throws -> PoolConfiguration {
      try PoolConfiguration(config: ConfigReader(providers: providers).scoped(to: "pinwheel"))
    }

    @Test func usualProvidersInTheirOrder() throws {
      let configuration = try configuration(
        CommandLineArgumentsProvider(arguments: ["app", "--pinwheel-places", "{0},{2}", "--pinwheel-workers=3"]),
        EnvironmentVariablesProvider(environmentVariables: ["PINWHEEL_WORKERS": "4", "PINWHEEL_BIND": "close"]),
        InMemoryProvider(values: ["pinwheel.bind": "spread", "pinwheel.seed": 7]))
      #expect(configuration.workers == .exactly(3))
      #expect(configuration.places == .explicit([[0], [2]]))
      #expect(configuration.bind == .close)
      #expect(configuration.seed == 7)
      #expect(configuration.settings[0].origin == .reader(key: "workers"))
      #expect(configuration.settings[3].origin == .defaults)
    }

    /// The reader decides what is read; the process's environment isn't looked at beside it.
    @Test func environmentIsTheReadersAffair() throws {
      let configuration = try configuration(InMemoryProvider(values: [:]))
      #expect(try configuration.resolved(environment: ["PINWHEEL_WORKERS": "9"]).workers == .auto)
    }

    @Test func mistakesAreNotSwallowed() throws {
      let value = #expect(throws: ConfigurationError.self) {
        try configuration(InMemoryProvider(values: ["pinwheel.workers": "banana"]))
      }
      #expect(
        value?.description == "workers=banana (configuration key workers): not a worker count; "
          + "allowed: auto, cores, threads or a number from 1 to 4096")
      let type = #expect(throws: ConfigurationError.self) {
        try configuration(InMemoryProvider(values: ["pinwheel.bind": ConfigValue(.bool(true), isSecret: false)]))
      }
      #expect(
        type?.description == "bind (configuration key bind): neither text nor a whole number; "
          + "allowed: none, primary, close or spread")
    }

    private func provider(_ path: String) async throws -> FileProvider<PoolConfigurationFile> {
      let location = InMemoryProvider(values: ["filePath": ConfigValue(.string(path), isSecret: false)])
      return try await FileProvider(parsingOptions: .init(path: path), config: ConfigReader(provider: location))
    }

    @Test func fileProvider() async throws {
      let file = try StoredFile("pinwheel:\n  workers: 6\n")
      let configuration = try configuration(
        EnvironmentVariablesProvider(environmentVariables: ["PINWHEEL_BIND": "close"]), try await provider(file.path))
      #expect(configuration.workers == .exactly(6))
      #expect(configuration.bind == .close)
    }

    @Test func fileProviderKeepsTheMistakeAndItsPlace() async throws {
      let file = try StoredFile("pinwheel:\n  workers: banana\n")
      let provider = try await provider(file.path)
      let error = #expect(throws: ConfigurationError.self) { try configuration(provider) }
      #expect(error?.origin == .file(path: file.path, line: 2, column: 12))
    }

    @Test func snapshotAnswersForSettingsOnly() throws {
      let text = Array("pinwheel:\n  workers: 6\n  bind: close\napp:\n  name: x\n".utf8)
      let file = PoolConfigurationFile(data: text.span.bytes, providerName: "file", parsingOptions: .default)
      #expect(file.mistake == nil)
      #expect(try file.value(forKey: "pinwheel.workers", type: .string).value?.content == .string("6"))
      #expect(try file.value(forKey: "pinwheel.workers", type: .int).value?.content == .int(6))
      #expect(try file.value(forKey: "pinwheel.seed", type: .string).value == nil)
      #expect(try file.value(forKey: "app.name", type: .string).value == nil)
      #expect(throws: ConfigurationError.self) { try file.value(forKey: "pinwheel.bind", type: .int) }
      #expect(file.description == "file[2 values]")
      #expect(file.debugDescription == "file[bind=close, workers=6]")
    }
  }
#endif

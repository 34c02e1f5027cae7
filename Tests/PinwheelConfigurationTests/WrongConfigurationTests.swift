#if Tools
  import Pinwheel
  import PinwheelConfiguration
  import Testing

  /// Wrong settings, wherever they are written, with the whole line that their author gets to see: it names the key, the
  /// value and what is allowed, and of a file the line and column.
  struct WrongConfigurationTests {
    /// One wrong configuration.
    struct Wrong: CustomTestStringConvertible, Sendable {
      enum Place: Sendable {
        case variable(String, String)
        case option(String, String)
        case yaml(String)
        case json(String)
      }
      var place: Place
      /// The message; FILE stands for the path.
      var message: String

      var testDescription: String { message }

      init(_ place: Place, _ message: String) {
        (self.place, self.message) = (place, message)
      }
    }

    // What is allowed, as users read it.
    private static let workers = "; allowed: auto, cores, threads or a number from 1 to 4096"
    private static let places =
      "; allowed: threads, cores, ll_caches, numa_domains, sockets, a number of them as in cores(4), "
      + "or CPUs such as {0:4},{8:4}"
    private static let bind = "; allowed: none, primary, close or spread"
    private static let order = "; allowed: float, cores_first, siblings_first or by_number"
    private static let kinds = "; allowed: all, performance or efficiency"
    private static let smt = "; allowed: all or one"
    private static let reserve =
      "; allowed: none, core_per_node (the first core of each NUMA node), or CPUs such as 0-1,8"
    private static let ranks = "; allowed: auto or off"
    private static let wait = "; allowed: passive or active"
    private static let spin = "; allowed: a time such as 100ns, 50us, 1.5ms or 2s, up to 3600s, or 0"
    private static let stack =
      "; allowed: a size such as 512KiB or 8MiB, or a number of bytes, from 64KiB to 4GiB"
    private static let scheduling =
      "; allowed: inherited, normal, batch, idle, or fifo and round_robin with a priority as in fifo(10)"
    private static let nice = "; allowed: inherited, or a number from -20 to 19"
    private static let seed = "; allowed: a number from 0 to 18446744073709551615, or hexadecimal as in 0x5EED"
    private static let keys = "; allowed: " + SettingKey.all.map(\.name).joined(separator: ", ")
    private static let quote = "YAML reads unquoted braces as a mapping; quote them, as in places: \"{0},{2}\""

    private static func variable(_ name: String, _ value: String, _ problem: String) -> Wrong {
      Wrong(.variable("PINWHEEL_" + name, value), "PINWHEEL_\(name)=\(value): \(problem)")
    }

    private static func option(_ name: String, _ value: String, _ problem: String) -> Wrong {
      Wrong(.option(name, value), "--\(name)=\(value): \(problem)")
    }

    private static func yaml(_ lines: String..., wrong: String) -> Wrong {
      Wrong(.yaml(lines.joined(separator: "\n") + "\n"), "FILE:" + wrong)
    }

    private static func json(_ text: String, wrong: String) -> Wrong {
      Wrong(.json(text), "FILE:" + wrong)
    }

    private static let variables: [Wrong] = [
      variable("WORKERS", "banana", "not a worker count\(workers)"),
      variable("WORKERS", "coers", "not a worker count (did you mean cores?)\(workers)"),
      variable("WORKERS", "0", "too few workers\(workers)"),
      variable("WORKERS", "-3", "too few workers\(workers)"),
      variable("WORKERS", "4097", "too many workers\(workers)"),
      variable("WORKERS", "3.5", "not a worker count\(workers)"),
      variable("WORKERS", "99999999999999999999", "too many workers\(workers)"),
      variable("PLACES", "core", "not a kind of place (did you mean cores?)\(places)"),
      variable("PLACES", "numa-domains", "not a kind of place (did you mean numa_domains?)\(places)"),
      variable("PLACES", "numa", "not a kind of place (did you mean numa_domains?)\(places)"),
      variable("PLACES", "L3", "not a kind of place (did you mean ll_caches?)\(places)"),
      variable("PLACES", "packages", "not a kind of place (did you mean sockets?)\(places)"),
      variable("PLACES", "cores(0)", "a number of places goes from 1 to 4096\(places)"),
      variable("PLACES", "cores(2", "a closing parenthesis is missing at the end\(places)"),
      variable("PLACES", "{0:4", "a comma or a closing brace is missing at the end\(places)"),
      variable("PLACES", "{0:4},", "a CPU number is missing at the end\(places)"),
      variable("PLACES", "{0:4}x2", "a comma or the end is missing at character 6\(places)"),
      variable("PLACES", "{3-1}", "the range 3-1 runs backwards\(places)"),
      variable("PLACES", "{0:4:0}", "strides go from 1 to 65535, or from -1 down\(places)"),
      variable("PLACES", "{0},!{1}", "!{1} excludes no place that stands before it\(places)"),
      variable("PLACES", "{0:2,!2}", "!2 excludes no CPU that stands before it\(places)"),
      variable("PLACES", "{70000}", "CPU numbers go from 0 to 65535\(places)"),
      variable("PLACES", "{0}:5000", "a number of places goes from 1 to 4096\(places)"),
      variable("BIND", "closed", "not a way to bind (did you mean close?)\(bind)"),
      variable("BIND", "master", "not a way to bind (did you mean primary?)\(bind)"),
      variable("BIND", "scatter", "not a way to bind (did you mean spread?)\(bind)"),
      variable("BIND", "compact", "not a way to bind (did you mean close?)\(bind)"),
      variable("BIND", "1", "not a way to bind\(bind)"),
      variable("ORDER", "cores", "not an order\(order)"),
      variable("ORDER", "cores-first", "not an order (did you mean cores_first?)\(order)"),
      variable("KINDS", "perfomance", "not a choice of kinds (did you mean performance?)\(kinds)"),
      variable("KINDS", "big", "not a choice of kinds (did you mean performance?)\(kinds)"),
      variable("SMT", "2", "not a choice of hardware threads\(smt)"),
      variable("SMT", "off", "not a choice of hardware threads (did you mean one?)\(smt)"),
      variable("RESERVE", "0-", "not CPUs to reserve\(reserve)"),
      variable("RESERVE", "core-per-node", "not CPUs to reserve (did you mean core_per_node?)\(reserve)"),
      variable("RESERVE", "65536", "CPU numbers go from 0 to 65535\(reserve)"),
      variable("RANKS", "on", "not a way to treat ranks (did you mean auto?)\(ranks)"),
      variable("WAIT", "actve", "not a way to wait (did you mean active?)\(wait)"),
      variable("SPIN", "50", "a time needs a unit (did you mean 50us?)\(spin)"),
      variable("SPIN", "50 parsecs", "not a unit of time\(spin)"),
      variable("SPIN", "2h", "not a unit of time\(spin)"),
      variable("SPIN", "0.5ns", "not a whole number of nanoseconds\(spin)"),
      variable("SPIN", "-1us", "not a time\(spin)"),
      variable("SPIN", "3601s", "too long\(spin)"),
      variable("STACK", "8M", "not a unit of size (did you mean MiB?)\(stack)"),
      variable("STACK", "1KiB", "too small\(stack)"),
      variable("STACK", "5GiB", "too large\(stack)"),
      variable("STACK", "huge", "not a size\(stack)"),
      variable("SCHEDULING", "fifo", "a priority is missing (did you mean fifo(10)?)\(scheduling)"),
      variable("SCHEDULING", "fifo(100)", "priorities go from 1 to 99\(scheduling)"),
      variable("SCHEDULING", "round-robin", "not a scheduling class\(scheduling)"),
      variable("NICE", "20", "nice values go from -20 to 19\(nice)"),
      variable("NICE", "low", "not a nice value\(nice)"),
      variable("SEED", "-1", "not a number of 64 bits\(seed)"),
      variable("SEED", "0xZZ", "not a number of 64 bits\(seed)"),
      variable("SEED", "18446744073709551616", "not a number of 64 bits\(seed)"),
      variable("CONFIG", "/nonexistent/p.yaml", "the file can't be read: No such file or directory"),
    ]

    private static let options: [Wrong] = [
      option("workers", "many", "not a worker count\(workers)"),
      option("places", "socket", "not a kind of place (did you mean sockets?)\(places)"),
      option("places", "{0", "a comma or a closing brace is missing at the end\(places)"),
      option("bind", "sprad", "not a way to bind (did you mean spread?)\(bind)"),
      option("kinds", "e-cores", "not a choice of kinds (did you mean efficiency?)\(kinds)"),
      option("smt", "both", "not a choice of hardware threads\(smt)"),
      option("reserve", "first", "not CPUs to reserve\(reserve)"),
      option("spin", "fast", "not a time\(spin)"),
      option("worker", "4", "no setting has this name (did you mean --workers?)\(keys)"),
      option("threads", "4", "no setting has this name\(keys)"),
    ]

    private static let yamls: [Wrong] = [
      yaml("pinwheel:", "  workers: banana", wrong: "2:12: workers=banana: not a worker count\(workers)"),
      yaml("pinwheel:", "  workers: 0", wrong: "2:12: workers=0: too few workers\(workers)"),
      yaml("pinwheel:", "  workers: [1, 2]", wrong: "2:12: workers: is a list, not a single value\(workers)"),
      yaml("pinwheel:", "  workers:", wrong: "2:11: workers: is empty, not a single value\(workers)"),
      yaml("pinwheel:", "  workers: ~", wrong: "2:12: workers: is null, not a single value\(workers)"),
      yaml(
        "pinwheel:", "  bind: close", "  places: \"{0:4\"",
        wrong: "3:11: places={0:4: a comma or a closing brace is missing at the end\(places)"),
      yaml("pinwheel:", "  places: {0:4}", wrong: "2:11: places: \(quote)\(places)"),
      yaml("pinwheel:", "  places: {0:4},{8:4}", wrong: "2:11: places: \(quote)\(places)"),
      yaml("pinwheel:", "  bind: off", wrong: "2:9: bind=off: not a way to bind (did you mean none?)\(bind)"),
      yaml(
        "pinwheel:", "  kinds: fast",
        wrong: "2:10: kinds=fast: not a choice of kinds (did you mean performance?)\(kinds)"),
      yaml("pinwheel:", "  smt: on", wrong: "2:8: smt=on: not a choice of hardware threads (did you mean all?)\(smt)"),
      yaml("pinwheel:", "  reserve: [0, 1]", wrong: "2:12: reserve: is a list, not a single value\(reserve)"),
      yaml("pinwheel:", "  order: number", wrong: "2:10: order=number: not an order (did you mean by_number?)\(order)"),
      yaml("pinwheel:", "  wait: aktive", wrong: "2:9: wait=aktive: not a way to wait (did you mean active?)\(wait)"),
      yaml("pinwheel:", "  spin: 50", wrong: "2:9: spin=50: a time needs a unit (did you mean 50us?)\(spin)"),
      yaml("pinwheel:", "  stack: 8m", wrong: "2:10: stack=8m: not a unit of size (did you mean MiB?)\(stack)"),
      yaml("pinwheel:", "  wrkers: 4", wrong: "2:3: wrkers: no setting has this name (did you mean workers?)\(keys)"),
      yaml("pinwheel:", "  place: cores", wrong: "2:3: place: no setting has this name (did you mean places?)\(keys)"),
      yaml("pinwheel:", "  Workers: 4", wrong: "2:3: Workers: no setting has this name (did you mean workers?)\(keys)"),
      yaml("pinwheel:", "  affinity: close", wrong: "2:3: affinity: no setting has this name\(keys)"),
      yaml("pinweel:", "  workers: 4", wrong: "1:1: the file has no mapping `pinwheel:` (did you mean `pinwheel:`?)"),
      yaml(
        "workers: 4",
        wrong: "1:1: the file has no mapping `pinwheel:` (did you mean `pinwheel:` above `workers:`, "
          + "with the settings indented?)"),
      yaml("pinwheel: 4", wrong: "1:11: pinwheel: is a single value, not a mapping of settings\(keys)"),
      yaml("- pinwheel", wrong: "1:1: the file is no mapping; allowed: settings under `pinwheel:`"),
      yaml(
        "pinwheel:", "  workers: 4", "  workers: 5",
        wrong: "2:3: workers: set more than once; this is the first time, 3:3 the second"),
      yaml("pinwheel:", "\tworkers: 4", wrong: "2:1: not YAML: found character that cannot start any token"),
      yaml("pinwheel:", "  workers: 4", " bind: x", wrong: "3:2: not YAML: did not find expected key"),
      yaml("pinwheel: *nowhere", wrong: "1:11: not YAML: found undefined alias"),
    ]

    private static let jsons: [Wrong] = [
      json("{\"pinwheel\": {\"workers\": \"lots\"}}", wrong: "1:26: workers=lots: not a worker count\(workers)"),
      json("{\"pinwheel\": {\"workers\": -1}}", wrong: "1:26: workers=-1: too few workers\(workers)"),
      json("{\"pinwheel\": {\"workers\": null}}", wrong: "1:26: workers: is null, not a single value\(workers)"),
      json(
        "{\n  \"pinwheel\": {\n    \"bind\": \"spred\"\n  }\n}\n",
        wrong: "3:13: bind=spred: not a way to bind (did you mean spread?)\(bind)"),
      json(
        "{\"pinwheel\": {\"bind\": true}}", wrong: "1:23: bind=true: not a way to bind (did you mean close?)\(bind)"),
      json(
        "{\"pinwheel\": {\"places\": [\"{0}\", \"{1}\"]}}",
        wrong: "1:25: places: is a list, not a single value\(places)"),
      json(
        "{\"pinwheel\": {\"spn\": \"1us\"}}", wrong: "1:15: spn: no setting has this name (did you mean spin?)\(keys)"),
      json(
        "{\"pinwheel\": {\"seed\": 1.5}}", wrong: "1:23: seed=1.5: not a number of 64 bits\(seed)"),
      json(
        "{\"pinwheel\": {\"bind\": \"close\",\n \"bind\": \"close\"}}",
        wrong: "1:15: bind: set more than once; this is the first time, 2:2 the second"),
      json("{\"pinwheel\": {\"workers\": 4", wrong: "2:1: not YAML: did not find expected ',' or '}'"),
      json("[]", wrong: "1:1: the file is no mapping; allowed: settings under `pinwheel:`"),
    ]

    @Test func thereAreEnoughOfEach() {
      #expect(Self.variables.count >= 40 && Self.options.count >= 8 && Self.yamls.count >= 20 && Self.jsons.count >= 8)
    }

    @Test(arguments: variables + options)
    func wrongWordsInEnvironmentAndCommandLine(wrong: Wrong) {
      let error = #expect(throws: ConfigurationError.self) {
        switch wrong.place {
        case .variable(let name, let value): try PoolConfiguration(file: nil, environment: [name: value])
        case .option(let name, let value): try PoolConfiguration(file: nil, options: [name: value], environment: [:])
        case .yaml, .json: PoolConfiguration()
        }
      }
      #expect(error?.description == wrong.message)
    }

    @Test(arguments: yamls + jsons)
    func wrongFiles(wrong: Wrong) throws {
      let file: StoredFile
      switch wrong.place {
      case .yaml(let text): file = try StoredFile(text)
      case .json(let text): file = try StoredFile(text, name: "pinwheel.json")
      case .variable, .option: return
      }
      let error = #expect(throws: ConfigurationError.self) {
        try PoolConfiguration(file: file.path, environment: [:])
      }
      #expect(error?.description == wrong.message.replacing("FILE", with: file.path))
    }

    /// Every setting can be got wrong, and then names itself, the value and what is allowed.
    @Test(arguments: SettingKey.all.map(\.name))
    func everySettingHasAMistake(name: String) throws {
      let key = try #require(SettingKey.all.first { $0.name == name })
      let error = #expect(throws: ConfigurationError.self) {
        try PoolConfiguration(environment: [key.variable: "\u{1F300} nonsense"])
      }
      let message = error?.description ?? ""
      #expect(message.hasPrefix("\(key.variable)=\u{1F300} nonsense: "), "\(message)")
      #expect(message.hasSuffix("; allowed: \(key.allowed)"), "\(message)")
      let variable = String(key.variable.dropLast())
      // A letter is missing: of the names that are one slip away the one that begins alike is meant.
      let warning = ConfigurationWarning.unknownVariable(variable, suggestion: key.variable)
      #expect(try PoolConfiguration(environment: [variable: "x"]).warnings == [warning])
    }
  }
#endif

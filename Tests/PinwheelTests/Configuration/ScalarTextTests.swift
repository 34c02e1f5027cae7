import Pinwheel
import PinwheelTopology
import Testing

/// Workers, bind, wait, spin, stack and seed as the environment gives them.
struct ScalarTextTests {
  private func message(_ key: String, _ value: String) -> String? {
    let error = #expect(throws: ConfigurationError.self) { try PoolConfiguration(environment: [key: value]) }
    return error?.description
  }

  @Test(arguments: [
    ("auto", WorkerCount.auto), ("cores", .cores), ("threads", .threads), ("THREADS", .threads), ("1", .exactly(1)),
    (" 8 ", .exactly(8)), ("4096", .exactly(4096)), ("007", .exactly(7)),
  ])
  func workers(text: String, expected: WorkerCount) throws {
    #expect(try PoolConfiguration(environment: ["PINWHEEL_WORKERS": text]).workers == expected)
  }

  @Test(arguments: [
    ("banana", "not a worker count"), ("coers", "not a worker count (did you mean cores?)"), ("0", "too few workers"),
    ("-1", "too few workers"), ("4097", "too many workers"), ("99999999999999999999", "too many workers"),
    ("4.5", "not a worker count"), ("+4", "not a worker count"), ("4 4", "not a worker count"),
    ("٤", "not a worker count"),
  ])
  func workerMistakes(text: String, problem: String) {
    #expect(
      message("PINWHEEL_WORKERS", text)
        == "PINWHEEL_WORKERS=\(text): \(problem); allowed: auto, cores, threads or a number from 1 to 4096")
  }

  @Test(arguments: Binding.allCases)
  func bind(binding: Binding) throws {
    #expect(try PoolConfiguration(environment: ["PINWHEEL_BIND": binding.rawValue]).bind == binding)
  }

  @Test(arguments: [
    ("closed", "close"), ("sprad", "spread"), ("master", "primary"), ("false", "none"), ("true", "close"),
  ])
  func bindMistakes(text: String, suggestion: String) {
    #expect(
      message("PINWHEEL_BIND", text)
        == "PINWHEEL_BIND=\(text): not a way to bind (did you mean \(suggestion)?); "
        + "allowed: none, primary, close or spread")
  }

  @Test(arguments: [
    ("0", Duration.zero), ("0us", .zero), ("0.0", .zero), ("100ns", .nanoseconds(100)), ("50us", .microseconds(50)),
    ("50\u{B5}s", .microseconds(50)), ("50\u{3BC}s", .microseconds(50)), ("1.5ms", .microseconds(1500)),
    ("2s", .seconds(2)), ("2 s", .seconds(2)), ("2S", .seconds(2)), ("3600s", .seconds(3600)),
    ("0.000000001s", .nanoseconds(1)),
  ])
  func spin(text: String, expected: Duration) throws {
    #expect(try PoolConfiguration(environment: ["PINWHEEL_SPIN": text]).spin == expected)
  }

  @Test(arguments: [
    ("50", "a time needs a unit (did you mean 50us?)"), ("0.5", "a time needs a unit (did you mean 0.5us?)"),
    ("50 parsecs", "not a unit of time"), ("us", "not a time"), ("-1us", "not a time"), (".5us", "not a time"),
    ("1.us", "not a time"), ("1e3us", "not a unit of time"), ("3601s", "too long"), ("1ms 2us", "not a unit of time"),
    ("999999999999999999s", "too long"), ("0.5ns", "not a whole number of nanoseconds"),
    ("9999999999999999999s", "too long"), ("99999999999999999999999ns", "too long"),
    ("0.1234567890123456789s", "not a time"),
  ])
  func spinMistakes(text: String, problem: String) {
    #expect(
      message("PINWHEEL_SPIN", text)
        == "PINWHEEL_SPIN=\(text): \(problem); allowed: a time such as 100ns, 50us, 1.5ms or 2s, up to 3600s, or 0")
  }

  /// Less than 10 ms was taken for 10 ms, and nothing said so.
  @Test func follow() throws {
    for (text, expected) in [("0", Duration.zero), ("10ms", .milliseconds(10)), ("3600s", .seconds(3600))] {
      #expect(try PoolConfiguration(environment: ["PINWHEEL_FOLLOW": text]).follow == expected)
    }
    for (text, problem) in [("1ns", "too short"), ("9.999ms", "too short"), ("3601s", "too long")] {
      #expect(
        message("PINWHEEL_FOLLOW", text)
          == "PINWHEEL_FOLLOW=\(text): \(problem); allowed: a time such as 50ms or 2s, from 10ms to 3600s, or 0")
    }
  }

  @Test(arguments: [
    ("active", WaitPolicy.active), ("passive", .passive), (" Active ", .active), ("PASSIVE", .passive),
  ])
  func wait(text: String, expected: WaitPolicy) throws {
    #expect(try PoolConfiguration(environment: ["PINWHEEL_WAIT": text]).wait == expected)
  }

  @Test(arguments: [("actve", " (did you mean active?)"), ("spin", ""), ("1", ""), ("active passive", "")])
  func waitMistakes(text: String, suggestion: String) {
    #expect(
      message("PINWHEEL_WAIT", text)
        == "PINWHEEL_WAIT=\(text): not a way to wait\(suggestion); allowed: passive or active")
  }

  @Test(arguments: [
    ("8MiB", 8 << 20), ("512KiB", 512 << 10), ("1GiB", 1 << 30), ("4 gib", 4 << 30), ("64KiB", 64 << 10),
    ("66KB", 66_000), ("1.5MiB", 3 << 19), ("65536", 65536), ("65536B", 65536), ("1MB", 1_000_000),
    ("0000000000000000000065536", 65536),
  ])
  func stack(text: String, expected: Int) throws {
    #expect(try PoolConfiguration(environment: ["PINWHEEL_STACK": text]).stackSize == expected)
  }

  @Test(arguments: [
    ("8M", "not a unit of size (did you mean MiB?)"), ("8 apples", "not a unit of size"), ("big", "not a size"),
    ("65535", "too small"), ("5GiB", "too large"), ("999999999999999999GiB", "too large"),
    ("99999999999999999999999", "too large"), ("99999999999999999999999KiB", "too large"),
    ("65536.5", "not a whole number of bytes"), ("-8MiB", "not a size"),
  ])
  func stackMistakes(text: String, problem: String) {
    #expect(
      message("PINWHEEL_STACK", text)
        == "PINWHEEL_STACK=\(text): \(problem); allowed: a size such as 512KiB or 8MiB, or a number of bytes, "
        + "from 64KiB to 4GiB")
  }

  @Test(arguments: [
    ("0", UInt64(0)), ("42", 42), ("0x5EED", 0x5EED), ("0XfF", 255), ("18446744073709551615", .max),
    ("0xFFFFFFFFFFFFFFFF", .max),
  ])
  func seed(text: String, expected: UInt64) throws {
    #expect(try PoolConfiguration(environment: ["PINWHEEL_SEED": text]).seed == expected)
  }

  @Test(arguments: ["-1", "+1", "0x", "0x+1", "18446744073709551616", "seed", "1.0", "0x1_0"])
  func seedMistakes(text: String) {
    #expect(
      message("PINWHEEL_SEED", text)
        == "PINWHEEL_SEED=\(text): not a number of 64 bits; allowed: a number from 0 to 18446744073709551615, "
        + "or hexadecimal as in 0x5EED")
  }

  @Test func settingsReadBackAsTheSame() throws {
    let configuration = try PoolConfiguration(environment: [
      "PINWHEEL_WORKERS": "3", "PINWHEEL_PLACES": "{0:2}:2:2", "PINWHEEL_BIND": "spread", "PINWHEEL_SPIN": "1.5ms",
      "PINWHEEL_WAIT": "active", "PINWHEEL_STACK": "1.5MiB", "PINWHEEL_SEED": "0xFF",
      "PINWHEEL_ORDER": "by_number", "PINWHEEL_KINDS": "efficiency", "PINWHEEL_SMT": "One",
      "PINWHEEL_RESERVE": "8,0,1", "PINWHEEL_RANKS": "off", "PINWHEEL_SCHEDULING": "FIFO ( 10 )",
      "PINWHEEL_NICE": "-20", "PINWHEEL_SHARE": "Machine", "PINWHEEL_CLAIMS": " /run/lock/pinwheel ",
      "PINWHEEL_FOLLOW": "1.5s",
    ])
    #expect(
      configuration.settings.map(\.value) == [
        "3", "{0-1},{2-3}", "spread", "by_number", "efficiency", "one", "0-1,8", "off", "machine",
        "/run/lock/pinwheel", "active", "1500us", "1536KiB",
        "fifo(10)", "-20", "255", "1500ms",
      ])
    let written = configuration.settings.map { ("PINWHEEL_" + $0.name.uppercased(), $0.value) }
    let again = try PoolConfiguration(environment: Dictionary(uniqueKeysWithValues: written))
    #expect(again.settings == configuration.settings)
  }
}

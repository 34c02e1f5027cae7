#if Tools
  import Pinwheel
  import PinwheelConfiguration
  import Testing

  /// What is wrong with a file, and where.
  struct FileMistakeTests {
    private static let allowedKeys =
      "workers, places, bind, order, kinds, smt, reserve, ranks, share, claims, wait, spin, stack, scheduling, nice, seed, "
      + "follow"
    private static let quote = "YAML reads unquoted braces as a mapping; quote them, as in places: \"{0},{2}\""

    private static let mistakes: [(content: String, kind: ConfigurationError.Kind, message: String)] = [
      // Values.
      ("pinwheel:\n  workers: banana\n", .invalidValue, "2:12: workers=banana: not a worker count; allowed: auto, "),
      (
        "pinwheel:\n  bind: close\n  spin: 50\n", .invalidValue,
        "3:9: spin=50: a time needs a unit (did you mean 50us?); "
      ),
      ("{\"pinwheel\": {\"workers\": 0}}", .invalidValue, "1:26: workers=0: too few workers; "),
      ("pinwheel:\n  bind: off\n", .invalidValue, "2:9: bind=off: not a way to bind (did you mean none?); "),
      // The first in the file's order, not the table's.
      ("pinwheel:\n  seed: x\n  workers: x\n", .invalidValue, "2:9: seed=x: "),
      // Names.
      (
        "pinwheel:\n  worker: 4\n", .unknownKey,
        "2:3: worker: no setting has this name (did you mean workers?); allowed: \(allowedKeys)"
      ),
      ("pinwheel:\n  <<: {}\n", .unknownKey, "2:3: <<: no setting has this name; "),
      ("pinwheel:\n  [a]: 4\n", .unknownKey, "2:3: no setting has this name; "),
      ("pinweel:\n  workers: 4\n", .unknownKey, "1:1: the file has no mapping `pinwheel:` (did you mean `pinwheel:`?)"),
      (
        "workers: 4\n", .unknownKey,
        "1:1: the file has no mapping `pinwheel:` "
          + "(did you mean `pinwheel:` above `workers:`, with the settings indented?)"
      ),
      // Twice.
      (
        "pinwheel:\n  workers: 4\n  bind: close\n  workers: 5\n", .duplicateKey,
        "2:3: workers: set more than once; this is the first time, 4:3 the second"
      ),
      (
        "{\"pinwheel\": {\"bind\": \"close\",\n \"bind\": \"close\"}}", .duplicateKey,
        "1:15: bind: set more than once; this is the first time, 2:2 the second"
      ),
      (
        "other: [{bind: 1}]\npinwheel:\n  'bind': close\n  workers: 4\n  bind: close\n  bind: none\n", .duplicateKey,
        "3:3: bind: set more than once; this is the first time, 5:3 the second"
      ),
      (
        "pinwheel:\n  \"b\\u0069nd\": close\n  bind: none\n", .duplicateKey,
        "2:3: bind: set more than once; this is the first time"
      ),
      (
        "pinwheel: {}\npinwheel: {}\n", .duplicateKey,
        "1:1: pinwheel: set more than once; this is the first time, 2:1 the second"
      ),
      // Types.
      (
        "pinwheel: 4\n", .wrongType,
        "1:11: pinwheel: is a single value, not a mapping of settings; allowed: \(allowedKeys)"
      ),
      ("pinwheel: [workers]\n", .wrongType, "1:11: pinwheel: is a list, not a mapping of settings; "),
      ("- pinwheel\n", .wrongType, "1:1: the file is no mapping; allowed: settings under `pinwheel:`"),
      ("pinwheel:\n  workers: [1]\n", .wrongType, "2:12: workers: is a list, not a single value; allowed: auto, "),
      ("pinwheel:\n  workers:\n    many: 1\n", .wrongType, "3:5: workers: is a mapping, not a single value; "),
      ("pinwheel:\n  workers:\n", .wrongType, "2:11: workers: is empty, not a single value; "),
      ("{\"pinwheel\": {\"workers\": null}}", .wrongType, "1:26: workers: is null, not a single value; "),
      // A tab in a key, found by fuzzing: the line had a tab in it.
      ("pinwheel:\n  work\ters: 4\n", .unknownKey, "2:3: work\\ters: no setting has this name"),
      // Braces without quotes.
      ("pinwheel:\n  places: {0}\n", .wrongType, "2:11: places: \(quote); allowed: threads, "),
      ("pinwheel:\n  places: {0:4}\n", .wrongType, "2:11: places: \(quote); "),
      ("pinwheel:\n  places: {0},{2}\n", .syntax, "2:11: places: \(quote); allowed: threads, "),
      ("pinwheel:\n  workers: 4\n  places: {0:4}:2:8\n", .syntax, "3:11: places: \(quote); "),
      // Neither YAML nor JSON.
      ("pinwheel:\n  workers: 4\n bind: x\n", .syntax, "3:2: not YAML: did not find expected key"),
      ("pinwheel:\n\tworkers: 4\n", .syntax, "2:1: not YAML: found character that cannot start any token"),
      ("{\"pinwheel\": {\"workers\": 4", .syntax, "2:1: not YAML: did not find expected ',' or '}'"),
      ("a: 1\n---\nb: 2\n", .syntax, "2:1: not YAML: but found another document"),
      ("pinwheel: *nowhere\n", .syntax, "1:11: not YAML: found undefined alias"),
      ("pinwheel:\n  bind: \u{7}\n", .syntax, "2:9: not YAML: control characters are not allowed"),
      (String(repeating: "[", count: 5000), .syntax, "1:"),
    ]

    @Test(arguments: mistakes)
    func mistake(content: String, kind: ConfigurationError.Kind, message: String) throws {
      try withFile(content) { path in
        let error = #expect(throws: ConfigurationError.self) { try PoolConfiguration(file: path, environment: [:]) }
        #expect(error?.kind == kind)
        #expect(error?.description.hasPrefix("\(path):\(message)") == true, "\(error?.description ?? "none")")
        #expect(error?.description.contains("\n") == false)
      }
    }

    @Test func bytesThatAreNoText() throws {
      try withFile(bytes: [0x70, 0xFF, 0xFE]) { path in
        let error = #expect(throws: ConfigurationError.self) { try PoolConfiguration(file: path, environment: [:]) }
        #expect(error?.description == "\(path): the file is not text in UTF-8")
      }
    }
  }
#endif

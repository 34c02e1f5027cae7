import PinwheelTopology

extension ValueFormat where Value == WorkerCount {
  /// `auto`, `cores`, `threads` or a number.
  static var workerCount: ValueFormat {
    let words: [(String, WorkerCount)] = [("auto", .auto), ("cores", .cores), ("threads", .threads)]
    let most = PlacementPlan.mostCounted
    return ValueFormat(
      allowed: "auto, cores, threads or a number from 1 to \(most)",
      parse: { text throws(ValueProblem) in
        var scanner = TextScanner(text)
        let word = scanner.rest()
        if let (_, value) = words.first(where: { $0.0 == word.lowercased() }) { return value }
        guard let count = decimalInteger(word) else {
          throw ValueProblem("not a worker count", suggestion: nearestWord(to: word, among: words.map(\.0)))
        }
        return .exactly(count)
      },
      check: { value throws(ValueProblem) in
        guard case .exactly(let count) = value else { return }
        if count < 1 { throw ValueProblem("too few workers") }
        if count > most { throw ValueProblem("too many workers") }
      },
      text: { $0.description })
  }
}

extension ValueFormat where Value == Binding {
  /// The words of `OMP_PROC_BIND`.
  static var binding: ValueFormat {
    oneWord("not a way to bind", synonyms: openMPSynonym)
  }

  /// What `OMP_PROC_BIND` takes besides, and what we call it (`master` is OpenMP's old word), and the words of
  /// `KMP_AFFINITY`.
  private static var openMPSynonym: [String: String] {
    [
      "master": "primary", "false": "none", "no": "none", "off": "none", "true": "close", "compact": "close",
      "scatter": "spread",
    ]
  }
}

extension ValueFormat where Value == WaitPolicy {
  /// The words of `OMP_WAIT_POLICY`.
  static var waitPolicy: ValueFormat { oneWord("not a way to wait") }
}

extension ValueFormat where Value == SharePolicy {
  /// With whom to share.
  static var share: ValueFormat {
    oneWord("not something to share", synonyms: ["on": "machine", "yes": "machine", "off": "none", "no": "none"])
  }
}

extension ValueFormat where Value == OrderInPlace {
  static var order: ValueFormat { oneWord("not an order") }
}

extension ValueFormat where Value == CPUKindChoice {
  /// What vendors call fast and frugal cores stands beside our words.
  static var kinds: ValueFormat {
    let fast = ["p", "p-cores", "pcores", "p_cores", "big", "fast", "core"].map { ($0, "performance") }
    let frugal = ["e", "e-cores", "ecores", "e_cores", "little", "small", "slow", "atom"].map { ($0, "efficiency") }
    return oneWord("not a choice of kinds", synonyms: Dictionary(uniqueKeysWithValues: fast + frugal))
  }
}

extension ValueFormat where Value == SMTChoice {
  /// What people write for "use hardware threads" and "don't" stands beside our words.
  static var smt: ValueFormat {
    oneWord("not a choice of hardware threads", synonyms: ["1": "one", "off": "one", "no": "one", "on": "all"])
  }
}

extension ValueFormat where Value == RankPolicy {
  static var ranks: ValueFormat { oneWord("not a way to treat ranks", synonyms: ["on": "auto", "none": "off"]) }
}

extension ValueFormat where Value: RawRepresentable<String> & CaseIterable & Sendable {
  /// One of the type's words. `synonyms`: what others call them.
  fileprivate static func oneWord(_ problem: String, synonyms: [String: String] = [:]) -> ValueFormat {
    let words = Value.allCases.map(\.rawValue)
    return ValueFormat(
      allowed: words.dropLast().joined(separator: ", ") + " or \(words[words.count - 1])",
      parse: { text throws(ValueProblem) in
        var scanner = TextScanner(text)
        let word = scanner.rest()
        guard let value = Value(rawValue: word.lowercased()) else {
          throw ValueProblem(
            problem, suggestion: synonyms[word.lowercased()] ?? nearestWord(to: word, among: words))
        }
        return value
      },
      check: { _ in },
      text: { $0.rawValue })
  }
}

extension ValueFormat where Value == UInt64 {
  /// A number of 64 bits, decimal or hexadecimal.
  static var seed: ValueFormat {
    ValueFormat(
      allowed: "a number from 0 to \(UInt64.max), or hexadecimal as in 0x5EED",
      parse: { text throws(ValueProblem) in
        var scanner = TextScanner(text)
        let number = scanner.rest()
        let isHexadecimal = number.lowercased().hasPrefix("0x")
        let digits = isHexadecimal ? number.dropFirst(2) : Substring(number)
        // The initialiser takes a sign, too.
        guard digits.first?.isHexDigit == true, let seed = UInt64(digits, radix: isHexadecimal ? 16 : 10) else {
          throw ValueProblem("not a number of 64 bits")
        }
        return seed
      },
      check: { _ in },
      text: { "\($0)" })
  }
}

/// The number that `text` is, with a sign or without; out of Int's range counts as the nearest Int, which no bounds
/// allow.
func decimalInteger(_ text: String) -> Int? {
  let isNegative = text.hasPrefix("-")
  let digits = isNegative ? text.dropFirst() : Substring(text)
  guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
  return Int(text) ?? (isNegative ? .min : .max)
}

extension ValueFormat where Value == SchedulingClass {
  /// A word, with a priority in parentheses for the realtime classes.
  static var schedulingClass: ValueFormat {
    let plain: [(String, SchedulingClass)] = [
      ("inherited", .inherited), ("normal", .normal), ("batch", .batch), ("idle", .idle),
    ]
    let realtime: [(String, @Sendable (Int) -> SchedulingClass)] = [
      ("fifo", { .fifo(priority: $0) }), ("round_robin", { .roundRobin(priority: $0) }),
    ]
    return ValueFormat(
      allowed: "inherited, normal, batch, idle, or fifo and round_robin with a priority as in fifo(10)",
      parse: { text throws(ValueProblem) in
        var scanner = TextScanner(text)
        let word = scanner.word().lowercased()
        if let (_, value) = plain.first(where: { $0.0 == word }), scanner.isAtEnd() { return value }
        if let (_, make) = realtime.first(where: { $0.0 == word }) {
          guard scanner.accept("(") else {
            throw ValueProblem("a priority is missing", suggestion: "\(word)(10)")
          }
          let digits = scanner.digits()
          guard scanner.accept(")"), scanner.isAtEnd(), !digits.isEmpty else { throw ValueProblem("not a priority") }
          return make(Int(digits) ?? .max)
        }
        throw ValueProblem(
          "not a scheduling class", suggestion: nearestWord(to: word, among: plain.map(\.0) + realtime.map(\.0)))
      },
      check: { value throws(ValueProblem) in
        guard let priority = value.priority, !(1...99).contains(priority) else { return }
        throw ValueProblem("priorities go from 1 to 99")
      },
      text: { $0.description })
  }
}

extension ValueFormat where Value == Int? {
  /// A nice value, or `inherited`.
  static var nice: ValueFormat {
    ValueFormat(
      allowed: "inherited, or a number from -20 to 19",
      parse: { text throws(ValueProblem) in
        var scanner = TextScanner(text)
        let word = scanner.rest()
        if word.lowercased() == "inherited" { return nil }
        guard let nice = decimalInteger(word) else {
          throw ValueProblem("not a nice value", suggestion: nearestWord(to: word, among: ["inherited"]))
        }
        return nice
      },
      check: { value throws(ValueProblem) in
        if let value, !(-20...19).contains(value) { throw ValueProblem("nice values go from -20 to 19") }
      },
      text: { $0.map { "\($0)" } ?? "inherited" })
  }
}

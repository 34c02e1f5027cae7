extension ValueFormat where Value == Duration {
  /// A time with its unit: `50us`, `1.5ms`, `2s`, `100ns`; zero needs none.
  ///
  /// - Parameter least: What a time that is not zero lasts at least.
  static func time(from least: Duration = .nanoseconds(1), upTo most: Duration) -> ValueFormat {
    let isShort = least < .milliseconds(1)
    return ValueFormat(
      allowed: isShort
        ? "a time such as 100ns, 50us, 1.5ms or 2s, up to \(timeText(most)), or 0"
        : "a time such as 50ms or 2s, from \(timeText(least)) to \(timeText(most)), or 0",
      parse: { text throws(ValueProblem) in
        var scanner = TextScanner(text)
        guard let (digits, fractionDigits) = scanner.decimal() else { throw ValueProblem("not a time") }
        let unit = scanner.rest()
        guard !unit.isEmpty else {
          if digits == 0 { return .zero }
          throw ValueProblem("a time needs a unit", suggestion: "\(text.filter { !$0.isWhitespace })us")
        }
        guard let length = timeUnits[unit.lowercased()] else {
          throw ValueProblem("not a unit of time")
        }
        // At most 10^18 times 10^18: far from the ends of Int128 and Duration.
        let (time, remainder) = (digits * length).quotientAndRemainder(dividingBy: powerOfTen(fractionDigits))
        guard remainder == 0, time % powerOfTen(9) == 0 else {
          throw ValueProblem("not a whole number of nanoseconds")
        }
        return Duration(attoseconds: time)
      },
      check: { value throws(ValueProblem) in
        if value < .zero { throw ValueProblem("a time can't be negative") }
        if value > .zero, value < least { throw ValueProblem("too short") }
        if value > most { throw ValueProblem("too long") }
      },
      text: { timeText($0) })
  }

  /// Attoseconds a unit. Both of Unicode's micro signs are in use.
  private static var timeUnits: [String: Int128] {
    let microsecond = powerOfTen(12)
    return [
      "ns": powerOfTen(9), "us": microsecond, "\u{B5}s": microsecond, "\u{3BC}s": microsecond, "ms": powerOfTen(15),
      "s": powerOfTen(18),
    ]
  }

  /// In the largest unit that leaves no fraction.
  private static func timeText(_ time: Duration) -> String {
    if time == .zero { return "0" }
    for (unit, exponent) in [("s", 18), ("ms", 15), ("us", 12)] where time.attoseconds % powerOfTen(exponent) == 0 {
      return "\(time.attoseconds / powerOfTen(exponent))\(unit)"
    }
    return "\(time.attoseconds / powerOfTen(9))ns"
  }
}

extension ValueFormat where Value == Int {
  /// A size with its unit, `8MiB`, `64KB`, or a plain number of bytes.
  static func size(from least: Int, to most: Int) -> ValueFormat {
    let bounds = "from \(sizeText(least)) to \(sizeText(most))"
    return ValueFormat(
      allowed: "a size such as 512KiB or 8MiB, or a number of bytes, \(bounds)",
      parse: { text throws(ValueProblem) in
        var scanner = TextScanner(text)
        guard let (digits, fractionDigits) = scanner.decimal() else { throw ValueProblem("not a size") }
        let unit = scanner.rest()
        guard let bytes = unit.isEmpty ? 1 : sizeUnits[unit.lowercased()] else {
          throw ValueProblem("not a unit of size", suggestion: binaryUnit[unit.lowercased()])
        }
        let (size, remainder) = (digits * bytes).quotientAndRemainder(dividingBy: powerOfTen(fractionDigits))
        guard remainder == 0 else { throw ValueProblem("not a whole number of bytes") }
        return Int(clamping: size)
      },
      check: { value throws(ValueProblem) in
        if value < least { throw ValueProblem("too small") }
        if value > most { throw ValueProblem("too large") }
      },
      text: { sizeText($0) })
  }

  /// Bytes a unit.
  private static var sizeUnits: [String: Int128] {
    ["b": 1, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "kb": 1_000, "mb": 1_000_000, "gb": 1_000_000_000]
  }

  /// Letters that mean 1000 to some and 1024 to others: the likelier for a stack.
  private static var binaryUnit: [String: String] {
    ["k": "KiB", "m": "MiB", "g": "GiB"]
  }

  /// In the largest binary unit that leaves no fraction.
  private static func sizeText(_ bytes: Int) -> String {
    for (unit, shift) in [("GiB", 30), ("MiB", 20), ("KiB", 10)] where bytes != 0 && bytes % (1 << shift) == 0 {
      return "\(bytes >> shift)\(unit)"
    }
    return "\(bytes)"
  }
}

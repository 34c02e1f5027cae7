internal import Foundation

/// Numbers as people read them in a report: three significant digits and a unit.
public enum QuantityText {
  /// A time given in seconds: `3.42 ns`, `120 us`, `1.50 s`.
  public static func time(_ seconds: Double) -> String {
    for (limit, factor, unit) in [(1e-6, 1e9, "ns"), (1e-3, 1e6, "us"), (1, 1e3, "ms")] where seconds < limit {
      return "\(threeDigits(seconds * factor)) \(unit)"
    }
    return "\(threeDigits(seconds)) s"
  }

  /// A ratio: `1.23x`.
  public static func ratio(_ value: Double) -> String { "\(threeDigits(value))x" }

  /// A share: `12%` for 0.12.
  public static func percent(_ share: Double) -> String { String(format: "%.0f%%", share * 100) }

  /// A whole number with spaces between groups of three digits.
  public static func count(_ value: Int) -> String {
    var digits = String(value.magnitude)
    var groups: [Substring] = []
    while digits.count > 3 {
      groups.insert(digits.suffix(3), at: 0)
      digits = String(digits.dropLast(3))
    }
    groups.insert(digits[...], at: 0)
    return (value < 0 ? "-" : "") + groups.joined(separator: " ")
  }

  private static func threeDigits(_ value: Double) -> String {
    let decimals = value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2
    return String(format: "%.\(decimals)f", value)
  }
}

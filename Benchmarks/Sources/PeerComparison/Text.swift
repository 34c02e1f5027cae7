internal import Foundation
internal import PinwheelWorkloads

/// Quantities as people read them.
package enum Text {
  package static func workers(_ count: Int) -> String { count == 1 ? "1 worker" : "\(count) workers" }

  /// Three significant digits.
  package static func number(_ value: Double) -> String {
    let decimals = abs(value) >= 99.95 ? 0 : abs(value) >= 9.995 ? 1 : abs(value) >= 0.9995 ? 2 : 3
    return String(format: "%.\(decimals)f", value)
  }

  package static func time(_ seconds: Double) -> String { QuantityText.time(seconds) }
  package static func count(_ value: Int) -> String { QuantityText.count(value) }
  package static func percent(_ share: Double) -> String {
    share < 0.1 ? String(format: "%.2f%%", share * 100) : QuantityText.percent(share)
  }

  /// `1.46x`.
  package static func ratio(_ value: Double) -> String { number(value) + "x" }
}

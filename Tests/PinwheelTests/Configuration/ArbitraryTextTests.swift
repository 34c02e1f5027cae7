import Pinwheel
import Testing

/// Settings come from outside: whatever they say, reading them ends with values or an error, never in a trap, and what
/// was read passes its own checks and reads back as the same.
struct ArbitraryTextTests {
  /// xorshift64: repeatable, so that a failure can be looked at.
  private struct Generator: RandomNumberGenerator {
    var state: UInt64 = 0x5EED

    mutating func next() -> UInt64 {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return state
    }
  }

  @Test(
    .timeLimit(.minutes(1)),
    arguments: [
      ("PLACES", ["{", "}", "{0", ":", ",", "!", "-", "0", "1", "2", "4", "65535", "65536", "cores", "(", ")", " "]),
      ("SPIN", ["0", "1", "9", "99999999999", ".", "0.5", "-", " ", "ns", "u", "\u{B5}", "m", "s", "ms"]),
      ("STACK", ["0", "1", "6", "65536", "99999999999", ".", "-", " ", "K", "M", "G", "i", "B", "MiB"]),
      ("SEED", ["0", "x", "0x", "f", "9", "-", "18446744073709551615", " "]),
      ("WORKERS", ["0", "1", "4096", "-", "auto", "cores", " ", "9223372036854775807"]),
    ])
  func endsWithValuesOrAnError(setting: String, pieces: [String]) {
    var generator = Generator()
    var read = 0
    for _ in 0..<3000 {
      let count = Int.random(in: 1...10, using: &generator)
      let text = (0..<count).map { _ in pieces.randomElement(using: &generator) ?? "" }.joined()
      let variables = ["PINWHEEL_" + setting: text]
      guard let configuration = try? PoolConfiguration(environment: variables),
        let value = configuration.settings.first(where: { $0.name == setting.lowercased() })?.value
      else { continue }
      read += 1
      let again = try? PoolConfiguration(environment: ["PINWHEEL_" + setting: value])
      #expect(again?.settings.map(\.value) == configuration.settings.map(\.value), "\(text) reads as \(value)")
    }
    // Else the pieces are no good.
    #expect(read > 10)
  }
}

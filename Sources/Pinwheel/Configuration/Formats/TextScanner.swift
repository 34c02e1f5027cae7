/// Walks over a short text byte by byte, skipping blanks. Shared by all formats.
struct TextScanner {
  private let bytes: [UInt8]
  private(set) var position = 0

  init(_ text: String) {
    bytes = Array(text.utf8)
  }

  /// The byte after any blanks, or nil at the end.
  mutating func peek() -> UInt8? {
    while position < bytes.count, Self.isBlank(bytes[position]) { position += 1 }
    return position < bytes.count ? bytes[position] : nil
  }

  /// Whether only blanks are left.
  mutating func isAtEnd() -> Bool { peek() == nil }

  /// Passes over `character` if it comes next.
  mutating func accept(_ character: Unicode.Scalar) -> Bool {
    guard peek() == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  /// The digits that come next, as many as there are without a blank between them.
  mutating func digits() -> String {
    _ = peek()
    let start = position
    while position < bytes.count, Self.isDigit(bytes[position]) { position += 1 }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  /// The letters and underscores that come next.
  mutating func word() -> String {
    _ = peek()
    let start = position
    while position < bytes.count, Self.isWordByte(bytes[position]) { position += 1 }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  /// All that is left, without the blanks around it.
  mutating func rest() -> String {
    _ = peek()
    var end = bytes.count
    while end > position, Self.isBlank(bytes[end - 1]) { end -= 1 }
    defer { position = bytes.count }
    return String(decoding: bytes[position..<end], as: UTF8.self)
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
  private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
  private static func isWordByte(_ byte: UInt8) -> Bool {
    // Bytes of non-ASCII letters count, so that a typo is shown whole.
    let lower = byte | 0x20
    return (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(lower) || byte == UInt8(ascii: "_") || byte >= 0x80
  }
}

extension TextScanner {
  /// A number with an optional fraction, `1.5`, as 15 and 1; nil unless it begins with a digit, and for a fraction of so
  /// many digits that there are more than 18. A number that is larger than that counts as 10^18, which no bounds allow.
  mutating func decimal() -> (digits: Int128, fractionDigits: Int)? {
    let whole = digits()
    var fraction = ""
    guard !whole.isEmpty else { return nil }
    if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
      position += 1
      fraction = position < bytes.count && Self.isDigit(bytes[position]) ? digits() : ""
      guard !fraction.isEmpty else { return nil }
    }
    let significant = whole.drop { $0 == "0" }
    if significant.utf8.count > 18 { return (powerOfTen(18), 0) }
    guard significant.utf8.count + fraction.utf8.count <= 18, let number = Int128("0" + significant + fraction) else {
      return nil
    }
    return (number, fraction.utf8.count)
  }
}

/// Ten to the power of a small count.
func powerOfTen(_ exponent: Int) -> Int128 {
  (0..<exponent).reduce(1) { power, _ in power * 10 }
}

/// A small generator with a seed, so that a program can be made again (Steele, Lea and Flood: SplitMix, 2014).
struct Random: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    return mix(state)
  }

  mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &self) }
  mutating func among(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }
  mutating func percent(_ chance: Int) -> Bool { below(100) < chance }
  mutating func pick<T>(_ choices: [T]) -> T { choices[below(choices.count)] }
}

/// A number that looks like no other: what jobs return.
func mix(_ word: UInt64) -> UInt64 {
  var z = word
  z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
  z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
  return z ^ (z >> 31)
}

/// A function x -> scale * x + offset. Composing such functions is associative and not commutative: whoever combines in
/// the wrong order, or one twice, gets another function.
struct Affine: Sendable {
  var scale: UInt64
  var offset: UInt64

  static let identity = Affine(scale: 1, offset: 0)

  init(scale: UInt64, offset: UInt64) {
    self.scale = scale
    self.offset = offset
  }

  init(_ value: UInt64) { self.init(scale: value | 1, offset: value) }

  static func combine(_ first: Affine, _ second: Affine) -> Affine {
    Affine(scale: first.scale &* second.scale, offset: second.scale &* first.offset &+ second.offset)
  }

  var value: UInt64 { mix(scale) ^ offset }

  /// All values, in order.
  static func fold(_ values: some Sequence<UInt64>) -> UInt64 {
    values.reduce(identity) { combine($0, Affine($1)) }.value
  }
}

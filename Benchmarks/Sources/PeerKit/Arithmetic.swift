public import CBenchmarkSystem

/// What all peers compute alike, whatever their language: see "The protocol" in the README beside the package.
public enum Arithmetic {
  /// The finaliser of SplitMix64 (Steele, Lea and Flood, 2014).
  @inlinable @inline(__always)
  public static func mix(_ value: UInt64) -> UInt64 {
    var x = value
    x ^= x >> 30
    x &*= 0xbf58_476d_1ce4_e5b9
    x ^= x >> 27
    x &*= 0x94d0_49bb_1331_11eb
    return x ^ (x >> 31)
  }

  /// SplitMix64's increment: the odd number next to 2^64 over the golden ratio.
  @inlinable static var golden: UInt64 { 0x9e37_79b9_7f4a_7c15 }

  /// The `index`-th pseudo-random number.
  @inlinable @inline(__always)
  public static func random(_ index: UInt64) -> UInt64 { mix(index &* golden &+ 1) }

  /// The same, where a sum of them is what is measured: one at a time. Compilers differ in whether they compute several
  /// at once, and on vectors without 64-bit products that takes twice as long: it would be them that are compared.
  @inlinable @inline(__always)
  public static func singleRandom(_ index: UInt64) -> UInt64 { bench_opaque(random(index)) }

  /// So many dependent rounds of a linear congruential generator (Knuth's MMIX constants): work that takes a time
  /// proportional to `rounds` and touches no memory. Optimisers would join several rounds into one multiplication, each
  /// language's another number; nothing may look through a round.
  @inlinable @inline(__always)
  public static func work(_ start: UInt64, rounds: Int) -> UInt64 {
    var x = start
    var left = rounds
    while left > 0 {
      x = bench_opaque(x &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407)
      left &-= 1
    }
    return bench_opaque(x)
  }
}

// The numbers that all peers agree on, whatever their language. Unsigned arithmetic wraps.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace peers {

/// The compiler must have this value in a register here, and knows nothing about it afterwards. No instruction.
inline void keep(uint64_t& value) { asm volatile("" : "+r"(value)); }

constexpr uint64_t golden = 0x9e3779b97f4a7c15;

/// The finaliser of splitmix64 (Steele, Lea, Flood 2014).
inline uint64_t mix(uint64_t x) {
  x ^= x >> 30;
  x *= 0xbf58476d1ce4e5b9;
  x ^= x >> 27;
  x *= 0x94d049bb133111eb;
  return x ^ x >> 31;
}

inline uint64_t rnd(uint64_t i) { return mix(i * golden + 1); }

/// The same, one at a time: several at once, as some compilers would have it, take twice as long on vectors without
/// 64-bit products.
inline uint64_t singleRnd(uint64_t i) {
  uint64_t value = rnd(i);
  keep(value);
  return value;
}

/// So many rounds of a chain of multiplications. `keep` stands in each round: else some compilers would join several
/// rounds into one multiplication, and others not.
inline uint64_t work(uint64_t x, uint64_t rounds) {
  for (uint64_t round = 0; round < rounds; round++) {
    x = x * 6364136223846793005 + 1442695040888963407;
    keep(x);
  }
  keep(x);
  return x;
}

/// Rounds of one iteration of a loop whose work has a heavy tail (Pareto's, of shape 1), cut at 4096 times the least.
inline uint64_t tailedRounds(uint64_t i, uint64_t least) {
  constexpr uint64_t scale = 1 << 20;
  return std::min(least * (scale / (1 + (rnd(i) & (scale - 1)))), least * 4096);
}

// MARK: Matrices of small whole numbers, so that every sum is exact

inline double leftFactor(size_t i, size_t j) { return double((i * 3 + j * 5) % 7) - 3; }
inline double rightFactor(size_t i, size_t j) { return double((i * 5 + j * 3) % 5) - 2; }
inline uint64_t weighed(double element, size_t i, size_t j) {
  return uint64_t(int64_t(element)) * uint64_t((i * 31 + j) % 64);
}

}  // namespace peers

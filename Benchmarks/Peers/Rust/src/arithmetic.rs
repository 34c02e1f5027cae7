//! The numbers that all peers agree on, whatever their language.

use std::arch::asm;

/// The compiler must have this value in a register here, and knows nothing about it afterwards. No instruction.
#[inline(always)]
pub fn keep(mut value: u64) -> u64 {
    // SAFETY: the template holds a comment alone.
    unsafe { asm!("/* {0} */", inout(reg) value, options(nomem, nostack, preserves_flags)) };
    value
}

pub const GOLDEN: u64 = 0x9e3779b97f4a7c15;

/// The finaliser of splitmix64 (Steele, Lea, Flood 2014).
#[inline]
pub fn mix(mut x: u64) -> u64 {
    x ^= x >> 30;
    x = x.wrapping_mul(0xbf58476d1ce4e5b9);
    x ^= x >> 27;
    x = x.wrapping_mul(0x94d049bb133111eb);
    x ^ x >> 31
}

#[inline]
pub fn rnd(i: u64) -> u64 {
    mix(i.wrapping_mul(GOLDEN).wrapping_add(1))
}

/// The same, one at a time: several at once, as some compilers would have it, take twice as long on vectors without
/// 64-bit products.
#[inline]
pub fn single_rnd(i: u64) -> u64 {
    keep(rnd(i))
}

/// So many rounds of a chain of multiplications. `keep` stands in each round: else some compilers would join several
/// rounds into one multiplication, and others not.
#[inline]
pub fn work(mut x: u64, rounds: u64) -> u64 {
    for _ in 0..rounds {
        x = keep(x.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407));
    }
    keep(x)
}

/// Rounds of one iteration of a loop whose work has a heavy tail (Pareto's, of shape 1), cut at 4096 times the least.
#[inline]
pub fn tailed_rounds(i: u64, least: u64) -> u64 {
    const SCALE: u64 = 1 << 20;
    (least * (SCALE / (1 + (rnd(i) & (SCALE - 1))))).min(least * 4096)
}

// Matrices of small whole numbers, so that every sum is exact.

pub fn left_factor(i: usize, j: usize) -> f64 {
    ((i * 3 + j * 5) % 7) as f64 - 3.0
}
pub fn right_factor(i: usize, j: usize) -> f64 {
    ((i * 5 + j * 3) % 5) as f64 - 2.0
}
pub fn weighed(element: f64, i: usize, j: usize) -> u64 {
    (element as i64 as u64).wrapping_mul(((i * 31 + j) % 64) as u64)
}

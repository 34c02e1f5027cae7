//! Binomial trees (Olivier et al. 2006), whose shapes are known only when they have been walked.

use crate::arithmetic::{mix, GOLDEN};

pub trait SearchTree: Copy + Send + Sync {
    fn root(seed: u64) -> Self;
    fn has_children(&self) -> bool;
    fn child(&self, index: u64) -> Self;
}

#[link(name = "nettle")]
extern "C" {
    /// Adds a block of 64 bytes to a digest.
    fn nettle_sha1_compress(state: *mut u32, data: *const u8);
}

/// The published trees: CSources/CTreeHash/tree.h has the same in C.
#[derive(Clone, Copy)]
pub struct PublishedTree([u32; 5]);

/// The digest of a block's first `count` bytes, fewer than 32, with zeros behind them.
#[inline]
fn digest(block: &mut [u8; 64], count: usize) -> PublishedTree {
    block[count] = 0x80;
    block[63] = 8 * count as u8;
    let mut words = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0];
    // SAFETY: five words and 64 bytes, as nettle/sha1.h has them.
    unsafe { nettle_sha1_compress(words.as_mut_ptr(), block.as_ptr()) };
    PublishedTree(words)
}

impl SearchTree for PublishedTree {
    fn root(seed: u64) -> Self {
        let mut block = [0; 64];
        block[16..20].copy_from_slice(&(seed as u32).to_be_bytes());
        digest(&mut block, 20)
    }
    /// With a probability of 0.124875.
    #[inline]
    fn has_children(&self) -> bool {
        self.0[4] & 0x7fffffff < 268167021
    }
    #[inline]
    fn child(&self, index: u64) -> Self {
        let mut block = [0; 64];
        for (i, word) in self.0.iter().enumerate() {
            block[4 * i..4 * i + 4].copy_from_slice(&word.to_be_bytes());
        }
        block[20..24].copy_from_slice(&(index as u32).to_be_bytes());
        digest(&mut block, 24)
    }
}

/// The same with a hash of a few instructions.
#[derive(Clone, Copy)]
pub struct FineTree(u64);

impl SearchTree for FineTree {
    fn root(seed: u64) -> Self {
        FineTree(mix(seed))
    }
    /// Of 2^53 a little less than an eighth, so that the tree ends.
    #[inline]
    fn has_children(&self) -> bool {
        mix(self.0) >> 11 < 1124742188654592
    }
    #[inline]
    fn child(&self, index: u64) -> Self {
        FineTree(mix(self.0.wrapping_add((index + 1).wrapping_mul(GOLDEN))))
    }
}

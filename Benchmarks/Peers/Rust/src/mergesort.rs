//! Merge sort: both halves in parallel, and a merge that is itself divided.

use crate::arithmetic::rnd;
use crate::forkjoin::Fork;
use crate::measure::{timed, Answer, Request};

const SERIAL_SORT: usize = 1024;
const SERIAL_MERGE: usize = 4096;

/// Selects rather than branches: nobody can predict which slice is next.
fn merge_serially(a: &[u64], b: &[u64], out: &mut [u64]) {
    assert_eq!(a.len() + b.len(), out.len());
    let (mut i, mut j) = (0, 0);
    while i < a.len() && j < b.len() {
        // SAFETY: both indices are below their lengths, and i + j is below their sum, the length of `out`.
        unsafe {
            let (left, right) = (*a.get_unchecked(i), *b.get_unchecked(j));
            let from_right = right < left;
            *out.get_unchecked_mut(i + j) = if from_right { right } else { left };
            i += !from_right as usize;
            j += from_right as usize;
        }
    }
    out[i + j..a.len() + j].copy_from_slice(&a[i..]);
    out[a.len() + j..].copy_from_slice(&b[j..]);
}

/// Sorts a short slice by insertion in runs of 16, and by merging those to and fro. The same in all languages, whose
/// libraries sort at very different speeds. Leaves the result in `keys` or, with `across`, in `other`.
#[inline(never)]
fn sort_serially(keys: &mut [u64], other: &mut [u64], across: bool) {
    const RUN: usize = 16;
    for run in keys.chunks_mut(RUN) {
        for i in 1..run.len() {
            let (key, mut hole) = (run[i], i);
            while hole > 0 && key < run[hole - 1] {
                run[hole] = run[hole - 1];
                hole -= 1;
            }
            run[hole] = key;
        }
    }
    let (mut from, mut to, mut is_across) = (keys, other, false);
    let mut length = RUN;
    while length < from.len() {
        for (from, to) in from.chunks(2 * length).zip(to.chunks_mut(2 * length)) {
            let (a, b) = from.split_at(length.min(from.len()));
            merge_serially(a, b, to);
        }
        std::mem::swap(&mut from, &mut to);
        is_across = !is_across;
        length *= 2;
    }
    if is_across != across {
        to.copy_from_slice(from);
    }
}

/// Merges two sorted slices to `out`: the longer one is cut in its middle, the other where that element belongs.
#[inline(never)]
fn merge<R: Fork>(a: &[u64], b: &[u64], out: &mut [u64]) {
    if R::SERIAL || out.len() < SERIAL_MERGE {
        return merge_serially(a, b, out);
    }
    let (a, b) = if a.len() < b.len() { (b, a) } else { (a, b) };
    let a_cut = a.len() / 2;
    let b_cut = b.partition_point(|&key| key < a[a_cut]);
    let (a_low, a_high) = a.split_at(a_cut);
    let (b_low, b_high) = b.split_at(b_cut);
    let (low, high) = out.split_at_mut(a_cut + b_cut);
    R::join(|| merge::<R>(a_low, b_low, low), || merge::<R>(a_high, b_high, high));
}

/// Sorts `keys`, which end up there or, with `across`, in `other`.
#[inline(never)]
fn merge_sort<R: Fork>(keys: &mut [u64], other: &mut [u64], across: bool) {
    if keys.len() < SERIAL_SORT {
        return sort_serially(keys, other, across);
    }
    let middle = keys.len() / 2;
    {
        let (keys_low, keys_high) = keys.split_at_mut(middle);
        let (other_low, other_high) = other.split_at_mut(middle);
        R::join(|| merge_sort::<R>(keys_low, other_low, !across), || merge_sort::<R>(keys_high, other_high, !across));
    }
    let (from, to) = if across { (keys, other) } else { (other, keys) };
    merge::<R>(&from[..middle], &from[middle..], to);
}

pub fn merge_sort_family<R: Fork>(request: Request) -> Answer {
    let mut keys: Vec<u64> = (0..request.size).map(rnd).collect();
    let mut other = vec![1; keys.len()]; // not 0: those pages would first be touched in the timed part
    let mut answer = timed(|| {
        R::root(|| merge_sort::<R>(&mut keys, &mut other, false));
        0
    });
    answer.result = keys.iter().zip(1..).fold(0u64, |sum, (key, place)| sum.wrapping_add(key.wrapping_mul(place)));
    answer
}

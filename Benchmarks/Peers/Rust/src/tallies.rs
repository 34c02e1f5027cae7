//! Who ran what in a loop's regions.

use crate::arithmetic::keep;
use std::cell::{Cell, UnsafeCell};
use std::sync::atomic::{AtomicU16, Ordering};

/// Numbers threads in the order in which they first ask, from 1.
pub fn thread_number() -> u16 {
    static LAST: AtomicU16 = AtomicU16::new(0);
    thread_local!(static NUMBER: Cell<u16> = const { Cell::new(0) });
    NUMBER.with(|number| {
        if number.get() == 0 {
            number.set(LAST.fetch_add(1, Ordering::Relaxed) + 1);
        }
        number.get()
    })
}

#[repr(align(128))]
struct Tally(UnsafeCell<Noted>);

struct Noted {
    count: u64,
    /// With a margin on both sides, so that no two iterations share a line.
    threads: Vec<u16>,
}

const MARGIN: usize = 128 / std::mem::size_of::<u16>();

/// A counter for each iteration of a region, on lines of its own; and which thread ran it in each region. The notes are
/// read when all regions are over, so that the check does not move lines between the workers.
pub struct Tallies(Vec<Tally>);

// SAFETY: an iteration is run by one thread at a time, and the next region begins when the last has ended.
unsafe impl Sync for Tallies {}

impl Tallies {
    pub fn new(iterations: usize, regions: u64) -> Tallies {
        let noted = || Noted { count: 0, threads: vec![1; regions as usize + 2 * MARGIN] };
        Tallies((0..iterations).map(|_| Tally(UnsafeCell::new(noted()))).collect())
    }
    pub fn count(&self, iteration: usize) {
        // SAFETY: see above.
        let noted = unsafe { &mut *self.0[iteration].0.get() };
        noted.count = keep(noted.count + 1); // so that no compiler adds up several regions
    }
    pub fn count_in(&self, iteration: usize, region: u64) {
        self.count(iteration);
        // SAFETY: see above.
        let noted = unsafe { &mut *self.0[iteration].0.get() };
        noted.threads[region as usize + MARGIN] = thread_number();
    }
    pub fn sum(&mut self) -> u64 {
        self.0.iter_mut().map(|tally| tally.0.get_mut().count).sum()
    }
    /// Regions whose iterations were all run by different threads.
    pub fn shared(&mut self, regions: u64) -> u64 {
        let all: Vec<&[u16]> = self.0.iter_mut().map(|tally| &tally.0.get_mut().threads[MARGIN..]).collect();
        let shared = |region: &u64| {
            let mut threads: Vec<u16> = all.iter().map(|threads| threads[*region as usize]).collect();
            threads.sort_unstable();
            threads.windows(2).all(|pair| pair[0] != pair[1])
        };
        (0..regions).filter(shared).count() as u64
    }
}

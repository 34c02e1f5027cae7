//! Clocks, what a run is asked, and what it answers.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

/// What the command line says: written once, before anything is measured.
pub static WORKERS: AtomicUsize = AtomicUsize::new(0);
pub static PIN: AtomicBool = AtomicBool::new(false);

/// Slots in all.
pub fn workers() -> usize {
    WORKERS.load(Ordering::Relaxed)
}

#[derive(Clone, Copy)]
pub struct Request {
    pub size: u64,
    pub repeats: u64,
}

#[derive(Default)]
pub struct Answer {
    pub nanoseconds: u64,
    pub result: u64,
    pub cpu: u64,
    /// " KEY=VALUE" each.
    pub keys: String,
}

fn read_clock(clock: libc::clockid_t) -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the call fills in a timespec of ours.
    unsafe { libc::clock_gettime(clock, &mut time) };
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}
pub fn now() -> u64 {
    read_clock(libc::CLOCK_MONOTONIC)
}
pub fn process_time() -> u64 {
    read_clock(libc::CLOCK_PROCESS_CPUTIME_ID)
}

pub fn nap(nanoseconds: u64) {
    std::thread::sleep(Duration::from_nanos(nanoseconds));
}

fn median(values: &[u64]) -> u64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied().unwrap_or(0)
}

/// Times `body`, which returns the result.
pub fn timed(body: impl FnOnce() -> u64) -> Answer {
    let (cpu, begin) = (process_time(), now());
    let result = body();
    let nanoseconds = now() - begin;
    Answer { nanoseconds, result, cpu: process_time() - cpu, keys: String::new() }
}

/// Many short parts, timed one by one. The CPU time is that of all that lies between the first and the last, since what
/// a pool burns while it is left alone is part of its price (and since asking for it costs as much as a short part).
pub struct Laps {
    cpu: u64,
    laps: Vec<u64>,
}

impl Laps {
    pub fn new(expected: u64) -> Laps {
        Laps { cpu: process_time(), laps: Vec::with_capacity(expected as usize) }
    }
    pub fn time(&mut self, body: impl FnOnce()) {
        let begin = now();
        body();
        self.laps.push(now() - begin);
    }
    pub fn add(&mut self, nanoseconds: u64) {
        self.laps.push(nanoseconds);
    }
    pub fn append(&mut self, mut others: Laps) {
        self.laps.append(&mut others.laps);
    }
    pub fn middle(&self) -> u64 {
        median(&self.laps)
    }
    pub fn keys(&self) -> String {
        format!(" median={}", self.middle())
    }
    pub fn answer(&self, result: u64) -> Answer {
        Answer { nanoseconds: self.laps.iter().sum(), result, cpu: process_time() - self.cpu, keys: self.keys() }
    }
}

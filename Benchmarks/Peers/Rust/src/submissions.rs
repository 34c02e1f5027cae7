//! Jobs that threads from outside hand in.

use crate::loops::CROWD;
use crate::measure::{nap, now, timed, Answer, Laps, Request};
use crate::tallies::thread_number;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Barrier;

#[repr(align(128))]
struct Count(AtomicU64);

/// Counts jobs, each thread on lines of its own. Threads whose numbers fall together still count right.
struct JobCount([Count; 128]);

impl JobCount {
    /// For jobs that may outlive whoever hands them in; there is one a run.
    fn new() -> &'static JobCount {
        #[allow(clippy::declare_interior_mutable_const)]
        const NONE: Count = Count(AtomicU64::new(0));
        Box::leak(Box::new(JobCount([NONE; 128])))
    }
    fn add(&self) {
        self.0[thread_number() as usize % self.0.len()].0.fetch_add(1, Ordering::Relaxed);
    }
    /// Looks from time to time, rather than all the time: the CPU is for the workers.
    fn await_sum(&self, expected: u64) -> u64 {
        loop {
            let sum = self.0.iter().map(|count| count.0.load(Ordering::Relaxed)).sum();
            if sum >= expected {
                return sum;
            }
            nap(20_000);
        }
    }
}

fn submit(jobs: u64, count: &'static JobCount) {
    for _ in 0..jobs {
        rayon::spawn(move || count.add());
    }
}

pub fn submit_family(request: Request) -> Answer {
    let count = JobCount::new();
    timed(|| {
        submit(request.size, count);
        count.await_sum(request.size)
    })
}

pub fn submit_by_eight_family(request: Request) -> Answer {
    let (count, gate) = (JobCount::new(), Barrier::new(CROWD + 1));
    std::thread::scope(|threads| {
        for producer in 0..CROWD as u64 {
            let share = request.size / CROWD as u64 + u64::from(producer < request.size % CROWD as u64);
            let gate = &gate;
            threads.spawn(move || {
                gate.wait(); // all stand ready
                gate.wait();
                submit(share, count);
            });
        }
        gate.wait();
        timed(|| {
            gate.wait();
            count.await_sum(request.size)
        })
    })
}

/// One job at a time, waited for: from outside, a scope is handed to the pool as a job.
pub fn latency_family(request: Request) -> Answer {
    let mut laps = Laps::new(request.size);
    for _ in 0..request.size {
        laps.time(|| rayon::scope(|_| ()));
    }
    laps.answer(request.size)
}

/// How long it takes until a job begins in a pool that has been quiet.
pub fn wake_family(request: Request) -> Answer {
    let mut laps = Laps::new(request.size);
    for _ in 0..request.size {
        nap(20_000_000);
        let submitted = now();
        let begun = rayon::scope(|_| now());
        laps.add(begun - submitted);
    }
    laps.answer(request.size)
}

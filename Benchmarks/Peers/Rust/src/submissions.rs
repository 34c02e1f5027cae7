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

/// In batches: one job that hands in the others, from where that costs least.
pub fn submit_batch_family(request: Request) -> Answer {
    const BATCH: usize = 1000;
    let count = JobCount::new();
    timed(|| {
        for done in (0..request.size).step_by(BATCH) {
            let jobs = (request.size - done).min(BATCH as u64);
            rayon::spawn(move || submit(jobs, count));
        }
        count.await_sum(request.size)
    })
}

/// What one of the crowd's producers hands in of so many jobs.
fn share_of(jobs: u64, producer: u64) -> u64 {
    jobs / CROWD as u64 + u64::from(producer < jobs % CROWD as u64)
}

pub fn submit_by_eight_family(request: Request) -> Answer {
    let (count, gate) = (JobCount::new(), Barrier::new(CROWD + 1));
    std::thread::scope(|threads| {
        for producer in 0..CROWD as u64 {
            let (share, gate) = (share_of(request.size, producer), &gate);
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

/// One job at a time, waited for: from outside, a scope is handed to the pool as a job. Returns how many have run.
fn submit_and_wait(laps: &mut Laps, jobs: u64) -> u64 {
    let mut ran = 0;
    for _ in 0..jobs {
        laps.time(|| rayon::scope(|_| ran += 1));
    }
    ran
}

pub fn latency_family(request: Request) -> Answer {
    let mut laps = Laps::new(request.size);
    let ran = submit_and_wait(&mut laps, request.size);
    laps.answer(ran)
}

/// The same by eight threads at a time.
pub fn latency_of_eight_family(request: Request) -> Answer {
    let gate = Barrier::new(CROWD + 1);
    std::thread::scope(|threads| {
        let crowd: Vec<_> = (0..CROWD as u64)
            .map(|producer| {
                let (share, gate) = (share_of(request.size, producer), &gate);
                threads.spawn(move || {
                    let mut laps = Laps::new(share);
                    gate.wait(); // all stand ready
                    gate.wait();
                    let ran = submit_and_wait(&mut laps, share);
                    (laps, ran)
                })
            })
            .collect();
        gate.wait();
        let mut all = Laps::new(request.size);
        let mut answer = timed(|| {
            gate.wait();
            let ends = crowd.into_iter().map(|thread| thread.join().expect("a producer ends"));
            ends.map(|(laps, ran)| {
                all.append(laps);
                ran
            })
            .sum()
        });
        answer.keys = all.keys();
        answer
    })
}

/// How long it takes until a job begins in a pool that has been quiet.
pub fn wake_family(request: Request) -> Answer {
    let (mut laps, mut ran) = (Laps::new(request.size), 0);
    for _ in 0..request.size {
        nap(20_000_000);
        let submitted = now();
        let begun = rayon::scope(|_| {
            ran += 1;
            now()
        });
        laps.add(begun - submitted);
    }
    laps.answer(ran)
}

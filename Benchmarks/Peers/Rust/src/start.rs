//! What it takes to make a pool.

use crate::cpus;
use crate::measure::{Answer, Laps, Request};
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::sync::mpsc;

/// Stack of each worker: deep trees need deep stacks.
pub const WORKER_STACK: usize = 64 << 20;

/// A pool's settings: the same for all pools.
pub fn builder(workers: usize) -> ThreadPoolBuilder {
    ThreadPoolBuilder::new().num_threads(workers).stack_size(WORKER_STACK).start_handler(cpus::bind)
}

/// SIZE workers, REPEATS times, until each of them has run something; the time is that of one making. The first is not
/// counted: it loads what stays loaded.
pub fn start_family(request: Request) -> Answer {
    let times = if request.repeats > 0 { request.repeats } else { 10 };
    let workers = request.size as usize;
    let (exit, exits) = mpsc::channel();
    let begin = || -> ThreadPool {
        let exit = exit.clone();
        let pool = builder(workers).exit_handler(move |_| exit.send(()).expect("the family waits"));
        let pool = pool.build().expect("threads can be had");
        pool.broadcast(|_| ());
        pool
    };
    let end = |pool: ThreadPool| {
        drop(pool);
        assert_eq!(exits.iter().take(workers).count(), workers);
    };
    end(begin());
    let mut laps = Laps::new(times);
    for _ in 0..times {
        let mut pool = None;
        laps.time(|| pool = Some(begin()));
        pool.map(end);
    }
    let answer = laps.answer(request.size);
    Answer { nanoseconds: laps.middle(), ..answer }
}

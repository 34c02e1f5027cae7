//! The loop families.

use crate::arithmetic::{keep, rnd, single_rnd, tailed_rounds, work};
use crate::forkjoin::{Rayon, Serial};
use crate::measure::{nap, now, timed, workers, Answer, Laps, Request};
use crate::tallies::Tallies;
use rayon::prelude::*;
use std::sync::Barrier;

/// How many threads from outside make a crowd.
pub const CROWD: usize = 8;

pub trait Loops {
    /// Calls `body` where the runtime's loops belong.
    fn inside<T: Send>(body: impl FnOnce() -> T + Send) -> T;
    /// One iteration a worker.
    fn static_region(body: impl Fn(usize) + Sync);
    /// Iterations handed out one at a time.
    fn dynamic_loop(n: usize, body: impl Fn(usize) + Sync + Send);
    /// `body` for each element: the loop that its users would write without a word about schedules.
    fn for_each(elements: &mut [u64], body: impl Fn(&mut u64) + Sync + Send);
    /// The sum of `map` over 0..n, wrapping, in the same way.
    fn sum(n: u64, map: impl Fn(u64) -> u64 + Sync + Send) -> u64;
    /// `body(row, to)` for each row of `to`.
    fn rows(to: &mut [u64], body: impl Fn(usize, &mut [u64]) + Sync);
}

impl Loops for Serial {
    fn inside<T: Send>(body: impl FnOnce() -> T + Send) -> T {
        body()
    }
    #[inline]
    fn static_region(body: impl Fn(usize) + Sync) {
        (0..workers()).for_each(body);
    }
    #[inline]
    fn dynamic_loop(n: usize, body: impl Fn(usize) + Sync + Send) {
        (0..n).for_each(body);
    }
    #[inline]
    fn for_each(elements: &mut [u64], body: impl Fn(&mut u64) + Sync + Send) {
        elements.iter_mut().for_each(body);
    }
    #[inline]
    fn sum(n: u64, map: impl Fn(u64) -> u64 + Sync + Send) -> u64 {
        (0..n).map(map).fold(0, u64::wrapping_add)
    }
    fn rows(to: &mut [u64], body: impl Fn(usize, &mut [u64]) + Sync) {
        to.chunks_exact_mut(SIDE).enumerate().for_each(|(row, to)| body(row, to));
    }
}

impl Loops for Rayon {
    fn inside<T: Send>(body: impl FnOnce() -> T + Send) -> T {
        rayon::scope(|_| body())
    }
    /// Its loops are always divided as they go; a broadcast is what every thread takes part in.
    #[inline]
    fn static_region(body: impl Fn(usize) + Sync) {
        rayon::broadcast(|context| body(context.index()));
    }
    #[inline]
    fn dynamic_loop(n: usize, body: impl Fn(usize) + Sync + Send) {
        (0..n).into_par_iter().with_max_len(1).for_each(body);
    }
    #[inline]
    fn for_each(elements: &mut [u64], body: impl Fn(&mut u64) + Sync + Send) {
        elements.par_iter_mut().for_each(body);
    }
    #[inline]
    fn sum(n: u64, map: impl Fn(u64) -> u64 + Sync + Send) -> u64 {
        (0..n as usize).into_par_iter().map(|i| map(i as u64)).reduce(|| 0, u64::wrapping_add)
    }
    fn rows(to: &mut [u64], body: impl Fn(usize, &mut [u64]) + Sync) {
        to.par_chunks_exact_mut(SIDE).enumerate().for_each(|(row, to)| body(row, to));
    }
}

// Regions

fn with_shares(mut answer: Answer, tallies: &mut Tallies, regions: u64) -> Answer {
    answer.result = tallies.sum();
    answer.keys += &format!(" both={}", tallies.shared(regions));
    answer
}

pub fn static_family<R: Loops>(request: Request) -> Answer {
    let mut tallies = Tallies::new(workers(), request.size);
    let answer = R::inside(|| {
        timed(|| {
            for region in 0..request.size {
                R::static_region(|i| tallies.count_in(i, region));
            }
            0
        })
    });
    with_shares(answer, &mut tallies, request.size)
}

/// Regions that come one by one, after some quiet.
pub fn quiet_family<R: Loops, const QUIET: u64>(request: Request) -> Answer {
    let mut tallies = Tallies::new(workers(), request.size);
    let answer = R::inside(|| {
        let mut laps = Laps::new(request.size);
        for region in 0..request.size {
            nap(QUIET);
            laps.time(|| R::static_region(|i| tallies.count_in(i, region)));
        }
        laps.answer(0)
    });
    with_shares(answer, &mut tallies, request.size)
}

pub fn dynamic_family<R: Loops>(request: Request) -> Answer {
    let iterations = 2 * workers();
    let mut tallies = Tallies::new(iterations, 0);
    let mut answer = R::inside(|| {
        timed(|| {
            for _ in 0..request.size {
                R::dynamic_loop(iterations, |i| tallies.count(i));
            }
            0
        })
    });
    answer.result = tallies.sum();
    answer
}

/// Regions that eight threads from outside ask for at the same time.
pub fn crowd_family<R: Loops>(request: Request) -> Answer {
    let mut tallies: Vec<Tallies> = (0..CROWD).map(|_| Tallies::new(workers(), 0)).collect();
    let (gate, regions) = (Barrier::new(CROWD + 1), request.size / CROWD as u64);
    let mut answer = std::thread::scope(|threads| {
        let crowd: Vec<_> = tallies
            .iter()
            .map(|mine| {
                let gate = &gate;
                threads.spawn(move || {
                    gate.wait(); // all stand ready
                    gate.wait();
                    for _ in 0..regions {
                        R::static_region(|i| mine.count(i));
                    }
                })
            })
            .collect();
        gate.wait();
        timed(|| {
            gate.wait();
            for thread in crowd {
                thread.join().expect("a crowd's thread ends");
            }
            0
        })
    });
    answer.result = tallies.iter_mut().map(Tallies::sum).sum();
    answer
}

/// Loops too short to be shared.
pub fn tiny_family<R: Loops, const ITERATIONS: usize>(request: Request) -> Answer {
    let mut cells: Vec<u64> = (0..ITERATIONS as u64).map(rnd).collect();
    let count = keep(ITERATIONS as u64) as usize; // or the serial loop would be unrolled as no user's is
    let mut answer = R::inside(|| {
        timed(|| {
            for _ in 0..request.size {
                R::for_each(&mut cells[..count], |cell| *cell = work(*cell, request.repeats));
            }
            0
        })
    });
    answer.result = cells.iter().fold(0, |sum, cell| sum.wrapping_add(*cell));
    answer
}

// Work in the loop

pub fn grain_family<R: Loops>(request: Request) -> Answer {
    R::inside(|| timed(|| R::sum(request.size, |i| work(i, request.repeats))))
}

pub fn tailed_family<R: Loops>(request: Request) -> Answer {
    R::inside(|| timed(|| R::sum(request.size, |i| work(i, tailed_rounds(i, request.repeats)))))
}

pub fn nested_family<R: Loops>(request: Request) -> Answer {
    let n = request.size;
    R::inside(|| timed(|| R::sum(n, |i| R::sum(n, |j| work(i * n + j, request.repeats)))))
}

pub fn reduce_family<R: Loops>(request: Request) -> Answer {
    R::inside(|| timed(|| R::sum(request.size, single_rnd)))
}

// Stencil

const SIDE: usize = 512;

/// `from`: the row itself and those on both sides of it.
fn relax_row(from: &[u64], to: &mut [u64]) {
    let (north, rest) = from.split_at(SIDE);
    let (row, south) = rest.split_at(SIDE);
    let (to, south) = (&mut to[..SIDE], &south[..SIDE]);
    for j in 1..SIDE - 1 {
        to[j] = (4 * row[j] + north[j] + south[j] + row[j + 1] + row[j - 1]) >> 3;
    }
}

/// Jacobi's method on a grid of whole numbers; each phase reads what the one before has written.
pub fn stencil_family<R: Loops>(request: Request) -> Answer {
    let mut from: Vec<u64> = (0..(SIDE * SIDE) as u64).map(|i| rnd(i) >> 8).collect();
    let mut to = from.clone();
    let mut answer = R::inside(|| {
        timed(|| {
            for _ in 0..request.size {
                R::rows(&mut to[SIDE..(SIDE - 1) * SIDE], |row, to| relax_row(&from[row * SIDE..(row + 3) * SIDE], to));
                std::mem::swap(&mut from, &mut to);
            }
            0
        })
    });
    answer.result = from.iter().fold(0, |sum, cell| sum.wrapping_add(*cell));
    answer
}

// What a pool costs while there is little to do

/// Time without work, after a rest in which the workers may have gone to sleep.
pub fn idle_family(request: Request) -> Answer {
    nap(300_000_000);
    timed(|| {
        nap(request.size * 1_000_000);
        0
    })
}

/// Rounds of `work` that take so long on this thread now.
fn rounds_in(nanoseconds: u64) -> u64 {
    const ROUNDS: u64 = 1_000_000;
    let begin = now();
    work(1, ROUNDS);
    ROUNDS * nanoseconds / (now() - begin).max(1)
}

/// A hundredth of one CPU's time: every 10 ms, by the clock, a loop with 100 us of work in all.
pub fn duty_family<R: Loops>(request: Request) -> Answer {
    const PERIOD: usize = 10_000_000;
    const ITERATIONS: u64 = 16;
    let rounds = if request.repeats != 0 { request.repeats } else { rounds_in(100_000 / ITERATIONS) };
    let end = request.size * 1_000_000;
    R::inside(|| {
        timed(|| {
            let (mut result, begin) = (0u64, now());
            let nap_until = |at: u64| nap(at.saturating_sub(now() - begin));
            for at in (0..end).step_by(PERIOD) {
                nap_until(at);
                result = result.wrapping_add(R::sum(ITERATIONS, |i| work(i, rounds)));
            }
            nap_until(end);
            result
        })
    })
}

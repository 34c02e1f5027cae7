//! crossbeam's deque and injector, by themselves: on threads of their own, an owner and a thief, each bound to a CPU; the
//! pool sleeps. Entries have three words, as those of the pools that are compared.

use crate::cpus::Bound;
use crate::measure::{timed, Answer, Request};
use crossbeam_deque::{Injector, Steal, Worker};
use std::sync::atomic::{AtomicBool, Ordering};

type Entry = [usize; 3];

/// Owner: push and pop, above `deep` entries.
pub fn pair_family<const DEEP: usize>(request: Request) -> Answer {
    let _bound = Bound::to(0);
    let deque: Worker<Entry> = Worker::new_lifo();
    for i in 0..DEEP {
        deque.push([i; 3]);
    }
    timed(|| {
        (0..request.size as usize)
            .filter(|&i| {
                deque.push([i; 3]);
                matches!(deque.pop(), Some(entry) if entry[0] == i)
            })
            .count() as u64
    })
}

/// A thief takes all that was asked for; meanwhile the owner does nothing, or pushes and pops at its end.
pub fn steal_family<const BUSY: bool>(request: Request) -> Answer {
    const REMAIN: usize = 1000; // so that owner and thief never meet
    let _bound = Bound::to(0);
    let deque: Worker<Entry> = Worker::new_lifo();
    for i in 0..request.size as usize + REMAIN {
        deque.push([i; 3]);
    }
    let stealer = deque.stealer();
    let (ready, over) = (AtomicBool::new(false), AtomicBool::new(false));
    std::thread::scope(|threads| {
        let thief = threads.spawn(|| {
            let _bound = Bound::to(1);
            while !ready.load(Ordering::Acquire) {
                std::hint::spin_loop();
            }
            let answer = timed(|| {
                let mut taken = 0;
                while taken < request.size {
                    if let Steal::Success(entry) = stealer.steal() {
                        assert_eq!(entry[0] as u64, taken);
                        taken += 1;
                    }
                }
                taken
            });
            over.store(true, Ordering::Release);
            answer
        });
        ready.store(true, Ordering::Release);
        if BUSY {
            while !over.load(Ordering::Relaxed) {
                deque.push([0; 3]);
                assert!(deque.pop().is_some());
            }
        }
        thief.join().expect("the thief has counted")
    })
}

pub fn injector_family(request: Request) -> Answer {
    let _bound = Bound::to(0);
    let injector: Injector<Entry> = Injector::new();
    timed(|| {
        (0..request.size as usize)
            .filter(|&i| {
                injector.push([i; 3]);
                matches!(injector.steal(), Steal::Success(entry) if entry[0] == i)
            })
            .count() as u64
    })
}

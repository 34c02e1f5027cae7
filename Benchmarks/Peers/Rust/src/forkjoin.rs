//! The fork-join families over integers. With `Serial` the same text is a plain serial program.

use crate::arithmetic::{keep, rnd};
use crate::measure::{timed, Answer, Request};
use crate::trees::SearchTree;
use rayon::prelude::*;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

pub trait Fork {
    const SERIAL: bool;
    /// Calls `body` where the runtime's forks belong.
    fn root<T: Send>(body: impl FnOnce() -> T + Send) -> T;
    /// Runs both, perhaps at once.
    fn join<A: Send, B: Send>(a: impl FnOnce() -> A + Send, b: impl FnOnce() -> B + Send) -> (A, B);
    /// Adds up `f` over the range, perhaps at once.
    fn sum_over(range: Range<u64>, f: &(impl Fn(u64) -> u64 + Sync)) -> u64;
}

pub struct Serial;

impl Fork for Serial {
    const SERIAL: bool = true;
    fn root<T: Send>(body: impl FnOnce() -> T + Send) -> T {
        body()
    }
    #[inline]
    fn join<A: Send, B: Send>(a: impl FnOnce() -> A + Send, b: impl FnOnce() -> B + Send) -> (A, B) {
        (a(), b())
    }
    #[inline]
    fn sum_over(range: Range<u64>, f: &(impl Fn(u64) -> u64 + Sync)) -> u64 {
        range.map(f).sum()
    }
}

pub struct Rayon;

impl Fork for Rayon {
    const SERIAL: bool = false;
    fn root<T: Send>(body: impl FnOnce() -> T + Send) -> T {
        rayon::scope(|_| body())
    }
    #[inline]
    fn join<A: Send, B: Send>(a: impl FnOnce() -> A + Send, b: impl FnOnce() -> B + Send) -> (A, B) {
        rayon::join(a, b)
    }
    #[inline]
    fn sum_over(range: Range<u64>, f: &(impl Fn(u64) -> u64 + Sync)) -> u64 {
        (range.start as usize..range.end as usize).into_par_iter().map(|i| f(i as u64)).sum()
    }
}

// Fibonacci

#[inline(never)]
fn fib<R: Fork>(n: u64) -> u64 {
    if n < 2 {
        return n;
    }
    let (a, b) = R::join(|| fib::<R>(n - 1), || fib::<R>(n - 2));
    a + keep(b) // or the second call becomes a loop
}

pub fn fib_family<R: Fork>(request: Request) -> Answer {
    timed(|| R::root(|| fib::<R>(request.size)))
}

// Skynet

#[inline(never)]
fn skynet<R: Fork>(first: u64, leaves: u64) -> u64 {
    if leaves == 1 {
        return first;
    }
    let share = leaves / 10;
    R::sum_over(0..10, &|child| skynet::<R>(first + child * share, share))
}

pub fn skynet_family<R: Fork>(request: Request) -> Answer {
    let leaves = 10u64.pow(request.size as u32);
    timed(|| R::root(|| skynet::<R>(0, leaves)))
}

// Queens

/// The rows filled so far, as seen from the next one.
#[derive(Clone, Copy)]
struct Board {
    all: u32,
    columns: u32,
    left: u32,
    right: u32,
    row: u32,
}

impl Board {
    fn free(&self) -> u32 {
        self.all & !(self.columns | self.left | self.right)
    }
    fn placing(&self, column: u32) -> Board {
        Board {
            all: self.all,
            columns: self.columns | column,
            left: (self.left | column) << 1,
            right: (self.right | column) >> 1,
            row: self.row + 1,
        }
    }
}

#[inline(never)]
fn queens_serially(board: &Board) -> u64 {
    if board.columns == board.all {
        return 1;
    }
    let (mut count, mut free) = (0, board.free());
    while free != 0 {
        count += queens_serially(&board.placing(free & free.wrapping_neg()));
        free &= free - 1;
    }
    count
}

#[inline(never)]
fn queens<R: Fork>(board: &Board) -> u64 {
    const PARALLEL_ROWS: u32 = 4;
    if board.row == PARALLEL_ROWS || board.columns == board.all {
        return queens_serially(board);
    }
    let (mut squares, mut count, mut free) = ([0; 32], 0, board.free());
    while free != 0 {
        squares[count] = free & free.wrapping_neg();
        count += 1;
        free &= free - 1;
    }
    if count == 0 {
        return 0;
    }
    R::sum_over(0..count as u64, &|i| queens::<R>(&board.placing(squares[i as usize])))
}

pub fn queens_family<R: Fork>(request: Request) -> Answer {
    let board = Board { all: ((1u64 << request.size) - 1) as u32, columns: 0, left: 0, right: 0, row: 0 };
    timed(|| R::root(|| queens::<R>(&board)))
}

// Unbalanced tree search (Olivier et al. 2006).

const ROOT_CHILDREN: u64 = 2000;
const CHILDREN: u64 = 8;

#[inline(never)]
fn count_tree<R: Fork, T: SearchTree>(node: T) -> u64 {
    if !node.has_children() {
        return 1;
    }
    1 + R::sum_over(0..CHILDREN, &|i| count_tree::<R, T>(node.child(i)))
}

pub fn tree_family<R: Fork, T: SearchTree>(request: Request) -> Answer {
    let root = T::root(request.size);
    timed(|| R::root(|| 1 + R::sum_over(0..ROOT_CHILDREN, &|i| count_tree::<R, T>(root.child(i)))))
}

// Knapsack

struct Item {
    weight: u64,
    value: u64,
    index: u64,
}

struct Knapsack {
    /// The most value for its weight first.
    items: Vec<Item>,
    capacity: u64,
    best: AtomicU64,
}

const SERIAL_ITEMS: usize = 12;

impl Knapsack {
    fn new(count: u64) -> Knapsack {
        let mut items: Vec<Item> = (0..count)
            .map(|i| (i, 1 + rnd(2 * i) % 9999))
            .map(|(index, weight)| Item { weight, value: weight + 1000, index })
            .collect();
        let capacity = items.iter().map(|item| item.weight).sum::<u64>() / 2;
        items.sort_by(|a, b| (b.value * a.weight).cmp(&(a.value * b.weight)).then(a.index.cmp(&b.index)));
        Knapsack { items, capacity, best: AtomicU64::new(0) }
    }

    /// What the items from `next` on can add at most, if the last one may be taken in part.
    fn bound(&self, next: usize, mut room: u64) -> u64 {
        let mut value = 0;
        for item in &self.items[next..] {
            if item.weight > room {
                return value + item.value * room / item.weight;
            }
            room -= item.weight;
            value += item.value;
        }
        value
    }

    #[inline(never)]
    fn search<R: Fork>(&self, next: usize, room: u64, value: u64) {
        // Most nodes have nothing better to offer: a load, and no more, for those.
        if value > self.best.load(Ordering::Relaxed) {
            self.best.fetch_max(value, Ordering::Relaxed);
        }
        if next == self.items.len() || value + self.bound(next, room) <= self.best.load(Ordering::Relaxed) {
            return;
        }
        let item = &self.items[next];
        let leave = || self.search::<R>(next + 1, room, value);
        if item.weight > room {
            return leave();
        }
        let take = || self.search::<R>(next + 1, room - item.weight, value + item.value);
        if self.items.len() - next > SERIAL_ITEMS {
            R::join(take, leave);
        } else {
            Serial::join(take, leave);
        }
    }
}

pub fn knapsack_family<R: Fork>(request: Request) -> Answer {
    let sack = Knapsack::new(request.size);
    timed(|| {
        R::root(|| sack.search::<R>(0, sack.capacity, 0));
        sack.best.load(Ordering::Relaxed)
    })
}

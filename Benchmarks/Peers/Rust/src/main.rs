//! A peer: a process that measures rayon, and crossbeam's deques, as the controller asks it to. Benchmarks/README.md has
//! the protocol.

mod arithmetic;
mod cpus;
mod deques;
mod forkjoin;
mod loops;
mod matrices;
mod measure;
mod mergesort;
mod start;
mod submissions;
mod tallies;
mod trees;

use forkjoin::{Rayon, Serial};
use measure::{Answer, Request};
use std::io::{BufRead, Write};
use std::sync::atomic::Ordering;
use trees::{FineTree, PublishedTree};

type Run = fn(Request) -> Answer;

/// A name, what the runtime has of the kind, and the serial program.
type Family = (&'static str, Run, Option<Run>);

const FAMILIES: &[Family] = &[
    ("fib", forkjoin::fib_family::<Rayon>, Some(forkjoin::fib_family::<Serial>)),
    ("skynet", forkjoin::skynet_family::<Rayon>, Some(forkjoin::skynet_family::<Serial>)),
    ("nqueens", forkjoin::queens_family::<Rayon>, Some(forkjoin::queens_family::<Serial>)),
    ("matmul", matrices::matmul_family::<Rayon>, Some(matrices::matmul_family::<Serial>)),
    ("mergesort", mergesort::merge_sort_family::<Rayon>, Some(mergesort::merge_sort_family::<Serial>)),
    ("uts", forkjoin::tree_family::<Rayon, PublishedTree>, Some(forkjoin::tree_family::<Serial, PublishedTree>)),
    ("uts.fine", forkjoin::tree_family::<Rayon, FineTree>, Some(forkjoin::tree_family::<Serial, FineTree>)),
    ("strassen", matrices::strassen_family::<Rayon>, Some(matrices::strassen_family::<Serial>)),
    ("knapsack", forkjoin::knapsack_family::<Rayon>, Some(forkjoin::knapsack_family::<Serial>)),
    ("loop.static", loops::static_family::<Rayon>, Some(loops::static_family::<Serial>)),
    ("loop.dynamic", loops::dynamic_family::<Rayon>, Some(loops::dynamic_family::<Serial>)),
    ("loop.quiet", loops::quiet_family::<Rayon, 1_000_000>, Some(loops::quiet_family::<Serial, 1_000_000>)),
    ("loop.parked", loops::quiet_family::<Rayon, 100_000_000>, Some(loops::quiet_family::<Serial, 100_000_000>)),
    ("loop.tailed", loops::tailed_family::<Rayon>, Some(loops::tailed_family::<Serial>)),
    ("loop.nested", loops::nested_family::<Rayon>, Some(loops::nested_family::<Serial>)),
    ("loop.stencil", loops::stencil_family::<Rayon>, Some(loops::stencil_family::<Serial>)),
    ("loop.reduce", loops::reduce_family::<Rayon>, Some(loops::reduce_family::<Serial>)),
    ("loop.crowd", loops::crowd_family::<Rayon>, Some(loops::crowd_family::<Serial>)),
    ("loop.tiny.1", loops::tiny_family::<Rayon, 1>, Some(loops::tiny_family::<Serial, 1>)),
    ("loop.tiny.4", loops::tiny_family::<Rayon, 4>, Some(loops::tiny_family::<Serial, 4>)),
    ("loop.tiny.16", loops::tiny_family::<Rayon, 16>, Some(loops::tiny_family::<Serial, 16>)),
    ("loop.tiny.64", loops::tiny_family::<Rayon, 64>, Some(loops::tiny_family::<Serial, 64>)),
    ("loop.grain.0", loops::grain_family::<Rayon>, Some(loops::grain_family::<Serial>)),
    ("loop.grain.10", loops::grain_family::<Rayon>, Some(loops::grain_family::<Serial>)),
    ("loop.grain.100", loops::grain_family::<Rayon>, Some(loops::grain_family::<Serial>)),
    ("loop.grain.1000", loops::grain_family::<Rayon>, Some(loops::grain_family::<Serial>)),
    ("loop.grain.10000", loops::grain_family::<Rayon>, Some(loops::grain_family::<Serial>)),
    ("loop.grain.100000", loops::grain_family::<Rayon>, Some(loops::grain_family::<Serial>)),
    ("loop.grain.1000000", loops::grain_family::<Rayon>, Some(loops::grain_family::<Serial>)),
    ("submit.1", submissions::submit_family, None),
    ("submit.8", submissions::submit_by_eight_family, None),
    ("submit.batch", submissions::submit_batch_family, None),
    ("submit.latency", submissions::latency_family, None),
    ("submit.latency.8", submissions::latency_of_eight_family, None),
    ("wake", submissions::wake_family, None),
    ("deque.pair.empty", deques::pair_family::<0>, None),
    ("deque.pair.deep", deques::pair_family::<1000>, None),
    ("deque.steal.idle", deques::steal_family::<false>, None),
    ("deque.steal.busy", deques::steal_family::<true>, None),
    ("injector.pair", deques::injector_family, None),
    ("duty", loops::duty_family::<Rayon>, Some(loops::duty_family::<Serial>)),
    ("idle", loops::idle_family, None),
    ("start", start::start_family, None),
];

fn fail(text: &str) -> ! {
    eprintln!("error: {text}");
    std::process::exit(2);
}

fn read_command_line() {
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--pin" => measure::PIN.store(true, Ordering::Relaxed),
            "--tuned" => {
                // rayon has nothing to tune.
                println!("unsupported");
                std::process::exit(0);
            }
            "--workers" => {
                let workers = arguments.next().and_then(|word| word.parse().ok()).unwrap_or(0);
                measure::WORKERS.store(workers, Ordering::Relaxed);
            }
            _ => fail(&format!("unknown argument {argument}; usage: --workers N [--pin] [--tuned]")),
        }
    }
    if !(1..=1024).contains(&measure::workers()) {
        fail("--workers N, from 1 to 1024");
    }
}

fn reply(line: &str) -> String {
    let mut words = line.split_whitespace();
    let verb = words.next().unwrap_or("");
    match verb {
        "list" => {
            let names: Vec<&str> = FAMILIES.iter().map(|family| family.0).collect();
            return format!("families {}", names.join(" "));
        }
        "run" | "serial" => {}
        _ => return format!("error unknown request: {line}"),
    }
    let name = words.next();
    let mut numbers = words.map(|word| word.parse::<u64>());
    let (name, size) = match (name, numbers.next()) {
        (Some(name), Some(Ok(size))) => (name, size),
        _ => return "error needed: FAMILY SIZE [REPEATS]".to_string(),
    };
    let repeats = numbers.next().and_then(Result::ok).unwrap_or(0);
    let family = FAMILIES.iter().find(|family| family.0 == name);
    match family.and_then(|family| if verb == "run" { Some(family.1) } else { family.2 }) {
        None => "unsupported".to_string(),
        Some(run) => {
            let answer = run(Request { size, repeats });
            format!("ok {} {} cpu={}{}", answer.nanoseconds, answer.result, answer.cpu, answer.keys)
        }
    }
}

fn serve() {
    let version = option_env!("PEER_VERSION").unwrap_or("-");
    let mut output = std::io::stdout();
    let mut say = |line: &str| writeln!(output, "{line}").and_then(|()| output.flush());
    let mut heard = say(&format!("ready rayon {version}"));
    for line in std::io::stdin().lock().lines() {
        match line {
            Ok(line) if line != "quit" && heard.is_ok() => heard = say(&reply(&line)),
            _ => return,
        }
    }
}

fn main() {
    read_command_line();
    if cpus::usable().is_none() {
        fail("the affinity of this process cannot be read");
    }
    if let Err(error) = start::builder(measure::workers()).build_global() {
        fail(&error.to_string());
    }
    loops::static_family::<Rayon>(Request { size: 1000, repeats: 0 });
    let server = std::thread::Builder::new().stack_size(256 << 20).spawn(serve);
    if !matches!(server.map(|thread| thread.join()), Ok(Ok(()))) {
        fail("a run has failed");
    }
}

//! CPUs that this process may use, and threads bound to them.

use crate::measure::PIN;
use std::sync::atomic::Ordering;
use std::sync::OnceLock;

/// In ascending order, as they were when the program began; none if nobody can say.
pub fn usable() -> Option<&'static [usize]> {
    static CPUS: OnceLock<Option<Vec<usize>>> = OnceLock::new();
    CPUS.get_or_init(read).as_deref()
}

fn read() -> Option<Vec<usize>> {
    // SAFETY: a set of zeros is an empty one; the call fills it in; CPU_ISSET stays below its size.
    unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        if libc::sched_getaffinity(0, std::mem::size_of_val(&set), &mut set) != 0 {
            return None;
        }
        Some((0..libc::CPU_SETSIZE as usize).filter(|&cpu| libc::CPU_ISSET(cpu, &set)).collect())
    }
}

fn bind_to(cpus: &[usize]) {
    // SAFETY: as above; every CPU is one of those that were found below CPU_SETSIZE.
    unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        for &cpu in cpus {
            libc::CPU_SET(cpu, &mut set);
        }
        libc::sched_setaffinity(0, std::mem::size_of_val(&set), &set);
    }
}

/// Binds the calling thread to the CPU of that worker, if threads are to be bound.
pub fn bind(worker: usize) {
    if let (true, Some(cpus)) = (PIN.load(Ordering::Relaxed), usable()) {
        bind_to(&[cpus[worker % cpus.len()]]);
    }
}

/// The calling thread is bound for as long as it lives.
pub struct Bound;

impl Bound {
    pub fn to(worker: usize) -> Bound {
        bind(worker);
        Bound
    }
}

impl Drop for Bound {
    fn drop(&mut self) {
        if let (true, Some(cpus)) = (PIN.load(Ordering::Relaxed), usable()) {
            bind_to(cpus);
        }
    }
}

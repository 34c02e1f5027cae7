// What the probe needs of libc and Swift cannot reach: fork, the allocator's figures, a thread's stack; a count of all
// allocations of the process; and refusals of what the system usually grants.
#ifndef PINWHEEL_CPINWHEELPROBE_H
#define PINWHEEL_CPINWHEELPROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// probe.c
/// fork(2).
int probe_fork(void);
/// The bytes that malloc has given out.
size_t probe_bytes_in_use(void);
/// The size of the calling thread's stack, or 0.
size_t probe_stack_size(void);
/// Where the calling thread's stack stands now.
uintptr_t probe_stack_position(void);
/// Recurses so often, with frames of 32 KiB of which each touches its lowest bytes alone.
int probe_use_large_frames(int depth);
/// A segmentation fault.
void probe_touch_null(void);
/// Gives a thread of this process (0: the calling one) the CPUs of a mask. Returns 0 or an errno value.
int probe_set_affinity(int thread, uint64_t cpus);

// allocations.c
/// How often any thread has allocated since the process began.
long probe_allocations(void);
/// From now on, allocations of at least `size` bytes fail from the `first`-th (1: the next) to the `last`-th, whoever
/// makes them. 0, 0, 0: no more refusals.
void probe_refuse_allocations(size_t size, long first, long last);
/// As that, for the calling thread's allocations and mappings alone.
void probe_refuse_own_memory(long first, long last);
/// How many allocations and mappings have been refused.
long probe_refused(void);

// nodes.c
/// The NUMA node that the page at this address lies on, or a negative errno value: -ENOENT if nobody has touched
/// it, -EFAULT if it has only been read.
int probe_node_of(const void *address);
/// The calling thread, and those that it starts, get memory of this node alone. Returns 0 or an errno value.
int probe_prefer_node(int node);
/// The nodes of the parts of the slot that the calling thread holds, of its stack and of its thread-locals.
typedef struct probe_slot_nodes {
  int lines, counters, entries, calls, deque, stack, locals;
} probe_slot_nodes;
probe_slot_nodes probe_nodes_of_own_slot(void);

// refusals.c
/// The `k`-th thread from now (1: the next) is refused with EAGAIN. 0: none.
void probe_refuse_thread(long k);
/// The kernel answers sched_setaffinity(2) with this errno value from now on, to every thread, for good. Returns 0 or
/// the errno value of what did not work.
int probe_refuse_affinity(int error);
/// As that, for sched_setscheduler(2).
int probe_refuse_class(int error);
/// As that, for setpriority(2).
int probe_refuse_nice(int error);
/// Whether a capability that the calling thread has (capabilities(7)) is in effect for it and those that it starts. Returns 0
/// or an errno value.
int probe_use_capability(int capability, bool use);

// signals.c
/// Counts this signal from now on; system calls that it interrupts are not restarted.
void probe_count_signal(int signal);
/// How often it has come to threads that are marked as workers, and to others.
long probe_signals_on_workers(void);
long probe_signals_elsewhere(void);
void probe_mark_worker(void);
/// Sends a signal to one thread of this process.
int probe_signal_thread(int thread, int signal);
/// From now on a segmentation fault writes "handled" to standard error and ends the process with this status.
void probe_handle_faults(int status);
/// From now on one that is sent is ignored, by a disposition whose flags say that it takes three arguments.
void probe_ignore_faults(void);

#endif

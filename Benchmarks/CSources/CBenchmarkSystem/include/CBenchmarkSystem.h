// What the benchmarks need of Linux and C that Swift's Glibc module does not offer: affinity, processes that end with
// their parent, clocks in one call, numbers for threads, atomic operations on plain memory. Errors are returned as errno values, 0 means none.
#ifndef PINWHEEL_CBENCHMARKSYSTEM_H
#define PINWHEEL_CBENCHMARKSYSTEM_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/// Nanoseconds of CLOCK_MONOTONIC.
uint64_t bench_now(void);
/// Nanoseconds of CPU time of all threads of this process.
uint64_t bench_cpu_time(void);
/// Nanoseconds of CPU time of the calling thread, how often it has waited for something, and how often it was stopped for
/// others to run.
uint64_t bench_thread_usage(int64_t *waits, int64_t *preemptions);
/// Sleeps, in the kernel, until so many nanoseconds have passed.
void bench_sleep(uint64_t nanoseconds);

/// The CPUs that the calling thread may run on, in ascending order. Returns how many there are, of which at most
/// `capacity` are written.
int bench_usable_cpus(int *cpus, int capacity);
/// Binds the calling thread, and with it the threads that it will start, to these CPUs.
int bench_bind(const int *cpus, int count);

/// A small number for the calling thread: counted from 0 in the order in which threads first ask.
static inline uint32_t bench_thread_number(void) {
  extern _Thread_local uint32_t bench_thread_number_plus_one;
  extern uint32_t bench_number_thread(void);
  uint32_t number = bench_thread_number_plus_one;
  return __builtin_expect(number != 0, 1) ? number - 1 : bench_number_thread();
}

/// A pipe, its reading end first, that no other program inherits.
int bench_pipe(int ends[2]);
/// Starts a program, its path first in `arguments` and NULL last, with these file descriptors as its standard input and
/// output. It is killed when the calling thread ends, however that ends. Returns its process id, or minus an errno.
pid_t bench_spawn(const char *const *arguments, int input, int output);
/// Starts a process that computes until it is killed, at the latest when the calling thread ends.
pid_t bench_spawn_busy(void);
/// From now on SIGINT, SIGTERM and SIGHUP first kill (and so also free from SIGSTOP) every process that
/// `bench_spawn` and `bench_spawn_busy` have started, then end this one as they always do.
void bench_kill_children_on_signals(void);
/// Sends SIGKILL and waits for the end of a process that was started here.
void bench_kill(pid_t process);
/// Stops a process that was started here and returns when it stands still; ESRCH if it has ended.
int bench_stop(pid_t process);
int bench_continue(pid_t process);
/// Waits at most so long for a process to end: its wait status as of waitpid(2), -1 if it has not ended.
int bench_wait_for_end(pid_t process, uint64_t nanoseconds);
/// A sentence part for a wait status: "exit status 3", "signal 11".
void bench_describe_status(int status, char *text, int capacity);

/// Sleeps, in the kernel, until the flag is raised, and takes it down.
void bench_await(int32_t *flag);
/// Raises the flag and wakes its one sleeper. The flag's memory may be gone by the time of the wake, which then wakes
/// nobody.
void bench_post(int32_t *flag);

/// Calls from one thread to another and back, as bare as they can be: a line that the caller writes and the other watches, a
/// line for its answers, and one of captures, which the caller writes before each call and the other reads, as it reads those
/// of a loop's body. NULL without memory.
typedef struct bench_calls bench_calls;
bench_calls *bench_calls_create(void);
void bench_calls_destroy(bench_calls *calls);
/// Answers until `bench_calls_end`.
void bench_calls_answer(bench_calls *calls);
/// Calls so often, and returns how many nanoseconds all of it took.
uint64_t bench_calls_make(bench_calls *calls, uint64_t count);
void bench_calls_end(bench_calls *calls);
/// Whether every call made was answered by who had read its captures. When both threads have ended.
bool bench_calls_are_right(const bench_calls *calls);

// Relaxed atomic operations, for results that threads share.
static inline uint64_t bench_load(const uint64_t *word) { return __atomic_load_n(word, __ATOMIC_RELAXED); }
static inline void bench_xor(uint64_t *word, uint64_t value) { __atomic_fetch_xor(word, value, __ATOMIC_RELAXED); }
/// Returns the sum.
static inline uint64_t bench_add(uint64_t *word, uint64_t value) {
  return __atomic_add_fetch(word, value, __ATOMIC_ACQ_REL);
}
/// Makes the word at least `value`.
static inline void bench_raise(uint64_t *word, uint64_t value) {
  uint64_t seen = bench_load(word);
  while (seen < value &&
         !__atomic_compare_exchange_n(word, &seen, value, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {}
}

/// Keeps the optimiser from computing what leads to `value` once for many uses, or not at all.
static inline uint64_t bench_opaque(uint64_t value) {
  __asm__ volatile("" : "+r"(value));
  return value;
}

#endif

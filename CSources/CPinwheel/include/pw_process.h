// The process around the pools: what it was like before the first of them, what fork leaves of them, and what is said
// when a worker's stack runs out.
#ifndef PINWHEEL_PW_PROCESS_H
#define PINWHEEL_PW_PROCESS_H

#include <signal.h>
#include "pw_atomic.h"

/// CPUs that a remembered affinity has room for; more than any Linux is built for.
#define PW_MOST_CPUS 16384

/// Remembers the main thread's affinity and the calling thread's signal mask. Before the first worker of the process;
/// later calls do nothing.
PW_API void pw_remember_process(void);

/// Around the start of a pool: other threads' forks wait for its end. Not to be nested; nothing of the user's may run
/// in between.
PW_API void pw_hold_off_forks(void);
PW_API void pw_allow_forks(void);

/// The calling thread is a worker's: it has a signal mask of its own, and, if `pinned`, an affinity of its own.
PW_API void pw_mark_worker_thread(bool pinned);

/// A worker thread's affinity and signal mask, while it goes by those of the process.
typedef struct pw_thread_attributes {
  bool saved, pinned;
  uint32_t fork_generation;
  uint32_t words;
  sigset_t signals;
  uint64_t cpus[PW_MOST_CPUS / 64];
} pw_thread_attributes;

/// Gives the calling thread the affinity and the signal mask that the process had, and keeps its own. On a thread that
/// is no worker's, or has them already: nothing.
PW_API void pw_adopt_process_attributes(pw_thread_attributes *own);
/// Puts the worker's own back; in a child that was forked meanwhile: nothing.
PW_API void pw_restore_thread_attributes(const pw_thread_attributes *own);

/// How often this process has been forked from one that used Pinwheel: a pool compares it with its own. Written by the
/// forked child before it has a second thread.
extern uint32_t pw_forks;
static inline uint32_t pw_fork_generation(void) { return pw_forks; }
/// Says that a job waited for was being run by a thread that did not survive a fork, and aborts.
_Noreturn PW_API void pw_lost_in_fork(void);
/// Says that a forked child has come back from the job that forked it, and aborts.
_Noreturn PW_API void pw_returned_in_fork(void);

/// From now on, a fault in the guard below the calling thread's stack is reported as an overflow of this worker's
/// stack.
PW_API void pw_watch_stack(uint32_t worker);
/// At the end of a thread that is watched.
PW_API void pw_unwatch_stack(void);

#endif

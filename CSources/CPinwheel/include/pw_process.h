// The process around the pools: what it was like before the first of them, what fork leaves of them, and what is said
// when a worker's stack runs out.
#ifndef PINWHEEL_PW_PROCESS_H
#define PINWHEEL_PW_PROCESS_H

#include <pthread.h>
#include <signal.h>
#include "pw_atomic.h"

#ifdef __cplusplus
extern "C" {
#endif

/// CPUs that a remembered affinity has room for; more than any Linux is built for.
#define PW_MOST_CPUS 16384

/// Remembers the main thread's affinity and the calling thread's signal mask. Before the first worker of the process;
/// later calls do nothing.
PW_API void pw_remember_process(void);

/// Around the start of a pool: other threads' forks wait for its end. Not to be nested; nothing of the user's may run
/// in between.
PW_API void pw_hold_off_forks(void);
PW_API void pw_allow_forks(void);

/// Where a worker's thread is bound to run, which other threads may change (pin.c).
typedef struct pw_pin pw_pin;
/// Bound to nothing. NULL: memory was refused.
PW_API pw_pin *pw_pin_create(void);
/// After its thread has ended.
PW_API void pw_pin_destroy(pw_pin *pin);
/// Any thread; `thread` has not been joined. Lets it run on these CPUs, in words as `pw_affinity_set` takes them, and
/// nowhere else: bound to them, or, if `bound` is false, because they are all that there is. Takes effect at once, or when
/// the thread no longer goes by the process's attributes. Returns 0 or an errno value; then nothing has changed.
PW_API int pw_pin_set(pw_pin *pin, pthread_t thread, const uint64_t *words, uint32_t count, bool bound);
/// Before its thread is started: where that is bound to run. It goes there by itself, by `pw_pin_follow`.
PW_API void pw_pin_note(pw_pin *pin, const uint64_t *words, uint32_t count);
/// The calling thread, whose pin it is, goes where that says by now. What the kernel refuses has no effect.
PW_API void pw_pin_follow(pw_pin *pin);
/// Where the kernel lets a thread run, as `pw_affinity_get` tells of the calling one.
PW_API int pw_pin_get(pthread_t thread, uint64_t *words, uint32_t count);
/// The same of a worker's thread, whose pin it is; while it goes by the process's attributes, where it is bound to run
/// afterwards. Any thread; `thread` has not been joined.
PW_API int pw_pin_look(pw_pin *pin, pthread_t thread, uint64_t *words, uint32_t count);

/// The calling thread is a worker's: it has a signal mask and a pin of its own.
PW_API void pw_mark_worker_thread(pw_pin *pin);
/// Whether the calling thread is one and goes by its pin.
PW_API bool pw_is_worker_thread(void);

/// What a worker's thread has of its own, while it goes by what the process has.
typedef struct pw_thread_attributes {
  bool saved;
  uint32_t fork_generation;
  pw_pin *pin;
  sigset_t signals;
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
__attribute__((noreturn)) PW_API void pw_lost_in_fork(void);
/// Says that a forked child has come back from the job that forked it, and aborts.
__attribute__((noreturn)) PW_API void pw_returned_in_fork(void);

/// From now on, a fault in the guard below the calling thread's stack is reported as an overflow of this worker's
/// stack.
PW_API void pw_watch_stack(uint32_t worker);
/// At the end of a thread that is watched.
PW_API void pw_unwatch_stack(void);

#ifdef __cplusplus
}
#endif

#endif

// The baton of a deterministic pool: its threads run one at a time, and a seed picks who is next at every scheduling
// point. A tool for finding and replaying bugs, plain rather than fast. README.md has a section on it.
#ifndef PINWHEEL_PW_BATON_H
#define PINWHEEL_PW_BATON_H

#include "pw_atomic.h"

#ifdef __cplusplus
extern "C" {
#endif

struct pw_pool;

/// A pool's baton, and its players: the workers, and one thread from outside, the *caller*.
typedef struct pw_baton pw_baton;

/// The scheduling points: where a thread may have to hand the baton on. They become part of the fingerprint.
typedef enum pw_point {
  PW_AT_USER,   // asked for by the user
  PW_AT_FORK,   // a job has been forked and exposed
  PW_AT_JOIN,   // an exposed job is about to be joined
  PW_AT_WAIT,   // one more round of a wait
  PW_AT_JOB,    // a job has been taken and is about to run
  PW_AT_END,    // a job has ended
  PW_AT_CHUNK,  // a chunk of a loop is about to run
  PW_AT_QUEUE,  // a job has been submitted or spawned
  PW_AT_SEARCH, // a worker is about to look for work
  PW_AT_SEAT,   // a worker has offered its seat
  PW_AT_ENTER,  // an outside thread looks for a seat
  PW_AT_SLEEP,  // a thread has gone to sleep on a word, or would have
  PW_AT_EXIT,   // a worker has ended
} pw_point;

/// Why the seed no longer decides everything.
typedef enum pw_replay_end {
  PW_REPLAY_GOES_ON,
  PW_REPLAY_BLOCKED,       // whoever had the baton waited for something that the pool knows nothing of
  PW_REPLAY_CROWDED,       // two outside threads were inside of calls at the same time
  PW_REPLAY_NEVER_AT_REST, // an outside thread waited in vain for the workers to have nothing to do
} pw_replay_end;

/// Called once at most, on any thread, with nothing locked. `player`: a worker's index, or the number of workers for
/// the caller.
typedef void (*pw_replay_end_fn)(void *context, pw_replay_end end, uint32_t player);

/// What has been decided so far.
typedef struct pw_replay {
  uint64_t points;
  uint64_t fingerprint;
  pw_replay_end end;
  uint32_t player; // whom the end concerns
} pw_replay;

/// Makes a pool deterministic, before any of its workers exists; the calling thread becomes the caller, and has the
/// baton. `patience_ns`: how long the baton may rest with a thread that sleeps. False: memory was refused.
PW_API bool pw_baton_create(struct pw_pool *pool, uint64_t seed, uint64_t patience_ns, pw_replay_end_fn on_end, void *context);
PW_API void pw_baton_destroy(pw_baton *baton);
PW_API pw_replay pw_baton_replay(pw_baton *baton);

// All that follows does nothing if the baton is NULL, or has been laid down.

/// A worker's thread has begun: returns when it is its turn. Everything that it does until `pw_baton_retire` counts.
PW_API void pw_baton_attend(pw_baton *baton, uint32_t worker);
PW_API void pw_baton_retire(pw_baton *baton);
/// The caller waits until all workers have retired.
PW_API void pw_baton_await_workers(pw_baton *baton);

/// An outside thread comes into a call and becomes the caller, or goes on being it. Nests. No-op on the pool's own
/// workers.
PW_API void pw_baton_enter(pw_baton *baton);
/// The end of that call. The caller *keeps* the baton: nothing runs until it calls again, so that the program, and not
/// the clock, says what the workers have done by then.
PW_API void pw_baton_leave(pw_baton *baton);
/// A caller outside of any call is about to be away for longer: the workers may go on. The next call waits until they
/// are at rest, which does not depend on when it comes.
PW_API void pw_baton_let_go(pw_baton *baton);
/// No call will come any more: nobody keeps the baton.
PW_API void pw_baton_forget_caller(pw_baton *baton);

/// A scheduling point of the calling thread.
PW_API void pw_baton_at(pw_baton *baton, pw_point point);
/// As a futex wait, for whoever plays. False: the calling thread must sleep on the futex itself.
PW_API bool pw_baton_sleep(pw_baton *baton, AO_t *word, AO_t value, uint64_t nanoseconds);
/// As a futex wake, for sleepers who play; those on the futex are woken by the futex.
PW_API void pw_baton_wake(pw_baton *baton, AO_t *word, int count);
/// A number from 0 to below `bound`, by the seed.
PW_API uint32_t pw_baton_draw(pw_baton *baton, uint32_t bound);

#ifdef __cplusplus
}
#endif

#endif

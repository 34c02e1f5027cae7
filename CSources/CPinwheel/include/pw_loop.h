// A loop's plan: how many chunks to take at a time, and how many threads are worth calling. Pure decisions (pace.c), what
// is remembered from call to call, and the call that runs a loop (loop.c).
#ifndef PINWHEEL_PW_LOOP_H
#define PINWHEEL_PW_LOOP_H

#include "pw_bounds.h"
#include "pw_slot.h"

#ifdef __cplusplus
extern "C" {
#endif

struct pw_pool;

/// How a participant takes chunks from the front of its slice. Others always take half of it from the back.
typedef enum pw_dealing {
  PW_DEAL_EACH,    // one at a time
  PW_DEAL_ONE,     // the same for a chunk a slot: whoever has been called for one comes, or leaves it to the caller
  PW_DEAL_HALVES,  // half of what is left
  PW_DEAL_EIGHTHS, // an eighth of what is left: for `PW_DEAL_TIMED` where time must not decide
  PW_DEAL_TIMED,   // as many as last some microseconds
} pw_dealing;

/// A loop over `0..<chunks`.
typedef struct pw_loop {
  uint64_t chunks;
  pw_bounds bounds; // of `chunks`, or all zero
  float weight;     // indices a chunk: what is remembered is the time of an index, since the size of chunks may change
  uint32_t dealing; // pw_dealing
  pw_code site;     // what is remembered goes under this address; NULL: that of the body's code
} pw_loop;

/// How fast one thread goes through chunks, and so how many it takes next.
typedef struct pw_pace {
  uint32_t dealing;
  float each;     // nanoseconds a chunk, lately; 0: not known
  uint64_t last;  // chunks taken last from this slice; 0: none yet
  uint64_t ran;   // chunks in all, and the time of all of them; of a timed pace
  uint64_t nanoseconds;
} pw_pace;

/// What a timed batch lasts: an overhead of some 20 ns is lost in it, and so is it in what a whole loop lasts.
#define PW_BATCH_NS 5000
/// What it lasts at least, however little is left: about as long as it takes another thread to come and help.
#define PW_LEAST_BATCH_NS 500

static inline pw_pace pw_pace_begin(uint32_t dealing, float each) {
  return (pw_pace){dealing, each, 0, 0, 0};
}
/// How many of `rest` chunks, at least 1, to take next.
PW_API uint64_t pw_pace_take(const pw_pace *pace, uint64_t rest);
/// How many of them if nobody wants a share: a timed batch, however little is left then.
PW_API uint64_t pw_pace_batch(const pw_pace *pace, uint64_t rest);
/// `count` chunks have taken so long.
PW_API void pw_pace_ran(pw_pace *pace, uint64_t count, uint64_t nanoseconds);
/// The next chunks come from another slice, of which nothing is known yet.
static inline void pw_pace_moves(pw_pace *pace) { pace->last = 0; }

/// Where the slice ends that begins at `lo`, of chunks that end at `end`: of what is left in proportion to `weight` of the
/// weight that is `left`, but such that it and each of the `others` to come have a chunk at least, for which there are
/// enough. The last one, without others, has all.
PW_API uint64_t pw_slice_end(uint64_t lo, uint64_t end, uint64_t weight, uint64_t left, uint32_t others);

/// How many other threads a loop is worth calling.
typedef struct pw_worth {
  uint32_t awake, asleep; // in all, if all are awake; in all, if some have to be woken
  bool stay_up;           // more such loops will follow: who is woken in vain is to stay up for them
} pw_worth;
/// For a loop that takes one thread so long (0: not known), among `others`, one of which takes `wake_ns` to wake up.
PW_API pw_worth pw_worth_of(float nanoseconds, uint32_t others, uint64_t wake_ns);

/// Sites that a pool remembers. Two that fall on one entry forget each other, and begin anew each time.
#define PW_SITES 256
/// Nanoseconds that an index of the loop at `site` took lately; 0: not known.
PW_API float pw_remembered(struct pw_pool *pool, pw_code site);
PW_API void pw_remember(struct pw_pool *pool, pw_code site, float nanoseconds);

/// Runs `code(context, first, last)` over the indices of all of `0..<loop->chunks`, in parts, on this thread and on slots
/// that stand idle; with PW_DEAL_EACH and PW_DEAL_ONE one chunk a call. True if it was offered to others.
/// What `loop` says of dealing is changed on the way. (It is read where it lies: a copy would be made in pieces larger than
/// those it was written in, and would wait until the caller's last stores have left for their cache lines.)
PW_API bool pw_loop_run(struct pw_pool *pool, pw_loop *loop, pw_code code, void *context);

/// How many of `count` chunks a timed loop takes at first, if one takes so long; `count` if it is not worth sharing.
PW_API uint64_t pw_loop_grain(struct pw_pool *pool, uint64_t count, float each);

/// The object that wants to know what this thread's loops do, or NULL (Reporting.swift).
PW_API void *pw_loop_observer(void);
PW_API void pw_set_loop_observer(void *observer);

#ifdef __cplusplus
}
#endif

#endif

// The baton: one thread of a deterministic pool runs at a time, and a seed picks the next one.
//
// Each player has a condition to wait on for its turn. Who has the baton gives it to a player picked among those that
// are ready, itself included, at each scheduling point; a futex sleep makes a player not ready until somebody wakes its
// word. Which player is picked depends on the seed and on what the players have done, never on the clock.
//
// The clock only watches for the end of it: a job that blocks on something of the user's has the baton and does not
// move, and whoever could unblock it may be waiting for the baton. Then the baton is laid down for good: everybody
// runs, on futexes, as in an ordinary pool.
#define _GNU_SOURCE
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "internal.h"

#define NOBODY UINT32_MAX

/// Looks at whether the baton moves, in the time of one patience. Counted, so that a process that was stopped for a
/// while has lost one look and not its patience.
#define LOOKS 8
/// A look that finds the holder running, or runnable, weighs so much less than one that finds it asleep: a long
/// computation is no deadlock, but a loop that waits for another job to do something is.
#define ASLEEP_WEIGHT 10

typedef enum standing {
  ABSENT,
  READY,
  ASLEEP,   // on a word
  ARRIVING, // the caller, after it had let go: ready when nobody else is
} standing;

typedef struct player {
  pthread_cond_t turn;
  standing standing;
  AO_t *word;
  int thread; // its id, for a look at its state
} player;

struct pw_baton {
  pw_pool *pool;
  pthread_mutex_t lock; // guards all that follows; nothing of the user's runs under it
  uint64_t random, fingerprint, points;
  uint32_t workers;    // players[workers] is the caller
  uint32_t holder;
  uint32_t depth;      // calls that the caller is inside
  const void *caller;  // which thread that is
  bool caller_keeps;   // the baton, between its calls
  AO_t present;        // workers that have not retired
  pw_replay_end end;
  uint32_t end_player;
  bool end_untold;
  pw_replay_end_fn on_end;
  void *context;
  uint64_t look_ns, looked_at, looked_points;
  uint32_t impatience, arrival_looks;
  player players[];
};

/// Which player the thread is, if it is a worker. Its address names the thread.
static _Thread_local struct { pw_baton *baton; uint32_t worker; } mine;

// MARK: Deciding

/// splitmix64 (Steele, Lea and Flood 2014): neighbouring seeds give unrelated numbers.
static uint64_t mix(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

static uint32_t draw(pw_baton *baton, uint32_t bound) {
  baton->random += 0x9e3779b97f4a7c15u;
  return (uint32_t)(((mix(baton->random) >> 32) * bound) >> 32);
}

static void record(pw_baton *baton, uint64_t fact) { baton->fingerprint = mix(baton->fingerprint ^ mix(fact + 1)); }

/// Gives the baton to one of those who are ready.
static void pass(pw_baton *baton) {
  player *caller = &baton->players[baton->workers];
  uint32_t ready = 0;
  for (uint32_t i = 0; i <= baton->workers; i++) ready += baton->players[i].standing == READY;
  if (ready == 0 && caller->standing == ARRIVING) {
    caller->standing = READY;
    ready = 1;
  }
  baton->holder = NOBODY;
  if (ready == 0) return;
  uint32_t skip = draw(baton, ready), next = 0;
  while (baton->players[next].standing != READY || skip-- > 0) next += 1;
  record(baton, next);
  baton->points += 1;
  baton->holder = next;
  pthread_cond_signal(&baton->players[next].turn);
}

// MARK: Losing patience

static void lay_down(pw_baton *baton, pw_replay_end end, uint32_t player) {
  if (baton->end != PW_REPLAY_GOES_ON) return; // another's look has come first
  baton->end = end;
  baton->end_player = player;
  baton->end_untold = true;
  for (uint32_t i = 0; i <= baton->workers; i++) pthread_cond_broadcast(&baton->players[i].turn);
}

/// Whether the pool has anything to do but look for work.
static bool has_work(pw_pool *pool) {
  if (pw_work_is_visible(pool)) return true;
  for (uint32_t i = 0; i < pw_pool_made(pool); i++) {
    // relaxed; pairs with `seat_busy`, a hint: a worker that is about to be busy is so at the next look.
    if (PW_SEAT_KIND(PW_LOAD(baton_seat, &pool->slots[i].seat)) == PW_SEAT_BUSY) return true;
  }
  return false;
}

/// A look by `me`, who waits for its turn.
static void look(pw_baton *baton, uint32_t me) {
  uint64_t now = pw_now();
  if (now - baton->looked_at < baton->look_ns / 2) return; // another has just looked
  baton->looked_at = now;
  if (baton->players[me].standing == ARRIVING && ++baton->arrival_looks >= LOOKS * ASLEEP_WEIGHT) {
    lay_down(baton, PW_REPLAY_NEVER_AT_REST, me);
    return;
  }
  if (baton->points != baton->looked_points) {
    baton->looked_points = baton->points;
    baton->impatience = 0;
    return;
  }
  uint32_t holder = baton->holder;
  // A caller may do what it likes between two calls, as long as nobody else has anything to do.
  if (holder == NOBODY || (holder == baton->workers && baton->depth == 0 && !has_work(baton->pool))) return;
  // Without an id its thread is on its way here for the first time.
  int thread = baton->players[holder].thread;
  baton->impatience += thread != 0 && pw_thread_is_asleep(thread) ? ASLEEP_WEIGHT : 1;
  if (baton->impatience >= LOOKS * ASLEEP_WEIGHT) lay_down(baton, PW_REPLAY_BLOCKED, holder);
}

// MARK: Taking turns

/// False: there is no baton, or no more, and nothing is locked. After a fork the lock may be held by a thread that does
/// not exist here.
static bool lock(pw_baton *baton) {
  if (baton == NULL || pw_pool_is_forked(baton->pool)) return false;
  pthread_mutex_lock(&baton->lock);
  if (baton->end == PW_REPLAY_GOES_ON) return true;
  pthread_mutex_unlock(&baton->lock);
  return false;
}

static void unlock(pw_baton *baton) {
  bool tell = baton->end_untold;
  baton->end_untold = false;
  pthread_mutex_unlock(&baton->lock);
  if (!tell || baton->on_end == NULL) return;
  // The user's code, in the middle of whatever this thread does: calls of the pool run on it alone.
  pw_slot *held = pw_current();
  pw_set_current(NULL);
  pw_pool *refused = pw_refuse(baton->pool);
  baton->on_end(baton->context, baton->end, baton->end_player);
  pw_refuse(refused);
  pw_set_current(held);
}

/// The player that the calling thread is, or NOBODY.
static uint32_t me(pw_baton *baton) {
  if (mine.baton == baton) return mine.worker;
  return baton->depth > 0 && baton->caller == &mine ? baton->workers : NOBODY;
}

static void await_turn(pw_baton *baton, uint32_t me) {
  player *player = &baton->players[me];
  while (baton->holder != me && baton->end == PW_REPLAY_GOES_ON) {
    if (player->standing == ASLEEP) {
      pthread_cond_wait(&player->turn, &baton->lock);
      continue;
    }
    uint64_t until = pw_now() + baton->look_ns;
    struct timespec time = {(time_t)(until / 1000000000), (long)(until % 1000000000)};
    if (pthread_cond_timedwait(&player->turn, &baton->lock, &time) != 0 && baton->holder != me) look(baton, me);
  }
}

static void hand_on(pw_baton *baton, uint32_t me, pw_point point) {
  record(baton, ((uint64_t)point << 32) | me);
  if (baton->holder == me) pass(baton);
  await_turn(baton, me);
}

/// Moves at most `count` sleepers on the word to the ready ones.
static void wake(pw_baton *baton, AO_t *word, int count) {
  for (uint32_t i = 0; i <= baton->workers && count > 0; i++) {
    player *player = &baton->players[i];
    if (player->standing != ASLEEP || player->word != word) continue;
    player->standing = READY;
    pthread_cond_signal(&player->turn); // to watch, as those do who are ready
    count -= 1;
  }
  if (baton->holder == NOBODY) pass(baton);
}

PW_API void pw_baton_at(pw_baton *baton, pw_point point) {
  if (!lock(baton)) return;
  if (me(baton) != NOBODY) hand_on(baton, me(baton), point);
  unlock(baton);
}

PW_API bool pw_baton_sleep(pw_baton *baton, AO_t *word, AO_t value, uint64_t nanoseconds) {
  if (!lock(baton)) return false;
  uint32_t self = me(baton);
  if (self != NOBODY) {
    // relaxed; pairs with whoever changes the word: that thread wakes it afterwards, under this lock. A sleep with a
    // bound is a point like any other, since time must not decide.
    if (nanoseconds == 0 && (uint32_t)PW_LOAD(baton_word, word) == (uint32_t)value) {
      baton->players[self].standing = ASLEEP;
      baton->players[self].word = word;
    }
    hand_on(baton, self, PW_AT_SLEEP);
    baton->players[self].standing = READY; // also when the baton was laid down
  }
  unlock(baton);
  return self != NOBODY;
}

PW_API void pw_baton_wake(pw_baton *baton, AO_t *word, int count) {
  if (!lock(baton)) return;
  wake(baton, word, count);
  unlock(baton);
}

PW_API uint32_t pw_baton_draw(pw_baton *baton, uint32_t bound) {
  if (!lock(baton)) return 0;
  uint32_t drawn = draw(baton, bound);
  unlock(baton);
  return drawn;
}

// MARK: Workers

PW_API void pw_baton_attend(pw_baton *baton, uint32_t worker) {
  if (!lock(baton)) return;
  mine.baton = baton;
  mine.worker = worker;
  // Ready from the start, so it may have been picked before its thread existed.
  baton->players[worker].thread = pw_thread_id();
  await_turn(baton, worker);
  unlock(baton);
}

PW_API void pw_baton_retire(pw_baton *baton) {
  if (lock(baton)) {
    record(baton, ((uint64_t)PW_AT_EXIT << 32) | mine.worker);
    baton->players[mine.worker].standing = ABSENT;
    baton->present -= 1;
    wake(baton, &baton->present, 1);
    if (baton->holder == mine.worker) pass(baton);
    unlock(baton);
  }
  mine.baton = NULL;
}

PW_API void pw_baton_await_workers(pw_baton *baton) {
  if (!lock(baton)) return;
  uint32_t self = me(baton);
  while (self != NOBODY && baton->present > 0 && baton->end == PW_REPLAY_GOES_ON) {
    baton->players[self].standing = ASLEEP;
    baton->players[self].word = &baton->present;
    hand_on(baton, self, PW_AT_SLEEP);
    baton->players[self].standing = READY;
  }
  unlock(baton);
}

// MARK: The caller

/// Whether the caller is between two calls and has kept the baton.
static bool is_kept(pw_baton *baton) { return baton->depth == 0 && baton->holder == baton->workers; }

PW_API void pw_baton_enter(pw_baton *baton) {
  if (baton == NULL || mine.baton == baton || !lock(baton)) return;
  player *caller = &baton->players[baton->workers];
  if (baton->depth > 0) {
    if (baton->caller == &mine) baton->depth += 1;
    else lay_down(baton, PW_REPLAY_CROWDED, baton->workers); // whose turn it is is for the system to say
    unlock(baton);
    return;
  }
  bool kept = is_kept(baton);
  baton->caller = &mine; // a kept baton comes along, whichever thread calls next
  baton->depth = 1;
  caller->thread = pw_thread_id();
  if (!kept) {
    caller->standing = ARRIVING;
    baton->arrival_looks = 0;
    if (baton->holder == NOBODY) pass(baton);
    await_turn(baton, baton->workers);
    caller->standing = READY;
  }
  unlock(baton);
}

static void release_caller(pw_baton *baton) {
  baton->players[baton->workers].standing = ABSENT;
  pass(baton);
}

PW_API void pw_baton_leave(pw_baton *baton) {
  if (baton == NULL || mine.baton == baton || !lock(baton)) return;
  if (me(baton) != NOBODY && --baton->depth == 0 && !baton->caller_keeps) release_caller(baton);
  unlock(baton);
}

PW_API void pw_baton_let_go(pw_baton *baton) {
  if (!lock(baton)) return;
  if (is_kept(baton)) release_caller(baton);
  unlock(baton);
}

PW_API void pw_baton_forget_caller(pw_baton *baton) {
  if (!lock(baton)) return;
  baton->caller_keeps = false;
  if (is_kept(baton)) release_caller(baton);
  unlock(baton);
}

// MARK: Its life

PW_API bool pw_baton_create(pw_pool *pool, uint64_t seed, uint64_t patience_ns, pw_replay_end_fn on_end, void *context) {
  uint32_t players = pw_pool_made(pool) + 1;
  pw_baton *baton = calloc(1, sizeof *baton + players * sizeof baton->players[0]);
  if (baton == NULL) return false;
  baton->pool = pool;
  pthread_mutex_init(&baton->lock, NULL);
  pthread_condattr_t attributes;
  pthread_condattr_init(&attributes);
  pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC); // that of pw_now
  for (uint32_t i = 0; i < players; i++) {
    pthread_cond_init(&baton->players[i].turn, &attributes);
    baton->players[i].standing = READY;
  }
  pthread_condattr_destroy(&attributes);
  baton->random = mix(seed);
  baton->workers = pw_pool_made(pool);
  baton->present = pw_pool_made(pool);
  baton->holder = pw_pool_made(pool);
  baton->caller_keeps = true;
  baton->players[pw_pool_made(pool)].thread = pw_thread_id();
  baton->on_end = on_end;
  baton->context = context;
  baton->look_ns = patience_ns / LOOKS + 1;
  pool->baton = baton;
  // Shut, and they stay so: each fork goes the slow way, which is a scheduling point.
  for (uint32_t i = 0; i < pw_pool_made(pool); i++) {
    if (pool->slots[i].gate != PW_GATE_NONE) pool->slots[i].gate = PW_GATE_SHUT;
  }
  return true;
}

PW_API void pw_baton_destroy(pw_baton *baton) {
  // In a forked child others seem to wait on the conditions, and would be waited for.
  if (!pw_pool_is_forked(baton->pool)) {
    for (uint32_t i = 0; i <= baton->workers; i++) pthread_cond_destroy(&baton->players[i].turn);
    pthread_mutex_destroy(&baton->lock);
  }
  free(baton);
}

PW_API pw_replay pw_baton_replay(pw_baton *baton) {
  bool locks = !pw_pool_is_forked(baton->pool);
  if (locks) pthread_mutex_lock(&baton->lock);
  pw_replay replay = {baton->points, baton->fingerprint, baton->end, baton->end_player};
  if (locks) pthread_mutex_unlock(&baton->lock);
  return replay;
}

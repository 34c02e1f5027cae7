// Standing by: loops of one chunk a slot that follow one another (standby.c).
//
// Promises: as in a region, every chunk runs exactly once, with the context of its own loop, and a loop ends only when
// nobody touches that context any more. A worker that stands by is counted nowhere, and one that goes is not called.
#include "core_unit.h"
#include "clients.h"

enum { LOOPS = 3, CHUNKS = 3 };
typedef struct context {
  size_t loop, chunks;
  size_t results[CHUNKS];
} context;

static int runs[LOOPS][CHUNKS];
static bool forks; // whether the chunks fork

WORLD_JOB(run_leaf, p) {
  size_t *leaf = p;
  PW_WRITE(leaf, PW_READ(leaf) + 1);
}

/// A job of the chunk's own, which the caller may help with while it waits for this chunk.
static void fork_leaf(void) {
  size_t leaf;
  PW_WRITE(&leaf, (size_t)7);
  pw_frame frame;
  world_fork(&frame, (pw_code)run_leaf, &leaf);
  world_join(&frame, (pw_code)run_leaf, &leaf);
  px_require(PW_READ(&leaf) == 8, "old result of the leaf");
}

WORLD_CHUNKS(run_chunks, first, last, p) {
  context *c = p;
  size_t loop = PW_READ(&c->loop);
  for (uint64_t i = first; i < last; i++) {
    px_note("runs chunk", i);
    px_require(i < PW_READ(&c->chunks), "chunk %zu is none of loop %zu's", (size_t)i, loop);
    px_require(runs[loop][i]++ == 0, "chunk %zu of loop %zu runs a second time", (size_t)i, loop);
    if (forks && i == 1) fork_leaf();
    PW_WRITE(&c->results[i], i + 1);
  }
}

static void run_loop_on(pw_slot *slot, size_t loop, size_t chunks) {
  context *c = px_allocate(16, sizeof *c);
  px_name(c, sizeof *c, "context", (int)loop);
  PW_WRITE(&c->loop, loop);
  PW_WRITE(&c->chunks, chunks);
  pw_pace pace = pw_pace_begin(PW_DEAL_ONE, 0);
  pw_worth all = pw_worth_of(0, world->made - 1, 0);
  pw_bounds bounds = {0};
  bool called = pw_call_standby(slot, (pw_code)run_chunks, c, &bounds, 0, chunks);
  px_require(called || pw_region_run(slot, (pw_code)run_chunks, c, &bounds, 0, chunks, &pace, all), "refused");
  for (size_t i = 0; i < chunks; i++) {
    px_require(runs[loop][i] == 1, "chunk %zu of loop %zu has run %d times", i, loop, runs[loop][i]);
    px_require(PW_READ(&c->results[i]) == i + 1, "old result");
  }
  px_release(c);
}

static void run_loop(size_t loop, size_t chunks) { run_loop_on(&world_slots[0], loop, chunks); }

/// As after a loop: the workers stand by for slot 0.
static void reset(uint32_t slots) {
  world_reset(slots, NULL);
  forks = false;
  memset(runs, 0, sizeof runs);
  for (uint32_t i = 1; i < slots; i++) {
    world_slots[i].seat = PW_SEAT_STANDBY_FOR(0);
    world_slots[0].calls[i].answer = 1;
    world_slots[i].standby = &world_slots[0];
    world_slots[0].ids[i - 1].recent = i;
  }
  world_slots[0].recent_count = slots - 1;
}

static void reset_two(void) { reset(2); }
static void reset_three(void) { reset(3); }

static void reset_forks(void) {
  reset(2);
  forks = true;
}

/// Whoever comes late finds its worker asleep, and an active pool leaves it awake.
static void reset_asleep(uint32_t slots, uint32_t from) {
  world_reset(slots, NULL);
  forks = false;
  memset(runs, 0, sizeof runs);
  world->spin_ns = PW_NEVER_PARK;
  world_lay_down(world, from);
  world->starting = 0;
}

static void reset_active(void) { reset_asleep(2, 1); }
static void reset_active_four(void) { reset_asleep(4, 1); }

/// Slots 0 and 1 have callers.
static AO_t ended;
static void reset_active_callers(void) {
  reset_asleep(3, 2);
  ended = 0;
}

static void check(void) {
  px_require(PW_SLEEPERS(world->idle) == 0 && PW_SEARCHERS(world->idle) == 0, "idle counts %#zx", (size_t)world->idle);
  px_require(world->idle_seats[0] == 0, "idle seats %#zx", (size_t)world->idle_seats[0]);
  for (uint32_t i = 0; i < world->made; i++) {
    px_require(world_slots[i].slice == 0, "slot %u keeps a slice", i);
    px_require(world_slots[i].region == 0, "slot %u's region is open", i);
    const pw_call *call = &world_slots[0].calls[i];
    px_require((call->answer & 3) == 0, "slot %u still stands by", i);
    px_require(call->answer / 4 == call->asked, "slot %u has not answered", i);
  }
  world_destroy(world);
  world_require_nothing_leaks();
}

static bool is_worker(int thread) {
  if (thread > 0) world_run_from_sleep(&world_slots[thread]);
  return thread > 0;
}

/// The worker may go before each of the calls, or be on its way.
static void standby_calls(int thread) {
  if (is_worker(thread)) return;
  for (size_t loop = 0; loop < 2; loop++) run_loop(loop, world->made);
  pw_pool_stop(world);
}

static void standby_once(int thread) {
  if (is_worker(thread)) return;
  run_loop(0, world->made);
  pw_pool_stop(world);
}

/// A loop of another shape claims the seats of those who stand by, and posts to them.
static void standby_post(int thread) {
  if (is_worker(thread)) return;
  run_loop(0, 3);
  run_loop(1, 2);
  pw_pool_stop(world);
}

static void standby_callers(int thread) {
  if (thread == 2) {
    world_run_from_sleep(&world_slots[2]);
    return;
  }
  run_loop_on(&world_slots[thread], (size_t)thread, 2);
  if (PW_ADD(client_standby_ended, &ended, 1) == 1) pw_pool_stop(world);
}

/// The worker that stands by is wanted no longer, before it is called or after.
static void standby_shrinks(int thread) {
  if (thread == 2) pw_pool_resize(world, 1);
  else standby_calls(thread);
}

static const px_client clients[] = {
  {"standby_once", 2, reset_two, standby_once, check, .quick = {2, 1}, .full = {3, 1}},
  {"standby_calls", 2, reset_two, standby_calls, check, .quick = {1, 1}, .full = {2, 1}},
  {"standby_three", 3, reset_three, standby_once, check, .quick = {1, 0}, .full = {1, 1}},
  {"standby_post", 2, reset_two, standby_post, check, .quick = {1, 1}, .full = {2, 0}},
  {"standby_forks", 2, reset_forks, standby_once, check, .quick = {2, 1}, .full = {3, 0}},
  {"standby_shrinks", 3, reset_two, standby_shrinks, check, .quick = {1, 0}, .full = {2, 1}},
  {"standby_active", 2, reset_active, standby_calls, check, .quick = {1, 1}, .full = {2, 0}},
  {"standby_active_four", 4, reset_active_four, standby_once, check, .quick = {0, 0}, .full = {0, 1}},
  {"standby_active_callers", 3, reset_active_callers, standby_callers, check, .quick = {1, 1}, .full = {1, 1}},
};

PX_GROUP(standby, clients);

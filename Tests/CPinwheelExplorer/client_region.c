// Regions: a loop shared out through mailboxes, slices and seats.
//
// Promises: every chunk runs exactly once, with the context of its own region, and the region ends only when nobody
// touches that context any more (it is freed at once).
#include "core_unit.h"
#include "clients.h"

enum { CHUNKS = 4 };
typedef struct context {
  size_t region, chunks;
  size_t results[CHUNKS];
} context;

static int runs[2][CHUNKS];

/// The first chunk that slot 1 is to begin with, if it begins any; -1: whichever.
static int first_of_worker;

WORLD_CHUNKS(run_chunks, first, last, p) {
  context *c = p;
  size_t region = PW_READ(&c->region);
  for (uint64_t i = first; i < last; i++) {
    px_note("runs chunk", i);
    px_require(i < PW_READ(&c->chunks), "chunk %zu is none of region %zu's", (size_t)i, region);
    if (first_of_worker >= 0 && pw_current() == &world_slots[1]) {
      px_require((int)i == first_of_worker, "slot 1 begins with chunk %zu of a slice that begins with %d", (size_t)i,
                 first_of_worker);
      first_of_worker = -1;
    }
    px_require(runs[region][i]++ == 0, "chunk %zu of region %zu runs a second time", (size_t)i, region);
    PW_WRITE(&c->results[i], i + 1);
  }
}

static void run_region(pw_slot *slot, size_t region, size_t chunks) {
  context *c = px_allocate(16, sizeof *c);
  px_name(c, sizeof *c, "context", (int)region);
  PW_WRITE(&c->region, region);
  PW_WRITE(&c->chunks, chunks);
  px_require(world_region(slot, (pw_code)run_chunks, c, chunks), "refused");
  for (size_t i = 0; i < chunks; i++) {
    px_require(runs[region][i] == 1, "chunk %zu of region %zu has run %d times", i, region, runs[region][i]);
    px_require(PW_READ(&c->results[i]) == i + 1, "old result");
  }
  px_release(c);
}

static void reset_for(uint32_t slots, uint32_t workers_from) {
  world_reset(slots, NULL);
  for (uint32_t i = workers_from; i < slots; i++) world->starting += 1;
  memset(runs, 0, sizeof runs);
  first_of_worker = -1;
}

static void reset_two(void) { reset_for(2, 1); }
static void reset_three(void) { reset_for(3, 1); }

static void check(void) {
  px_require(PW_SLEEPERS(world->idle) == 0 && PW_SEARCHERS(world->idle) == 0, "idle counts %#zx", (size_t)world->idle);
  px_require(world->idle_seats[0] == 0, "idle seats %#zx", (size_t)world->idle_seats[0]);
  for (uint32_t i = 0; i < world->made; i++) {
    px_require(world_slots[i].slice == 0, "slot %u keeps a slice", i);
    px_require(world_slots[i].region == 0, "slot %u's region is open", i);
  }
  world_destroy(world);
  world_require_nothing_leaks();
}

/// Slot 0 calls regions, the other slots have workers.
static void region_once(int thread) {
  pw_slot *slot = &world_slots[thread];
  if (thread > 0) {
    pw_worker_run(slot);
    return;
  }
  run_region(slot, 0, 3);
  pw_pool_stop(world);
}

/// Twice the same shape: a latecomer of the first must not run the second with the first one's context.
static void region_twice(int thread) {
  pw_slot *slot = &world_slots[thread];
  if (thread > 0) {
    pw_worker_run(slot);
    return;
  }
  run_region(slot, 0, 2);
  run_region(slot, 1, 2);
  pw_pool_stop(world);
}

static void reset_four(void) { reset_for(4, 1); }

/// All workers lie asleep, and are woken as a tree: the first one wakes the second.
static void reset_asleep(void) {
  reset_for(4, 1);
  world_lay_down(world, 1);
  world->starting = 0;
}

static void region_woken(int thread) {
  pw_slot *slot = &world_slots[thread];
  if (thread == 0) {
    run_region(slot, 0, 4);
    pw_pool_stop(world);
    return;
  }
  world_run_from_sleep(slot);
}

/// A worker three times as fast as the caller is dealt three of four chunks: it begins with the second of all. What the
/// caller takes back comes from the far end.
static void reset_weighted(void) {
  reset_for(2, 1);
  world_lay_down(world, 1);
  world->starting = 0;
  pw_pool_set_weights(world, (uint32_t[]){1, 3}, 2);
  first_of_worker = 1;
}

/// Two callers, one worker.
static void reset_callers(void) { reset_for(3, 2); }
static AO_t done;

static void region_two_callers(int thread) {
  pw_slot *slot = &world_slots[thread];
  if (thread == 2) {
    pw_worker_run(slot);
    return;
  }
  run_region(slot, (size_t)thread, 2);
  if (PW_ADD(client_region_done, &done, 1) == 1) pw_pool_stop(world);
}

static void reset_two_callers(void) {
  reset_callers();
  done = 0;
}

// MARK: Against a change of the pool's size

static void reset_growing(void) {
  world_reset_threads();
  world_reset_pool(world_pool_of(1, 2, WORLD_JOBS, NULL));
  world->starting = 0;
  memset(runs, 0, sizeof runs);
  first_of_worker = -1;
}

/// The worker is wanted no longer from some moment of the region on, whatever it does in it then.
static void region_shrinks(int thread) {
  if (thread == 2) pw_pool_resize(world, 1);
  else region_once(thread);
}

/// And then it is again.
static void region_goes_and_comes(int thread) {
  if (thread != 2) region_once(thread);
  else if (pw_pool_resize(world, 1)) pw_pool_resize(world, 2);
}

/// A worker that stands aside comes while the region runs, and has a part of it or none.
static void region_grows(int thread) {
  if (thread == 2) pw_pool_resize(world, 2);
  else if (thread == 1) pw_late_worker_run(&world_slots[1]);
  else region_once(thread);
}

static const px_client clients[] = {
  {"region_once", 2, reset_two, region_once, check, .quick = {2, 1}, .full = {3, 1}},
  {"region_twice", 2, reset_two, region_twice, check, .quick = {2, 0}, .full = {2, 1}},
  {"region_three", 3, reset_three, region_once, check, .quick = {1, 0}, .full = {1, 1}},
  {"region_late_thief", 3, reset_three, region_twice, check, .quick = {0, 1}, .full = {1, 0}},
  {"region_four", 4, reset_four, region_once, check, .quick = {0, 0}, .full = {0, 0}},
  {"region_woken", 4, reset_asleep, region_woken, check, .quick = {0, 0}, .full = {0, 1}},
  {"region_weighted", 2, reset_weighted, region_woken, check, .quick = {2, 1}, .full = {3, 1}},
  {"region_shrinks", 3, reset_two, region_shrinks, check, .quick = {1, 0}, .full = {2, 1}},
  {"region_grows", 3, reset_growing, region_grows, check, .quick = {1, 0}, .full = {2, 1}},
  {"region_goes_and_comes", 3, reset_two, region_goes_and_comes, check, .quick = {1, 0}, .full = {2, 1}},
  {"region_two_callers", 3, reset_two_callers, region_two_callers, check, .quick = {1, 1}, .full = {2, 0}},
};

PX_GROUP(region, clients);

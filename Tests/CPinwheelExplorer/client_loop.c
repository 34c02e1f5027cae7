// Loops from their call to their end (loop.c): several chunks at a time, alone first and shared when that takes too long,
// fewer sleepers than there are, and forked parts inside of a region.
//
// Promises: every chunk runs exactly once, and nobody touches the loop's context after its end (it is freed at once).
#include "core_unit.h"
#include "clients.h"

enum { CHUNKS = 5, OUTER = 2, INNER = 3 };
typedef struct context {
  size_t chunks, loop;
  size_t results[CHUNKS];
} context;

static int runs[2][CHUNKS], inner_runs[OUTER][INNER];
static uint64_t looks;
static AO_t callers_done;

/// Each look at the clock is a microsecond later.
static uint64_t clock_of_looks(void) { return looks += 1000; }

WORLD_CHUNKS(run_chunks, first, last, p) {
  context *c = p;
  size_t loop = PW_READ(&c->loop);
  for (uint64_t i = first; i < last; i++) {
    px_note("runs chunk", i);
    px_require(i < PW_READ(&c->chunks), "chunk %zu is none of the loop's", (size_t)i);
    px_require(runs[loop][i]++ == 0, "chunk %zu runs a second time", (size_t)i);
    PW_WRITE(&c->results[i], i + 1);
  }
}

static void run_loop(size_t number, uint32_t dealing, size_t chunks) {
  context *c = px_allocate(16, sizeof *c);
  px_name(c, sizeof *c, "context", (int)number);
  PW_WRITE(&c->loop, number);
  PW_WRITE(&c->chunks, chunks);
  pw_loop loop = {.chunks = chunks, .weight = 1, .dealing = dealing};
  pw_loop_run(world, &loop, (pw_code)run_chunks, c);
  for (size_t i = 0; i < chunks; i++) {
    px_require(runs[number][i] == 1, "chunk %zu has run %d times", i, runs[number][i]);
    px_require(PW_READ(&c->results[i]) == i + 1, "old result");
  }
  px_release(c);
}

/// Slots below `callers` call loops, the others have workers.
static void reset_for(uint32_t slots, uint32_t callers) {
  world_reset(slots, NULL);
  world->starting = slots - callers;
  memset(runs, 0, sizeof runs);
  memset(inner_runs, 0, sizeof inner_runs);
  px_name(world->sites, sizeof world->sites, "sites", -1);
  looks = 0;
  world_clock = NULL;
  callers_done = 0;
}

static void check(void) {
  world_clock = NULL;
  px_require(world->idle == 0, "idle counts %#zx", (size_t)world->idle);
  for (uint32_t i = 0; i < world->made; i++) {
    px_require(world_slots[i].slice == 0, "slot %u keeps a slice", i);
    px_require(world_slots[i].region == 0, "slot %u's region is open", i);
  }
  world_require_empty_stacks();
  world_destroy(world);
  world_require_nothing_leaks();
}

// MARK: Several chunks at a time

static void reset_two(void) { reset_for(2, 1); }
static void reset_three(void) { reset_for(3, 1); }

static void loop_halves(int thread) {
  if (thread > 0) {
    pw_worker_run(&world_slots[thread]);
    return;
  }
  run_loop(0, PW_DEAL_HALVES, CHUNKS);
  pw_pool_stop(world);
}

// MARK: Alone, then shared

static void reset_known(void) {
  reset_two();
  world_clock = clock_of_looks;
  pw_remember(world, (pw_code)run_chunks, 10); // nanoseconds an index: not worth sharing
}

static void loop_alone_then_shared(int thread) {
  if (thread > 0) {
    pw_worker_run(&world_slots[thread]);
    return;
  }
  run_loop(0, PW_DEAL_TIMED, CHUNKS);
  run_loop(1, PW_DEAL_TIMED, 2); // by now it is known to take longer
  pw_pool_stop(world);
}

/// Two callers remember the same site.
static void reset_same_site(void) {
  reset_for(3, 2);
  world_clock = clock_of_looks;
}

static void loop_same_site(int thread) {
  if (thread == 2) {
    pw_worker_run(&world_slots[thread]);
    return;
  }
  run_loop((size_t)thread, PW_DEAL_TIMED, 2);
  if (PW_ADD(client_loops_done, &callers_done, 1) == 1) pw_pool_stop(world);
}

// MARK: Some of the sleepers

static void reset_asleep(void) {
  reset_for(3, 1);
  world_lay_down(world, 1);
  world->starting = 0;
}

static void loop_wakes_one(int thread) {
  if (thread > 0) {
    world_run_from_sleep(&world_slots[thread]);
    return;
  }
  context *c = px_allocate(16, sizeof *c);
  px_name(c, sizeof *c, "context", 0);
  PW_WRITE(&c->loop, (size_t)0);
  PW_WRITE(&c->chunks, (size_t)3);
  pw_pace pace = pw_pace_begin(PW_DEAL_EACH, 0);
  px_require(
      pw_region_run(&world_slots[0], (pw_code)run_chunks, c, &(pw_bounds){0}, 1, 3, &pace, (pw_worth){.awake = 2, .asleep = 1}),
      "refused");
  px_require(runs[0][0] == 0 && runs[0][1] == 1 && runs[0][2] == 1, "not the chunks from 1");
  px_release(c);
  pw_pool_stop(world);
}

// MARK: Inside of a region

WORLD_CHUNKS(run_inner, first, last, p) {
  size_t outer = (size_t)p;
  for (uint64_t i = first; i < last; i++) {
    px_note("runs inner chunk", i);
    px_require(inner_runs[outer][i]++ == 0, "inner chunk %zu of %zu runs a second time", (size_t)i, outer);
  }
}

WORLD_CHUNKS(run_outer, first, last, p) {
  (void)p;
  for (uint64_t i = first; i < last; i++) {
    pw_loop loop = {.chunks = INNER, .weight = 1, .dealing = PW_DEAL_HALVES};
    pw_loop_run(world, &loop, (pw_code)run_inner, (void *)(size_t)i);
    for (int j = 0; j < INNER; j++) px_require(inner_runs[i][j] == 1, "inner chunk %d has run %d times", j, inner_runs[i][j]);
  }
}

static void loop_nested(int thread) {
  if (thread > 0) {
    pw_worker_run(&world_slots[thread]);
    return;
  }
  pw_loop loop = {.chunks = OUTER, .weight = 1, .dealing = PW_DEAL_EACH};
  pw_loop_run(world, &loop, (pw_code)run_outer, NULL);
  pw_pool_stop(world);
}

static const px_client clients[] = {
  {"loop_halves", 2, reset_two, loop_halves, check, .quick = {2, 0}, .full = {3, 0}},
  {"loop_halves_three", 3, reset_three, loop_halves, check, .quick = {1, 0}, .full = {1, 1}},
  {"loop_alone_then_shared", 2, reset_known, loop_alone_then_shared, check, .quick = {1, 1}, .full = {2, 1}},
  {"loop_same_site", 3, reset_same_site, loop_same_site, check, .quick = {1, 0}, .full = {1, 1}},
  {"loop_wakes_one", 3, reset_asleep, loop_wakes_one, check, .quick = {1, 1}, .full = {2, 0}},
  {"loop_nested", 2, reset_two, loop_nested, check, .quick = {1, 1}, .full = {2, 1}},
};

PX_GROUP(loop, clients);

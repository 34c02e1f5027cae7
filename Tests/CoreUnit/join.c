// Fork and join on a pool with workers.
#include <pthread.h>
#include "unit.h"

typedef struct tree {
  pw_pool *pool;
  unit_tally *tally;
  uint64_t lo, hi;
} tree;

static void walk(void *argument) {
  tree *whole = argument;
  if (whole->hi - whole->lo == 1) {
    unit_tally_mark(whole->tally, whole->lo);
    return;
  }
  // Uneven, so that thieves find large jobs and small ones.
  uint64_t middle = whole->lo + (whole->hi - whole->lo + 2) / 3;
  tree left = *whole, right = *whole;
  left.hi = right.lo = middle;
  unit_both(whole->pool, (unit_job){walk, &right}, (unit_job){walk, &left});
}

static void walk_all(pw_pool *pool, uint32_t leaves) {
  unit_tally tally = unit_tally_make(leaves);
  tree whole = {pool, &tally, 0, leaves};
  walk(&whole);
  CHECK(!pw_is_inside(pool)); // the visit has ended with the outermost join
  unit_tally_check(&tally);
}

void join_runs_both_once(void) {
  unit_crew crew = unit_crew_start(unit.threads, 50000);
  for (uint32_t round = 0; round < 4 * unit.scale; round++) walk_all(crew.pool, 4000);
  unit_crew_end(&crew);
}

static void walk_from_outside(void *pool, uint32_t index) {
  for (uint32_t round = 0; round < 3 * unit.scale; round++) walk_all(pool, 500 + 100 * index);
}

void join_from_many_threads(void) {
  // More callers than slots: some get none, and run alone.
  unit_crew crew = unit_crew_start(unit.threads / 2, 1000);
  unit_join(unit_start(unit.threads, walk_from_outside, crew.pool));
  unit_crew_end(&crew);
}

static void add_one(void *count) { atomic_fetch_add((atomic_uint *)count, 1); }

void join_abandoned(void) {
  unit_crew crew = unit_crew_start(unit.threads, 1000);
  uint32_t never = 0, rounds = 200 * unit.scale;
  for (uint32_t round = 0; round < rounds; round++) {
    atomic_uint runs = 0;
    unit_job job = {add_one, &runs};
    pw_frame frame;
    unit_fork(crew.pool, &frame, &job);
    if (round % 2 == 0) unit_nap(1000); // time for a thief
    bool abandoned = pw_abandon(&frame);
    CHECK(runs == (abandoned ? 0 : 1)); // has run to its end, or never will
    CHECK(!pw_is_inside(crew.pool));
    never += abandoned;
  }
  atomic_fetch_add(&unit_jobs_run, rounds - never);
  unit_crew_end(&crew);
}

typedef struct two_pools {
  pw_pool *outer, *inner;
  atomic_uint runs;
} two_pools;

static void call_inner(void *argument) {
  two_pools *pools = argument;
  pw_slot *before = pw_current();
  walk_all(pools->inner, 300);
  CHECK(pw_current() == before);
  atomic_fetch_add(&pools->runs, 1);
}

void join_in_a_pool_inside_another(void) {
  unit_crew outer = unit_crew_start(2, 1000), inner = unit_crew_start(2, 1000);
  two_pools pools = {outer.pool, inner.pool, 0};
  for (uint32_t round = 0; round < 5 * unit.scale; round++) {
    unit_both(outer.pool, (unit_job){call_inner, &pools}, (unit_job){call_inner, &pools});
  }
  CHECK(pools.runs == 10 * unit.scale);
  unit_crew_end(&inner);
  unit_crew_end(&outer);
}

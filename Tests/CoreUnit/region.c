// Top-level loops.
#include "unit.h"

static void mark_chunks(void *argument, uint64_t first, uint64_t last) {
  CHECK(first < last);
  for (uint64_t chunk = first; chunk < last; chunk++) unit_tally_mark(argument, chunk);
}

/// A loop from a thread that may hold no slot: alone then.
static void loop(pw_pool *pool, uint64_t chunks, unit_body *body) {
  pw_slot *visit = pw_begin_visit(pool);
  if (pw_holds(pool)) CHECK(unit_region(pw_current(), chunks, body));
  else body->function(body->argument, 0, chunks);
  pw_end_visit(visit);
}

void region_each_chunk_once(void) {
  unit_crew crew = unit_crew_start(unit.threads, 20000);
  uint64_t random = unit.seed;
  for (uint32_t round = 0; round < 40 * unit.scale; round++) {
    unit_tally tally = unit_tally_make((uint32_t)(1 + unit_random(&random) % 500));
    unit_body body = {mark_chunks, &tally};
    if (round % 8 == 0) unit_nap(100000); // the workers sleep
    loop(crew.pool, tally.count, &body);
    unit_tally_check(&tally);
  }
  unit_crew_end(&crew);
}

void region_one_after_the_other(void) {
  // Equal shapes, bodies that die at once: a late worker would run the next loop's slice with the last one's body.
  unit_crew crew = unit_crew_start(unit.threads, 50000);
  for (uint32_t round = 0; round < 200 * unit.scale; round++) {
    unit_tally tally = unit_tally_make(2 * unit.threads);
    unit_body *body = malloc(sizeof *body);
    CHECK(body != NULL);
    *body = (unit_body){mark_chunks, &tally};
    loop(crew.pool, tally.count, body);
    body->function = NULL;
    free(body);
    unit_tally_check(&tally);
  }
  unit_crew_end(&crew);
}

typedef struct nested {
  pw_pool *pool;
  unit_tally *tally;
} nested;

static void loop_inside(void *argument, uint64_t first, uint64_t last) {
  nested *nested = argument;
  for (uint64_t chunk = first; chunk < last; chunk++) {
    unit_tally none = {0, NULL};
    unit_body body = {mark_chunks, &none};
    if (pw_holds(nested->pool)) CHECK(!unit_region(pw_current(), 10, &body)); // refused: these become forks
    unit_tally_mark(nested->tally, chunk);
  }
}

void region_inside_a_region(void) {
  unit_crew crew = unit_crew_start(unit.threads, 20000);
  for (uint32_t round = 0; round < 10 * unit.scale; round++) {
    unit_tally tally = unit_tally_make(64);
    nested nested = {crew.pool, &tally};
    unit_body body = {loop_inside, &nested};
    loop(crew.pool, tally.count, &body);
    unit_tally_check(&tally);
  }
  unit_crew_end(&crew);
}

/// A pool whose first slot works and whose others sleep.
static pw_pool *with_sleepers(uint32_t slots) {
  pw_pool *pool = pw_pool_create(slots, slots, 64, 1000, unit.seed, NULL);
  CHECK(pool != NULL);
  for (uint32_t i = 1; i < slots; i++) {
    pool->slots[i].seat = PW_SEAT_ASLEEP;
    pool->idle_seats[0] |= (AO_t)1 << i;
    pool->idle += PW_SLEEPER;
  }
  return pool;
}

// Members of a team that share a CPU wait for each other's turn at every barrier.
void region_claims_seats_apart_first(void) {
  enum { slots = 8 };
  uint64_t apart = 1 << 0 | 1 << 4; // four share a CPU
  for (uint32_t wanted = 1; wanted < slots; wanted++) {
    pw_pool *pool = with_sleepers(slots);
    pw_pool_set_abreast(pool, 2, 0, &apart, 1);
    pw_slot *caller = pw_pool_slot(pool, 0);
    CHECK(pw_claim_seats(caller, (pw_worth){wanted, wanted, false}, true).count == wanted);
    bool has_other = false;
    for (uint32_t i = 0; i < wanted; i++) has_other = has_other || caller->ids[i].posted == 4;
    CHECK(has_other);
    for (uint32_t i = 1; i < wanted; i++) CHECK(caller->ids[i - 1].posted < caller->ids[i].posted);
    pw_pool_destroy(pool);
  }
}

// 16 times 2^60 is 0.
void loop_grain_of_a_very_long_loop(void) {
  pw_pool *pool = pw_pool_create(2, 2, 16, 0, 1, NULL);
  for (int bits = 20; bits < 64; bits++) CHECK(pw_loop_grain(pool, (uint64_t)1 << bits, 1) >= 1024);
  pw_pool_destroy(pool);
}

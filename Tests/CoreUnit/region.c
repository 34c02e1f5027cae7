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

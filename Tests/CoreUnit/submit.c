// Submitted jobs: claimed once, waited for, and none lost at shutdown.
#include "unit.h"

typedef struct handle {
  unit_object object; // first: its address is the tag
  AO_t state;
  pw_pool *pool;
  unit_tally *tally;
  uint64_t number;
  struct handle *wanted; // waited for inside of this job
  atomic_uint references;
} handle;

/// Runs the job if nobody has begun it, as whoever draws its ticket does.
static void run_once(handle *handle) {
  pw_slot *slot = pw_holds(handle->pool) ? pw_current() : NULL;
  if (!pw_submitted_claim(slot, &handle->state)) return;
  if (handle->wanted != NULL) {
    if (slot != NULL) {
      pw_draw_ticket(slot, handle->wanted); // claims and runs that very job, if it can
      pw_wait_submitted(slot, &handle->wanted->state);
    } else {
      run_once(handle->wanted);
      pw_wait_for_turn(NULL, &handle->wanted->state);
    }
    CHECK(handle->tally->runs[handle->wanted->number] == 1);
  }
  unit_tally_mark(handle->tally, handle->number);
  pw_submitted_finish(slot, &handle->state);
}

static void draw(unit_object *object) {
  handle *handle = (struct handle *)object;
  run_once(handle);
  atomic_fetch_sub(&handle->references, 1);
}

static handle *handles_make(pw_pool *pool, unit_tally *tally) {
  handle *handles = calloc(tally->count, sizeof *handles);
  CHECK(handles != NULL);
  for (uint32_t i = 0; i < tally->count; i++) {
    handles[i] = (handle){.object = {.draw = draw}, .pool = pool, .tally = tally, .number = i};
  }
  return handles;
}

static pw_push_result submit(handle *handle) {
  atomic_fetch_add(&handle->references, handle->wanted != NULL ? 1 : 2); // one for a draw by whoever wants it
  return pw_submit(handle->pool, pw_holds(handle->pool) ? pw_current() : NULL, handle);
}

void submitted_run_once(void) {
  unit_crew crew = unit_crew_start(unit.threads, 10000);
  unit_tally tally = unit_tally_make(2000 * unit.scale);
  handle *handles = handles_make(crew.pool, &tally);
  for (uint32_t i = 0; i < tally.count; i++) CHECK(submit(&handles[i]) == PW_PUSHED);
  for (uint32_t i = 0; i < tally.count; i++) {
    pw_wait_for_turn(NULL, &handles[i].state);
    CHECK(pw_is_done(&handles[i].state) && tally.runs[i] == 1); // what the job did is seen
  }
  unit_crew_end(&crew);
  unit_tally_check(&tally);
  free(handles);
}

void submitted_waited_for_inside(void) {
  unit_crew crew = unit_crew_start(unit.threads, 1000);
  unit_tally tally = unit_tally_make(400 * unit.scale);
  handle *handles = handles_make(crew.pool, &tally);
  // Each odd job waits for the one before it, which is queued behind it.
  for (uint32_t i = 1; i < tally.count; i += 2) handles[i].wanted = &handles[i - 1];
  for (uint32_t i = tally.count; i-- > 0;) CHECK(submit(&handles[i]) == PW_PUSHED);
  for (uint32_t i = 0; i < tally.count; i++) pw_wait_for_turn(NULL, &handles[i].state);
  unit_crew_end(&crew);
  unit_tally_check(&tally);
  free(handles);
}

typedef struct race {
  pw_pool *pool;
  handle *handles;
  uint32_t each;
  atomic_uint accepted;
  atomic_bool *was_accepted;
} race;

static void submit_until_refused(void *argument, uint32_t index) {
  race *race = argument;
  for (uint32_t i = index * race->each; i < (index + 1) * race->each; i++) {
    if (submit(&race->handles[i]) != PW_PUSHED) return;
    race->was_accepted[i] = true;
    atomic_fetch_add(&race->accepted, 1);
  }
}

void submitted_against_shutdown(void) {
  for (uint32_t round = 0; round < 10 * unit.scale; round++) {
    unit_crew crew = unit_crew_start(unit.threads, round % 2 == 0 ? 0 : 20000);
    unit_tally tally = unit_tally_make(unit.threads * 2000);
    race race = {.pool = crew.pool, .handles = handles_make(crew.pool, &tally), .each = 2000,
                 .was_accepted = calloc(tally.count, sizeof(atomic_bool))};
    CHECK(race.was_accepted != NULL);
    unit_threads *submitters = unit_start(unit.threads, submit_until_refused, &race);
    unit_nap(50000 * (round % 5));
    unit_crew_stop(&crew);
    unit_join(submitters);
    unit_crew_end(&crew);
    // What was accepted ran once; what was refused, or not tried, never.
    for (uint32_t i = 0; i < tally.count; i++) CHECK(tally.runs[i] == (race.was_accepted[i] ? 1 : 0));
    atomic_fetch_add(&unit_jobs_run, race.accepted);
    free(tally.runs);
    free(race.handles);
    free(race.was_accepted);
  }
}

// Scopes: jobs spawned into them, on the deque of their opener and through their own queue.
#include "unit.h"

typedef struct scope {
  unit_object object; // first: its address is the tag
  pw_scope jobs;
  pw_pool *pool;
  atomic_uint tickets; // that nobody has drawn: the core holds the scope until then
} scope;

static void run_spawned(unit_object *object, void *first, void *second) {
  ((void (*)(void *))first)(second);
  pw_scope_leave(&((scope *)object)->jobs);
}

static void draw(unit_object *object) {
  scope *scope = (struct scope *)object;
  pw_entry entry;
  if (pw_scope_take(&scope->jobs, &entry)) { // else its opener was quicker
    if (pw_holds(scope->pool)) pw_run_spawned(pw_current(), entry);
    else run_spawned(object, entry.first, entry.second);
  }
  atomic_fetch_sub(&scope->tickets, 1);
}

static void scope_init(scope *scope, pw_pool *pool) {
  memset(scope, 0, sizeof *scope);
  scope->object = (unit_object){draw, run_spawned};
  scope->pool = pool;
  pw_scope_init(&scope->jobs);
}

static void spawn(scope *scope, void (*function)(void *), void *argument) {
  pw_slot *slot = pw_holds(scope->pool) ? pw_current() : NULL;
  pw_entry entry = {(void *)function, argument, scope};
  if (slot != NULL && pw_scope_is_innermost(slot, scope)) {
    CHECK(pw_spawn_here(slot, &scope->jobs, entry));
    return;
  }
  atomic_fetch_add(&scope->tickets, 1);
  pw_push_result result = pw_spawn_elsewhere(scope->pool, slot, &scope->jobs, entry, scope);
  CHECK(result != PW_PUSH_NO_MEMORY);
  if (result == PW_PUSH_CLOSED) atomic_fetch_sub(&scope->tickets, 1);
}

/// Opens the scope, runs `body(argument)`, waits for the jobs.
static void conduct(scope *scope, void (*body)(void *), void *argument) {
  pw_slot *visit = pw_begin_visit(scope->pool);
  pw_slot *slot = pw_holds(scope->pool) ? pw_current() : NULL;
  pw_opened opened = {NULL, 0};
  if (slot != NULL) opened = pw_scope_open(slot, scope);
  body(argument);
  pw_scope_wait(scope->pool, slot, &scope->jobs, scope, opened);
  pw_end_visit(visit);
}

static void scope_end(scope *scope) {
  while (atomic_load(&scope->tickets) > 0) unit_nap(1000);
  pw_scope_destroy(&scope->jobs);
}

typedef struct numbered {
  unit_tally *tally;
  uint64_t number;
} numbered;

static void mark(void *argument) {
  numbered *job = argument;
  unit_tally_mark(job->tally, job->number);
}

typedef struct spawner {
  scope scope;
  numbered *jobs;
  uint32_t each;
} spawner;

static void spawn_all(void *argument) {
  spawner *spawner = argument;
  for (uint32_t i = 0; i < spawner->each; i++) spawn(&spawner->scope, mark, &spawner->jobs[i]);
}

static spawner spawner_make(unit_tally *tally) {
  spawner spawner = {.jobs = calloc(tally->count, sizeof(numbered)), .each = tally->count};
  CHECK(spawner.jobs != NULL);
  for (uint32_t i = 0; i < tally->count; i++) spawner.jobs[i] = (numbered){tally, i};
  return spawner;
}

void scope_runs_each_once(void) {
  unit_crew crew = unit_crew_start(unit.threads, 20000);
  for (uint32_t round = 0; round < 10 * unit.scale; round++) {
    unit_tally tally = unit_tally_make(300);
    spawner spawner = spawner_make(&tally);
    scope_init(&spawner.scope, crew.pool);
    conduct(&spawner.scope, spawn_all, &spawner);
    unit_tally_check(&tally); // all have run when the scope ends
    scope_end(&spawner.scope);
    free(spawner.jobs);
  }
  unit_crew_end(&crew);
}

static void spawn_a_part(void *argument, uint32_t index) {
  spawner *spawner = argument;
  uint32_t part = spawner->each / unit.threads;
  for (uint32_t i = 0; i < part; i++) spawn(&spawner->scope, mark, &spawner->jobs[index * part + i]);
}

static void spawn_from_threads(void *argument) { unit_join(unit_start(unit.threads, spawn_a_part, argument)); }

void scope_from_other_threads(void) {
  unit_crew crew = unit_crew_start(unit.threads, 1000);
  for (uint32_t round = 0; round < 3 * unit.scale; round++) {
    unit_tally tally = unit_tally_make(100 * unit.threads);
    spawner spawner = spawner_make(&tally);
    scope_init(&spawner.scope, crew.pool);
    conduct(&spawner.scope, spawn_from_threads, &spawner);
    unit_tally_check(&tally);
    scope_end(&spawner.scope);
    free(spawner.jobs);
  }
  unit_crew_end(&crew);
}

static void open_another(void *argument) {
  spawner *spawner = argument;
  conduct(&spawner->scope, spawn_all, spawner);
  for (uint32_t i = 0; i < spawner->each; i++) CHECK(spawner->jobs[i].tally->runs[i] == 1);
}

typedef struct nest {
  scope scope;
  spawner *inner;
  uint32_t count;
} nest;

static void spawn_scopes(void *argument) {
  nest *nest = argument;
  for (uint32_t i = 0; i < nest->count; i++) spawn(&nest->scope, open_another, &nest->inner[i]);
}

void scope_inside_a_job(void) {
  enum { inner = 6 };
  unit_crew crew = unit_crew_start(unit.threads, 1000);
  for (uint32_t round = 0; round < 4 * unit.scale; round++) {
    unit_tally tally[inner];
    spawner spawners[inner];
    nest nest = {.inner = spawners, .count = inner};
    for (int i = 0; i < inner; i++) {
      tally[i] = unit_tally_make(40);
      spawners[i] = spawner_make(&tally[i]);
      scope_init(&spawners[i].scope, crew.pool);
    }
    scope_init(&nest.scope, crew.pool);
    conduct(&nest.scope, spawn_scopes, &nest);
    for (int i = 0; i < inner; i++) {
      unit_tally_check(&tally[i]);
      scope_end(&spawners[i].scope);
      free(spawners[i].jobs);
    }
    scope_end(&nest.scope);
  }
  unit_crew_end(&crew);
}

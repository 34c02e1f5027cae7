// A whole pool: outside callers that fork trees, run loops and open scopes, and submissions that fork, all at once,
// until the last of them shuts the pool down. Too large to be searched: for random walks.
#include "core_unit.h"
#include "clients.h"

enum { WORKERS = 3, CALLERS = 3, LEAVES = 4, CHUNKS = 3, SPAWNS = 2 };

/// What one caller has run, by a number for each job. Written by whoever runs it, read by the caller after it has
/// joined.
typedef struct tally {
  size_t leaves[LEAVES], chunks[CHUNKS], spawned[SPAWNS];
  /// Its tickets are its submission's; else they are its scope's.
  bool submits;
  AO_t submitted;
  pw_scope scope;
} tally;

static tally tallies[CALLERS];
static AO_t callers_left;
static int accepted, drawn;

static void count(size_t *once) {
  px_require(PW_READ(once) == 0, "a job runs a second time");
  PW_WRITE(once, (size_t)1);
}

WORLD_JOB(run_leaf, context) { count(context); }

/// Forks the second of two leaves and runs the first.
WORLD_JOB(run_pair, context) {
  size_t *leaves = context;
  pw_frame frame;
  world_fork(&frame, (pw_code)run_leaf, &leaves[1]);
  count(&leaves[0]);
  world_join(&frame, (pw_code)run_leaf, &leaves[1]);
  px_require(PW_READ(&leaves[1]) == 1, "a leaf is lost");
}

static void run_tree(tally *t) {
  pw_frame frame;
  world_fork(&frame, (pw_code)run_pair, &t->leaves[2]);
  pw_call_job((pw_code)run_pair, &t->leaves[0], NULL);
  world_join(&frame, (pw_code)run_pair, &t->leaves[2]);
  for (int i = 0; i < LEAVES; i++) px_require(PW_READ(&t->leaves[i]) == 1, "leaf %d is lost", i);
}

WORLD_CHUNKS(run_chunks, first, last, context) {
  tally *t = context;
  for (uint64_t i = first; i < last; i++) count(&t->chunks[i]);
}

/// As `parallelFor` and `scope` do (ThreadPool+Loops.swift, Scope.swift).
static void run_loop(tally *t) {
  pw_slot *visit = pw_begin_visit(world);
  if (!pw_holds(world) || !world_region(pw_current(), (pw_code)run_chunks, t, CHUNKS))
    pw_call_part((pw_code)run_chunks, t, 0, CHUNKS);
  for (int i = 0; i < CHUNKS; i++) px_require(PW_READ(&t->chunks[i]) == 1, "chunk %d is lost", i);
  pw_end_visit(visit);
}

static void spawn(tally *t, size_t i) {
  pw_entry entry = {&t->spawned[i], NULL, t};
  pw_slot *slot = pw_holds(world) ? pw_current() : NULL;
  if (slot != NULL && pw_scope_is_innermost(slot, t)) {
    px_require(pw_spawn_here(slot, &t->scope, entry), "no memory");
  } else {
    px_require(pw_spawn_elsewhere(world, slot, &t->scope, entry, t) != PW_PUSH_NO_MEMORY, "no memory");
  }
}

static void run_scope(tally *t) {
  pw_slot *visit = pw_begin_visit(world);
  pw_slot *slot = pw_holds(world) ? pw_current() : NULL;
  pw_opened opened = slot != NULL ? pw_scope_open(slot, t) : (pw_opened){0};
  for (size_t i = 0; i < SPAWNS; i++) spawn(t, i);
  pw_scope_wait(world, slot, &t->scope, t, opened);
  for (int i = 0; i < SPAWNS; i++) px_require(PW_READ(&t->spawned[i]) == 1, "spawn %d is lost", i);
  pw_end_visit(visit);
}

static void run_entry(void *first, void *second, void *object, bool ticket) {
  (void)second;
  tally *t = object;
  if (ticket && t->submits) {
    pw_slot *slot = pw_holds(world) ? pw_current() : NULL;
    drawn += 1;
    if (!pw_submitted_claim(slot, &t->submitted)) return;
    run_tree(t);
    pw_submitted_finish(slot, &t->submitted);
    return;
  }
  if (ticket) {
    pw_entry entry;
    if (!pw_scope_take(&t->scope, &entry)) return;
    if (pw_current() != NULL) pw_run_spawned(pw_current(), entry);
    else run_entry(entry.first, entry.second, entry.tag, false);
    return;
  }
  count(first);
  pw_scope_leave(&t->scope);
}

static void reset(void) {
  world_reset(WORKERS, run_entry);
  world->starting = WORKERS;
  memset(tallies, 0, sizeof tallies);
  for (int i = 0; i < CALLERS; i++) {
    pw_scope_init(&tallies[i].scope);
    tallies[i].submits = i == CALLERS - 1;
  }
  callers_left = CALLERS;
  accepted = drawn = 0;
  px_name(tallies, sizeof tallies, "tallies", -1);
}

static void everything(int thread) {
  if (thread < WORKERS) {
    pw_worker_run(&world_slots[thread]);
    return;
  }
  tally *t = &tallies[thread - WORKERS];
  if (thread == WORKERS) {
    run_tree(t);
    run_scope(t);
  } else if (thread == WORKERS + 1) {
    run_loop(t);
    run_tree(t);
  } else {
    accepted += pw_submit(world, NULL, t) == PW_PUSHED;
    pw_wait_for_turn(NULL, &t->submitted);
    for (int i = 0; i < LEAVES; i++) px_require(PW_READ(&t->leaves[i]) == 1, "leaf %d is lost", i);
  }
  px_require(pw_current() == NULL && !pw_is_inside(world), "the call has not ended");
  if (PW_ADD(client_left, &callers_left, -(AO_t)1) != 1) return;
  pw_pool_close(world);
  pw_pool_stop(world);
}

static void check(void) {
  pw_entry entry;
  while (pw_pool_leftover(world, &entry))
    run_entry(entry.first, entry.second, (void *)((uintptr_t)entry.tag & ~PW_TICKET), true);
  px_require(drawn == accepted, "%d tickets accepted, %d drawn", accepted, drawn);
  px_require(world->idle == 0, "idle counts %#zx", (size_t)world->idle);
  for (int i = 0; i < CALLERS; i++) pw_scope_destroy(&tallies[i].scope);
  world_require_empty_stacks();
  world_destroy(world);
  world_require_nothing_leaks();
}

static const px_client clients[] = {
  {"whole_pool", WORKERS + CALLERS, reset, everything, check, .quick = {-1, 0}, .full = {-1, 0},
   .timeouts = PX_TIMEOUTS_WHEN_STUCK},
};

PX_GROUP(whole, clients);

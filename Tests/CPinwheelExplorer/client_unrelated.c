// Waits for a scope and for a region, while the thread that ran a part of it goes on to something unrelated: the
// waiter may help with what the part forked, never with what came after it.
#include "core_unit.h"
#include "clients.h"

enum { PART, CHILD, UNRELATED, STRANGER, TASKS };
static const char *const names[TASKS] = {"a part", "the part's child", "the unrelated job", "its child"};
static int runs[TASKS];
static size_t outputs[TASKS];
static pw_scope scope;
static AO_t begun;

WORLD_JOB(run_leaf, context) {
  size_t *output = context;
  long i = output - outputs;
  px_note(names[i], 0);
  px_require(runs[i]++ == 0, "%s runs a second time", names[i]);
  px_require(i != STRANGER || px_current() != 0, "%s runs inside the wait", names[i]);
  px_require(!(px_fault("nobody_helps") && i == CHILD && px_current() == 0), "%s is helped with", names[i]);
  PW_WRITE(output, 1);
}

/// Forks a job, pauses (others come in without a preemption), and joins it.
static void run_parent(int i, int child) {
  px_note(names[i], 0);
  px_require(runs[i]++ == 0, "%s runs a second time", names[i]);
  pw_frame frame;
  world_fork(&frame, (pw_code)run_leaf, &outputs[child]);
  PW_STORE_RELEASE(client_begun, &begun, 1);
  PW_PAUSE();
  world_join(&frame, (pw_code)run_leaf, &outputs[child]);
  px_require(PW_READ(&outputs[child]) == 1, "old result of %s", names[child]);
}

static void run_entry(void *first, void *second, void *object, bool ticket) {
  (void)first, (void)second, (void)object;
  if (ticket) {
    run_parent(UNRELATED, STRANGER);
  } else {
    run_parent(PART, CHILD);
    pw_scope_leave(&scope);
  }
}

static void reset(void) {
  world_reset(2, run_entry);
  memset(runs, 0, sizeof runs);
  memset(outputs, 0, sizeof outputs);
  begun = 0;
  pw_scope_init(&scope);
  px_name(&scope.word, sizeof scope.word, "scope", -1);
}

static void run_unrelated(pw_slot *slot) { pw_run_loose(slot, (pw_entry){NULL, NULL, (void *)PW_TICKET}); }

static void check(void) {
  for (int i = 0; i < TASKS; i++) px_require(runs[i] == 1, "%s has run %d times", names[i], runs[i]);
  world_destroy(world);
  world_require_nothing_leaks();
}

static void after_scope(int thread) {
  pw_slot *slot = &world_slots[thread];
  if (thread == 0) {
    pw_opened opened = pw_scope_open(slot, (void *)16);
    px_require(pw_spawn_here(slot, &scope, (pw_entry){NULL, NULL, (void *)16}), "no memory");
    while (!PW_LOAD(client_peek, &begun)) PW_PAUSE();
    pw_scope_wait(world, slot, &scope, (void *)16, opened);
  } else {
    pw_entry entry;
    while (pw_deque_steal(&world_slots[0].deque, NULL, &entry) != PW_STEAL_TAKEN) PW_PAUSE();
    pw_run_loose(slot, entry);
    run_unrelated(slot);
  }
}

// MARK: A region of two chunks: the caller has the first, the other slot the second.

WORLD_CHUNKS(run_chunks, first, last, context) {
  (void)context;
  if (first == 0) {
    while (!PW_LOAD(client_peek, &begun)) PW_PAUSE();
  } else {
    run_parent(PART, CHILD);
  }
}

static void reset_region(void) {
  reset();
  world_count_idle(&world_slots[1], PW_SEAT_OPEN, PW_SEARCHER);
}

static void after_region(int thread) {
  pw_slot *slot = &world_slots[thread];
  if (thread == 0) {
    px_require(world_region(slot, (pw_code)run_chunks, NULL, 2), "refused");
  } else {
    // As a worker between two rounds of its search.
    while (PW_LOAD(client_open, &slot->seat) == PW_SEAT_OPEN) PW_PAUSE();
    pw_await_seat(slot, true);
    run_unrelated(slot);
  }
}

static const px_client clients[] = {
  {"unrelated_after_scope", 2, reset, after_scope, check, .quick = {2, 0}, .full = {3, 1}},
  {"unrelated_after_region", 2, reset_region, after_region, check, .quick = {2, 0}, .full = {3, 1}},
};

PX_GROUP(unrelated, clients);

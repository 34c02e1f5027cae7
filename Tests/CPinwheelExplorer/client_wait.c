// The leapfrogging wait: who waits for a stolen job may run strict jobs of the thief, but only descendants of the job
// it waits for; and it sleeps without missing the end, or new work, of that job.
#include "core_unit.h"
#include "clients.h"
#include "leap_tasks.h"

// Where a test is about what happens while others are at a certain point, threads pause there: that costs no
// preemption, so that the bound is left for the protocol's own windows.

static void between(const task *t) {
  if (t->pauses) PW_PAUSE();
}

/// Forks a task and joins it when somebody else has begun it.
static void have_it_stolen(pw_slot *slot, task *t) {
  fork_task(t);
  while (PW_LOAD(client_peek, &slot->jobs[0].state) == PW_EMPTY) PW_PAUSE();
  join_task(t);
}

static void check_memory(void) {
  world_destroy(world);
  world_require_nothing_leaks();
}

static void check(void) {
  for (int i = 0; i < S; i++) {
    bool used = tasks[i].runs > 0 || tasks[i].parent == NULL || tasks[i].parent->runs > 0;
    px_require(!used || tasks[i].runs == 1, "%s has run %d times", tasks[i].name, tasks[i].runs);
  }
  world_require_empty_stacks();
  check_memory();
}

// MARK: Two slots

static void reset_pair(void) {
  reset_tasks(2, run_entry);
  tasks[C].children[0] = NULL;
  tasks[G].parent = NULL;
  tasks[G].runs = 1;
}

static void reset_unrelated(void) {
  reset_pair();
  tasks[X].pauses = tasks[U].pauses = true;
}

/// Slot 0 waits for X, which slot 1 has stolen; X forks C. Then slot 1 runs U, which forks D: not slot 0's business.
static void unrelated(int thread) {
  pw_slot *slot = &world_slots[thread];
  if (thread == 0) {
    have_it_stolen(slot, &tasks[X]);
  } else {
    while (!steal_and_run(slot, &world_slots[0])) PW_PAUSE();
    run_unrelated(slot);
  }
}

static void reset_floor(void) {
  reset_pair();
  // S is what the submitted job stands for.
  define(S, "S", NULL, &tasks[X]);
  tasks[X].parent = &tasks[S];
  tasks[D].parent = NULL;
}

/// Slot 1 has D exposed and waits for a submitted job that slot 0 runs; helping, it steals X from it. Slot 0 then
/// waits for X: D lies below X on slot 1's stack and must be left alone.
static void floor_of_jobs(int thread) {
  pw_slot *slot = &world_slots[thread];
  if (thread == 0) {
    if (!pw_submitted_claim(slot, &submitted)) return;
    fork_task(&tasks[X]);
    join_task(&tasks[X]);
    pw_submitted_finish(slot, &submitted);
  } else {
    fork_task(&tasks[D]);
    // Nobody has started it: then there is nothing to wait for.
    if (!pw_submitted_claim(slot, &submitted)) {
      waits_for[thread] = &tasks[S];
      pw_wait_submitted(slot, &submitted);
      waits_for[thread] = NULL;
    }
    join_task(&tasks[D]);
  }
}

static void check_floor(void) {
  px_require(tasks[D].runs == 1, "D has run %d times", tasks[D].runs);
  check_memory();
}

static void reset_words(void) {
  reset_unrelated();
  for (int i = 0; i < 2; i++) {
    // Each of these begins anew with its next value.
    world_slots[i].word = ~(PW_EPOCH_ONE - 1);
    world_slots[i].wait_sequence = ((uint64_t)1 << 40) - 1;
    world_slots[i].news = ~(AO_t)1;
  }
}

// MARK: Three slots

static void reset_chain(void) { reset_tasks(3, run_entry); }

/// X is stolen by slot 1, its C by slot 2, which forks G: slot 0 may run G, but not D, which slot 2 forks afterwards.
static void chain(int thread) {
  pw_slot *slot = &world_slots[thread];
  if (thread == 0) {
    fork_task(&tasks[X]);
    join_task(&tasks[X]);
  } else if (thread == 1) {
    steal_and_run(slot, &world_slots[0]);
  } else {
    steal_and_run(slot, &world_slots[1]);
    run_unrelated(slot);
  }
}

/// As above, and slot 3 looks for anything at all.
static void reset_chain_four(void) { reset_tasks(4, run_entry); }

static void chain_four(int thread) {
  if (thread < 3) chain(thread);
  else if (!steal_and_run(&world_slots[3], &world_slots[2])) steal_and_run(&world_slots[3], &world_slots[0]);
}

// MARK: Waiting outside the pool

static void reset_outside(void) { reset_tasks(2, run_entry); }

/// Thread 1 holds no slot and sleeps until slot 0 has run the submitted job.
static void outside(int thread) {
  if (thread == 0) {
    if (pw_submitted_claim(&world_slots[0], &submitted)) {
      PW_WRITE(&tasks[X].output, 8);
      pw_submitted_finish(&world_slots[0], &submitted);
    }
  } else {
    pw_wait_for_turn(NULL, &submitted);
    px_require(PW_READ(&tasks[X].output) == 8, "old result");
  }
}

/// Slot 0 runs the submitted job, which forks X; slot 1 waits for it and may help; thread 2 has no slot, and sleeps on
/// the job's word. Each must be woken in its own way.
static void two_waiters(int thread) {
  pw_slot *slot = &world_slots[thread];
  if (thread == 0) {
    if (!pw_submitted_claim(slot, &submitted)) return;
    fork_task(&tasks[G]);
    join_task(&tasks[G]);
    PW_WRITE(&tasks[X].output, 8);
    pw_submitted_finish(slot, &submitted);
  } else if (thread == 1) {
    pw_wait_submitted(slot, &submitted);
    px_require(PW_READ(&tasks[X].output) == 8, "old result inside");
  } else {
    pw_wait_for_turn(NULL, &submitted);
    px_require(PW_READ(&tasks[X].output) == 8, "old result outside");
  }
}

static void reset_two_waiters(void) {
  reset_pair();
  tasks[G].runs = 0;
}

static const px_client clients[] = {
  {"wait_unrelated", 2, reset_unrelated, unrelated, check, .quick = {2, 0}, .full = {3, 1}},
  {"wait_words_wrap", 2, reset_words, unrelated, check, .quick = {2, 0}, .full = {3, 1}},
  {"wait_floor", 2, reset_floor, floor_of_jobs, check_floor, .quick = {2, 2}, .full = {3, 2}},
  {"wait_chain", 3, reset_chain, chain, check, .quick = {2, 0}, .full = {2, 1}},
  {"wait_chain_four", 4, reset_chain_four, chain_four, check, .quick = {1, 0}, .full = {2, 0}},
  {"wait_outside", 2, reset_outside, outside, NULL, .quick = {3, 3}, .full = {6, 4}},
  {"wait_two_waiters", 3, reset_two_waiters, two_waiters, check_memory, .quick = {2, 0}, .full = {3, 1}},
};

PX_GROUP(wait, clients);

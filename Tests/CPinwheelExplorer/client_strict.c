// The strict stack: an owner that forks and joins, thieves that steal what it exposes.
//
// Promises: every forked job runs exactly once, its input is what the forker wrote, and its result is visible to the
// forker after the join (the race checks of PW_READ and PW_WRITE see to the last two).
#include "core_unit.h"
#include "clients.h"

typedef struct task {
  pw_frame frame;
  size_t input, output;
  int runs;
} task;

static task tasks[4];

WORLD_JOB(run_task, context) {
  task *t = context;
  px_note("runs task", (size_t)(t - tasks));
  px_require(t->runs++ == 0, "task %td runs a second time", t - tasks);
  PW_WRITE(&t->output, PW_READ(&t->input) + 1);
}

static void fork_task(int i) {
  PW_WRITE(&tasks[i].input, (size_t)(10 * i));
  world_fork(&tasks[i].frame, (pw_code)run_task, &tasks[i]);
}

static void join_task(int i) {
  world_join(&tasks[i].frame, (pw_code)run_task, &tasks[i]);
  px_require(tasks[i].runs == 1, "task %d has not run", i);
  px_require(PW_READ(&tasks[i].output) == (size_t)(10 * i + 1), "old result of task %d", i);
}

static void steal_once(pw_slot *slot, pw_slot *victim) {
  pw_job *job;
  if (pw_strict_steal(victim, slot->request, &job) == PW_STEAL_TAKEN) pw_run_stolen(slot, job);
}

static void reset_capacity(uint32_t slots, uint32_t capacity) {
  world_reset_capacity(slots, capacity, NULL);
  memset(tasks, 0, sizeof tasks);
  px_name(tasks, sizeof tasks, "tasks", -1);
}

static void reset_two(void) { reset_capacity(2, WORLD_JOBS); }
static void reset_three(void) { reset_capacity(3, WORLD_JOBS); }
static void reset_four(void) { reset_capacity(4, WORLD_JOBS); }

static void check(void) {
  world_require_empty_stacks();
  world_destroy(world);
  world_require_nothing_leaks();
}

/// Two jobs deep, one thief that tries three times.
static void nested(int thread) {
  pw_slot *slot = &world_slots[thread];
  if (thread == 0) {
    fork_task(0);
    fork_task(1);
    join_task(1);
    join_task(0);
  } else {
    for (int i = 0; i < 3; i++) steal_once(slot, &world_slots[0]);
  }
}

/// The same entry of the stack again and again: a thief must not take what it saw there before.
static void reused(int thread) {
  pw_slot *slot = &world_slots[thread];
  if (thread == 0) {
    for (int i = 0; i < 3; i++) {
      fork_task(i);
      join_task(i);
    }
  } else {
    for (int i = 0; i < 2; i++) steal_once(slot, &world_slots[0]);
  }
}

/// Three jobs, thieves that try twice.
static void thieves(int thread) {
  pw_slot *slot = &world_slots[thread];
  if (thread == 0) {
    for (int i = 0; i < 3; i++) fork_task(i);
    for (int i = 2; i >= 0; i--) join_task(i);
  } else {
    for (int i = 0; i < 2; i++) steal_once(slot, &world_slots[0]);
  }
}

/// Thieves that try once, for more of them.
static void many_thieves(int thread) {
  if (thread == 0) {
    for (int i = 0; i < 3; i++) fork_task(i);
    for (int i = 2; i >= 0; i--) join_task(i);
  } else {
    steal_once(&world_slots[thread], &world_slots[0]);
  }
}

// MARK: Across the split

static void reset_private(void) {
  reset_two();
  // Nobody has asked yet: the first forks stay private.
  world_slots[0].gate = (AO_t)world;
}

/// Three private jobs; then a thief asks, the next fork exposes the older half, and the owner comes down to them.
static void across(int thread) {
  if (thread == 0) {
    for (int i = 0; i < 3; i++) fork_task(i);
    PW_PAUSE();
    fork_task(3);
    for (int i = 3; i >= 0; i--) join_task(i);
  } else {
    for (int i = 0; i < 3; i++) steal_once(&world_slots[1], &world_slots[0]);
  }
}

static void reset_eager(void) {
  reset_two();
  // Forks link and expose nothing, as on a tree of which nobody knows where it is deep, until somebody asks.
  world_slots[0].gate = PW_GATE_EAGER;
}

static void reset_epochs(void) {
  reset_two();
  for (int i = 0; i < 2; i++) {
    // The next epoch is 0 again.
    world_slots[i].word = ~(PW_EPOCH_ONE - 1);
    world_slots[i].wait_sequence = ((uint64_t)1 << 40) - 1;
  }
}

/// Between two forks a job ends on the owner's slot, and its epoch begins anew.
static void epochs(int thread) {
  pw_slot *slot = &world_slots[thread];
  if (thread == 0) {
    for (int i = 0; i < 2; i++) {
      fork_task(i);
      join_task(i);
      if (i == 0) pw_end_of_job(slot);
    }
    px_require(slot->word >> (2 * PW_INDEX_BITS) == 0, "the epoch has not wrapped");
  } else {
    for (int i = 0; i < 2; i++) steal_once(slot, &world_slots[0]);
  }
}

// MARK: A full array

static void reset_full(void) { reset_capacity(2, 2); }

/// Room for two entries and four jobs, so that exposures find less room than jobs, or none.
static void full(int thread) {
  if (thread == 0) {
    for (int i = 0; i < 4; i++) fork_task(i);
    for (int i = 3; i >= 0; i--) join_task(i);
  } else {
    for (int i = 0; i < 3; i++) steal_once(&world_slots[1], &world_slots[0]);
  }
}

static void reset_full_three(void) { reset_capacity(3, 1); }

/// Room for one.
static void full_of_one(int thread) {
  if (thread == 0) {
    for (int i = 0; i < 3; i++) fork_task(i);
    for (int i = 2; i >= 0; i--) join_task(i);
  } else {
    steal_once(&world_slots[thread], &world_slots[0]);
  }
}

// MARK: Forks that keep their job

/// As `join` does: with enough to offer and nobody who asks, both parts run one after the other.
static void keep_or_fork(int i) {
  bool kept = pw_is_fed(world);
  if (!kept) fork_task(i);
  if (i < 2) keep_or_fork(i + 1);
  if (kept) tasks[i].runs += 1;
  else join_task(i);
}

static void kept(int thread) {
  if (thread == 0) {
    keep_or_fork(0);
    for (int i = 0; i < 3; i++) px_require(tasks[i].runs == 1, "task %d has run %d times", i, tasks[i].runs);
    px_require(!(px_fault("nobody_keeps") && tasks[2].output == 0), "kept");
  } else {
    for (int i = 0; i < 2; i++) steal_once(&world_slots[1], &world_slots[0]);
  }
}

// MARK: A rest that changes while it is private

/// As `reduce(regrouping:)` does: task 0 is what is left of a range, which gets less between forks that may expose it.
static void changing(int thread) {
  if (thread != 0) {
    for (int i = 0; i < 2; i++) steal_once(&world_slots[1], &world_slots[0]);
    return;
  }
  size_t begin = 0;
  fork_task(0);
  for (size_t i = 1; i < 3; i++) {
    if (pw_is_private(&tasks[0].frame) || px_fault("rest_moves_on")) PW_WRITE(&tasks[0].input, begin = i);
    tasks[1].runs = 0;
    fork_task(1);
    join_task(1);
  }
  world_join(&tasks[0].frame, (pw_code)run_task, &tasks[0]);
  px_require(tasks[0].runs == 1 && PW_READ(&tasks[0].output) == begin + 1, "the rest begins at %zu, not %zu", tasks[0].output - 1, begin);
}

// MARK: An abandoned fork

/// What a throw does: a job that has not begun never runs, one that has is waited for.
static void abandoned(int thread) {
  if (thread == 0) {
    fork_task(0);
    fork_task(1);
    if (pw_abandon(&tasks[1].frame)) tasks[1].runs += 1;
    px_require(tasks[1].runs == 1, "abandoned, and has run %d times", tasks[1].runs);
    if (!pw_abandon(&tasks[0].frame)) px_require(tasks[0].runs == 1 && PW_READ(&tasks[0].output) == 1, "not waited for");
  } else {
    for (int i = 0; i < 2; i++) steal_once(&world_slots[1], &world_slots[0]);
  }
}

// MARK: Floors

static AO_t floor_seen;

static void note_floor(void *first, void *second, void *object, bool ticket) {
  (void)first, (void)second, (void)object, (void)ticket;
  floor_seen = PW_LOAD(client_floor, &pw_current()->floor);
}

static void reset_floor(void) {
  world_reset(2, note_floor);
  memset(tasks, 0, sizeof tasks);
}

/// As `JobHandle.wait` does: the job is run here, then waited for. Returns the floor that its helpers saw.
static AO_t floor_of_a_handle(pw_slot *slot) {
  AO_t state = PW_DONE;
  pw_draw_ticket(slot, NULL);
  pw_wait_submitted(slot, &state);
  return floor_seen;
}

/// No concurrency: what counts as older than a job, when another chain of frames ends at the same address.
static void floors(int thread) {
  (void)thread;
  pw_slot *slot = &world_slots[0];
  fork_task(0);
  fork_task(3);
  AO_t floor = floor_of_a_handle(slot);
  px_require(floor == 2, "two jobs, floor %zu", (size_t)floor);
  join_task(3);
  tasks[3].runs = 0;
  fork_task(1);
  fork_task(2);
  fork_task(3);
  floor = floor_of_a_handle(slot);
  px_require(floor == 4, "four jobs, floor %zu", (size_t)floor);
  for (int i = 3; i >= 0; i--) join_task(i);
}

static const px_client clients[] = {
  {"strict_floors", 1, reset_floor, floors, check, .quick = {0, 0}, .full = {0, 0}},
  {"strict_nested", 2, reset_two, nested, check, .quick = {3, 2}, .full = {4, 3}},
  {"strict_reused", 2, reset_two, reused, check, .quick = {2, 2}, .full = {4, 2}},
  {"strict_two_thieves", 3, reset_three, thieves, check, .quick = {2, 1}, .full = {3, 1}},
  {"strict_four_slots", 4, reset_four, many_thieves, check, .quick = {1, 1}, .full = {2, 1}},
  {"strict_across_split", 2, reset_private, across, check, .quick = {2, 1}, .full = {3, 2}},
  {"strict_eager", 2, reset_eager, across, check, .quick = {2, 1}, .full = {3, 2}},
  {"strict_epoch_wraps", 2, reset_epochs, epochs, check, .quick = {3, 1}, .full = {4, 2}},
  {"strict_full", 2, reset_full, full, check, .quick = {2, 1}, .full = {3, 2}},
  {"strict_full_of_one", 3, reset_full_three, full_of_one, check, .quick = {2, 1}, .full = {3, 1}},
  {"strict_kept", 2, reset_two, kept, check, .quick = {3, 1}, .full = {4, 2}},
  {"strict_rest", 2, reset_private, changing, check, .quick = {2, 1}, .full = {3, 2}},
  {"strict_abandoned", 2, reset_two, abandoned, check, .quick = {3, 1}, .full = {4, 2}},
};

PX_GROUP(strict, clients);

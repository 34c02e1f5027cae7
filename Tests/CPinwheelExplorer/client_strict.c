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

static void run_task(void *context) {
  task *t = context;
  px_note("runs task", (size_t)(t - tasks));
  px_require(t->runs++ == 0, "task %td runs a second time", t - tasks);
  PW_WRITE(&t->output, PW_READ(&t->input) + 1);
}

static void fork_task(pw_slot *slot, int i) {
  PW_WRITE(&tasks[i].input, (size_t)(10 * i));
  world_fork(slot, &tasks[i].frame, run_task, &tasks[i]);
}

static void join_task(pw_slot *slot, int i) {
  world_join(slot, &tasks[i].frame, run_task, &tasks[i]);
  px_require(tasks[i].runs == 1, "task %d has not run", i);
  px_require(PW_READ(&tasks[i].output) == (size_t)(10 * i + 1), "old result of task %d", i);
}

static void steal_once(pw_slot *slot, pw_slot *victim) {
  pw_job *job;
  if (pw_strict_steal(victim, &job) == PW_STEAL_TAKEN) pw_run_stolen(slot, job);
}

static void reset_for(uint32_t slots) {
  world_reset(slots, NULL);
  memset(tasks, 0, sizeof tasks);
  px_name(tasks, sizeof tasks, "tasks", -1);
}

static void reset_two(void) { reset_for(2); }
static void reset_three(void) { reset_for(3); }

/// Two jobs deep, one thief that tries three times.
static void nested(int thread) {
  pw_slot *slot = &world_slots[thread];
  if (thread == 0) {
    fork_task(slot, 0);
    fork_task(slot, 1);
    join_task(slot, 1);
    join_task(slot, 0);
  } else {
    for (int i = 0; i < 3; i++) steal_once(slot, &world_slots[0]);
  }
}

/// The same entry of the stack again and again: a thief must not take what it saw there before.
static void reused(int thread) {
  pw_slot *slot = &world_slots[thread];
  if (thread == 0) {
    for (int i = 0; i < 3; i++) {
      fork_task(slot, i);
      join_task(slot, i);
    }
  } else {
    for (int i = 0; i < 2; i++) steal_once(slot, &world_slots[0]);
  }
}

/// Three jobs, two thieves.
static void two_thieves(int thread) {
  pw_slot *slot = &world_slots[thread];
  if (thread == 0) {
    for (int i = 0; i < 3; i++) fork_task(slot, i);
    for (int i = 2; i >= 0; i--) join_task(slot, i);
  } else {
    for (int i = 0; i < 2; i++) steal_once(slot, &world_slots[0]);
  }
}

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
  fork_task(slot, 0);
  fork_task(slot, 3);
  AO_t floor = floor_of_a_handle(slot);
  px_require(floor == 2, "two jobs, floor %zu", (size_t)floor);
  join_task(slot, 3);
  tasks[3].runs = 0;
  fork_task(slot, 1);
  fork_task(slot, 2);
  fork_task(slot, 3);
  floor = floor_of_a_handle(slot);
  px_require(floor == 4, "four jobs, floor %zu", (size_t)floor);
  for (int i = 3; i >= 0; i--) join_task(slot, i);
}

static const px_client clients[] = {
  {"strict_floors", 1, reset_floor, floors, world_require_empty_stacks},
  {"strict_nested", 2, reset_two, nested, world_require_empty_stacks},
  {"strict_reused", 2, reset_two, reused, world_require_empty_stacks},
  {"strict_two_thieves", 3, reset_three, two_thieves, world_require_empty_stacks},
};

const px_client_list px_strict_clients = {clients, sizeof clients / sizeof *clients};

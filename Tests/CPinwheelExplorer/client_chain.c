// Helping across slots: down a chain of waits to the slot at its end, and past older jobs on the slot of a helper.
#include "core_unit.h"
#include "clients.h"

typedef struct task {
  pw_frame frame;
  const char *name;
  struct task *parent, *child;
  size_t input, output;
  int runs;
} task;

enum { X, C, G, U, D, S, TASKS };
static task tasks[TASKS];
/// The innermost task that each thread waits for.
static task *waits_for[PX_THREADS];
static AO_t submitted;

static bool descends(const task *t, const task *from) {
  while (t && t != from) t = t->parent;
  return t != NULL;
}

WORLD_JOB(run_task, context);

static void fork_task(task *t) {
  PW_WRITE(&t->input, 7);
  world_fork(&t->frame, (pw_code)run_task, t);
}

static void join_task(task *t) {
  task *outer = waits_for[px_current()];
  waits_for[px_current()] = t;
  world_join(&t->frame, (pw_code)run_task, t);
  waits_for[px_current()] = outer;
  px_require(t->runs == 1, "%s has run %d times when it is joined", t->name, t->runs);
  px_require(PW_READ(&t->output) == 8, "old result of %s", t->name);
}

/// Others come in without a preemption, as often as the job newest on this slot has not been stolen.
static void await_thief(int rounds) {
  pw_slot *slot = pw_current();
  AO_t *state = &slot->jobs[slot->split - 1].state;
  while (rounds-- > 0 && PW_LOAD(client_peek, state) == PW_EMPTY) PW_PAUSE();
}

WORLD_JOB(run_task, context) {
  task *t = context, *waited_for = waits_for[px_current()];
  px_note(t->name, 0);
  px_require(!waited_for || descends(t, waited_for), "%s runs inside a wait for %s", t->name, waited_for->name);
  px_require(t->runs++ == 0, "%s runs a second time", t->name);
  px_require(!(px_fault("nobody_helps") && waited_for && waited_for != t), "%s is helped with", t->name);
  if (t->child) {
    fork_task(t->child);
    await_thief(2);
    join_task(t->child);
  }
  PW_WRITE(&t->output, PW_READ(&t->input) + 1);
}

static void run_entry(void *first, void *second, void *object, bool ticket) {
  (void)second, (void)object, (void)ticket;
  task *t = first;
  PW_WRITE(&t->input, 7);
  pw_call_job((pw_code)run_task, t, &t->frame);
}

static void define(int i, const char *name, task *parent, task *child) {
  tasks[i] = (task){.name = name, .parent = parent, .child = child};
}

static void reset(uint32_t slots, pw_run_entry_fn entry) {
  world_reset(slots, entry);
  memset(waits_for, 0, sizeof waits_for);
  submitted = 0;
  define(X, "X", NULL, &tasks[C]);
  define(C, "C", &tasks[X], &tasks[G]);
  define(G, "G", &tasks[C], NULL);
  define(U, "U", NULL, &tasks[D]);
  define(D, "D", &tasks[U], NULL);
  define(S, "S", NULL, NULL);
  px_name(tasks, sizeof tasks, "tasks", -1);
  px_name(&submitted, sizeof submitted, "submitted", -1);
}

static bool steal_and_run(pw_slot *slot, pw_slot *victim) {
  pw_job *job;
  if (pw_strict_steal(victim, &job) != PW_STEAL_TAKEN) return false;
  pw_run_stolen(slot, job);
  return true;
}

static void check(void) {
  for (int i = 0; i < TASKS; i++) px_require(tasks[i].runs <= 1, "%s has run %d times", tasks[i].name, tasks[i].runs);
  world_require_empty_stacks();
  world_destroy(world);
  world_require_nothing_leaks();
}

// MARK: Two links

static void reset_chain(void) { reset(3, run_entry); }

/// X is stolen by slot 1, whose C is stolen by slot 2, which forks G, and goes on to something else: slot 0 waits for X
/// and may run G, over both links, but never D.
static void two_links(int thread) {
  pw_slot *slot = &world_slots[thread];
  if (thread == 0) {
    fork_task(&tasks[X]);
    await_thief(1000);
    join_task(&tasks[X]);
  } else if (thread == 1) {
    while (!steal_and_run(slot, &world_slots[0])) PW_PAUSE();
  } else {
    for (int tries = 0; tries < 3 && !steal_and_run(slot, &world_slots[1]); tries++) PW_PAUSE();
    pw_run_loose(slot, (pw_entry){&tasks[U], NULL, (void *)16});
  }
}

// MARK: Older jobs below

/// The submitted job S, on whatever slot draws its ticket.
static void run_submitted(void *first, void *second, void *object, bool ticket) {
  (void)first, (void)second, (void)object, (void)ticket;
  pw_slot *slot = pw_current();
  px_require(pw_submitted_claim(slot, &submitted), "claimed by somebody else");
  fork_task(&tasks[G]);
  await_thief(1);
  join_task(&tasks[G]);
  pw_submitted_finish(slot, &submitted);
}

static void reset_older(void) {
  reset(2, run_submitted);
  tasks[G].parent = &tasks[S];
}

static void await_claim(void) {
  while (PW_LOAD(client_peek_claim, &submitted) == PW_EMPTY) PW_PAUSE();
}

static void wait_for_submitted(pw_slot *slot) {
  waits_for[px_current()] = &tasks[S];
  pw_wait_submitted(slot, &submitted);
  waits_for[px_current()] = NULL;
}

/// Slot 0 has forked D, then waits for S, which nobody has begun: it runs S itself, above D. Slot 1 waits for S, too: it
/// may help with what S forks, but D is older.
static void older_below(int thread) {
  pw_slot *slot = &world_slots[thread];
  if (thread == 0) {
    fork_task(&tasks[D]);
    pw_draw_ticket(slot, NULL);
    join_task(&tasks[D]);
  } else {
    await_claim();
    wait_for_submitted(slot);
  }
}

static void reset_thief(void) {
  reset(3, NULL);
  tasks[G].parent = &tasks[S];
}

/// Slot 1 has forked D and helps slot 0 with G, above D; slot 2 steals D meanwhile.
static void older_stolen(int thread) {
  pw_slot *slot = &world_slots[thread];
  if (thread == 0) {
    px_require(pw_submitted_claim(slot, &submitted), "claimed by somebody else");
    fork_task(&tasks[G]);
    await_thief(2);
    join_task(&tasks[G]);
    pw_submitted_finish(slot, &submitted);
  } else if (thread == 1) {
    fork_task(&tasks[D]);
    await_claim();
    wait_for_submitted(slot);
    join_task(&tasks[D]);
  } else {
    steal_and_run(slot, &world_slots[1]);
  }
}

static const px_client clients[] = {
  {"chain_two_links", 3, reset_chain, two_links, check, .quick = {1, 0}, .full = {1, 0}},
  {"chain_older_below", 2, reset_older, older_below, check, .quick = {2, 1}, .full = {3, 2}},
  {"chain_older_stolen", 3, reset_thief, older_stolen, check, .quick = {1, 0}, .full = {2, 1}},
};

PX_GROUP(chain, clients);

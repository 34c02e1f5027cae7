// Helping across slots: down a chain of waits to the slot at its end, and past older jobs on the slot of a helper.
#include "core_unit.h"
#include "clients.h"
#include "leap_tasks.h"

/// Others come in without a preemption, as often as the job newest on this slot has not been stolen.
static void await_thief(int rounds) {
  pw_slot *slot = pw_current();
  AO_t *state = &slot->jobs[slot->split - 1].state;
  while (rounds-- > 0 && PW_LOAD(client_peek, state) == PW_EMPTY) PW_PAUSE();
}

static void between(const task *t) {
  if (t->children[0]) await_thief(2);
}

static void check(void) {
  for (int i = 0; i < TASKS; i++) px_require(tasks[i].runs <= 1, "%s has run %d times", tasks[i].name, tasks[i].runs);
  world_require_empty_stacks();
  world_destroy(world);
  world_require_nothing_leaks();
}

// MARK: Two links

static void reset_chain(void) { reset_tasks(3, run_entry); }

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
    run_unrelated(slot);
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
  reset_tasks(2, run_submitted);
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

/// Slot 0 has forked D, then waits for S, which nobody has begun: it runs S itself, above D. Slot 1 waits for S, too:
/// it may help with what S forks, but D is older.
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
  reset_tasks(3, NULL);
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

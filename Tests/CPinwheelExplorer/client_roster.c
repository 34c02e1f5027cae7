// Growing and shrinking: workers that are wanted no longer stand aside, and come back, against everything that counts on
// them meanwhile.
#include "core_unit.h"
#include "clients.h"
#include "sleep_jobs.h"

static void resize(uint32_t wanted) { px_require(pw_pool_resize(world, wanted), "the pool stops already"); }

/// Thread i holds slot i; `count` slots are wanted, of `most`.
static void reset_of(uint32_t count, uint32_t most, uint32_t starting, pw_run_entry_fn entry) {
  world_reset_threads();
  world_reset_pool(world_pool_of(count, most, WORLD_JOBS, entry));
  world->starting = starting;
  memset(inputs, 0, sizeof inputs);
  memset(runs, 0, sizeof runs);
  memset(belongings, 0, sizeof belongings);
  finished = 0;
  px_name(&finished, sizeof finished, "finished", -1);
}

// MARK: Shrinking

static void reset_shrink(void) { reset_for(2, 1, run_entry); }

/// The second slot's worker searches, or sleeps; however that is, it stands aside.
static void shrink(int thread) {
  if (thread == 1) {
    pw_worker_run(&world_slots[1]);
    return;
  }
  resize(1);
  // Then nobody looks there either.
  while (PW_REACH(PW_LOAD_ACQUIRE(client_reach, &world->roster)) > 1) PW_PAUSE();
  px_require(world_slots[1].is_away, "out of reach, and not away");
  pw_pool_stop(world);
}

/// The same, and somebody from outside may have its slot meanwhile, or the other's worker.
static void shrink_under_guest(int thread) {
  if (thread == 2) {
    pw_set_current(NULL);
    pw_slot *slot = pw_enter(world);
    if (slot) {
      use(slot);
      pw_leave(slot);
    }
    return;
  }
  shrink(thread);
}

static void reset_two_workers(void) { reset_for(2, 0, run_entry); }

/// Whoever was woken for a job, and is wanted no longer, hands the wake-up on.
static void shrink_and_submit(int thread) {
  if (thread < 2) {
    pw_worker_run(&world_slots[thread]);
    return;
  }
  submit(1);
  resize(1);
  submit(2);
  wait_until_finished(2);
  pw_pool_stop(world);
}

static void reset_two_sleepers(void) {
  reset_two_workers();
  world_lay_down(world, 0);
}

static void shrink_sleepers(int thread) {
  if (thread < 2) world_run_from_sleep(&world_slots[thread]);
  else shrink_and_submit(thread);
}

/// It has jobs of its own when it stands aside: somebody else runs them, and must be awake.
static void give_away_jobs(int thread) {
  if (thread == 0) {
    world_run_from_sleep(&world_slots[0]);
  } else if (thread == 1) {
    submit(1);
    submit(2);
    pw_start_searching(&world_slots[1]);
    work_until_stop(&world_slots[1]);
    pw_end_searching(&world_slots[1]);
  } else {
    resize(1);
    wait_until_finished(2);
    pw_pool_stop(world);
  }
}

static void reset_one_sleeper(void) {
  reset_two_workers();
  world->starting = 0;
  world_count_idle(&world_slots[0], PW_SEAT_ASLEEP, PW_SLEEPER);
}

static pw_scope scope;

/// A scope's job, and a submission before it.
static void run_either(void *first, void *second, void *object, bool ticket) {
  (void)second;
  if (ticket) {
    run((size_t)(uintptr_t)object / 2);
    return;
  }
  run((size_t)(uintptr_t)first);
  pw_scope_leave(&scope);
}

static void reset_scope(void) {
  reset_of(2, 2, 0, run_either);
  pw_scope_init(&scope);
  scope.word = 2; // the job that runs on the second slot
}

/// A job of a scope has ended that has spawned another, and made a submission, on a slot whose worker now stands aside.
/// The scope's opener, who is the only other worker, runs nothing but what is its own.
static void shrink_in_scope(int thread) {
  if (thread == 0) {
    pw_opened opened = pw_scope_open(&world_slots[0], &scope);
    pw_scope_wait(world, &world_slots[0], &scope, &scope, opened);
    px_require(runs[2] == 1, "a spawned job is lost");
    pw_pool_stop(world);
    pw_start_searching(&world_slots[0]);
    work_until_stop(&world_slots[0]);
    pw_end_searching(&world_slots[0]);
  } else if (thread == 1) {
    pw_slot *slot = &world_slots[1];
    slot->scope = &scope;
    submit(1);
    publish(2);
    px_require(pw_spawn_here(slot, &scope, (pw_entry){(void *)2, NULL, &scope}), "no memory");
    slot->scope = NULL;
    pw_scope_leave(&scope);
    pw_start_searching(slot);
    work_until_stop(slot);
    pw_end_searching(slot);
  } else {
    pw_pool_resize(world, 1);
  }
}

static void check_scope(void) {
  px_require(runs[1] == 1 && runs[2] == 1, "jobs have run %d and %d times", runs[1], runs[2]);
  pw_scope_destroy(&scope);
  check();
}

/// The stop finds workers aside, and brings them to their end.
static void shrink_and_stop(int thread) {
  if (thread < 2) {
    pw_worker_run(&world_slots[thread]);
    return;
  }
  resize(1);
  pw_pool_stop(world);
  px_require(!pw_pool_resize(world, 1), "a pool that stops was resized");
  pw_pool_stop(world);
}

// MARK: Growing

/// The first job waits for the second.
static void run_dependent(void *first, void *second, void *object, bool ticket) {
  run_entry(first, second, object, ticket);
  if ((uintptr_t)object == 2) wait_until_finished(2);
}

/// The second slot has been made and not begun: its worker does that, whoever looks there meanwhile (I17).
static void reset_grow(void) {
  reset_of(1, 2, 1, run_dependent);
  memset(&world_slots[1], 0, sizeof world_slots[1]);
}

/// One worker is kept busy until another one comes for what lies there.
static void grow_and_submit(int thread) {
  if (thread == 0) {
    pw_worker_run(&world_slots[0]);
  } else if (thread == 1) {
    px_require(world_slots[1].gate == PW_GATE_NONE, "asked before it has begun: its page is the asker's node's");
    pw_slot_begin(world, 1);
    pw_late_worker_run(&world_slots[1]);
  } else {
    submit(1);
    submit(2);
    resize(2);
    wait_until_finished(2);
    pw_pool_stop(world);
  }
}

/// The first job submits the second from inside, to its own slot's deque, and waits for it.
static void run_nested(void *first, void *second, void *object, bool ticket) {
  if ((uintptr_t)object == 2) submit(2);
  run_dependent(first, second, object, ticket);
}

static AO_t came;

static void reset_in_reach(void) {
  came = 0;
  reset_of(1, 2, 0, run_nested);
  world_count_idle(&world_slots[0], PW_SEAT_ASLEEP, PW_SLEEPER);
}

/// What a worker that has come back publishes is seen by those that go to sleep.
static void come_back_in_reach(int thread) {
  if (thread == 0) {
    world_run_from_sleep(&world_slots[0]);
  } else if (thread == 1) {
    pw_slot *slot = &world_slots[1];
    pw_stand_aside(slot);
    PW_STORE_RELEASE(client_come, &came, 1);
    run_nested(NULL, NULL, (void *)2, true);
    pw_start_searching(slot);
    work_until_stop(slot);
    pw_end_searching(slot);
  } else {
    publish(1);
    resize(2);
    while (!PW_LOAD_ACQUIRE(client_came, &came)) PW_PAUSE();
    resize(1);
    wait_until_finished(2);
    pw_pool_stop(world);
  }
}

/// Two workers stand aside, the second and the third; nobody has lowered the reach yet.
static void reset_come_and_go(void) {
  reset_of(1, 3, 0, run_entry);
  world->roster = PW_ROSTER(world->roster, 3, 1);
  came = 0;
}

/// Until two are wanted no longer, or the pool stops. Whether it does.
static bool work_while_wanted(void) {
  for (;;) {
    AO_t roster = PW_LOAD(client_wanted, &world->roster);
    if ((roster & PW_STOPPING) || PW_WANTED(roster) < 3) return (roster & PW_STOPPING) != 0;
    PW_PAUSE();
  }
}

static void await_came(AO_t value) {
  while (PW_LOAD_ACQUIRE(client_await, &came) < value) PW_PAUSE();
}

/// The third comes back, and works while it is wanted no longer; the second lowers the reach whenever it may.
static void come_and_go(int thread) {
  pw_slot *slot = &world_slots[thread];
  if (thread == 0) {
    resize(3);
    await_came(1);
    resize(1);
    PW_STORE_RELEASE(client_go, &came, 2);
    await_came(3);
    pw_pool_stop(world);
  } else if (thread == 1) {
    for (;;) {
      pw_stand_aside(slot);
      if (work_while_wanted()) return;
    }
  } else {
    pw_stand_aside(slot);
    PW_STORE_RELEASE(client_back, &came, 1);
    await_came(2);
    // The newest values, which others may not have seen yet.
    px_require(PW_REACH(world->roster) == 3 && !slot->is_away, "a worker at work is out of reach");
    PW_STORE_RELEASE(client_seen, &came, 3);
    pw_stand_aside(slot);
  }
}

/// As above, but nobody tells anybody anything but by the roster.
static void come_back_unseen(int thread) {
  pw_slot *slot = &world_slots[thread];
  if (thread == 0) {
    resize(3);
    resize(1);
    pw_pool_stop(world);
  } else if (thread == 1) {
    come_and_go(thread);
  } else {
    pw_stand_aside(slot);
    work_while_wanted();
    px_require(PW_REACH(world->roster) == 3 && !slot->is_away, "a worker at work is out of reach");
  }
}

static void check_freed(void) {
  world_destroy(world);
  world_require_nothing_leaks();
}

static const px_client clients[] = {
  {"roster_shrink", 2, reset_shrink, shrink, check, .quick = {2, 1}, .full = {3, 2}},
  {"roster_shrink_guest", 3, reset_shrink, shrink_under_guest, check, .quick = {1, 0}, .full = {1, 1},
   .timeouts = PX_TIMEOUTS_WHEN_STUCK},
  {"roster_shrink_submit", 3, reset_two_workers, shrink_and_submit, check, .quick = {1, 0}, .full = {1, 1}},
  {"roster_shrink_sleepers", 3, reset_two_sleepers, shrink_sleepers, check, .quick = {1, 0}, .full = {1, 1}},
  {"roster_give_away", 3, reset_one_sleeper, give_away_jobs, check, .quick = {1, 0}, .full = {1, 1}},
  {"roster_scope", 3, reset_scope, shrink_in_scope, check_scope, .quick = {1, 0}, .full = {1, 1}},
  {"roster_stop", 3, reset_two_workers, shrink_and_stop, check, .quick = {2, 0}, .full = {2, 1}},
  {"roster_grow_submit", 3, reset_grow, grow_and_submit, check, .quick = {1, 0}, .full = {1, 1}},
  {"roster_in_reach", 3, reset_in_reach, come_back_in_reach, check, .quick = {1, 0}, .full = {1, 1}},
  {"roster_unseen", 3, reset_come_and_go, come_back_unseen, check_freed, .quick = {2, 1}, .full = {3, 1}},
  {"roster_come_and_go", 3, reset_come_and_go, come_and_go, check_freed, .quick = {1, 0}, .full = {1, 0}},
};

PX_GROUP(roster, clients);

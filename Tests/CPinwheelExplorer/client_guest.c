// Outside callers: they take a slot from its worker for the time of a call, or are refused and run alone.
#include "core_unit.h"
#include "clients.h"
#include "sleep_jobs.h"

static void reset_one_worker(void) { reset_for(1, 0, run_entry); }
static void reset_two_workers(void) { reset_for(2, 0, run_entry); }

/// One slot. A guest takes it while the worker is idle; meanwhile a job is submitted, which the worker must run.
static void guest(int thread) {
  if (thread == 0) {
    pw_worker_run(&world_slots[0]);
  } else if (thread == 1) {
    pw_set_current(NULL);
    pw_slot *slot = pw_enter(world);
    if (slot) {
      use(slot);
      pw_leave(slot);
    }
  } else {
    submit(1);
    wait_until_finished(1);
    pw_pool_stop(world);
  }
}

/// Two slots, one guest that forks and waits for the job to be run by the other slot's worker.
static void guest_forks(int thread) {
  if (thread < 2) {
    pw_worker_run(&world_slots[thread]);
    return;
  }
  pw_set_current(NULL);
  pw_slot *slot = pw_enter(world);
  if (slot) {
    use(slot);
    publish(1);
    world_fork(&frame, (pw_code)run_closure, &inputs[1]);
    wait_until_finished(1);
    px_require(!world_join(&frame, (pw_code)run_closure, &inputs[1]), "the job came back, though it has run");
    pw_leave(slot);
  }
  pw_pool_stop(world);
}

static void reset_guest_stays(void) {
  reset_for(2, 0, run_entry);
  world_count_idle(&world_slots[1], PW_SEAT_ASLEEP, PW_SLEEPER);
}

/// Two slots, the second's worker asleep. A guest takes the first, and stays until a job has been run that was
/// submitted while the first one's worker lay down: the second must be woken for it, by whoever has seen it.
static void guest_stays(int thread) {
  if (thread == 0) {
    pw_worker_run(&world_slots[0]);
  } else if (thread == 1) {
    pw_await_seat(&world_slots[1], true);
    work_until_stop(&world_slots[1]);
    pw_end_searching(&world_slots[thread]);
  } else if (thread == 2) {
    pw_slot *slot = pw_enter(world);
    wait_until_finished(1);
    if (slot) pw_leave(slot);
    pw_pool_stop(world);
  } else {
    submit(1);
  }
}

// MARK: Forks from outside

static AO_t guests;

/// On whatever thread: with a slot or, when its caller was refused one, without.
static void run_anywhere(size_t i) {
  if (pw_current() != NULL) run(i);
  else run_here(i);
}

WORLD_JOB(run_outside_job, context) { run_anywhere((size_t)((size_t *)context - inputs)); }

/// A fork on a thread that holds no slot: it takes one and exposes its job at once, or is refused. Either way the job
/// runs once, and the thread holds nothing afterwards. True: it ran here.
static bool fork_outside(pw_frame *record, size_t i) {
  publish(i);
  world_fork(record, (pw_code)run_outside_job, &inputs[i]);
  return world_join(record, (pw_code)run_outside_job, &inputs[i]);
}

static void require_outside(void) {
  px_require(pw_current() == NULL && pw_this_thread.refused == NULL && !pw_is_inside(world), "the call has not ended");
}

static void fork_from_outside(int thread) {
  if (thread < 2) {
    pw_worker_run(&world_slots[thread]);
    return;
  }
  pw_set_current(NULL);
  fork_outside(&frame, 1);
  require_outside();
  fork_outside(&frame, 2);
  require_outside();
  pw_pool_stop(world);
}

/// As above, but the job's owner is busy until somebody else has run it: it must have been exposed, and a worker woken.
static void fork_from_outside_and_wait(int thread) {
  if (thread < 2) {
    pw_worker_run(&world_slots[thread]);
    return;
  }
  pw_set_current(NULL);
  publish(1);
  world_fork(&frame, (pw_code)run_outside_job, &inputs[1]);
  // Refused: nobody else will see the job.
  if (frame.code != NULL) wait_until_finished(1);
  bool here = world_join(&frame, (pw_code)run_outside_job, &inputs[1]);
  px_require(finished == 1, "the job has run %zu times", (size_t)finished);
  px_require(here == (frame.code == NULL), "the job came back, though it has run");
  require_outside();
  pw_pool_stop(world);
}

/// A fork inside the job of another, and one that is abandoned, as by a throw.
static void nested_from_outside(int thread) {
  if (thread < 2) {
    pw_worker_run(&world_slots[thread]);
    return;
  }
  static pw_frame inner;
  pw_set_current(NULL);
  publish(1);
  publish(2);
  world_fork(&frame, (pw_code)run_outside_job, &inputs[1]);
  world_fork(&inner, (pw_code)run_outside_job, &inputs[2]);
  world_join(&inner, (pw_code)run_outside_job, &inputs[2]);
  if (pw_abandon(&frame)) runs[1] += 1;
  px_require(runs[1] == 1 && runs[2] == 1, "jobs have run %d and %d times", runs[1], runs[2]);
  require_outside();
  pw_pool_stop(world);
}

/// Two outside callers at once, for the one slot or the other; the last of them stops the pool.
static void two_guests(int thread) {
  if (thread < (int)world->made) {
    pw_worker_run(&world_slots[thread]);
    return;
  }
  static pw_frame frames[2];
  size_t i = (size_t)thread - world->made;
  pw_set_current(NULL);
  fork_outside(&frames[i], i + 1);
  require_outside();
  if (PW_ADD(client_guests_left, &guests, -(AO_t)1) == 1) pw_pool_stop(world);
}

static void reset_guests_for_one(void) {
  reset_one_worker();
  guests = 2;
}

static void reset_guests_for_two(void) {
  reset_two_workers();
  guests = 2;
}

/// A guest meets the shutdown: it gets a slot or not, and the worker gets it back before it ends.
static void guest_meets_shutdown(int thread) {
  if (thread == 0) {
    pw_worker_run(&world_slots[0]);
  } else if (thread == 1) {
    pw_set_current(NULL);
    fork_outside(&frame, 1);
    require_outside();
  } else {
    pw_pool_close(world);
    pw_pool_stop(world);
  }
}

// MARK: Loops from outside

WORLD_CHUNKS(run_chunk, first, last, context) {
  (void)context;
  for (uint64_t i = first; i < last; i++) run_anywhere(i + 1);
}

/// As `parallelFor` does from outside.
static void loop_from_outside(int thread) {
  if (thread < 2) {
    pw_worker_run(&world_slots[thread]);
    return;
  }
  pw_set_current(NULL);
  publish(1);
  publish(2);
  pw_slot *visit = pw_begin_visit(world);
  if (pw_holds(world)) px_require(world_region(pw_current(), (pw_code)run_chunk, NULL, 2), "refused");
  else pw_call_part((pw_code)run_chunk, NULL, 0, 2);
  px_require(finished == 2, "%zu chunks have run", (size_t)finished);
  pw_end_visit(visit);
  require_outside();
  pw_pool_stop(world);
}

/// Chunk 1 leaves two jobs in its slot's queue, each of which waits for the other: somebody else has to run one of them.
WORLD_CHUNKS(submit_in_chunk, first, last, context) {
  (void)context;
  for (uint64_t i = first; i < last; i++) {
    if (i != 1) continue;
    submit(1);
    submit(2);
  }
}

static void run_both(void *first, void *second, void *object, bool ticket) {
  run_entry(first, second, object, ticket);
  wait_until_finished(2);
}

/// The worker of slot 0 sleeps, that of slot 1 stands by for it.
static void reset_standing_by(void) {
  reset_for(2, 2, run_both);
  world_count_idle(&world_slots[0], PW_SEAT_ASLEEP, PW_SLEEPER);
  world_slots[1].seat = PW_SEAT_STANDBY_FOR(0);
  world_slots[1].standby = &world_slots[0];
  world_slots[0].calls[1].answer = 1;
  world_slots[0].ids[0].recent = 1;
  world_slots[0].recent_count = 1;
}

/// A guest whose loop was served by a worker that stood by leaves, and sees what that worker cannot do alone.
static void guest_calls(int thread) {
  if (thread < 2) {
    world_run_from_sleep(&world_slots[thread]);
    return;
  }
  pw_set_current(NULL);
  pw_slot *visit = pw_begin_visit(world);
  px_require(pw_is_guest(visit), "refused");
  pw_pace pace = pw_pace_begin(PW_DEAL_ONE, 0);
  pw_code code = (pw_code)submit_in_chunk;
  pw_bounds bounds = {0};
  bool called = pw_call_standby(visit, code, NULL, &bounds, 0, 2);
  px_require(called || pw_region_run(visit, code, NULL, &bounds, 0, 2, &pace, pw_worth_of(0, 1, 0)), "refused");
  pw_end_visit(visit);
  require_outside();
  wait_until_finished(2);
  pw_pool_stop(world);
}

WORLD_MEMBER(submit_in_team, slot, context) {
  (void)context;
  if (slot != &world_slots[1]) return false;
  submit(1);
  submit(2);
  return false;
}

/// A worker's life from when it stands by: it searches once before it is counted.
static void run_from_standby(pw_slot *slot) {
  pw_set_current(slot);
  bool searching = pw_await_seat(slot, false);
  while (search(slot, &searching, world->roster, 0)) {}
  if (!searching) pw_start_searching(slot);
  work_until_stop(slot);
  pw_end_searching(slot);
}

/// The same with a team, after a loop that was served by a worker that stood by: who comes to the team does so no longer.
static void guest_teams(int thread) {
  if (thread < 2) {
    if (thread == 0) world_run_from_sleep(&world_slots[0]);
    else run_from_standby(&world_slots[1]);
    return;
  }
  pw_set_current(NULL);
  pw_slot *visit = pw_begin_visit(world);
  px_require(pw_is_guest(visit), "refused");
  visit->has_called = true;
  px_require(pw_team_run(visit, (pw_code)submit_in_team, NULL, 2), "refused");
  bool came = finished > 0 || visit->team_place.count == 2;
  pw_end_visit(visit);
  require_outside();
  if (came) wait_until_finished(2);
  pw_pool_stop(world);
}

static const px_client clients[] = {
  {"guest_teams", 3, reset_standing_by, guest_teams, check, .quick = {1, 0}, .full = {1, 1},
   .timeouts = PX_TIMEOUTS_WHEN_STUCK},
  {"guest_calls", 3, reset_standing_by, guest_calls, check, .quick = {1, 0}, .full = {1, 1},
   .timeouts = PX_TIMEOUTS_WHEN_STUCK},
  {"sleep_guest", 3, reset_one_worker, guest, check, .quick = {1, 1}, .full = {2, 0}, .timeouts = PX_TIMEOUTS_WHEN_STUCK},
  {"sleep_guest_forks", 3, reset_two_workers, guest_forks, check, .quick = {1, 1}, .full = {1, 2},
   .timeouts = PX_TIMEOUTS_WHEN_STUCK},
  {"sleep_guest_stays", 4, reset_guest_stays, guest_stays, check, .quick = {1, 0}, .full = {1, 0},
   .timeouts = PX_TIMEOUTS_WHEN_STUCK},
  {"guest_fork", 3, reset_two_workers, fork_from_outside, check, .quick = {1, 0}, .full = {1, 1},
   .timeouts = PX_TIMEOUTS_WHEN_STUCK},
  {"guest_fork_waits", 3, reset_two_workers, fork_from_outside_and_wait, check, .quick = {1, 0}, .full = {1, 1},
   .timeouts = PX_TIMEOUTS_WHEN_STUCK},
  {"guest_fork_nested", 3, reset_two_workers, nested_from_outside, check, .quick = {1, 0}, .full = {2, 0},
   .timeouts = PX_TIMEOUTS_WHEN_STUCK},
  {"guest_loop", 3, reset_two_workers, loop_from_outside, check, .quick = {1, 0}, .full = {1, 1},
   .timeouts = PX_TIMEOUTS_WHEN_STUCK},
  {"guest_two_for_one", 3, reset_guests_for_one, two_guests, check, .quick = {1, 0}, .full = {2, 0},
   .timeouts = PX_TIMEOUTS_WHEN_STUCK},
  {"guest_two_for_two", 4, reset_guests_for_two, two_guests, check, .quick = {0, 0}, .full = {0, 1},
   .timeouts = PX_TIMEOUTS_WHEN_STUCK},
  {"guest_meets_shutdown", 3, reset_one_worker, guest_meets_shutdown, check, .quick = {1, 1}, .full = {2, 1},
   .timeouts = PX_TIMEOUTS_WHEN_STUCK},
};

PX_GROUP(guest, clients);

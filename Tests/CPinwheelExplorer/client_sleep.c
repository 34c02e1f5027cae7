// Sleep against wake: workers that run out of work and lie down, producers that publish work and look for sleepers.
#include "core_unit.h"
#include "clients.h"
#include "sleep_jobs.h"

// MARK: Forks

static void reset_fork(void) { reset_for(2, 1, run_entry); }

/// Slot 0 forks a job and is busy until somebody else has run it.
static void fork_and_wait(int thread) {
  pw_slot *slot = &world_slots[thread];
  if (thread == 1) {
    pw_worker_run(slot);
    return;
  }
  publish(1);
  world_fork(&frame, (pw_code)run_closure, &inputs[1]);
  wait_until_finished(1);
  px_require(!world_join(&frame, (pw_code)run_closure, &inputs[1]), "the job came back, though it has run");
  pw_pool_stop(world);
}

// MARK: Submissions

static void reset_submit(void) { reset_for(1, 0, run_entry); }

/// One worker, one outside thread that submits twice.
static void submit_and_wait(int thread) {
  if (thread == 0) {
    pw_worker_run(&world_slots[0]);
    return;
  }
  submit(1);
  wait_until_finished(1);
  submit(2);
  wait_until_finished(2);
  pw_pool_stop(world);
}

static void reset_two_workers(void) { reset_for(2, 0, run_entry); }

/// Two workers; two jobs at once: the second one's producer may see a searcher and wake nobody.
static void two_jobs(int thread) {
  if (thread < 2) {
    pw_worker_run(&world_slots[thread]);
    return;
  }
  submit(1);
  submit(2);
  wait_until_finished(2);
  pw_pool_stop(world);
}

/// Two workers; the first job waits for the second one, so one worker alone cannot do both.
static void run_dependent(void *first, void *second, void *object, bool ticket) {
  run_entry(first, second, object, ticket);
  if ((uintptr_t)object == 2) wait_until_finished(2);
}

static void reset_dependent(void) {
  reset_for(2, 0, run_dependent);
}

/// A worker submits from inside a job: into its own deque.
static void run_nested(void *first, void *second, void *object, bool ticket) {
  if ((uintptr_t)object == 2) submit(2);
  run_dependent(first, second, object, ticket);
}

static void reset_nested(void) {
  reset_for(2, 0, run_nested);
}

static void nested(int thread) {
  if (thread < 2) {
    pw_worker_run(&world_slots[thread]);
    return;
  }
  submit(1);
  wait_until_finished(2);
  pw_pool_stop(world);
}

static void reset_asleep(void) {
  reset_nested();
  world_lay_down(world, 0);
}

/// A worker may see that it is woken before its waker has gone on.
static void woken_early(int thread) {
  if (thread < 2) world_run_from_sleep(&world_slots[thread]);
  else nested(thread);
}

/// Three workers that lie asleep, and three jobs of which each waits for all: every wake-up counts.
static void run_all_dependent(void *first, void *second, void *object, bool ticket) {
  run_entry(first, second, object, ticket);
  wait_until_finished(3);
}

static void reset_three_workers(void) {
  reset_for(3, 0, run_all_dependent);
  world_lay_down(world, 0);
}

static void three_jobs(int thread) {
  if (thread < 3) {
    world_run_from_sleep(&world_slots[thread]);
    return;
  }
  for (size_t i = 1; i <= 3; i++) submit(i);
  wait_until_finished(3);
  pw_pool_stop(world);
}

// MARK: The end

static void stop_at_once(int thread) {
  if (thread < 2) {
    pw_worker_run(&world_slots[thread]);
  } else {
    pw_pool_stop(world);
  }
}

static int accepted;

static bool try_to_submit(size_t i) {
  publish(i);
  bool queued = pw_submit(world, pw_current(), (void *)(uintptr_t)(2 * i)) == PW_PUSHED;
  accepted += queued;
  return queued;
}


/// One worker; a submission meets the shutdown: what was accepted is run, or left for whoever shuts down.
static void shut_down(int thread) {
  if (thread == 0) {
    pw_worker_run(&world_slots[0]);
  } else if (thread == 1) {
    for (size_t i = 1; i <= 2; i++) try_to_submit(i);
  } else {
    pw_injector_close(&world->injector);
    pw_pool_stop(world);
  }
}

static void reset_shut_down(void) {
  reset_submit();
  accepted = 0;
}

/// The job submits another one, perhaps after the pool has been closed; then the worker must not end without it.
static void run_and_submit(void *first, void *second, void *object, bool ticket) {
  if ((uintptr_t)object == 2) try_to_submit(2);
  run_entry(first, second, object, ticket);
}

static void reset_shut_down_inside(void) {
  reset_for(2, 0, run_and_submit);
  accepted = 0;
}

static void shut_down_inside(int thread) {
  if (thread < 2) {
    pw_worker_run(&world_slots[thread]);
  } else {
    try_to_submit(1);
    pw_pool_close(world);
    pw_pool_stop(world);
  }
}

static void check_shut_down(void) {
  pw_entry entry;
  while (pw_pool_leftover(world, &entry)) runs[((uintptr_t)entry.tag & ~PW_TICKET) / 2]++;
  px_require(runs[1] + runs[2] == accepted, "%d jobs accepted, %d run", accepted, runs[1] + runs[2]);
  check();
}

static const px_client clients[] = {
  {"sleep_fork", 2, reset_fork, fork_and_wait, check, .quick = {2, 1}, .full = {3, 1}},
  {"sleep_submit", 2, reset_submit, submit_and_wait, check, .quick = {2, 1}, .full = {3, 1}},
  {"sleep_dependent", 3, reset_dependent, two_jobs, check, .quick = {1, 0}, .full = {1, 1}},
  {"sleep_nested", 3, reset_nested, nested, check, .quick = {1, 0}, .full = {1, 1}},
  {"sleep_woken_early", 3, reset_asleep, woken_early, check, .quick = {1, 0}, .full = {1, 1}},
  {"sleep_three_workers", 4, reset_three_workers, three_jobs, check, .quick = {0, 0}, .full = {0, 0}},
  {"sleep_stop", 3, reset_two_workers, stop_at_once, check, .quick = {2, 1}, .full = {2, 2}},
  {"sleep_shut_down", 3, reset_shut_down, shut_down, check_shut_down, .quick = {2, 0}, .full = {3, 0}},
  {"sleep_shut_down_inside", 3, reset_shut_down_inside, shut_down_inside, check_shut_down, .quick = {1, 0}, .full = {1, 1}},
};

PX_GROUP(sleep, clients);

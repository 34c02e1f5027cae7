// Sleep against wake: workers that run out of work and lie down, producers that publish work and look for sleepers.
//
// The producer waits for what it has published to be run by somebody else, and sleeps meanwhile: a lost wake-up is a
// deadlock.
#include "core_unit.h"
#include "clients.h"

enum { JOBS = 3 };
static size_t inputs[JOBS + 1];
static int runs[JOBS + 1];
/// Stands for what a slot's holder keeps in it without atomics: two holders at once, or one that has not seen what the
/// last one left, are a race.
static size_t belongings[WORLD_SLOTS];
static AO_t finished;
static pw_frame frame;

static void use(pw_slot *slot) { PW_WRITE(&belongings[slot->id], PW_READ(&belongings[slot->id]) + 1); }

static void run(size_t i) {
  use(pw_current());
  px_note("runs job", i);
  px_require(i <= JOBS && runs[i]++ == 0, "job %zu runs a second time", i);
  px_require(PW_READ(&inputs[i]) == i, "old input of job %zu", i);
  PW_ADD(client_finish, &finished, 1);
  PW_FUTEX_WAKE(client_finish_wake, &finished, PX_THREADS);
}

static void run_closure(void *context) { run((size_t)((size_t *)context - inputs)); }

/// Tickets bear the job's number, in even numbers because the low bit says that they are tickets.
static void run_entry(void *first, void *second, void *object, bool ticket) {
  (void)first, (void)second;
  px_require(ticket, "not a ticket");
  run((size_t)(uintptr_t)object / 2);
}

static void publish(size_t i) { PW_WRITE(&inputs[i], i); }

static void submit(pw_slot *slot, size_t i) {
  publish(i);
  px_require(pw_submit(&world, slot, (void *)(uintptr_t)(2 * i)) == PW_PUSHED, "not queued");
}

static void wait_until_finished(AO_t count) {
  for (;;) {
    AO_t seen = PW_LOAD_ACQUIRE(client_look, &finished);
    if (seen >= count) return;
    PW_FUTEX_WAIT(client_sleep, &finished, seen, 0);
  }
}

/// `first` and later slots have workers, which count as searchers from the start.
static void reset_for(uint32_t slots, uint32_t first) {
  world_reset(slots, run_entry);
  for (uint32_t i = first; i < slots; i++) world.starting += 1;
  memset(inputs, 0, sizeof inputs);
  memset(runs, 0, sizeof runs);
  memset(belongings, 0, sizeof belongings);
  finished = 0;
  px_name(&finished, sizeof finished, "finished", -1);
}

static void check(void) {
  px_require(pw_injector_is_empty(&world.injector), "a submitted job is left");
  px_require(PW_SLEEPERS(world.idle) == 0 && PW_SEARCHERS(world.idle) == 0, "idle counts %#zx", (size_t)world.idle);
}

// MARK: Forks

static void reset_fork(void) { reset_for(2, 1); }

/// Slot 0 forks a job and is busy until somebody else has run it.
static void fork_and_wait(int thread) {
  pw_slot *slot = &world_slots[thread];
  if (thread == 1) {
    pw_worker_run(slot);
    return;
  }
  publish(1);
  world_fork(slot, &frame, run_closure, &inputs[1]);
  wait_until_finished(1);
  px_require(!pw_join(slot, &frame), "the job came back, though it has run");
  pw_pool_stop(&world);
}

// MARK: Submissions

static void reset_submit(void) { reset_for(1, 0); }

/// One worker, one outside thread that submits twice.
static void submit_and_wait(int thread) {
  if (thread == 0) {
    pw_worker_run(&world_slots[0]);
    return;
  }
  submit(NULL, 1);
  wait_until_finished(1);
  submit(NULL, 2);
  wait_until_finished(2);
  pw_pool_stop(&world);
}

static void reset_two_workers(void) { reset_for(2, 0); }

/// Two workers; two jobs at once: the second one's producer may see a searcher and wake nobody.
static void two_jobs(int thread) {
  if (thread < 2) {
    pw_worker_run(&world_slots[thread]);
    return;
  }
  submit(NULL, 1);
  submit(NULL, 2);
  wait_until_finished(2);
  pw_pool_stop(&world);
}

/// Two workers; the first job waits for the second one, so one worker alone cannot do both.
static void run_dependent(void *first, void *second, void *object, bool ticket) {
  run_entry(first, second, object, ticket);
  if ((uintptr_t)object == 2) wait_until_finished(2);
}

static void reset_dependent(void) {
  reset_for(2, 0);
  world.run_entry = run_dependent;
}

/// A worker submits from inside a job: into its own deque.
static void run_nested(void *first, void *second, void *object, bool ticket) {
  if ((uintptr_t)object == 2) submit(pw_current(), 2);
  run_dependent(first, second, object, ticket);
}

static void reset_nested(void) {
  reset_for(2, 0);
  world.run_entry = run_nested;
}

static void nested(int thread) {
  if (thread < 2) {
    pw_worker_run(&world_slots[thread]);
    return;
  }
  submit(NULL, 1);
  wait_until_finished(2);
  pw_pool_stop(&world);
}

static void reset_asleep(void) {
  reset_nested();
  world.idle = 2 * PW_SLEEPER;
  world_slots[0].seat = world_slots[1].seat = PW_SEAT_ASLEEP;
}

/// Both workers lie asleep, or are about to: a worker may see that it is woken before its waker has gone on.
static void woken_early(int thread) {
  if (thread < 2) {
    pw_set_current(&world_slots[thread]);
    pw_await_seat(&world_slots[thread]);
    work_until_stop(&world_slots[thread]);
    PW_ADD(client_ends, &world.idle, -PW_SEARCHER);
    return;
  }
  nested(thread);
}

// MARK: The end

static void stop_at_once(int thread) {
  if (thread < 2) {
    pw_worker_run(&world_slots[thread]);
  } else {
    pw_pool_stop(&world);
  }
}

static int accepted;

/// One worker; a submission meets the shutdown: what was accepted is run, or left for whoever shuts down.
static void shut_down(int thread) {
  if (thread == 0) {
    pw_worker_run(&world_slots[0]);
  } else if (thread == 1) {
    for (size_t i = 1; i <= 2; i++) {
      publish(i);
      accepted += pw_submit(&world, NULL, (void *)(uintptr_t)(2 * i)) == PW_PUSHED;
    }
  } else {
    pw_injector_close(&world.injector);
    pw_pool_stop(&world);
  }
}

static void reset_shut_down(void) {
  reset_submit();
  accepted = 0;
}

static void check_shut_down(void) {
  pw_entry entry;
  while (pw_pool_leftover(&world, &entry)) runs[((uintptr_t)entry.tag & ~PW_TICKET) / 2]++;
  px_require(runs[1] + runs[2] == accepted, "%d jobs accepted, %d run", accepted, runs[1] + runs[2]);
}

// MARK: Guests

/// One slot. A guest takes it while the worker is idle; meanwhile a job is submitted, which the worker must run.
static void guest(int thread) {
  if (thread == 0) {
    pw_worker_run(&world_slots[0]);
  } else if (thread == 1) {
    world_held[1] = NULL;
    pw_slot *slot = pw_enter(&world);
    if (slot) {
      use(slot);
      pw_leave(slot);
    }
  } else {
    submit(NULL, 1);
    wait_until_finished(1);
    pw_pool_stop(&world);
  }
}

/// Two slots, one guest that forks and waits for the job to be run by the other slot's worker.
static void guest_forks(int thread) {
  if (thread < 2) {
    pw_worker_run(&world_slots[thread]);
    return;
  }
  world_held[2] = NULL;
  pw_slot *slot = pw_enter(&world);
  if (slot) {
    use(slot);
    publish(1);
    world_fork(slot, &frame, run_closure, &inputs[1]);
    wait_until_finished(1);
    px_require(!pw_join(slot, &frame), "the job came back, though it has run");
    pw_leave(slot);
  }
  pw_pool_stop(&world);
}

static void reset_guest_stays(void) {
  reset_for(2, 0);
  world.idle = PW_SLEEPER;
  world_slots[1].seat = PW_SEAT_ASLEEP;
}

/// Two slots, the second's worker asleep. A guest takes the first, and stays until a job has been run that was submitted
/// while the first one's worker lay down: the second must be woken for it, by whoever has seen it.
static void guest_stays(int thread) {
  if (thread == 1) {
    pw_set_current(&world_slots[1]);
    pw_await_seat(&world_slots[1]);
    work_until_stop(&world_slots[1]);
    PW_ADD(client_ends, &world.idle, -PW_SEARCHER);
  } else if (thread == 2) {
    world_held[2] = NULL;
    pw_slot *slot = pw_enter(&world);
    wait_until_finished(1);
    if (slot) pw_leave(slot);
    pw_pool_stop(&world);
  } else if (thread == 3) {
    submit(NULL, 1);
  } else {
    pw_worker_run(&world_slots[0]);
  }
}

static const px_client clients[] = {
  {"sleep_fork", 2, reset_fork, fork_and_wait, check},
  {"sleep_submit", 2, reset_submit, submit_and_wait, check},
  {"sleep_dependent", 3, reset_dependent, two_jobs, check},
  {"sleep_nested", 3, reset_nested, nested, check},
  {"sleep_woken_early", 3, reset_asleep, woken_early, check},
  {"sleep_stop", 3, reset_two_workers, stop_at_once, check},
  {"sleep_shut_down", 3, reset_shut_down, shut_down, check_shut_down},
  {"sleep_guest", 3, reset_submit, guest, check},
  {"sleep_guest_forks", 3, reset_two_workers, guest_forks, check},
  {"sleep_guest_stays", 4, reset_guest_stays, guest_stays, check},
};

const px_client_list px_sleep_clients = {clients, sizeof clients / sizeof *clients};

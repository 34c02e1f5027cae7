// Numbered jobs for workers that sleep: who publishes one waits, asleep, until somebody has run it. So a lost wake-up
// is a deadlock.
#ifndef PX_SLEEP_JOBS_H
#define PX_SLEEP_JOBS_H

enum { JOBS = 3 };
static size_t inputs[JOBS + 1];
static int runs[JOBS + 1];
/// Stands for what a slot's holder keeps in it without atomics: two holders at once, or one that has not seen what the
/// last one left, are a race.
static size_t belongings[PX_THREADS];
static AO_t finished;
static pw_frame frame;

static void use(pw_slot *slot) { PW_WRITE(&belongings[slot->id], PW_READ(&belongings[slot->id]) + 1); }

/// On a thread that may hold no slot.
static void run_here(size_t i) {
  px_note("runs job", i);
  px_require(i <= JOBS && runs[i]++ == 0, "job %zu runs a second time", i);
  px_require(PW_READ(&inputs[i]) == i, "old input of job %zu", i);
  PW_ADD(client_finish, &finished, 1);
  PW_FUTEX_WAKE(client_finish_wake, &finished, PX_THREADS);
}

static __attribute__((unused)) void run(size_t i) {
  use(pw_current());
  run_here(i);
}

WORLD_JOB(run_closure, context) { run((size_t)((size_t *)context - inputs)); }

/// Tickets bear the job's number, in even numbers because the low bit says that they are tickets.
static __attribute__((unused)) void run_entry(void *first, void *second, void *object, bool ticket) {
  (void)first, (void)second;
  px_require(ticket, "not a ticket");
  run((size_t)(uintptr_t)object / 2);
}

static void publish(size_t i) { PW_WRITE(&inputs[i], i); }

static __attribute__((unused)) void submit(size_t i) {
  publish(i);
  px_require(pw_submit(world, pw_current(), (void *)(uintptr_t)(2 * i)) == PW_PUSHED, "not queued");
}

static void wait_until_finished(AO_t count) {
  for (;;) {
    AO_t seen = PW_LOAD_ACQUIRE(client_look, &finished);
    if (seen >= count) return;
    PW_FUTEX_WAIT(client_sleep, &finished, seen, 0);
  }
}

/// `first` and later slots have workers.
static void reset_for(uint32_t slots, uint32_t first, pw_run_entry_fn entry) {
  world_reset(slots, entry);
  world->starting = slots - first;
  memset(inputs, 0, sizeof inputs);
  memset(runs, 0, sizeof runs);
  memset(belongings, 0, sizeof belongings);
  finished = 0;
  px_name(&finished, sizeof finished, "finished", -1);
}

static void check(void) {
  px_require(pw_injector_is_empty(&world->injector), "a submitted job is left");
  px_require(PW_SLEEPERS(world->idle) == 0 && PW_SEARCHERS(world->idle) == 0, "idle counts %#zx", (size_t)world->idle);
  px_require(world->idle_seats[0] == 0, "idle seats %#zx", (size_t)world->idle_seats[0]);
  for (uint32_t i = 0; i < world->made; i++)
    px_require(pw_deque_is_empty(&world_slots[i].deque), "slot %u keeps loose jobs", i);
  world_require_empty_stacks();
  world_destroy(world);
  world_require_nothing_leaks();
}

#endif

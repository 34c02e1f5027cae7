// Two pools that call each other: a job of each forks in the other, whose job forks back. Nobody may wait for a slot
// that is held by somebody who waits for them.
#include "core_unit.h"
#include "clients.h"

enum { CALLS = 2, DEPTH = 3 };
static pw_pool *pools[2];
/// `calls[i][d]` counts the runs of call i's job at depth d; even depths belong to one pool, odd ones to the other.
typedef struct call {
  size_t input;
  int runs;
} call;
static call calls[CALLS][DEPTH];
static AO_t finished;

static pw_pool *pool_of(int call, int depth) { return pools[(call + depth) % 2]; }

/// Forks the job of the next depth in the other pool, and joins it.
static void run_call(int i, int depth);

WORLD_JOB(run_inner, context) {
  call *c = context;
  long at = c - &calls[0][0];
  px_require(PW_READ(&c->input) == 7, "old input");
  run_call((int)(at / DEPTH), (int)(at % DEPTH));
}

static void run_call(int i, int depth) {
  px_note("call", (size_t)i);
  px_note("depth", (size_t)depth);
  px_require(calls[i][depth].runs++ == 0, "call %d runs a second time at depth %d", i, depth);
  if (depth + 1 == DEPTH) return;
  pw_slot *held = pw_current();
  call *next = &calls[i][depth + 1];
  pw_frame frame;
  PW_WRITE(&next->input, 7);
  world_fork_in(pool_of(i, depth + 1), &frame, (pw_code)run_inner, next);
  world_join(&frame, (pw_code)run_inner, next);
  px_require(next->runs == 1, "the inner job has run %d times", next->runs);
  px_require(pw_current() == held, "the call came back on another slot");
}

static void run_entry(void *first, void *second, void *object, bool ticket) {
  (void)first, (void)second, (void)ticket;
  run_call((int)((uintptr_t)object / 2 - 1), 0);
  PW_ADD(client_finish, &finished, 1);
  PW_FUTEX_WAKE(client_finish_wake, &finished, 1);
}

static void reset_for(uint32_t slots) {
  world_reset_threads();
  memset(calls, 0, sizeof calls);
  finished = 0;
  for (int i = 0; i < 2; i++) {
    pools[i] = world_pool(slots, WORLD_JOBS, run_entry);
    pools[i]->starting = slots;
  }
}

static void reset_one(void) { reset_for(1); }

/// The second workers lie asleep, so that an outside call finds a seat.
static void reset_two(void) {
  reset_for(2);
  for (int i = 0; i < 2; i++) world_lay_down(pools[i], 1);
}

/// Workers of the first pool, of the second, and a thread that submits a job to each.
static void call_each_other(int thread) {
  int workers = (int)pools[0]->made;
  if (thread < 2 * workers) {
    pw_slot *slot = &pools[thread / workers]->slots[thread % workers];
    if (slot->id == 0) pw_worker_run(slot);
    else world_run_from_sleep(slot);
    return;
  }
  for (uintptr_t i = 0; i < CALLS; i++)
    px_require(pw_submit(pool_of((int)i, 0), NULL, (void *)(2 * (i + 1))) == PW_PUSHED, "not queued");
  for (AO_t seen; (seen = PW_LOAD_ACQUIRE(client_look, &finished)) < CALLS;) PW_FUTEX_WAIT(client_sleep, &finished, seen, 0);
  for (int i = 0; i < 2; i++) pw_pool_stop(pools[i]);
}

static void check(void) {
  for (int i = 0; i < CALLS; i++)
    for (int d = 0; d < DEPTH; d++) px_require(calls[i][d].runs == 1, "call %d has run %d times at depth %d", i, calls[i][d].runs, d);
  for (int i = 0; i < 2; i++) {
    px_require(pools[i]->idle == 0, "idle counts %#zx", (size_t)pools[i]->idle);
    world_destroy(pools[i]);
  }
  world_require_nothing_leaks();
}

static const px_client clients[] = {
  {"pools_of_one", 3, reset_one, call_each_other, check, .quick = {1, 0}, .full = {1, 1},
   .timeouts = PX_TIMEOUTS_WHEN_STUCK},
  {"pools_of_two", 5, reset_two, call_each_other, check, .quick = {-1, 0}, .full = {-1, 0},
   .timeouts = PX_TIMEOUTS_WHEN_STUCK},
};

PX_GROUP(pools, clients);

// What goes from hand to hand: a slot between its worker and guests, a mailbox that is posted to again, the start, the
// flag that the first to fail raises, and a job that is asked about instead of waited for.
#include "core_unit.h"
#include "clients.h"

/// What a slot's holder keeps in it without atomics.
static size_t belongings[PX_THREADS];
static AO_t word;
static size_t payload;
static int winners;
static uint64_t time_asked;

static void use(pw_slot *slot) { PW_WRITE(&belongings[slot->id], PW_READ(&belongings[slot->id]) + 1); }

static void reset_for(uint32_t slots) {
  world_reset(slots, NULL);
  world_clock = NULL;
  time_asked = 0;
  memset(belongings, 0, sizeof belongings);
  word = 0;
  payload = 0;
  winners = 0;
  px_name(&word, sizeof word, "word", -1);
}

static void check(void) {
  world_require_empty_stacks();
  world_destroy(world);
  world_require_nothing_leaks();
}

static void check_idle(void) {
  px_require(world->idle == 0, "idle counts %#zx", (size_t)world->idle);
  check();
}

// MARK: The seat

static void reset_guest_leaves(void) {
  reset_for(1);
  world_slots[0].seat = PW_SEAT_GUEST;
  world_slots[0].is_guest = 1;
}

/// A guest holds the slot and leaves; somebody wakes the worker, which has slept all the time.
static void guest_leaves(int thread) {
  pw_slot *slot = &world_slots[0];
  if (thread == 0) {
    px_require(pw_await_seat(slot, false), "woken, but no searcher");
    use(slot);
    pw_end_searching(&world_slots[thread]);
  } else if (thread == 1) {
    pw_set_current(slot);
    use(slot);
    pw_leave(slot);
  } else {
    while (!pw_wake_seat(slot)) PW_PAUSE();
  }
}

/// A worker asks for the time between two rounds, when it holds its slot, and after the last of its counts.
static uint64_t use_own_slot(void) {
  use(pw_current());
  return ++time_asked;
}

static void reset_guest_comes(void) {
  reset_for(1);
  world->starting = 1;
  world->spin_ns = 2;
  world_clock = use_own_slot;
}

/// A guest takes the slot of a worker that searches, and gives it back.
static void guest_comes(int thread) {
  if (thread == 0) {
    pw_worker_run(&world_slots[0]);
    return;
  }
  pw_set_current(NULL);
  pw_slot *slot = pw_enter(world);
  if (slot) {
    use(slot);
    pw_leave(slot);
  }
  pw_pool_stop(world);
}

// MARK: The mailbox

typedef struct context {
  size_t region;
  size_t results[2];
} context;

WORLD_CHUNKS(run_chunk, first, last, p) {
  context *c = p;
  for (uint64_t i = first; i < last; i++) PW_WRITE(&c->results[i], PW_READ(&c->region) + i + 1);
}

static void run_region(pw_slot *slot, size_t region) {
  context *c = px_allocate(16, sizeof *c);
  PW_WRITE(&c->region, region);
  px_require(world_region(slot, (pw_code)run_chunk, c, 2), "refused");
  for (size_t i = 0; i < 2; i++) px_require(PW_READ(&c->results[i]) == region + i + 1, "old result, or another region's");
  px_release(c);
}

static void reset_asleep(void) {
  reset_for(2);
  world_count_idle(&world_slots[1], PW_SEAT_ASLEEP, PW_SLEEPER);
}

/// The worker sleeps, and is posted a slice; before it has begun it the caller may have taken it back and posted
/// another.
static void posted_again(int thread) {
  pw_slot *slot = &world_slots[thread];
  if (thread == 0) {
    run_region(slot, 10);
    run_region(slot, 20);
    pw_pool_stop(world);
    return;
  }
  if (!pw_await_seat(slot, false)) pw_start_searching(&world_slots[thread]);
  work_until_stop(slot);
  pw_end_searching(&world_slots[thread]);
}

// MARK: The start

static void reset_start(void) {
  reset_for(2);
  world->starting = 2;
}

/// What the workers do first is visible to whoever waits for them to begin.
static void start(int thread) {
  if (thread < 2) {
    use(&world_slots[thread]);
    pw_worker_run(&world_slots[thread]);
    return;
  }
  pw_pool_await_start(world, 100);
  px_require(PW_LOAD(client_starting, &world->starting) == 0, "not all have begun");
  for (int i = 0; i < 2; i++) px_require(PW_READ(&belongings[i]) == 1, "worker %d has not begun", i);
  pw_pool_stop(world);
}

// MARK: Words that are asked

static void reset_words(void) { reset_for(2); }

/// Two raise the flag: one of them has been the first.
static void flag_raised(int thread) {
  (void)thread;
  if (pw_flag_is_set(&word)) return;
  if (!pw_flag_set(&word)) return;
  px_require(winners++ == 0, "both were first");
  PW_WRITE(&payload, 1);
}

/// As `JobHandle` when it is asked whether its job is done.
static void done_asked(int thread) {
  if (thread == 0) {
    px_require(pw_submitted_claim(&world_slots[0], &word), "claimed by somebody else");
    PW_WRITE(&payload, 1);
    pw_submitted_finish(&world_slots[0], &word);
  } else {
    while (!pw_is_done(&word)) PW_PAUSE();
    px_require(PW_READ(&payload) == 1, "old result");
  }
}

/// Whoever finds the pool closed finds what its closer did before.
static void closed_asked(int thread) {
  if (thread == 0) {
    PW_WRITE(&payload, 1);
    pw_pool_close(world);
  } else if (pw_pool_is_closed(world)) {
    px_require(PW_READ(&payload) == 1, "closed, but nothing done");
  }
}

static const px_client clients[] = {
  {"handover_guest_leaves", 3, reset_guest_leaves, guest_leaves, check_idle, .quick = {2, 1}, .full = {3, 2}},
  {"handover_guest_comes", 2, reset_guest_comes, guest_comes, check_idle, .quick = {1, 1}, .full = {2, 1},
   .timeouts = PX_TIMEOUTS_WHEN_STUCK},
  {"handover_posted_again", 2, reset_asleep, posted_again, check_idle, .quick = {1, 0}, .full = {2, 0}},
  {"handover_start", 3, reset_start, start, check_idle, .quick = {1, 0}, .full = {1, 1}},
  {"handover_flag", 2, reset_words, flag_raised, check, .quick = {2, 2}, .full = {4, 4}},
  {"handover_done", 2, reset_words, done_asked, check, .quick = {2, 2}, .full = {4, 4}},
  {"handover_closed", 2, reset_words, closed_asked, check, .quick = {2, 2}, .full = {4, 4}},
};

PX_GROUP(handover, clients);

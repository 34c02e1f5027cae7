// Scopes: what is spawned into one is run once, wherever it is queued, and its opener sleeps only while there is
// nothing for it to run.
#include "core_unit.h"
#include "clients.h"
#include "loose_entries.h"

/// The object that a scope lies in, as `ScopeJobs` counts its references: tickets hold one each, the opener another.
typedef struct object {
  AO_t references;
  pw_scope scope;
} object;

static object *opened_object;
static AO_t ran;

static void *tag_of(object *o) { return o; }

static void let_go(object *o) {
  if (PW_ADD(client_let_go, &o->references, -(AO_t)1) != 1) return;
  pw_scope_destroy(&o->scope);
  px_release(o);
}

static pw_entry make_for(object *o, size_t i) {
  pw_entry entry = make(i);
  entry.tag = tag_of(o);
  return entry;
}

static void consume_for(object *o, pw_entry entry) {
  px_require(entry.tag == tag_of(o), "not this scope's");
  entry.tag = TAG;
  consume(entry);
}

static void (*run_job)(object *o, size_t i);

/// As `ScopeJobs.run` and `runTicket`, which consume the reference that a ticket holds; other tickets are jobs.
static void run_entry(void *first, void *second, void *p, bool ticket) {
  object *o = p;
  if (!ticket) {
    consume_for(o, (pw_entry){first, second, tag_of(o)});
    run_job(o, (size_t)((size_t *)first - payloads));
    pw_scope_leave(&o->scope);
    return;
  }
  if (p != opened_object) {
    px_require(taken[7]++ == 0, "the submission runs twice");
    PW_STORE_RELEASE(client_ran_set, &ran, 1);
    PW_FUTEX_WAKE(client_ran_wake, &ran, PX_THREADS);
    return;
  }
  pw_entry entry;
  if (pw_scope_take(&o->scope, &entry)) {
    if (pw_current() != NULL) pw_run_spawned(pw_current(), entry);
    else run_entry(entry.first, entry.second, entry.tag, false);
  }
  let_go(o);
}

static void wait_until_ran(void) {
  while (!PW_LOAD_ACQUIRE(client_ran, &ran)) PW_FUTEX_WAIT(client_ran_wait, &ran, 0, 0);
}

static void job_ends(object *o, size_t i) { (void)o, (void)i; }

static void job_spawns(object *o, size_t i) {
  if (i == 0) px_require(pw_spawn_here(pw_current(), &o->scope, make_for(o, 1)), "no memory");
}

/// As long as its second job has not run, the first one does not end: the opener must be awake to run it.
static void job_waits(object *o, size_t i) {
  job_spawns(o, i);
  if (i == 0) {
    wait_until_ran();
  } else {
    PW_STORE_RELEASE(client_ran_set, &ran, 1);
    PW_FUTEX_WAKE(client_ran_wake, &ran, 1);
  }
}

/// Into the scope, from a job that does not run as one of it.
static void spawn_elsewhere(object *o, size_t i) {
  PW_ADD(client_hold, &o->references, 1);
  pw_slot *slot = pw_current();
  pw_push_result result = pw_spawn_elsewhere(world, slot, &o->scope, make_for(o, i), o);
  px_require(result != PW_PUSH_NO_MEMORY, "no memory");
  if (result == PW_PUSH_CLOSED) let_go(o);
}

static void reset_for(uint32_t slots, void (*job)(object *, size_t)) {
  world_reset(slots, run_entry);
  reset_entries();
  ran = 0;
  run_job = job;
  opened_object = px_allocate(16, sizeof *opened_object);
  opened_object->references = 1;
  pw_scope_init(&opened_object->scope);
  px_name(opened_object, sizeof *opened_object, "scope", -1);
}

static void reset_spawns(void) { reset_for(2, job_spawns); }
static void reset_waits(void) { reset_for(2, job_waits); }

static void spawn(size_t i) {
  px_require(pw_spawn_here(pw_current(), &opened_object->scope, make_for(opened_object, i)), "no memory");
}

static void wait_for_scope(pw_slot *slot, pw_opened opened, int jobs) {
  pw_scope_wait(world, slot, &opened_object->scope, tag_of(opened_object), opened);
  for (int i = 0; i < jobs; i++) {
    px_require(taken[i] == 1, "the wait has ended before job %d", i);
    px_require(PW_READ(&results[i]) == (size_t)i + 1, "old result");
  }
}

static void check_jobs(int jobs) {
  pw_entry entry;
  while (pw_pool_leftover(world, &entry)) run_entry(NULL, NULL, (void *)((uintptr_t)entry.tag & ~PW_TICKET), true);
  require_all_taken(jobs);
  world_destroy(world);
  world_require_nothing_leaks();
}

static void check_one(void) { check_jobs(1); }
static void check_two(void) { check_jobs(2); }

static void rob_loose(pw_slot *slot) {
  pw_entry entry;
  if (pw_deque_steal(&world_slots[1 - slot->id].deque, NULL, &entry) == PW_STEAL_TAKEN) pw_run_loose(slot, entry);
}

/// Opens a scope, spawns a job into it, and waits for that and the one that it spawns.
static void open_and_wait(pw_slot *slot) {
  pw_opened opened = pw_scope_open(slot, tag_of(opened_object));
  spawn(0);
  wait_for_scope(slot, opened, 2);
  let_go(opened_object);
}

/// Slot 0 spawns a job, which spawns another one, and waits for both; slot 1 steals what it can, then runs its own.
static void waits(int thread) {
  pw_slot *slot = &world_slots[thread];
  if (thread == 0) {
    open_and_wait(slot);
  } else {
    rob_loose(slot);
    pw_entry entry;
    if (pw_deque_take(&slot->deque, 0, &entry)) pw_run_loose(slot, entry);
  }
}

/// Slot 1 runs the first job, which spawns the second one; slot 0 waits for the scope and has to run that.
static void is_woken(int thread) {
  pw_slot *slot = &world_slots[thread];
  if (thread == 0) {
    pw_opened opened = pw_scope_open(slot, tag_of(opened_object));
    spawn(0);
    while (PW_LOAD_ACQUIRE(client_stolen, &slot->deque.top) == 0) PW_PAUSE();
    wait_for_scope(slot, opened, 2);
    let_go(opened_object);
  } else {
    while (pw_deque_is_empty(&world_slots[0].deque)) PW_PAUSE();
    rob_loose(slot);
  }
}

// MARK: Tickets

/// The scope's first job spawns the second one as if into another scope: it lies in the scope's own queue, and slot 1
/// may draw the ticket for it, before or after the scope has ended.
static void elsewhere(int thread) {
  pw_slot *slot = &world_slots[thread];
  if (thread == 0) {
    open_and_wait(slot);
  } else {
    pw_entry entry;
    if (pw_injector_pop(&world->injector, &entry)) pw_run_loose(slot, entry);
  }
}

static void job_spawns_elsewhere(object *o, size_t i) {
  if (i == 0) spawn_elsewhere(o, 1);
}

static void reset_elsewhere(void) { reset_for(2, job_spawns_elsewhere); }

/// The opener has no slot, as a caller that was refused one; the job runs where its ticket is drawn, or here.
static void outside(int thread) {
  if (thread == 0) {
    pw_set_current(NULL);
    spawn_elsewhere(opened_object, 0);
    wait_for_scope(NULL, (pw_opened){0}, 2);
    let_go(opened_object);
  } else {
    pw_entry entry;
    for (int i = 0; i < 2; i++)
      if (pw_injector_pop(&world->injector, &entry)) pw_run_loose(&world_slots[1], entry);
  }
}

/// The pool is closed meanwhile: a spawn gets no ticket any more, and the opener runs the job.
static void closing(int thread) {
  if (thread == 1) pw_pool_close(world);
  else if (thread == 0) outside(0);
  else outside(1);
}

// MARK: A submission in the way

static void reset_in_the_way(void) {
  reset_for(2, job_ends);
  world->starting = 1;
}

/// Slot 0 submits inside the scope, so that the submission lies above the scope's job in its deque; it may not run it
/// while it waits, but must hand it on, to a worker that may be going to sleep.
static void in_the_way(int thread) {
  pw_slot *slot = &world_slots[thread];
  if (thread == 1) {
    pw_worker_run(slot);
    return;
  }
  pw_opened opened = pw_scope_open(slot, tag_of(opened_object));
  spawn(0);
  px_require(pw_submit(world, slot, (void *)32) == PW_PUSHED, "not queued");
  wait_for_scope(slot, opened, 1);
  wait_until_ran();
  let_go(opened_object);
  pw_pool_stop(world);
}

static void check_in_the_way(void) {
  px_require(taken[7] == 1, "the submission has run %d times", taken[7]);
  check_one();
}

static const px_client clients[] = {
  {"scope_waits", 2, reset_spawns, waits, check_two, .quick = {2, 1}, .full = {4, 2}},
  {"scope_is_woken", 2, reset_waits, is_woken, check_two, .quick = {2, 0}, .full = {3, 1}},
  {"scope_elsewhere", 2, reset_elsewhere, elsewhere, check_two, .quick = {2, 1}, .full = {3, 2}},
  {"scope_outside", 2, reset_elsewhere, outside, check_two, .quick = {2, 1}, .full = {3, 2}},
  {"scope_closing", 3, reset_elsewhere, closing, check_two, .quick = {2, 0}, .full = {3, 0}},
  {"scope_in_the_way", 2, reset_in_the_way, in_the_way, check_in_the_way, .quick = {1, 1}, .full = {2, 1}},
};

PX_GROUP(scope, clients);

// What each site does: a scheduling point, then the operation with the order that the mutant at work leaves it.
#include <string.h>
#include "simulator.h"

static px_site *sites;

static px_memory_thread *me(void) { return &px_sim.threads[px_sim.current].memory; }

int px_current(void) { return px_sim.current; }

/// Before the first use in an exploration, a site looks up what the mutant does to it.
static void prepare(px_site *site) {
  if (site->exploration == px_sim.exploration) return;
  if (site->exploration == 0) {
    site->next = sites;
    sites = site;
  }
  site->exploration = px_sim.exploration;
  site->hits = 0;
  const char *mutant = px_sim.options.mutant;
  site->weakening = mutant && strcmp(mutant, site->name) == 0 ? px_sim.options.weakening : PX_INTACT;
}

static bool acquires(const px_site *site, bool intact) {
  return intact && site->weakening != PX_RELAXED && site->weakening != PX_NO_ACQUIRE;
}

static bool releases(const px_site *site, bool intact) {
  return intact && site->weakening != PX_RELAXED && site->weakening != PX_NO_RELEASE;
}

/// Counts and records a step of the current thread.
static px_step *record(px_site *site, const volatile void *address) {
  prepare(site);
  site->hits++;
  if (px_sim.step_count >= px_sim.options.steps)
    px_fail(PX_STEP_BOUND, "more than %d steps: a livelock, or a spin loop without a pause", px_sim.options.steps);
  me()->current.clock[px_sim.current]++;
  // A wake goes by address, and what it wakes nobody at may be gone (the core's README, the lifetime table).
  if (address && site->operation != PX_OP_WAKE) px_heap_touch(address, site);
  // Also an operation that does nothing brings its thread to another state.
  me()->hash = px_mix(me()->hash, 13);
  px_step *step = &px_sim.steps[px_sim.step_count++];
  *step = (px_step){.site = site, .thread = px_sim.current, .address = address, .succeeded = true};
  return step;
}

px_step *px_begin(px_site *site, const volatile void *address) {
  px_sim.threads[px_sim.current].site = site;
  px_reschedule();
  return record(site, address);
}

typedef enum access { READ, STORE, UPDATE, COMPARE } access;

/// Whether the current thread may read, or put something after, the `n`th newest message.
static bool possible(const px_location *location, int n, access kind, size_t expected) {
  if (kind == READ) return true;
  // A CAS that fails is a load.
  if (kind == COMPARE && px_nth_newest(location, n)->value != expected) return true;
  return px_room_after(location, n);
}

/// At which of the messages the current thread reads or writes: the newest, or, while the bound on those allows it, an
/// older one. Returns how many are newer.
static int choose_place(const px_location *location, access kind, size_t expected) {
  enum { PLACES = 64 };
  if (px_sim.stale_reads >= px_sim.options.stale_reads) return 0;
  int places[PLACES], count = 0, readable = px_readable(me(), location);
  for (int n = 0; n < readable && count < PLACES; n++)
    if (possible(location, n, kind, expected)) places[count++] = n;
  int place = places[px_choose(count, 1)];
  if (place > 0) px_sim.stale_reads++;
  return place;
}

static px_message *newest(const px_location *location) { return px_nth_newest(location, 0); }

size_t px_load(px_site *site, const volatile size_t *p) {
  if (px_sim.current < 0) return *p;
  px_step *step = px_begin(site, p);
  px_location *location = px_locate(p);
  step->skipped = choose_place(location, READ, 0);
  px_message *message = px_nth_newest(location, step->skipped);
  px_memory_read(me(), location, message, acquires(site, site->operation == PX_OP_LOAD_ACQUIRE));
  return step->value = message->value;
}

/// No scheduling point, and always the newest: only a hint.
size_t px_setting(const volatile size_t *p) {
  if (px_sim.current >= 0) me()->hash = px_mix(me()->hash, *p);
  return *p;
}

void px_store(px_site *site, volatile size_t *p, size_t value) {
  if (px_sim.current < 0) {
    *p = value;
    return;
  }
  px_step *step = px_begin(site, p);
  step->value = value;
  px_location *location = px_locate(p);
  if (site->weakening == PX_DROPPED) return;
  step->skipped = choose_place(location, STORE, 0);
  bool release = releases(site, site->operation == PX_OP_STORE_RELEASE);
  px_memory_write(me(), location, value, release, step->skipped, false);
}

/// The mutant that takes the atomicity away: another thread may store between the load and the store.
static bool split_update(px_site *site, px_step *step, volatile size_t *p, const size_t *expected, size_t operand) {
  px_location *location = px_locate(p);
  px_message *message = newest(location);
  px_memory_read(me(), location, message, true);
  step->value = message->value;
  if (expected && message->value != *expected) return step->succeeded = false;
  px_step *second = px_begin(site, p);
  size_t value = expected ? operand : message->value + operand;
  second->value = message->value;
  second->other = value;
  px_memory_write(me(), px_locate(p), value, true, 0, false);
  return true;
}

bool px_compare_and_swap(px_site *site, volatile size_t *p, size_t expected, size_t desired) {
  if (px_sim.current < 0) {
    if (*p != expected) return false;
    *p = desired;
    return true;
  }
  px_step *step = px_begin(site, p);
  step->other = desired;
  if (site->weakening == PX_DROPPED) return step->succeeded = false;
  if (site->weakening == PX_NOT_ATOMIC) return split_update(site, step, p, &expected, desired);
  px_location *location = px_locate(p);
  step->skipped = choose_place(location, COMPARE, expected);
  px_message *message = px_nth_newest(location, step->skipped);
  step->value = message->value;
  px_memory_read(me(), location, message, acquires(site, true));
  if (message->value != expected) return step->succeeded = false;
  px_memory_write(me(), location, desired, releases(site, true), step->skipped, true);
  return true;
}

size_t px_add(px_site *site, volatile size_t *p, size_t delta) {
  if (px_sim.current < 0) {
    size_t old = *p;
    *p = old + delta;
    return old;
  }
  px_step *step = px_begin(site, p);
  px_location *location = px_locate(p);
  bool whole = site->weakening != PX_DROPPED && site->weakening != PX_NOT_ATOMIC;
  if (whole) step->skipped = choose_place(location, UPDATE, 0);
  px_message *message = px_nth_newest(location, step->skipped);
  step->value = message->value;
  step->other = message->value + delta;
  if (site->weakening == PX_NOT_ATOMIC) split_update(site, step, p, NULL, delta);
  if (!whole) return step->value;
  px_memory_read(me(), location, message, acquires(site, true));
  px_memory_write(me(), location, step->other, releases(site, true), step->skipped, true);
  return step->value;
}

void px_fence(px_site *site) {
  if (px_sim.current < 0) return;
  px_begin(site, NULL);
  if (site->weakening != PX_INTACT) return;
  if (site->operation == PX_OP_FENCE) px_memory_fence(me());
  else px_memory_fence_loads(me());
}

/// No scheduling point: whether two accesses race does not depend on which of them runs first.
void px_plain(px_site *site, const volatile void *p) {
  if (px_sim.current < 0) return;
  record(site, p);
  px_memory_plain(me(), p, site->operation == PX_OP_PLAIN_WRITE, site);
}

void px_pause(px_site *site) {
  if (px_sim.current < 0) px_fail(PX_STEP_BOUND, "a pause at %s:%d, where nobody else runs", site->file, site->line);
  px_thread *thread = &px_sim.threads[px_sim.current];
  thread->site = site;
  record(site, NULL);
  // Fairness: sooner or later a spinning thread sees what was stored before, and others get their turn.
  px_memory_catch_up(me());
  thread->idle_pauses = thread->stores_at_pause == px_sim.stores ? thread->idle_pauses + 1 : 0;
  thread->paused = true;
  thread->stores_at_pause = px_sim.stores;
  px_reschedule();
}

// MARK: Futex

void px_futex_wait(px_site *site, const volatile size_t *p, size_t value, uint64_t nanoseconds) {
  if (px_sim.current < 0) px_fail(PX_MISUSE, "a futex wait outside a virtual thread");
  px_step *step = px_begin(site, p);
  px_location *location = px_locate(p);
  px_message *message = newest(location);
  step->value = message->value;
  step->other = value;
  step->succeeded = false;
  if (site->weakening == PX_DROPPED) return;
  // The kernel compares under a lock that the waker takes too, so it never compares with an old value; that orders
  // nothing else.
  px_memory_read(me(), location, message, false);
  px_memory_catch_up(me());
  if ((uint32_t)message->value != (uint32_t)value) return;
  if (px_sim.spurious_wakes < px_sim.options.spurious_wakes && px_choose(2, 1) == 1) {
    px_sim.spurious_wakes++;
    me()->hash = px_mix(me()->hash, 3);
    return;
  }
  step->succeeded = true;
  px_thread *thread = &px_sim.threads[px_sim.current];
  thread->state = PX_ASLEEP;
  thread->sleeping_on = p;
  thread->has_time_limit = nanoseconds != 0;
  me()->hash = px_mix(me()->hash, 5);
  px_reschedule();
  px_memory_catch_up(me());
}

void px_futex_wake(px_site *site, const volatile size_t *p, int count) {
  if (px_sim.current < 0) return;
  px_step *step = px_begin(site, p);
  if (site->weakening == PX_DROPPED) return;
  for (; count > 0; count--) {
    int sleepers[PX_THREADS], n = 0;
    for (int i = 0; i < px_sim.client->threads; i++)
      if (px_sim.threads[i].state == PX_ASLEEP && px_sim.threads[i].sleeping_on == p) sleepers[n++] = i;
    if (n == 0) break;
    // Any of them: nothing but the kernel's present habit says that it is the one that came first.
    int options = count >= n ? 1 : n;
    px_thread *thread = &px_sim.threads[sleepers[px_choose(options, options)]];
    thread->state = PX_READY;
    thread->memory.hash = px_mix(thread->memory.hash, me()->hash);
    step->value++;
  }
  me()->hash = px_mix(me()->hash, step->value);
}

// MARK: For clients

static px_site note_site = {.name = "note", .operation = PX_OP_NOTE};

void px_note(const char *text, size_t value) {
  if (px_sim.current < 0 || px_sim.step_count >= px_sim.options.steps) return;
  px_sim.steps[px_sim.step_count++] =
      (px_step){.site = &note_site, .thread = px_sim.current, .address = text, .value = value};
}

bool px_fault(const char *name) {
  return px_sim.options.mutant && strcmp(px_sim.options.mutant, name) == 0;
}

// MARK: The list of sites

int px_site_count(void) {
  int count = 0;
  for (px_site *site = sites; site; site = site->next) count++;
  return count;
}

px_site_info px_site_at(int index) {
  px_site *site = sites;
  while (index-- > 0) site = site->next;
  px_operation operation = site->operation;
  return (px_site_info){
      .name = site->name,
      .file = site->file,
      .line = site->line,
      .operation = px_operation_name(operation),
      .ordered = operation == PX_OP_LOAD_ACQUIRE || operation == PX_OP_STORE_RELEASE || operation == PX_OP_CAS ||
          operation == PX_OP_ADD || operation == PX_OP_FENCE || operation == PX_OP_FENCE_LOADS,
      .hits = site->exploration == px_sim.exploration ? site->hits : 0,
  };
}

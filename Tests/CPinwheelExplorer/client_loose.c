// Loose jobs: the growable deque, the injector, and a scope that waits for what was spawned into it.
#include "core_unit.h"
#include "clients.h"

enum { ENTRIES = 8 };
static size_t payloads[ENTRIES];
static size_t results[ENTRIES];
static int taken[ENTRIES];

static pw_entry make(size_t i) {
  PW_WRITE(&payloads[i], i + 1);
  return (pw_entry){&payloads[i], (void *)(uintptr_t)(i + 1), (void *)16};
}

static void consume(pw_entry entry) {
  size_t i = (size_t)((size_t *)entry.first - payloads);
  px_note("takes entry", i);
  px_require(i < ENTRIES && (uintptr_t)entry.second == i + 1, "a torn entry");
  px_require(taken[i]++ == 0, "entry %zu taken twice", i);
  px_require(PW_READ(&payloads[i]) == i + 1, "old payload of entry %zu", i);
  PW_WRITE(&results[i], i + 1);
}

static void reset(void) {
  world_reset(2, NULL);
  memset(payloads, 0, sizeof payloads);
  memset(taken, 0, sizeof taken);
  memset(results, 0, sizeof results);
  px_name(payloads, sizeof payloads, "payloads", -1);
}

static void require_all_taken(int count) {
  for (int i = 0; i < count; i++) px_require(taken[i] == 1, "entry %d taken %d times", i, taken[i]);
}

// MARK: Deque

static pw_deque *deque(void) { return &world_slots[0].deque; }

static void take_own(void) {
  pw_entry entry;
  if (pw_deque_take(deque(), 0, &entry)) consume(entry);
}

static void steal_other(void) {
  pw_entry entry;
  if (pw_deque_steal(deque(), NULL, &entry) == PW_STEAL_TAKEN) consume(entry);
}

static void take_rest(void) {
  pw_entry entry;
  while (pw_deque_steal(deque(), NULL, &entry) == PW_STEAL_TAKEN) consume(entry);
}

/// A deque of two cells that grows at the third push; thieves meet the owner at the last entry.
static void deque_grows(int thread) {
  if (thread == 0) {
    for (size_t i = 0; i < 3; i++) px_require(pw_deque_push(deque(), make(i)), "no memory");
    take_own();
    take_own();
  } else {
    steal_other();
    steal_other();
  }
}

static void check_deque(void) {
  take_rest();
  require_all_taken(3);
}

/// Cells are used again: pushes between steals, without growth.
static void deque_wraps(int thread) {
  if (thread == 0) {
    for (size_t i = 0; i < 4; i++) {
      px_require(pw_deque_push(deque(), make(i)), "no memory");
      if (i % 2) take_own();
    }
  } else {
    steal_other();
    steal_other();
  }
}

static void check_wraps(void) {
  take_rest();
  require_all_taken(4);
}

// MARK: Injector

static void inject(size_t i) {
  px_require(pw_injector_push(&world.injector, make(i), false) == PW_PUSHED, "not queued");
}

static int pop_one(void) {
  pw_entry entry;
  if (!pw_injector_pop(&world.injector, &entry)) return 0;
  consume(entry);
  return 1;
}

static void check_injector(void) {
  while (pop_one()) {
  }
  require_all_taken(3);
  pw_injector_destroy(&world.injector);
}

/// The first block is being linked while others push and pop.
static void injector_begins(int thread) {
  if (thread == 0) {
    inject(0);
    inject(1);
  } else if (thread == 1) {
    inject(2);
  } else {
    pop_one();
    pop_one();
  }
}

/// All but two of a block's cells are used up, so that the pushes link the next block and the pops free the first one.
static void reset_late(void) {
  reset();
  pw_entry entry = {NULL, NULL, NULL};
  for (int i = 0; i < CELLS - 2; i++) {
    pw_injector_push(&world.injector, entry, false);
    pw_injector_pop(&world.injector, &entry);
  }
}

static void injector_links(int thread) {
  if (thread == 0) {
    for (size_t i = 0; i < 3; i++) inject(i);
  } else {
    pop_one();
    pop_one();
  }
}

static void injector_closes(int thread) {
  if (thread == 0) {
    for (size_t i = 0; i < 3; i++)
      if (pw_injector_push(&world.injector, make(i), false) != PW_PUSHED) taken[i]++;
  } else if (thread == 1) {
    pw_injector_close(&world.injector);
  } else {
    pop_one();
  }
}

// MARK: Scopes

static pw_scope scope;

static void run_spawned(void *first, void *second, void *object, bool ticket) {
  if (ticket) return; // its scope has nothing left, or its waiter sees to it
  px_require(object == (void *)16, "not this scope's");
  consume((pw_entry){first, second, object});
  // The first job spawns another one, from wherever it runs.
  if (first == &payloads[0]) px_require(pw_spawn_here(pw_current(), &scope, make(1)), "no memory");
  pw_scope_leave(&scope);
}

static void reset_scope(void) {
  reset();
  world.run_entry = run_spawned;
  pw_scope_init(&scope);
  px_name(&scope.word, sizeof scope.word, "scope", -1);
}

static void rob_loose(pw_slot *slot) {
  pw_entry entry;
  if (pw_deque_steal(&world_slots[1 - slot->id].deque, NULL, &entry) == PW_STEAL_TAKEN) pw_run_loose(slot, entry);
}

/// Slot 0 spawns a job, which spawns another one, and waits for both; slot 1 steals what it can, then runs its own.
static void scope_waits(int thread) {
  pw_slot *slot = &world_slots[thread];
  if (thread == 0) {
    pw_opened opened = pw_scope_open(slot, (void *)16);
    px_require(pw_spawn_here(slot, &scope, make(0)), "no memory");
    pw_scope_wait(&world, slot, &scope, (void *)16, opened);
    px_require(taken[0] == 1 && taken[1] == 1, "the wait has ended before its jobs");
    px_require(PW_READ(&results[0]) == 1 && PW_READ(&results[1]) == 2, "old results");
  } else {
    rob_loose(slot);
    pw_entry entry;
    if (pw_deque_take(&slot->deque, 0, &entry)) pw_run_loose(slot, entry);
  }
}

static AO_t ran;

/// As long as its second job has not run, the first one does not end: the opener must be awake to run it.
static void run_busy(void *first, void *second, void *object, bool ticket) {
  if (!ticket) consume((pw_entry){first, second, object});
  if (ticket) return;
  if (first == &payloads[0]) {
    px_require(pw_spawn_here(pw_current(), &scope, make(1)), "no memory");
    while (!PW_LOAD_ACQUIRE(client_ran, &ran)) PW_FUTEX_WAIT(client_ran_wait, &ran, 0, 0);
  } else {
    PW_STORE_RELEASE(client_ran_set, &ran, 1);
    PW_FUTEX_WAKE(client_ran_wake, &ran, 1);
  }
  pw_scope_leave(&scope);
}

static void reset_busy(void) {
  reset_scope();
  ran = 0;
  world.run_entry = run_busy;
}

/// Slot 1 runs the first job, which spawns the second one; slot 0 waits for the scope and has to run that.
static void scope_is_woken(int thread) {
  pw_slot *slot = &world_slots[thread];
  if (thread == 0) {
    pw_opened opened = pw_scope_open(slot, (void *)16);
    px_require(pw_spawn_here(slot, &scope, make(0)), "no memory");
    while (PW_LOAD_ACQUIRE(client_stolen, &slot->deque.top) == 0) PW_PAUSE();
    pw_scope_wait(&world, slot, &scope, (void *)16, opened);
  } else {
    while (pw_deque_is_empty(&world_slots[0].deque)) PW_PAUSE();
    rob_loose(slot);
  }
}

static void check_scope(void) { require_all_taken(2); }

static const px_client clients[] = {
  {"deque_grows", 2, reset, deque_grows, check_deque},
  {"deque_two_thieves", 3, reset, deque_grows, check_deque},
  {"deque_wraps", 2, reset, deque_wraps, check_wraps},
  {"injector_begins", 3, reset, injector_begins, check_injector},
  {"injector_links", 3, reset_late, injector_links, check_injector},
  {"injector_closes", 3, reset, injector_closes, check_injector},
  {"scope_waits", 2, reset_scope, scope_waits, check_scope},
  {"scope_is_woken", 2, reset_busy, scope_is_woken, check_scope},
};

const px_client_list px_loose_clients = {clients, sizeof clients / sizeof *clients};

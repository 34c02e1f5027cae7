// Memory is refused in the middle: what was not queued must not be waited for, and what was queued must not be lost.
#include "core_unit.h"
#include "clients.h"
#include "loose_entries.h"

static pw_scope scope;

static void run_entry(void *first, void *second, void *object, bool ticket) {
  px_require(!ticket, "a ticket without a job");
  consume((pw_entry){first, second, object});
  pw_scope_leave(&scope);
}

static void reset(void) {
  world_reset(2, run_entry);
  reset_entries();
  pw_scope_init(&scope);
  px_name(&scope.word, sizeof scope.word, "scope", -1);
}

/// The deque holds two; the third spawn has to grow it, and a spawn from elsewhere needs a block: both are refused,
/// while another slot runs the jobs that were queued.
static void spawns(int thread) {
  pw_slot *slot = &world_slots[thread];
  if (thread == 1) {
    pw_entry entry;
    for (int i = 0; i < 2; i++)
      if (pw_deque_steal(&world_slots[0].deque, TAG, &entry) == PW_STEAL_TAKEN) pw_run_loose(slot, entry);
    return;
  }
  px_allow_allocations(0);
  pw_opened opened = pw_scope_open(slot, TAG);
  px_require(pw_spawn_here(slot, &scope, make(0)), "no memory");
  px_require(pw_spawn_elsewhere(world, slot, &scope, make(3), NULL) == PW_PUSH_NO_MEMORY, "queued without memory");
  px_require(pw_spawn_here(slot, &scope, make(1)), "no memory");
  // Unless the thief was there first.
  bool third = pw_spawn_here(slot, &scope, make(2));
  pw_scope_wait(world, slot, &scope, TAG, opened);
  require_all_taken(2);
  px_require(taken[2] == third && taken[3] == 0, "a job was lost, or came from nowhere");
}

static void check(void) {
  px_require(scope.word >> 1 == 0, "the scope counts %zu", (size_t)scope.word >> 1);
  pw_scope_destroy(&scope);
  world_destroy(world);
  world_require_nothing_leaks();
}

static const px_client clients[] = {
  {"refused_spawns", 2, reset, spawns, check, .quick = {2, 1}, .full = {3, 2}},
};

PX_GROUP(refused, clients);

// How many workers a pool has: growing, shrinking and the stop, while everybody works.
//
// Nobody is stopped for it. To shrink is to want fewer: a worker that is wanted no longer sees so between two jobs, where
// it would look for another, and then it does as if it had found one. It leaves the searchers by the same path, so what
// it was woken for is passed on; its seat says that it is busy, so nobody posts to it, takes its slot or waits for it;
// and the job lasts until it is wanted again. So for everybody else it is a worker with a very long job, and no other
// protocol knows of it. What it had queued it gives away first. A guest that has its slot keeps it until it goes.
//
// To grow is to want more: those that stand aside go on with their search. Slots are made when they are first wanted, and
// their workers begin by standing aside, so a thread that is refused leaves the pool as it was.
//
// Looks at all slots end at the *reach*. It has to cover every slot whose worker may make work, or a worker could go to
// sleep beside it (I15): it is raised before anybody is wanted there, and lowered, by those who stand aside, past slots
// whose workers do so too. All of it is one word, so that whoever lowers the reach has seen who is wanted, and whoever
// comes back changes the word, so that nobody lowers the reach past it by an older look.
#include "internal.h"

/// Leaves nothing in the slot's deque. Submissions go to where anyone finds them, those that nobody waits for too. A scope's
/// jobs are run: its opener looks for them in deques alone.
static void give_away(pw_slot *slot) {
  pw_pool *pool = slot->pool;
  pw_entry entry;
  while (!pw_deque_is_empty(&slot->deque)) {
    // The oldest first, as a thief: they stay in order.
    if (pw_deque_steal(&slot->deque, NULL, &entry) != PW_STEAL_TAKEN) continue;
    bool is_scopes = entry.tag != NULL && !((uintptr_t)entry.tag & PW_TICKET);
    if (is_scopes || pw_injector_push(&pool->injector, entry, true) != PW_PUSHED) {
      pw_run_loose(slot, entry); // also if there is no memory to move it
      continue;
    }
    PW_FENCE(give_away_fence); // seq_cst; pairs with the sleepers' fence (pw_seat_lie_down)
    pw_notify(pool, slot);
  }
}

PW_API void pw_stand_aside(pw_slot *slot) {
  pw_pool *pool = slot->pool;
  give_away(slot);
  for (;;) {
    // release; pairs with `lower_look`.
    // redundant: who lowers the reach by it reads nothing of this slot; what we gave away was published there.
    PW_STORE_RELEASE(go_away, &slot->is_away, 1);
    // acquire; pairs with `come_back_confirm`: if this is what a worker has made of it that has come back, we see that it
    // is not away.
    AO_t roster = PW_LOAD_ACQUIRE(away_look, &pool->roster);
    if (slot->id < PW_WANTED(roster)) {
      PW_STORE(come_back, &slot->is_away, 0); // relaxed; pairs with `lower_look`, by the CAS
      // acq_rel; pairs with `lower`: whoever lowers the reach after this finds that we are back, and who looked before
      // it fails. With this change no other is lost, so from here on the reach covers us (I15).
      // redundant acquire: `away_look` has acquired the value that this replaces.
      if (PW_CAS(come_back_confirm, &pool->roster, roster, roster + PW_VERSION_ONE)) return;
      continue;
    }
    uint32_t last = PW_REACH(roster) - 1;
    // acquire; pairs with `go_away`.
    // redundant: nothing of that slot is read. If its worker has come back meanwhile the CAS fails. A look that comes too
    // early leaves the reach too high until the next one who stands aside.
    if (last >= PW_WANTED(roster) && PW_LOAD_ACQUIRE(lower_look, &pool->slots[last].is_away)) {
      // acq_rel; pairs with `come_back_confirm`.
      // redundant: nothing is read by it.
      PW_CAS(lower, &pool->roster, roster, PW_ROSTER(roster, last, PW_WANTED(roster)));
      continue;
    }
    PW_FUTEX_WAIT(away_sleep, &pool->roster, roster, 0); // compares how many are wanted, and the reach
  }
}

/// Changes who is wanted. Returns the roster from before.
static AO_t want(pw_pool *pool, uint32_t wanted, AO_t stopping) {
  AO_t roster, new;
  do {
    roster = PW_LOAD(want_look, &pool->roster); // relaxed: the CAS confirms
    if (stopping == 0 && (roster & PW_STOPPING)) return roster;
    new = PW_ROSTER(roster, PW_REACH(roster) > wanted ? PW_REACH(roster) : wanted, wanted) | stopping;
    // acq_rel, release needed; pairs with the acquire in work_until_stop, and `away_look`.
    // redundant acquire: nothing is read by it but seats.
  } while (!PW_CAS(want, &pool->roster, roster, new));
  // seq_cst; pairs with the fence in lie_down: sleepers see what is wanted, or we see them asleep.
  PW_FENCE(want_fence);
  if (wanted > PW_WANTED(roster)) PW_FUTEX_WAKE(want_wake, &pool->roster, INT32_MAX);
  return roster;
}

PW_API bool pw_pool_resize(pw_pool *pool, uint32_t wanted) {
  AO_t before = want(pool, wanted, 0);
  if (before & PW_STOPPING) return false;
  for (uint32_t i = wanted; i < PW_REACH(before); i++) pw_wake_seat(&pool->slots[i]);
  return true;
}

PW_API void pw_pool_stop(pw_pool *pool) {
  // Everybody comes, also from aside, and ends when nothing is left.
  uint32_t made = pw_pool_made(pool);
  want(pool, made, PW_STOPPING);
  for (uint32_t i = 0; i < made; i++) pw_wake_seat(&pool->slots[i]);
}

// A worker's life: run what is its own, search, offer its seat, sleep.
#include "internal.h"

// How waiting spins. A pause stands in every round, from the first one on: without it the awaited store finds a
// pipeline full of loads of its line, which are then thrown away (a memory order violation: some 25 cycles, where a
// pause costs 10 to 140), and another thread of the same core has half of its issue slots. The longer a wait has
// lasted the more pauses stand between two looks, up to a bound: that leaves the core to its other thread and takes
// the cache line away from its writer less often, and the answer comes later by a small part (2/rounds) of what has
// been waited already.

/// After so many rounds one more pause (or as many more, while a seat stands open) than at first, and so on.
#define LONGER_AFTER 64
/// Most pauses between two looks of a wait: some 1.5 µs.
#define MOST_PAUSES 32
/// Pauses between two rounds of a search, while the seat stands open. A post is seen within one of them: only work that
/// has to be looked for waits for the round.
#ifndef OPEN_PAUSES
#define OPEN_PAUSES 32
#endif
/// So many times as long, at most: some 10 µs.
#define MOST_OPEN_TIMES 8

PW_API PW_LOOP_PATH bool pw_spin_more(pw_spin *spin, uint64_t spin_ns) {
  uint32_t pauses = 1 + spin->rounds / LONGER_AFTER;
  for (uint32_t i = 0; i < pauses && i < MOST_PAUSES; i++) PW_PAUSE();
  // A look at the clock costs some twenty pauses' time or less; one in sixteen rounds keeps it out of the way, and none
  // of the first, which most waits do not outlast.
  if (++spin->rounds % 16 != 0 || spin_ns == PW_NEVER_PARK) return true;
  uint64_t now = pw_now();
  if (spin->deadline == 0) spin->deadline = now + spin_ns;
  return now < spin->deadline;
}

PW_API void pw_nap(void) {
  AO_t nap = 0;
  // no partner: a word of our own, which nobody else knows and nobody wakes; the time ends it.
  PW_FUTEX_WAIT(brief_nap, &nap, 0, 50000);
}

static PW_LOOP_PATH void found(pw_slot *slot, bool *searching) {
  // relaxed; pairs with `enter_look`. Nobody moves a working or busy seat but its worker: this is for guests, who wait
  // for the one but not for the other.
  PW_STORE(seat_busy, &slot->seat, PW_SEAT_BUSY);
  if (*searching) pw_stop_searching(slot);
  *searching = false;
}

static bool run_injected(pw_slot *slot, bool *searching) {
  pw_entry entry;
  if (!pw_injector_pop(&slot->pool->injector, &entry)) return false;
  PW_COUNT(slot, injector_takes);
  found(slot, searching);
  pw_run_loose(slot, entry);
  return true;
}

/// The oldest loose job of a slot's deque.
static pw_steal run_oldest(pw_slot *slot, pw_slot *owner, bool *searching) {
  // Most are empty, and this look costs no fence. Who goes to sleep looks once more, after a fence of its own.
  if (pw_deque_is_empty(&owner->deque)) return PW_STEAL_EMPTY;
  pw_entry entry;
  pw_steal loose = pw_deque_steal(&owner->deque, NULL, &entry);
  if (loose != PW_STEAL_TAKEN) return loose;
  if (owner != slot) PW_COUNT(slot, steals_won);
  found(slot, searching);
  pw_run_loose(slot, entry);
  return PW_STEAL_TAKEN;
}

/// What otherwise comes last: the injector, and the oldest of one's own loose jobs. So neither forked work nor jobs that
/// submit others can starve what was submitted before.
static bool run_overdue(pw_slot *slot, bool *searching) {
  return run_injected(slot, searching) || run_oldest(slot, slot, searching) == PW_STEAL_TAKEN;
}

/// One victim: a share of its region, its oldest exposed job, its oldest loose job.
static PW_LOOP_PATH bool rob(pw_slot *slot, pw_slot *victim, bool *searching) {
  AO_t slice = PW_LOAD(rob_slice, &victim->slice); // relaxed: the CAS in region_join, then that in take_back, confirms
  if (PW_SLICE_LO(slice) < PW_SLICE_HI(slice) && pw_region_join(slot, slice, searching)) return true;
  PW_COUNT(slot, steals_tried);
  pw_job *job;
  pw_steal strict = pw_strict_steal(victim, slot->request, &job);
  if (strict == PW_STEAL_TAKEN) {
    PW_COUNT(slot, steals_won);
    found(slot, searching);
    pw_run_stolen(slot, job);
    return true;
  }
  pw_steal loose = run_oldest(slot, victim, searching);
  if (loose == PW_STEAL_TAKEN) return true;
  if (strict == PW_STEAL_LOST || loose == PW_STEAL_LOST) PW_COUNT(slot, steals_lost);
  return false;
}

/// Victims one after the other, until one has something.
static PW_LOOP_PATH bool rob_some(pw_slot *slot, pw_victims victims, bool *searching) {
  pw_slot *victim;
  while ((victim = pw_next_victim(&victims)) != NULL) {
    if (rob(slot, victim, searching)) return true;
  }
  return false;
}

/// Finds one thing to do and does it. `misses`: rounds in a row before this one that have found nothing.
static PW_LOOP_PATH bool search(pw_slot *slot, bool *searching, AO_t roster, uint32_t misses) {
  pw_entry entry;
  uint32_t turn = ++slot->tick % PW_FAIR_ROUNDS, random = (uint32_t)(pw_random(slot) >> 33), reach = PW_REACH(roster);
  if (turn == 0 && run_overdue(slot, searching)) return true;
  // Now and then anybody, before what is one's own or everybody's: so that nobody is overlooked for good, whatever is said
  // of who is near, and however much there is to do here (I16).
  if (turn == PW_FAIR_ROUNDS - 1 && rob_some(slot, pw_any_victims(slot, reach, 0, random), searching)) return true;
  // relaxed; pairs with the thieves' CAS: however old, all above it is everybody's.
  if (pw_deque_take(&slot->deque, PW_LOAD(search_top, &slot->deque.top), &entry)) {
    found(slot, searching);
    pw_run_loose(slot, entry);
    return true;
  }
  if (reach == 1) return run_injected(slot, searching);
  // Those near by first; all when the pool stops.
  pw_victims victims = roster & PW_STOPPING ? pw_any_victims(slot, reach, reach, random)
                                            : pw_near_victims(slot, reach, misses, random);
  return rob_some(slot, victims, searching) || run_injected(slot, searching);
}

/// To stand aside is a job like any other (roster.c).
static bool stand_aside(pw_slot *slot, bool *searching) {
  found(slot, searching);
  pw_stand_aside(slot);
  return true;
}

PW_API void pw_pool_await_start(pw_pool *pool, uint64_t nanoseconds) {
  uint64_t begin = pw_now(), waited;
  AO_t starting;
  // acquire; pairs with begin_worker.
  while ((starting = PW_LOAD_ACQUIRE(await_start, &pool->starting)) != 0 && (waited = pw_now() - begin) < nanoseconds) {
    if (PW_BATON_SLEEP(PW_BATON_OF(pool), &pool->starting, starting, 0)) continue;
    PW_FUTEX_WAIT(await_start_sleep, &pool->starting, starting, nanoseconds - waited);
  }
}

/// Searches, runs and sleeps until the pool stops. Begins, and ends, as a counted searcher.
static PW_LOOP_PATH void work_until_stop(pw_slot *slot) {
  pw_pool *pool = slot->pool;
  bool searching = true;
  uint64_t deadline = 0;
  uint32_t rounds = 0; // in a row that have found nothing, since the seat has been the worker's
  // The same since it has last found something, or been called or woken; but who gets up by itself, having looked at all as
  // it lay down, gets up for what may be far away, and must not look near by only.
  uint32_t misses = 0;
  for (;;) {
    if (PW_UNLIKELY(pw_pool_is_forked(pool))) pw_returned_in_fork();
    PW_AT(pool, PW_AT_SEARCH);
    // acquire; pairs with `want`. Looked at before the search: then what was queued before a stop is found by it.
    // redundant: the fences of submit and pop do the same. Kept for ThreadSanitizer.
    AO_t roster = PW_LOAD_ACQUIRE(worker_roster, &pool->roster);
    bool is_wanted = slot->id < PW_WANTED(roster);
    if (PW_LIKELY(is_wanted) ? search(slot, &searching, roster, misses) : stand_aside(slot, &searching)) {
      PW_STORE(seat_working, &slot->seat, PW_SEAT_WORKING); // relaxed; pairs with `enter_look`, as in `found`
      deadline = rounds = misses = 0;
      continue;
    }
    misses += 1;
    if (!searching) {
      // Only now counted: a first round that finds something costs nobody an atomic operation on the shared word.
      pw_start_searching(slot);
      searching = true;
      continue;
    }
    if (roster & PW_STOPPING) break;
    // release; pairs with the CAS of guests and posters: the stack is empty and theirs to use.
    // redundant: the fence in the search's last look releases as much. Kept for ThreadSanitizer.
    PW_STORE_RELEASE(open_seat, &slot->seat, PW_SEAT_OPEN);
    PW_AT(pool, PW_AT_SEAT);
    uint32_t times = 1 + rounds / LONGER_AFTER;
    uint32_t pauses = OPEN_PAUSES * (times < MOST_OPEN_TIMES ? times : MOST_OPEN_TIMES);
    // relaxed: the CAS below confirms.
    AO_t seat = PW_SEAT_OPEN;
    for (uint32_t i = 0; i < pauses && (seat = PW_LOAD(open_look, &slot->seat)) == PW_SEAT_OPEN; i++) PW_PAUSE();
    // Not if it is seen to be taken: the CAS would fail, and take the line away from whoever writes the mailbox.
    // acq_rel; pairs with the claims of guests and posters.
    // redundant: an open seat is our own store, whoever took it left another value; nobody reads by a working seat.
    if (seat != PW_SEAT_OPEN || !PW_CAS(close_seat, &slot->seat, PW_SEAT_OPEN, PW_SEAT_WORKING)) {
      searching = pw_await_seat(slot, true);
      deadline = rounds = misses = 0;
      continue;
    }
    rounds += 1;
    uint64_t spin_ns = pw_spin_ns(pool);
    if (spin_ns == PW_NEVER_PARK) continue;
    uint64_t now = pw_now();
    if (deadline == 0 || now + spin_ns < deadline) deadline = now + spin_ns; // it may have been an hour
    if (now < deadline) continue;
    bool got_up = false;
    searching = pw_sleep(slot, &got_up);
    deadline = rounds = 0;
    if (!got_up) misses = 0;
  }
}

static void end_with_pool(pw_slot *slot) {
  work_until_stop(slot);
  pw_end_searching(slot);
  PW_STORE(seat_gone, &slot->seat, PW_SEAT_GONE); // relaxed; pairs with `enter_look`: nobody takes a seat that is gone
  pw_set_current(NULL);
}

PW_API void pw_worker_run(pw_slot *slot) {
  pw_pool *pool = slot->pool;
  pw_set_current(slot);
  pw_start_searching(slot);
  // seq_cst, release needed; pairs with the acquire in await_start.
  // redundant acquire: a worker needs nothing of the others' beginning.
  if (PW_ADD(begin_worker, &pool->starting, -(AO_t)1) == 1) {
    PW_BATON_WAKE(PW_BATON_OF(pool), &pool->starting, INT32_MAX);
    PW_FUTEX_WAKE(begin_wake, &pool->starting, INT32_MAX);
  }
  end_with_pool(slot);
}

PW_API void pw_late_worker_run(pw_slot *slot) {
  pw_set_current(slot);
  // relaxed, both; pair with `enter_look`: nobody waits for a worker that stands aside.
  PW_STORE(late_busy, &slot->seat, PW_SEAT_BUSY);
  pw_stand_aside(slot);
  PW_STORE(late_working, &slot->seat, PW_SEAT_WORKING);
  pw_start_searching(slot);
  end_with_pool(slot);
}

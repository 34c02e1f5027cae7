// Seats: who holds a slot, how an idle worker sleeps and is woken, and how an outside caller takes a slot for the time
// of a call.
//
// The sleep protocol is an eventcount split in two: one shared word counts sleepers and searchers, and each worker
// sleeps on its own seat, so that a wake-up goes to a chosen worker and never to one that stands down for a guest.
// README.md has the argument that no wake-up is lost (I7).
//
// Every add to `idle`, here and in the other files, is seq_cst and pairs with the look in pw_notify, which comes after
// the producer's fence. A count is raised before its seat says so, and lowered by whoever has won the seat.
#include "internal.h"

/// Sleepers that one thread wakes itself when many are wanted: a wake costs the waker about as much as a quarter of the
/// time the woken one needs to run.
#ifndef WAKE_FAN // the explorer sets it to 2
#define WAKE_FAN 4
#endif

static PW_LOOP_PATH bool work_is_visible(pw_pool *pool, AO_t roster, const pw_slot *caller) {
  // relaxed, each; made after the looker's seq_cst fence, which pairs with the producers': what was published before
  // one that came earlier is seen. Nothing is read by these looks.
  if (roster & PW_STOPPING) return true;
  if (!pw_injector_is_empty(&pool->injector)) return true;
  for (uint32_t i = 0; i < PW_REACH(roster); i++) {
    pw_slot *slot = &pool->slots[i];
    if (caller != NULL && pw_stands_by_for(i, caller)) continue;
    AO_t word = PW_LOAD(visible_word, &slot->word);
    if (PW_TAIL(word) < PW_SPLIT(word)) return true;
    if (!pw_deque_is_empty(&slot->deque)) return true;
    AO_t slice = PW_LOAD(visible_slice, &slot->slice);
    if (PW_SLICE_LO(slice) < PW_SLICE_HI(slice) &&
        (PW_LOAD(visible_region, &pool->slots[PW_SLICE_TAG(slice) - 1].region) & 1)) return true;
  }
  return false;
}

PW_API bool pw_work_is_visible(pw_pool *pool) {
  // acquire, after the looker's fence as the other looks; pairs with `want` and `come_back_confirm`: the reach covers
  // every slot whose worker has published something before a fence that came earlier (I15).
  // redundant: nothing is read by these looks. Kept for ThreadSanitizer: new slots are made before they are in reach.
  return work_is_visible(pool, PW_LOAD_ACQUIRE(visible_roster, &pool->roster), NULL);
}

PW_API PW_LOOP_PATH bool pw_has_to_get_up(pw_slot *slot, const pw_slot *caller) {
  // acquire; pairs with `want` and `come_back_confirm`, as above.
  // redundant: as above.
  AO_t roster = PW_LOAD_ACQUIRE(get_up_roster, &slot->pool->roster);
  return slot->id >= PW_WANTED(roster) || work_is_visible(slot->pool, roster, caller);
}

static AO_t *word_of(pw_slot *slot) { return &slot->pool->idle_seats[slot->id / 64]; }
static AO_t bit_of(pw_slot *slot) { return (AO_t)1 << (slot->id % 64); }

/// The slot becomes idle: counted by `count`, a searcher or a sleeper, in `idle`. Whoever calls this has its seat.
/// Returns the counts from before.
static PW_LOOP_PATH AO_t become_idle(pw_slot *slot, AO_t count) {
  // Adds of a bit that is clear, and below of one that is set: each slot's changes in turn with the seat. The bit stands
  // from before the worker lies down until its seat is won, so producers that miss it have fenced before the sleeper.
  // seq_cst; pairs with `pick_seats`.
  // redundant: the fence in lie_down orders it before the sleeper's last look. What it says is only where to look.
  PW_ADD(become_idle, word_of(slot), bit_of(slot));
  // seq_cst; pairs with `notify_look`.
  // redundant: a count that is seen late has a producer wake one worker too many; the fence in lie_down orders it before
  // a sleeper's last look.
  return PW_ADD(count_idle, &slot->pool->idle, count);
}

/// The slot is idle no longer. Returns the counts from before.
static PW_LOOP_PATH AO_t become_busy(pw_slot *slot, AO_t count) {
  // seq_cst; pairs with `pick_seats`.
  // redundant: who finds the bit still set finds the seat taken.
  PW_ADD(become_busy, word_of(slot), -bit_of(slot));
  // seq_cst; pairs with `notify_look`.
  // redundant: a count too high for a moment is what the fence in pw_stop_searching is for.
  return PW_ADD(uncount_idle, &slot->pool->idle, -count);
}

PW_API PW_LOOP_PATH void pw_start_searching(pw_slot *slot) { become_idle(slot, PW_SEARCHER); }
PW_API void pw_end_searching(pw_slot *slot) { become_busy(slot, PW_SEARCHER); }

/// The seat of the CPU that the thread is on: then the other workers' CPUs are the free ones.
static PW_LOOP_PATH uint32_t home_of_caller(pw_pool *pool) {
  if (PW_UNLIKELY(PW_BATON_OF(pool) != NULL)) return PW_BATON_DRAW(pool, pw_pool_made(pool));
  // Both pair with pw_pool_set_homes.
  AO_t known = PW_SETTING(&pool->known_cpus);
  int cpu = known != 0 ? pw_current_cpu() : -1;
  return cpu >= 0 && (AO_t)cpu < known ? (uint32_t)PW_SETTING(&pool->slot_of_cpu[cpu]) : 0;
}

PW_API void pw_go_home(pw_slot *slot) {
  if (!slot->is_guest || pw_is_worker_thread()) return; // where another pool's worker runs is that one's business
  pw_pool *pool = slot->pool;
  // Both pair with pw_pool_set_homes.
  AO_t known = PW_SETTING(&pool->known_cpus);
  int cpu = known != 0 ? pw_current_cpu() : -1;
  if (cpu < 0 || ((AO_t)cpu < known && PW_SETTING(&pool->slot_of_cpu[cpu]) == slot->id)) return;
  uint64_t home[PW_MOST_CPUS / 64] = {0};
  for (AO_t i = 0; i < known; i++) home[i / 64] |= (uint64_t)(PW_SETTING(&pool->slot_of_cpu[i]) == slot->id) << i % 64;
  pw_move_thread(home, PW_MOST_CPUS / 64);
}

/// Wakes the sleeper of this seat, who then wakes so many others first.
static bool wake_with_share(pw_slot *slot, uint64_t share) {
  if (PW_LOAD(wake_look, &slot->seat) != PW_SEAT_ASLEEP) return false; // relaxed: the CAS confirms
  // acq_rel; pairs with the sleeper's own CAS and the guests': one of us has the seat.
  // redundant: the adds to `idle`, the last holder's before it lay down and ours below, hand over what it left.
  if (!PW_CAS(wake_claim, &slot->seat, PW_SEAT_ASLEEP, PW_SEAT_CLAIMED)) return false;
  // seq_cst; pairs with `notify_look`. Counted before the worker can see that it is woken: it may have stopped
  // searching at once, and the count must not fall below zero.
  // redundant: the claim above acquires what the seat's last holder left, and the store below releases it.
  PW_ADD(wake_count, &slot->pool->idle, PW_SEARCHER - PW_SLEEPER);
  // release; pairs with the acquire in await_seat.
  PW_STORE_RELEASE(wake_seat, &slot->seat, PW_SEAT_WOKEN | (AO_t)share << 8);
  PW_BATON_WAKE(PW_BATON_OF(slot->pool), &slot->seat, 1);
  PW_FUTEX_WAKE(wake, &slot->seat, 1);
  return true;
}

PW_API bool pw_wake_seat(pw_slot *slot) { return wake_with_share(slot, 0); }

/// Wakes at most so many sleepers: some itself, and each of those a part of the rest.
static void wake_some(pw_pool *pool, pw_slot *near, uint64_t wanted) {
  uint64_t parts = wanted < WAKE_FAN ? wanted : WAKE_FAN, rest = wanted - parts;
  // The nearest to whoever publishes first: what it has written is near there. Then round the table from its neighbour on.
  pw_pick pick = pw_pick_near(pool, near != NULL ? near->id : home_of_caller(pool), false);
  pw_slot *slot;
  while (parts > 0 && (slot = pw_pick_idle(pool, &pick)) != NULL) {
    if (!wake_with_share(slot, rest / parts)) continue;
    rest -= rest / parts;
    parts -= 1;
    if (near != NULL) PW_COUNT(near, wakes);
  }
}

PW_API void pw_notify(pw_pool *pool, pw_slot *near) {
  // relaxed, after the caller's seq_cst fence; pairs with the fence in pw_seat_lie_down.
  AO_t idle = PW_LOAD(notify_look, &pool->idle);
  if (PW_LIKELY(PW_SLEEPERS(idle) == 0 || PW_SEARCHERS(idle) != 0)) return;
  wake_some(pool, near, 1);
}

PW_API void pw_notify_many(pw_pool *pool, pw_slot *near, uint64_t count) {
  // relaxed, after the caller's seq_cst fence; pairs with the fence in pw_seat_lie_down.
  AO_t idle = PW_LOAD(notify_many_look, &pool->idle);
  AO_t sleepers = PW_SLEEPERS(idle), searchers = PW_SEARCHERS(idle);
  if (sleepers == 0 || count <= searchers) return; // those who search find it, and the last one passes the word on
  wake_some(pool, near, count - searchers < sleepers ? count - searchers : sleepers);
}

PW_API PW_LOOP_PATH void pw_stop_searching(pw_slot *slot) {
  pw_pool *pool = slot->pool;
  AO_t idle = become_busy(slot, PW_SEARCHER);
  // Producers wake nobody while somebody searches; so the last searcher passes the word on (I7).
  if (PW_SEARCHERS(idle) != 1 || PW_SLEEPERS(idle) == 0) return;
  PW_FENCE(stop_searching_fence); // seq_cst; pairs with the producers' fence: we see the work, or they see no searcher
  if (pw_work_is_visible(pool)) wake_some(pool, slot, 1);
}

PW_API void pw_seat_lie_down(pw_slot *slot) {
  // The count first: a producer that sees it may look in vain for the seat, but then our look below sees its work.
  // release; pairs with the acquires of whoever claims the seat.
  // redundant: the add to `idle` before it releases as much, to whoever adds after claiming. Kept: the seat says it by
  // itself.
  PW_STORE_RELEASE(lie_down, &slot->seat, PW_SEAT_ASLEEP);
  // seq_cst; pairs with the producers' fences (expose, submit, spawn, stop): they see us asleep, or we see their work.
  PW_FENCE(lie_down_fence);
}

PW_API bool pw_sleep(pw_slot *slot, bool *got_up) {
  pw_pool *pool = slot->pool;
  PW_COUNT(slot, parks);
  // seq_cst; pairs with `notify_look`.
  // redundant: the fence in lie_down orders it before our last look.
  PW_ADD(sleep_count, &pool->idle, PW_SLEEPER - PW_SEARCHER);
  pw_seat_lie_down(slot);
  if (pw_has_to_get_up(slot, NULL)) {
    // acq_rel; pairs with the claims of wakers, guests and posters.
    // redundant: what a guest left meanwhile is acquired by the add to `idle` that follows.
    if (PW_CAS(sleep_cancel, &slot->seat, PW_SEAT_ASLEEP, PW_SEAT_WORKING)) {
      // seq_cst; pairs with `notify_look`.
      // redundant: the CAS above has acquired what the seat's last holder left.
      PW_ADD(sleep_uncount, &pool->idle, PW_SEARCHER - PW_SLEEPER);
      *got_up = true;
      return true;
    }
    // If a guest has the seat now, nobody but us may have seen that work: its producer counted on us, a searcher still.
    // The guest counts on the slot's counters now: so this wake-up is not counted.
    pw_notify(pool, NULL);
  }
  return pw_await_seat(slot, false);
}

PW_API PW_LOOP_PATH bool pw_await_seat(pw_slot *slot, bool counted) {
  uint32_t rounds = 0;
  for (;;) {
    // acquire; pairs with the release of whoever gives the seat back.
    AO_t seat = PW_LOAD_ACQUIRE(await_seat, &slot->seat);
    switch (PW_SEAT_KIND(seat)) {
    case PW_SEAT_WORKING: // the post was taken back, or nobody came while it stood by
      if (pw_withdraw(slot)) return counted;
      break;
    case PW_SEAT_WOKEN:
      PW_STORE(await_woken, &slot->seat, PW_SEAT_WORKING); // relaxed; own: nobody else moves a woken seat
      if (seat >> 8 != 0) wake_some(slot->pool, slot, seat >> 8);
      return true;
    case PW_SEAT_POSTED:
      // acq_rel; pairs with the poster's release (the mailbox) and its CAS to take the post back.
      // redundant release: nobody reads anything by a busy seat.
      if (PW_CAS(await_begin, &slot->seat, seat, PW_SEAT_BUSY)) {
        // Its caller has counted a sleeper as a searcher; who stood by was not counted.
        if (counted || PW_READ(&slot->post_slept)) pw_stop_searching(slot);
        counted = false;
        if (PW_READ(&slot->post_code) != NULL) pw_region_serve(slot);
        else pw_team_serve(slot);
      }
      break;
    case PW_SEAT_STANDBY:
      pw_stand_by(slot, seat);
      break;
    case PW_SEAT_CLAIMED:
      // A few instructions of somebody else's; unless that thread lost its CPU.
      if (++rounds < 1000) PW_PAUSE();
      else if (!PW_BATON_SLEEP(PW_BATON_OF(slot->pool), &slot->seat, seat, 50000)) PW_FUTEX_WAIT(await_claimed, &slot->seat, seat, 50000);
      break;
    default:
      if (!PW_BATON_SLEEP(PW_BATON_OF(slot->pool), &slot->seat, seat, 0)) PW_FUTEX_WAIT(await_sleep, &slot->seat, seat, 0);
    }
  }
}

/// Claims a seat that is idle, or is `or`, for a post or a guest, to `to`.
static PW_LOOP_PATH bool claim_idle_seat(pw_slot *slot, AO_t or, AO_t to, bool *slept) {
  AO_t seat = PW_LOAD(claim_seat_look, &slot->seat); // relaxed: the CAS confirms
  if (seat != PW_SEAT_ASLEEP && seat != PW_SEAT_OPEN && seat != or) return false;
  // acq_rel; pairs with the worker's, wakers' and guests' CAS.
  // redundant release: what is handed on goes with the claimer's next store of the seat.
  if (!PW_CAS(claim_seat, &slot->seat, seat, to)) return false;
  *slept = seat == PW_SEAT_ASLEEP;
  return true;
}

PW_API PW_LOOP_PATH bool pw_claim_seat(pw_slot *slot, uint32_t by, bool *slept) {
  if (!claim_idle_seat(slot, PW_SEAT_STANDBY_FOR(by), PW_SEAT_CLAIMED, slept)) return false;
  // seq_cst; pairs with `notify_look`. A posted worker counts as a searcher until it begins.
  // redundant: the claim acquires what the seat's last holder left, and the post releases it.
  if (*slept) PW_ADD(claim_count, &slot->pool->idle, PW_SEARCHER - PW_SLEEPER);
  return true;
}

static PW_LOOP_PATH bool sit_down(pw_slot *slot) {
  bool slept;
  if (!claim_idle_seat(slot, PW_SEAT_OPEN, PW_SEAT_GUEST, &slept)) return false;
  slot->is_guest = 1;
  slot->unwanted = slot->soon_again = 0;
  // The stack is empty, but its worker has it beside its thread-local: what lies here is what it kept at its last call
  // of another pool.
  slot->chain = (pw_chain){NULL, 0, PW_ENOUGH};
  if (slept) {
    become_busy(slot, PW_SLEEPER);
  } else {
    pw_stop_searching(slot); // its worker was a searcher, perhaps the last: pass the word on
  }
  return true;
}

/// The slot of an idle seat, which is the guest's now: the one to start with, as a rule, and else one near to it. `missed`:
/// a seat that was counted as idle was taken, or is about to open.
static PW_LOOP_PATH pw_slot *find_seat(pw_pool *pool, uint32_t start, uint32_t reach, bool *missed) {
  if (start < reach && sit_down(&pool->slots[start])) return &pool->slots[start];
  pw_pick pick = pw_pick_near(pool, start, true);
  pw_slot *slot;
  while ((slot = pw_pick_idle(pool, &pick)) != NULL && !sit_down(slot)) *missed = true;
  return slot;
}

// How long a guest tries while workers search: some 40 µs awake, then at most 2 ms in naps. Bounded, so that pools that
// call each other cannot wait for each other.
#ifndef ENTER_SPINS
#define ENTER_SPINS 64
#define ENTER_SLEEPS 20
#endif

/// So many seats are looked at themselves.
#define ENTER_NEIGHBOURS 16

PW_API PW_LOOP_PATH pw_slot *pw_enter(pw_pool *pool) {
  if (pw_pool_is_forked(pool)) return NULL;
  uint32_t start = home_of_caller(pool);
  for (uint32_t attempt = 0; attempt < ENTER_SPINS + ENTER_SLEEPS; attempt++) {
    // acquire; pairs with `want`: who stops the pool waits for guests.
    // redundant: nothing is read by it but seats. Kept for ThreadSanitizer, as in pw_work_is_visible.
    AO_t roster = PW_LOAD_ACQUIRE(enter_roster, &pool->roster);
    if (roster & PW_STOPPING) return NULL;
    // Whose worker is on its way opens within a microsecond, unless that worker has lost its CPU; a busy one does not.
    bool on_its_way = false;
    pw_slot *slot = find_seat(pool, start, PW_REACH(roster), &on_its_way);
    if (slot != NULL) {
      slot->outer = pw_current();
      pw_set_current(slot);
      return slot;
    }
    // A worker that has just become free is not counted yet. Not all of them are asked: most are busy, and each has
    // its line to itself.
    uint32_t reach = PW_REACH(roster);
    for (uint32_t i = 0; i < reach && i < ENTER_NEIGHBOURS && !on_its_way; i++) {
      // relaxed; a hint, pairs with nothing.
      AO_t kind = PW_SEAT_KIND(PW_LOAD(enter_look, &pool->slots[(start + i) % reach].seat));
      on_its_way = kind != PW_SEAT_BUSY && kind != PW_SEAT_GUEST && kind != PW_SEAT_GONE;
    }
    if (!on_its_way) return NULL;
    if (PW_UNLIKELY(PW_BATON_OF(pool) != NULL)) {
      PW_AT(pool, PW_AT_ENTER);
      continue;
    }
    if (attempt < ENTER_SPINS) {
      for (int i = 0; i < 16; i++) PW_PAUSE();
    } else {
      // A nap, for the worker to run; on a word of our own, since on the seat we would take a wake-up that is its.
      AO_t nap = 0;
      PW_FUTEX_WAIT(enter_nap, &nap, 0, 100000);
    }
  }
  return NULL;
}

PW_API PW_LOOP_PATH void pw_leave(pw_slot *slot) {
  pw_pool *pool = slot->pool;
  bool has_called = slot->has_called;
  slot->has_called = false;
  pw_set_current(slot->outer);
  slot->outer = NULL;
  slot->is_guest = 0;
  // The worker lies asleep, or goes to sleep when it next looks at its seat: we lie it down, and look for it.
  AO_t idle = become_idle(slot, PW_SLEEPER);
  pw_seat_lie_down(slot);
  // A worker of an active pool parks only to stand down for a guest, and not all of them stay away: the others would
  // have to be called at the price of a wake-up. One that stands in for the caller's own thread does.
  uint32_t workers = pw_pool_workers(pool);
  bool all_are_away = pw_spin_ns(pool) == PW_NEVER_PARK && workers > 1 && PW_SLEEPERS(idle) + 1 >= workers;
  if (all_are_away || pw_has_to_get_up(slot, has_called ? slot : NULL)) pw_wake_seat(slot);
}

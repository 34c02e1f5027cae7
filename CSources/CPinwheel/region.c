// Regions: a top-level loop shared out over the slots that stand idle, without forking.
//
// The caller deals first..<chunks into one slice a participant, writes each into the mailbox of an idle slot, and works
// on its own. A slice is one word, tag | hi | lo: its holder takes from the front, as many as its pace says (pace.c),
// everybody else in the region takes half from the back, both by CAS. The tag names the caller's slot, which calls one region at a time; and whoever touches a
// slice is registered with its region, which does not end before they leave (I11). So neither an epoch nor a count of
// chunks is needed. Late comers find a slice in their search and register by CAS while the region is open.
#include "internal.h"

#define OPEN ((AO_t)1)
#define WAITER ((AO_t)2)
#define PARTICIPANT ((AO_t)4)

/// Sleepers that one thread wakes itself; each of them wakes its share of the rest. A wake costs the waker about as
/// much as a quarter of the time the woken one needs to run.
#ifndef FAN // the explorer sets it to 2
#define FAN 4
#endif

// How long a region waits for workers that search to open their seats: about as long as such a round takes.
#ifndef CLAIM_ROUNDS // the explorer sets it to 0
#define CLAIM_ROUNDS 8
#endif
#define CLAIM_PAUSES 8
/// How long the caller of a loop with one chunk for each waits for those who have been posted to before it takes their
/// chunks itself: some microseconds.
#ifndef ONE_EACH_PAUSES // the explorer sets it to 1
#define ONE_EACH_PAUSES 128
#endif

static bool slice_has_chunks(AO_t slice) { return PW_SLICE_LO(slice) < PW_SLICE_HI(slice); }

/// Takes as many chunks as the pace says from the front of one's own slice.
static PW_LOOP_PATH bool take_front(pw_slot *slot, const pw_pace *pace, uint64_t *first, uint64_t *last) {
  for (;;) {
    AO_t slice = PW_LOAD(slice_own, &slot->slice); // relaxed: the CAS confirms
    if (!slice_has_chunks(slice)) return false;
    *first = PW_SLICE_LO(slice);
    *last = *first + pw_pace_take(pace, PW_SLICE_HI(slice) - *first);
    // acq_rel; pairs with take_back.
    // redundant: nothing is read by a slice. What to call came with the post or the registration.
    if (PW_CAS(slice_front, &slot->slice, slice, slice + (*last - *first))) return true;
  }
}

/// Takes the back half of a slice of the region of `caller`.
static PW_LOOP_PATH bool take_back(pw_slot *victim, uint32_t caller, uint64_t *lo, uint64_t *hi) {
  for (;;) {
    AO_t slice = PW_LOAD(slice_other, &victim->slice); // relaxed: the CAS confirms
    if (PW_SLICE_TAG(slice) != (AO_t)caller + 1 || !slice_has_chunks(slice)) return false;
    *lo = PW_SLICE_LO(slice);
    *hi = PW_SLICE_HI(slice);
    *lo += (*hi - *lo) / 2;
    // acq_rel; pairs with take_front and the other thieves.
    // redundant: nothing is read by a slice, as above.
    if (PW_CAS(slice_back, &victim->slice, slice, PW_SLICE(caller, PW_SLICE_LO(slice), *lo))) return true;
  }
}

/// Takes a share of another's slice: what is to run first, and the rest into one's own slice.
static PW_LOOP_PATH bool take_share(pw_slot *slot, uint32_t caller, pw_pace *pace, uint64_t *first, uint64_t *last) {
  pw_pool *pool = slot->pool;
  for (uint32_t i = 1, reach = pw_pool_reach(pool); i < reach; i++) {
    uint64_t hi;
    if (!take_back(&pool->slots[(slot->id + i) % reach], caller, first, &hi)) continue;
    PW_COUNT(slot, region_shares);
    // Not by way of the slice, or many who have nothing would take the last chunk from each other, and none run it.
    pw_pace_moves(pace);
    *last = *first + pw_pace_take(pace, hi - *first);
    // relaxed; pairs with the CAS in take_back. Nobody moves an empty slice but its holder.
    PW_STORE(slice_refill, &slot->slice, PW_SLICE(caller, *last, hi));
    return true;
  }
  return false;
}

/// Works until no slice of the region has a chunk left. The caller of this is registered.
static PW_LOOP_PATH void work(
    pw_slot *slot, uint32_t caller, pw_code code, void *context, const pw_bounds *bounds, pw_pace *pace) {
  bool is_timed = pace->dealing == PW_DEAL_TIMED;
  // Who deals otherwise need not know; but the caller remembers what a loop took, and only its own part.
  bool is_known = !is_timed && caller == slot->id && pace->dealing != PW_DEAL_ONE && PW_BATON_OF(slot->pool) == NULL;
  uint64_t first, last, ran = 0, begin = is_timed || is_known ? pw_quick_now() : 0;
  bool shares = pace->dealing != PW_DEAL_ONE;
  while (take_front(slot, pace, &first, &last) || (shares && take_share(slot, caller, pace, &first, &last))) {
    PW_AT(slot->pool, PW_AT_CHUNK);
    pw_call_chunks(code, context, bounds, first, last);
    ran += last - first;
    if (!is_timed) continue;
    uint64_t end = pw_quick_now();
    pw_pace_ran(pace, last - first, end - begin);
    begin = end;
  }
  if (is_known && ran > 0) pw_pace_ran(pace, ran, pw_quick_now() - begin);
}

/// Leaves the region, and the seat as `seat`.
static PW_LOOP_PATH void leave(pw_slot *slot, uint32_t caller, AO_t seat) {
  pw_slot *home = &slot->pool->slots[caller];
  pw_end_of_job(slot); // helpers of the caller follow the slice's tag: their older looks fail from here on (I5)
  PW_STORE(slice_done, &slot->slice, 0); // relaxed; pairs with `leap_condition`, by the release of the next exposure
  slot->region_depth = 0;
  // relaxed; pairs with `claim_passing`, by the add below: the caller's next loop finds us here, or
  // waits for us.
  PW_STORE(seat_served, &slot->seat, seat);
  // seq_cst, release needed; pairs with the caller's acquire: what the chunks did is visible. The last touch.
  // redundant acquire: who leaves reads nothing more of the region.
  AO_t old = PW_ADD(region_leave, &home->region, -PARTICIPANT);
  if (old / PARTICIPANT != 1 || !(old & WAITER)) return;
  PW_BATON_WAKE(PW_BATON_OF(slot->pool), &home->region, 1);
  PW_FUTEX_WAKE(region_wake, &home->region, 1);
}

/// Wakes those posted to that slept, ids[lo..<hi] of the caller: the first of each of FAN parts, which then wakes the rest of it.
static PW_LOOP_PATH void fan_out(pw_slot *caller, uint32_t lo, uint32_t hi) {
  uint32_t part = (hi - lo + FAN - 1) / FAN;
  for (uint32_t i = lo; i < hi; i += part) {
    pw_slot *other = &caller->pool->slots[PW_READ(&caller->ids[i].slept)];
    PW_BATON_WAKE(PW_BATON_OF(other->pool), &other->seat, 1);
    // A loop takes back what sleepers are too slow for; a team (team.c) would wait for them until its patience ends.
    PW_FUTEX_WAKE(post_wake, &other->seat, 1);
  }
}

/// What waking takes is remembered as it is, lately: within what a machine may need.
#define LEAST_WAKE_NS 3000
#define MOST_WAKE_NS 100000

PW_API PW_LOOP_PATH uint64_t pw_wake_ns(pw_pool *pool) {
  return PW_LOAD(wake_known, &pool->wake_ns); // relaxed; a hint, pairs with `wake_note`
}

/// A sleeper has begun so long after it was called; less than nothing if its CPU's counter is behind the caller's.
static void note_wake(pw_pool *pool, int64_t nanoseconds) {
  if (nanoseconds < LEAST_WAKE_NS) nanoseconds = LEAST_WAKE_NS;
  if (nanoseconds > MOST_WAKE_NS) nanoseconds = MOST_WAKE_NS;
  // relaxed; a hint, pairs with `wake_known`. Of two who note at once, one is forgotten.
  PW_STORE(wake_note, &pool->wake_ns, (7 * pw_wake_ns(pool) + (uint64_t)nanoseconds) / 8);
}

PW_API PW_LOOP_PATH void pw_wake_posted(pw_slot *slot) {
  if (PW_READ(&slot->post_fan_lo) >= PW_READ(&slot->post_fan_hi)) return;
  fan_out(&slot->pool->slots[PW_READ(&slot->post_caller)], PW_READ(&slot->post_fan_lo), PW_READ(&slot->post_fan_hi));
}

PW_API PW_LOOP_PATH void pw_region_serve(pw_slot *slot) {
  uint32_t caller = PW_READ(&slot->post_caller);
  pw_code code = PW_READ(&slot->post_code);
  void *context = PW_READ(&slot->post_context);
  pw_bounds bounds = PW_READ(&slot->post_bounds);
  pw_pace pace = pw_pace_begin(PW_READ(&slot->post_dealing), PW_READ(&slot->post_each));
  if (PW_READ(&slot->post_slept)) note_wake(slot->pool, (int64_t)(pw_quick_now() - PW_READ(&slot->post_time)));
  slot->region_depth = 1;
  pw_wake_posted(slot);
  work(slot, caller, code, context, &bounds, &pace);
  leave(slot, caller, pw_seat_after(slot, &slot->pool->slots[caller]));
}

PW_API PW_LOOP_PATH bool pw_region_join(pw_slot *slot, AO_t slice, bool *searching) {
  uint32_t caller = (uint32_t)PW_SLICE_TAG(slice) - 1;
  pw_slot *home = &slot->pool->slots[caller];
  AO_t region;
  do {
    region = PW_LOAD(region_look, &home->region); // relaxed: the CAS confirms
    if (!(region & OPEN)) return false;
    // acq_rel, acquire needed; pairs with the release in region_run: code and context are those of the open region.
    // redundant release: who registers has done nothing yet for others to see.
  } while (!PW_CAS(region_register, &home->region, region, region + PARTICIPANT));
  PW_STORE(seat_serves, &slot->seat, PW_SEAT_BUSY); // relaxed; pairs with `enter_look`, as in `found` (worker.c)
  if (*searching) pw_stop_searching(slot);
  *searching = false;
  slot->region_depth = 1;
  pw_pace pace = pw_pace_begin(PW_READ(&home->region_dealing), PW_READ(&home->region_each));
  pw_bounds bounds = PW_READ(&home->region_bounds);
  work(slot, caller, PW_READ(&home->region_code), PW_READ(&home->region_context), &bounds, &pace);
  leave(slot, caller, PW_SEAT_WORKING);
  return true;
}

/// Claims a seat, if it is idle, and keeps the ids of all that are claimed in order.
static PW_LOOP_PATH bool claim(pw_slot *slot, pw_slot *other, uint32_t claimed) {
  bool slept;
  if (!pw_claim_seat(other, slot->id, &slept)) return false;
  PW_WRITE(&other->post_slept, slept);
  uint32_t at = claimed;
  for (; at > 0 && slot->ids[at - 1].posted > other->id; at--) PW_WRITE(&slot->ids[at].posted, slot->ids[at - 1].posted);
  PW_WRITE(&slot->ids[at].posted, other->id);
  return true;
}

/// What a search for idle seats takes: sleepers' too, or only those of workers that are awake; those of workers that share
/// CPUs, too.
typedef struct wish {
  uint32_t wanted, claimed, asleep;
  bool takes_sleepers, takes_sharers, in_passing; // whether a worker is on its way to its seat
} wish;

PW_API PW_LOOP_PATH bool pw_is_apart(const pw_slot *slot) {
  return PW_SETTING(&slot->pool->apart[slot->id / 64]) >> slot->id % 64 & 1; // pairs with pw_pool_set_abreast
}

static PW_LOOP_PATH void try_to_claim(pw_slot *slot, pw_slot *other, wish *wish) {
  if (other == slot || !(wish->takes_sharers || pw_is_apart(other))) return;
  // relaxed; a hint, pairs with `seat_served`. A worker in a round of its search opens its seat in a moment.
  AO_t seat = PW_LOAD(claim_passing, &other->seat);
  if (seat == PW_SEAT_ASLEEP && !wish->takes_sleepers) return;
  if (!claim(slot, other, wish->claimed)) {
    wish->in_passing = wish->in_passing || seat == PW_SEAT_WORKING;
    return;
  }
  wish->claimed += 1;
  wish->asleep += PW_READ(&other->post_slept);
}

/// One look at those who came the last time, who may be on their way and not counted as idle yet, and then at those
/// that are: at no line of a worker that is busy with something else.
static PW_LOOP_PATH void claim_idle(pw_slot *slot, wish *wish) {
  wish->in_passing = false;
  for (uint32_t i = 0; i < slot->recent_count && wish->claimed < wish->wanted; i++) {
    try_to_claim(slot, &slot->pool->slots[slot->ids[i].recent], wish);
  }
  if (wish->claimed == wish->wanted) return;
  pw_pick pick = pw_pick_near(slot->pool, slot->id, false);
  pw_slot *other;
  // If only workers that are awake are wanted, not all sleepers are asked whether they are.
  for (uint32_t tries = 4 * wish->wanted; wish->claimed < wish->wanted; tries--) {
    if ((tries == 0 && !wish->takes_sleepers) || (other = pw_pick_idle(slot->pool, &pick)) == NULL) return;
    try_to_claim(slot, other, wish);
  }
}

static PW_LOOP_PATH void claim_all(pw_slot *slot, pw_worth worth, wish *wish) {
  wish->takes_sleepers = worth.asleep == worth.awake;
  // The sleepers come last if not all are wanted.
  for (;; wish->takes_sleepers = true) {
    wish->wanted = wish->takes_sleepers ? worth.asleep : worth.awake;
    for (uint32_t round = 0; wish->claimed < wish->wanted; round++) {
      claim_idle(slot, wish);
      // In a deterministic pool nobody opens a seat while we wait.
      if (round == CLAIM_ROUNDS || !wish->in_passing || PW_BATON_OF(slot->pool) != NULL) break;
      for (uint32_t i = 0; i < CLAIM_PAUSES; i++) PW_PAUSE();
    }
    if (wish->takes_sleepers) break;
  }
}

PW_API PW_LOOP_PATH pw_claims pw_claim_seats(pw_slot *slot, pw_worth worth, bool apart_first) {
  wish wish = {.takes_sharers = !apart_first};
  claim_all(slot, worth, &wish);
  if (apart_first && wish.claimed < worth.awake) {
    wish.takes_sharers = true;
    claim_all(slot, worth, &wish);
  }
  for (uint32_t i = 0; i < wish.claimed; i++) slot->ids[i].recent = slot->ids[i].posted;
  slot->recent_count = wish.claimed > 0 ? wish.claimed : slot->recent_count;
  return (pw_claims){wish.claimed, wish.asleep};
}

/// Deals the chunks in order of slot ids, so that the same slice meets the same slot at every call, and posts them. Where
/// workers are not equally fast, slices are as long as they are fast.
static PW_LOOP_PATH void deal(pw_slot *slot, pw_code code, void *context, const pw_bounds *bounds, uint64_t first, uint64_t chunks, const pw_pace *pace, uint32_t claimed) {
  pw_pool *pool = slot->pool;
  uint32_t parts = claimed + 1, part = 0, slept = 0;
  bool own_dealt = false;
  uint32_t weighed = pw_pool_weighed(pool);
  uint64_t left = weighed > 0 ? pw_pool_weight(pool, weighed, slot->id) : 0;
  for (uint32_t i = 0; i < claimed && weighed > 0; i++) left += pw_pool_weight(pool, weighed, slot->ids[i].posted);
  for (uint64_t k = 0, lo = first, hi; k < parts; k++, lo = hi) {
    bool own = !own_dealt && (part == claimed || slot->ids[part].posted > slot->id);
    pw_slot *other = own ? slot : &pool->slots[slot->ids[part].posted];
    hi = first + (chunks - first) * (k + 1) / parts;
    if (weighed > 0) {
      // Weights may change between two looks: what comes out is a partition all the same.
      uint64_t weight = pw_pool_weight(pool, weighed, other->id);
      hi = pw_slice_end(lo, chunks, weight, left, parts - 1 - (uint32_t)k);
      left -= weight < left ? weight : left;
    }
    // relaxed; pairs with the CAS in take_back. The mailbox is claimed (or our own), so nobody else writes it.
    PW_STORE(slice_deal, &other->slice, PW_SLICE(slot->id, lo, hi));
    if (own) {
      own_dealt = true;
      continue;
    }
    part += 1;
    PW_WRITE(&other->post_bounds, *bounds);
    PW_WRITE(&other->post_dealing, pace->dealing);
    PW_WRITE(&other->post_each, pace->each);
    pw_address_post(slot, other, code, context, &slept);
  }
  pw_post_sleepers(slot, slept);
}

PW_API PW_LOOP_PATH void pw_address_post(pw_slot *slot, pw_slot *other, pw_code code, void *context, uint32_t *slept) {
  PW_WRITE(&other->post_code, code);
  PW_WRITE(&other->post_context, context);
  PW_WRITE(&other->post_caller, slot->id);
  PW_WRITE(&other->post_fan_lo, 0u);
  PW_WRITE(&other->post_fan_hi, 0u);
  if (!PW_READ(&other->post_slept)) {
    // At once: its worker looks at this line all the time, and takes it away from whoever writes there.
    PW_STORE_RELEASE(post, &other->seat, PW_SEAT_POSTED_BY(slot->id)); // release; pairs with the CAS in await_seat
    return;
  }
  PW_WRITE(&slot->ids[(*slept)++].slept, other->id);
  PW_WRITE(&other->post_time, pw_quick_now());
}

PW_API PW_LOOP_PATH void pw_post_sleepers(pw_slot *slot, uint32_t slept) {
  if (slept == 0) return;
  pw_pool *pool = slot->pool;
  // Who wakes whom, before anybody can begin.
  struct { uint32_t lo, hi; } todo[16 * FAN], now;
  uint32_t depth = 0;
  todo[depth].lo = 0;
  todo[depth++].hi = slept;
  while (depth > 0) {
    now = todo[--depth];
    uint32_t size = (now.hi - now.lo + FAN - 1) / FAN;
    for (uint32_t i = now.lo; i < now.hi; i += size) {
      uint32_t end = i + size < now.hi ? i + size : now.hi;
      if (i + 1 == end) continue;
      pw_slot *leader = &pool->slots[slot->ids[i].slept];
      PW_WRITE(&leader->post_fan_lo, i + 1);
      PW_WRITE(&leader->post_fan_hi, end);
      todo[depth].lo = i + 1;
      todo[depth++].hi = end;
    }
  }
  // release; pairs with the CAS in await_seat: the mailbox is visible.
  for (uint32_t i = 0; i < slept; i++) {
    PW_STORE_RELEASE(post_sleeper, &pool->slots[slot->ids[i].slept].seat, PW_SEAT_POSTED_BY(slot->id));
  }
  fan_out(slot, 0, slept);
}

PW_API PW_LOOP_PATH bool pw_revoke_post(pw_slot *slot, pw_slot *other, bool stays_up) {
  pw_pool *pool = slot->pool;
  AO_t post = PW_SEAT_POSTED_BY(slot->id);
  // relaxed look, then acq_rel; pairs with await_begin: either it begins, or the post is ours again. Another region's
  // post bears another id.
  // redundant (revoke): the post is our own, and whoever gets the seat next reads our later store of it.
  if (PW_LOAD(revoke_look, &other->seat) != post || !PW_CAS(revoke, &other->seat, post, PW_SEAT_CLAIMED)) return false;
  PW_STORE(revoke_clear, &other->slice, 0); // relaxed; own while the seat is claimed, pairs with take_back
  uint64_t spin_ns = pw_spin_ns(pool);
  if (PW_READ(&other->post_slept) && (spin_ns == PW_NEVER_PARK || (stays_up && spin_ns > 0))) {
    // Called in vain; but from now on it is awake, and counted as a searcher already.
    PW_STORE_RELEASE(revoke_woken, &other->seat, PW_SEAT_WOKEN); // release; pairs with await_seat
    PW_FUTEX_WAKE(revoke_wake, &other->seat, 1); // whoever was to wake it may not have begun either
  } else if (PW_READ(&other->post_slept)) {
    // It may not have been woken yet: back to sleep, and a look on its behalf (as in pw_leave).
    // seq_cst; pairs with `notify_look`.
    // redundant: lie_down below releases the seat, and its fence orders the count before our look.
    PW_ADD(revoke_count, &pool->idle, PW_SLEEPER - PW_SEARCHER);
    pw_seat_lie_down(other);
    // A producer may have counted on it as a searcher; so if a guest has the seat by now, somebody else has to look.
    if (pw_has_to_get_up(other, NULL) && !pw_wake_seat(other)) pw_notify(pool, slot);
  } else {
    PW_STORE_RELEASE(revoke_awake, &other->seat, PW_SEAT_WORKING); // release; pairs with await_seat: it goes on as before
  }
  return true;
}

/// Takes back the posts that nobody has begun. Their slices are empty by now. Returns how many.
static PW_LOOP_PATH uint32_t revoke(pw_slot *slot, uint32_t claimed, bool stay_up) {
  uint32_t revoked = 0;
  for (uint32_t i = 0; i < claimed; i++) revoked += pw_revoke_post(slot, &slot->pool->slots[slot->ids[i].posted], stay_up);
  return revoked;
}

PW_API PW_LOOP_PATH bool pw_region_run(pw_slot *slot, pw_code code, void *context, const pw_bounds *bounds, uint64_t first, uint64_t chunks, pw_pace *pace, pw_worth worth) {
  if (slot->region_depth != 0 || first == chunks) return first == chunks;
  pw_pool *pool = slot->pool;
  bool is_static = pace->dealing == PW_DEAL_ONE;
  slot->region_depth = 1;
  uint64_t most = chunks - first - 1;
  if (worth.awake > most) worth.awake = (uint32_t)most;
  if (worth.asleep > most) worth.asleep = (uint32_t)most;
  pw_claims claims = pw_claim_seats(slot, worth, false);
  uint32_t claimed = claims.count;
  // One chunk for each, all of whom are about to come: nobody takes another's.
  bool is_one_each = is_static && claimed > 0 && claims.asleep == 0 && chunks - first == (uint64_t)claimed + 1;
  if (!is_one_each && is_static) pace->dealing = PW_DEAL_EACH;
  PW_WRITE(&slot->region_code, code);
  PW_WRITE(&slot->region_context, context);
  PW_WRITE(&slot->region_bounds, *bounds);
  // Who joins late takes from others.
  PW_WRITE(&slot->region_dealing, is_one_each ? (uint32_t)PW_DEAL_EACH : pace->dealing);
  PW_WRITE(&slot->region_each, pace->each);
  // release; pairs with the CAS in region_join.
  PW_STORE_RELEASE(region_open, &slot->region, OPEN + claimed * PARTICIPANT);
  deal(slot, code, context, bounds, first, chunks, pace, claimed);
  work(slot, slot->id, code, context, bounds, pace);
  if (is_one_each) {
    // relaxed; pairs with `region_leave`: only a look. Who does not come leaves its chunk to us.
    for (uint32_t i = 0; i < ONE_EACH_PAUSES && PW_LOAD(one_each_look, &slot->region) / PARTICIPANT != 0; i++) PW_PAUSE();
    pace->dealing = PW_DEAL_EACH;
    work(slot, slot->id, code, context, bounds, pace);
  }
  // Nothing is left to begin: late comers are refused, posts not begun taken back, and the rest waited for.
  uint32_t revoked = revoke(slot, claimed, worth.stay_up);
  // seq_cst; pairs with the CAS in region_join: late comers registered before it, or are refused.
  // redundant: what participants did is acquired by `region_wait`, which reads this add or a later one.
  PW_ADD(region_close, &slot->region, -(OPEN + revoked * PARTICIPANT));
  pw_spin spin = {0, 0};
  for (;;) {
    PW_AT(pool, PW_AT_WAIT);
    // acquire; pairs with leave.
    AO_t region = PW_LOAD_ACQUIRE(region_wait, &slot->region);
    if (region / PARTICIPANT == 0) break;
    if (PW_UNLIKELY(pw_pool_is_forked(pool))) pw_lost_in_fork(); // who has begun and not left is not here
    bool helped = false, more = pw_spin_more(&spin, pw_spin_ns(pool));
    if (more && spin.rounds % PW_HELP_ROUNDS != 0) continue;
    for (uint32_t i = 1, reach = pw_pool_reach(pool); i < reach && !helped; i++) {
      pw_slot *other = &pool->slots[(slot->id + i) % reach];
      // relaxed; pairs with `slice_deal` and `slice_refill`, confirmed by `leap_condition`.
      if (PW_SLICE_TAG(PW_LOAD(region_tag, &other->slice)) != (AO_t)slot->id + 1) continue;
      helped = pw_leap(slot, &other->slice, PW_SLICE_TAG_MASK, ((AO_t)slot->id + 1) << (2 * PW_CHUNK_BITS), other->id);
    }
    if (helped || more) continue;
    if (!(region & WAITER)) {
      // acq_rel; pairs with leave, whose add sees the bit or fails this CAS.
      // redundant: the bit carries nothing, and the word is acquired again after the sleep.
      if (!PW_CAS(region_sleeper, &slot->region, region, region | WAITER)) continue;
      region |= WAITER;
    }
    PW_COUNT(slot, parks);
    if (!PW_BATON_SLEEP(PW_BATON_OF(pool), &slot->region, region, 0)) PW_FUTEX_WAIT(region_sleep, &slot->region, region, 0);
  }
  PW_STORE(region_end, &slot->region, 0); // relaxed; own: it is closed, and nobody is left in it
  PW_STORE(slice_end, &slot->slice, 0);   // relaxed; own: it is empty
  slot->region_depth = 0;
  return true;
}

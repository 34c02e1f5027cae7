// Standing by: loops of one chunk a slot that follow one another on the same slots, at one cache line there and back.
//
// A worker that has served a region stands by for a moment for the same caller's next one. Its seat says so, and it is
// counted nowhere, neither as idle nor as searching, so nobody else finds it. Between a caller and each worker lies a
// line of their own, which the worker watches: the caller writes what to run there and then CASes the line's word, and
// the worker answers by that word. So there is no mailbox to claim first, no slice to take from, and no word that
// several write. Whoever has been called comes, so nobody takes its chunk back or shares it.
//
// Measured with two workers and an empty body: some 4 line round trips a loop, where posts took 6 and the caller often
// ran everything itself. At 256 slots a call is 255 lines there and 255 back, each with one writer and one reader;
// nobody waits for another participant's operation on a shared word. The lines are a caller's own for every worker (128
// bytes each, touched when first used), not a worker's for every caller: then a caller that is late could write into a
// line that meanwhile serves another one.
#include "internal.h"

// The line's word. Between two calls only the worker moves it, and while it is called only the worker does, but for the
// sleeper's bit.
#define NOBODY ((AO_t)0) // the worker is elsewhere
#define READY ((AO_t)1)  // it stands by
#define CALLED ((AO_t)2)
#define CALLER_SLEEPS ((AO_t)4)

/// How long a worker stands by: some microseconds. Meanwhile it looks for no other work.
#ifndef STANDBY_PAUSES // the explorer sets it to 1
#define STANDBY_PAUSES 128
#endif

/// Where workers share CPUs nobody does: whoever is called has to come, and might have to wait for a CPU first.
#ifndef STANDS_BY // the explorer's pools do
#define STANDS_BY(pool) (pw_spin_ns(pool) != 0)
#endif

static pw_call *call_between(const pw_slot *caller, const pw_slot *worker) { return &caller->calls[worker->id]; }
/// Whether callers have a line for this worker.
static bool has_call(const pw_slot *worker) { return worker->id < PW_MOST_CALLED; }

/// Whether the worker may wait for the next loop first. Now and then whoever else has work comes first; and in a
/// deterministic pool nobody calls while we wait.
static bool may_stand_by(pw_slot *slot) {
  return has_call(slot) && STANDS_BY(slot->pool) && PW_BATON_OF(slot->pool) == NULL && !pw_is_unwanted(slot) &&
         ++slot->tick % PW_FAIR_ROUNDS != 0 && pw_deque_is_empty(&slot->deque);
}

PW_API AO_t pw_seat_after(pw_slot *slot, pw_slot *caller) {
  if (!has_call(slot)) return PW_SEAT_WORKING;
  bool stands_by = may_stand_by(slot);
  // relaxed; pairs with `call_check`, by the add with which we leave the caller's region.
  PW_STORE(standby_begin, &call_between(caller, slot)->word, stands_by ? READY : NOBODY);
  slot->standby = stands_by ? caller : NULL;
  return stands_by ? PW_SEAT_STANDBY_FOR(caller->id) : PW_SEAT_WORKING;
}

/// Runs the chunk that the line asks for. The answer is the line's word, our last touch of the caller's loop.
static void serve(pw_slot *slot, pw_slot *caller, pw_call *call) {
  // relaxed, and so when it goes back; pairs with `enter_look`: who wants to come in need not wait for us.
  PW_STORE(call_seat, &slot->seat, PW_SEAT_BUSY);
  slot->region_depth = 1;
  // relaxed, and so when it is taken away; pairs with `leap_condition`, as `slice_deal` and `slice_done`: the caller may
  // help with what the chunk forks. There is nothing to take.
  PW_STORE(call_tag, &slot->slice, PW_SLICE(caller->id, 0, 0));
  uint64_t chunk = PW_READ(&call->chunk);
  pw_call_chunks(PW_READ(&call->code), PW_READ(&call->context), chunk, chunk + 1);
  pw_end_of_job(slot);
  PW_STORE(call_untag, &slot->slice, 0);
  slot->region_depth = 0;
  bool stands_by = may_stand_by(slot);
  PW_STORE(call_unseat, &slot->seat, stands_by ? PW_SEAT_STANDBY_FOR(caller->id) : PW_SEAT_WORKING);
  slot->standby = stands_by ? caller : NULL;
  AO_t next = stands_by ? READY : NOBODY;
  // acq_rel, release needed; pairs with `call_wait`: what the chunk did is visible.
  // redundant acquire: the next call brings what it is about.
  if (PW_CAS(call_done, &call->word, CALLED, next)) return;
  PW_STORE_RELEASE(call_done_asleep, &call->word, next); // release; pairs with `call_wait`, as above
  PW_FUTEX_WAKE(call_wake, &call->word, 1);
}

PW_API void pw_stand_by(pw_slot *slot, AO_t seat) {
  pw_slot *caller = &slot->pool->slots[PW_SEAT_ID(seat)];
  pw_call *call = call_between(caller, slot);
  for (uint32_t i = 0; i < STANDBY_PAUSES; i++) {
    // acquire; pairs with `call`: what to run is visible.
    if (PW_LOAD_ACQUIRE(call_look, &call->word) != READY) {
      serve(slot, caller, call);
      return;
    }
    if (PW_LOAD(standby_look, &slot->seat) != seat) return; // relaxed; pairs with `claim_seat`: only a look
    PW_PAUSE();
  }
  // acq_rel; pairs with `claim_seat`: the caller may claim the seat for a post instead.
  // redundant: our own store, and nobody reads by a working seat.
  if (pw_withdraw(slot)) PW_CAS(standby_close, &slot->seat, seat, PW_SEAT_WORKING);
}

PW_API bool pw_withdraw(pw_slot *slot) {
  // Also when a post came instead and was taken back, or a team's: the caller may believe the line until now.
  pw_slot *caller = slot->standby;
  if (caller == NULL) return true;
  pw_call *call = call_between(caller, slot);
  // acq_rel, acquire needed; pairs with `call`: we go, or are called.
  // redundant release: nobody reads by a line that is nobody's.
  if (PW_CAS(standby_end, &call->word, READY, NOBODY)) {
    slot->standby = NULL;
    return true;
  }
  serve(slot, caller, call);
  return false;
}

PW_API bool pw_stands_by_for(const pw_slot *slot, const pw_slot *caller) {
  if (!has_call(slot)) return false;
  // relaxed, after the looker's seq_cst fence; pairs with `standby_end` and `standby_close`: what the worker publishes
  // after it has gone it announces after a fence of its own, and finds the looker counted.
  return PW_LOAD(standby_ask, &call_between(caller, slot)->word) == READY;
}

/// Waits until the worker that was called has run its chunk.
static void await_answer(pw_slot *slot, pw_slot *other, pw_call *call) {
  pw_spin spin = {0, 0};
  for (;;) {
    // acquire; pairs with `call_done`.
    AO_t word = PW_LOAD_ACQUIRE(call_wait, &call->word);
    if (!(word & CALLED)) return;
    if (PW_UNLIKELY(pw_pool_is_forked(slot->pool))) pw_lost_in_fork(); // who has been called is not here
    bool more = pw_spin_more(&spin, pw_spin_ns(slot->pool));
    if (more && spin.rounds % PW_HELP_ROUNDS != 0) continue;
    if (pw_leap(slot, &other->slice, PW_SLICE_TAG_MASK, PW_SLICE(slot->id, 0, 0), other->id)) {
      spin = (pw_spin){0, 0};
      continue;
    }
    if (more) continue;
    if (!(word & CALLER_SLEEPS)) {
      // acq_rel; pairs with `call_done`, which fails if this comes first.
      // redundant: the bit carries nothing, and the word is acquired again after the sleep.
      if (!PW_CAS(call_sleeper, &call->word, CALLED, CALLED | CALLER_SLEEPS)) continue;
    }
    PW_COUNT(slot, parks);
    PW_FUTEX_WAIT(call_sleep, &call->word, CALLED | CALLER_SLEEPS, 0);
  }
}

/// Calls the worker for that chunk, if it still stands by, and notes it.
static bool try_to_call(pw_slot *slot, uint32_t id, pw_code code, void *context, uint64_t chunk, uint32_t *came) {
  pw_slot *other = &slot->pool->slots[id];
  pw_call *call = call_between(slot, other);
  // As a rule the last loop's again; and each store could send the line to the worker and back once more.
  if (PW_READ(&call->code) != code) PW_WRITE(&call->code, code);
  if (PW_READ(&call->context) != context) PW_WRITE(&call->context, context);
  if (PW_READ(&call->chunk) != chunk) PW_WRITE(&call->chunk, chunk);
  // acq_rel, release needed; pairs with `call_look`.
  // redundant acquire: what the worker did before is known since its last answer.
  if (!PW_CAS(call, &call->word, READY, CALLED)) return false;
  slot->called[(*came)++] = id;
  return true;
}

PW_API bool pw_call_standby(pw_slot *slot, pw_code code, void *context, uint64_t first, uint64_t chunks) {
  uint32_t others = slot->recent_count;
  if (others == 0 || chunks - first != (uint64_t)others + 1) return false;
  // In a forked child who stood by at that moment is not here. Posts to them are taken back.
  if (PW_UNLIKELY(pw_pool_is_forked(slot->pool))) return false;
  pw_slot *slots = slot->pool->slots;
  uint32_t own = 0; // the chunks go by the order of ids, as in every deal
  for (uint32_t i = 0; i < others; i++) {
    if (!has_call(&slots[slot->recent[i]])) return false;
    // relaxed; pairs with `standby_begin` and `call_done`: the CAS confirms.
    if (PW_LOAD(call_check, &call_between(slot, &slots[slot->recent[i]])->word) != READY) return false;
    own += slot->recent[i] < slot->id;
  }
  // Called from both ends, so that what is left for us, and for those who have gone meanwhile, lies side by side.
  uint64_t low = first, high = first + others;
  uint32_t came = 0;
  for (uint32_t i = 0; i < own; i++) low += try_to_call(slot, slot->recent[i], code, context, low, &came);
  for (uint32_t i = others; i-- > own;) high -= try_to_call(slot, slot->recent[i], code, context, high, &came);
  if (came == 0) return false;
  slot->has_called = true;
  if (low < high) {
    pw_pace pace = pw_pace_begin(PW_DEAL_EACH, 0); // so nobody is called a second time
    slot->is_calling = true;
    pw_region_run(slot, code, context, low, high + 1, &pace, (pw_worth){others - came, others - came});
    slot->is_calling = false;
    slot->region_depth = 1;
  } else {
    slot->region_depth = 1;
    pw_call_chunks(code, context, low, low + 1);
  }
  for (uint32_t i = 0; i < came; i++) {
    pw_slot *other = &slots[slot->called[i]];
    await_answer(slot, other, call_between(slot, other));
  }
  slot->region_depth = 0;
  return true;
}

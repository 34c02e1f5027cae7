// Standing by: loops of one chunk a slot that follow one another on the same slots, at one cache line there and another
// back.
//
// A worker that has served a region stands by for a moment for the same caller's next one. Its seat says so, and it is
// counted nowhere, neither as idle nor as searching, so nobody else finds it. Between a caller and each worker lie two
// lines of their own. The caller writes what to run into the one, and then how many calls it has made; the worker
// watches that, and answers on the other how many it has served, and whether it is still there. So there is no mailbox
// to claim first, no slice to take from, no word that several write, and the caller's store need not have arrived
// anywhere before it goes on with its own chunk (I14).
//
// A worker may go without having seen a call. Its answer says so, and then the caller runs that chunk itself: to come
// back, the worker would have to serve another region of the same caller first.
//
// Measured with two workers on an x86-64 virtual machine, in turn with two bare threads that pass a line there, a line of
// captures that is written each time, and a line back: 1.0 to 1.3 such calls for a caller that holds a slot, 1.2 to 1.5 for
// one from outside, whose first atomic operation waits until its captures have left for their line; which of these depends
// on where a process's lines happen to lie. (The bare call takes 1.7 to 2.4 times as long as one line to and fro. One
// line for both ways is that fast without captures, and takes three times as long with them.) At 256 slots a call is 255
// lines there and 255 back, each with one writer and one reader; nobody waits for another participant's operation on a
// shared word. The lines are a caller's own for every worker (256 bytes each, touched when first used), not a worker's for
// every caller: then a caller that is late could write into a line that meanwhile serves another one.
#include "internal.h"

// An answer: calls served << 2 | the caller sleeps | the worker stands by. While the worker is here it is the worker's,
// but for the sleeper's bit; while it is not, the caller's.
#define HERE ((AO_t)1)
#define CALLER_SLEEPS ((AO_t)2)
#define SERVED_ONE ((AO_t)4)
#define SERVED(answer) ((answer) / SERVED_ONE)

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
static PW_LOOP_PATH bool may_stand_by(pw_slot *slot) {
  return has_call(slot) && STANDS_BY(slot->pool) && PW_BATON_OF(slot->pool) == NULL && !pw_is_unwanted(slot) &&
         ++slot->tick % PW_FAIR_ROUNDS != 0 && pw_deque_is_empty(&slot->deque);
}

PW_API PW_LOOP_PATH AO_t pw_seat_after(pw_slot *slot, pw_slot *caller) {
  if (!has_call(slot)) return PW_SEAT_WORKING;
  bool stands_by = may_stand_by(slot);
  pw_call *call = call_between(caller, slot);
  AO_t answer = PW_LOAD(standby_own, &call->answer); // relaxed; own: pairs with `call_take_back`, before the post
  // relaxed; pairs with `call_check`, by the add with which we leave the caller's region.
  PW_STORE(standby_begin, &call->answer, stands_by ? answer | HERE : answer & ~HERE);
  slot->standby = stands_by ? caller : NULL;
  return stands_by ? PW_SEAT_STANDBY_FOR(caller->id) : PW_SEAT_WORKING;
}

/// So many more calls are served, and the worker stays or leaves. Whoever sleeps for the answer is woken.
static PW_LOOP_PATH void move_answer(pw_call *call, AO_t served, bool stays) {
  AO_t old, new;
  do {
    old = PW_LOAD(answer_look, &call->answer); // relaxed: the CAS confirms
    new = ((old & ~(CALLER_SLEEPS | HERE)) + served) | (stays ? HERE : 0);
    // acq_rel, release needed; pairs with `call_wait`, and with `call_sleeper`: one of us sees the other's.
    // redundant acquire: the next call brings what it is about.
  } while (!PW_CAS(answer_move, &call->answer, old, new));
  if (old & CALLER_SLEEPS) PW_FUTEX_WAKE(answer_wake, &call->answer, 1);
}

static PW_LOOP_PATH bool is_called(pw_call *call) {
  AO_t answer = PW_LOAD(answer_own, &call->answer); // relaxed; own while we are here, but for the bit of `call_sleeper`
  // acquire; pairs with `call`: what to run is visible.
  return PW_LOAD_ACQUIRE(call_look, &call->asked) != SERVED(answer);
}

/// Runs the chunk that the line asks for. The answer is our last touch of the caller's loop.
static PW_LOOP_PATH void serve(pw_slot *slot, pw_slot *caller, pw_call *call) {
  // relaxed, and so when it goes back; pairs with `enter_look`: who wants to come in need not wait for us.
  PW_STORE(call_seat, &slot->seat, PW_SEAT_BUSY);
  slot->region_depth = 1;
  // relaxed, and so when it is taken away; pairs with `leap_condition`, as `slice_deal` and `slice_done`: the caller may
  // help with what the chunk forks. There is nothing to take.
  PW_STORE(call_tag, &slot->slice, PW_SLICE(caller->id, 0, 0));
  AO_t exposures = PW_TALLY_READ(&slot->counters.exposures); // own
  pw_call_part(PW_READ(&call->code), PW_READ(&call->context), PW_READ(&call->lower), PW_READ(&call->upper));
  // If nothing was to be had here, no helper has a look that could be too old (I5).
  if (PW_TALLY_READ(&slot->counters.exposures) != exposures) pw_end_of_job(slot);
  // relaxed, both; pair with `leap_condition` and `enter_look`, as above.
  PW_STORE(call_untag, &slot->slice, 0);
  slot->region_depth = 0;
  bool stands_by = may_stand_by(slot);
  PW_STORE(call_unseat, &slot->seat, stands_by ? PW_SEAT_STANDBY_FOR(caller->id) : PW_SEAT_WORKING);
  slot->standby = stands_by ? caller : NULL;
  // release, as part of it; pairs with `call_wait`: what the chunk did is visible.
  move_answer(call, SERVED_ONE, stands_by);
}

PW_API PW_LOOP_PATH void pw_stand_by(pw_slot *slot, AO_t seat) {
  pw_slot *caller = &slot->pool->slots[PW_SEAT_ID(seat)];
  pw_call *call = call_between(caller, slot);
  for (uint32_t i = 0; i < STANDBY_PAUSES; i++) {
    if (is_called(call)) {
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

PW_API PW_LOOP_PATH bool pw_withdraw(pw_slot *slot) {
  // Also when a post came instead and was taken back, or a team's: the caller may believe the answer until now.
  pw_slot *caller = slot->standby;
  if (caller == NULL) return true;
  pw_call *call = call_between(caller, slot);
  if (is_called(call)) { // as a rule nobody has
    serve(slot, caller, call);
    return false;
  }
  slot->standby = NULL;
  move_answer(call, 0, false);
  return true;
}

PW_API PW_LOOP_PATH bool pw_stands_by_for(uint32_t id, const pw_slot *caller) {
  if (id >= PW_MOST_CALLED) return false;
  // relaxed, after the looker's seq_cst fence; pairs with `answer_move` and `standby_close`: what the worker publishes
  // after it has gone it announces after a fence of its own, and finds the looker counted.
  return (PW_LOAD(standby_ask, &caller->calls[id].answer) & HERE) != 0;
}

/// Waits until the worker that was called has run its chunk. False: it had gone, and the chunk is the caller's again.
static PW_LOOP_PATH bool await_answer(pw_slot *slot, pw_slot *other, pw_call *call) {
  pw_spin spin = {0, 0};
  for (;;) {
    // acquire; pairs with `answer_move`.
    AO_t answer = PW_LOAD_ACQUIRE(call_wait, &call->answer);
    AO_t asked = PW_LOAD(call_own, &call->asked); // relaxed; own
    if (SERVED(answer) == asked) return true;
    if (!(answer & HERE)) {
      // relaxed; pairs with `standby_own`: the caller's, until that worker has taken a post of its.
      PW_STORE(call_take_back, &call->answer, asked * SERVED_ONE);
      return false;
    }
    if (PW_UNLIKELY(pw_pool_is_forked(slot->pool))) pw_lost_in_fork(); // who has been called is not here
    bool more = pw_spin_more(&spin, pw_spin_ns(slot->pool));
    if (more && spin.rounds % PW_HELP_ROUNDS != 0) continue;
    if (pw_leap(slot, &other->slice, PW_SLICE_TAG_MASK, PW_SLICE(slot->id, 0, 0), other->id)) {
      spin = (pw_spin){0, 0};
      continue;
    }
    if (more) continue;
    if (!(answer & CALLER_SLEEPS)) {
      // acq_rel; pairs with `answer_move`, which sees the bit or fails this CAS.
      // redundant: the bit carries nothing, and the word is acquired again after the sleep.
      if (!PW_CAS(call_sleeper, &call->answer, answer, answer | CALLER_SLEEPS)) continue;
      answer |= CALLER_SLEEPS;
    }
    PW_COUNT(slot, parks);
    PW_FUTEX_WAIT(call_sleep, &call->answer, answer, 0);
  }
}

/// Calls the worker for that chunk.
static PW_LOOP_PATH void call_for(pw_call *call, pw_code code, void *context, const pw_bounds *bounds, uint64_t chunk) {
  uint64_t lower = pw_bound(*bounds, chunk), upper = pw_bound(*bounds, chunk + 1);
  // As a rule the last loop's again; and each store could send the line to the worker and back once more.
  if (PW_READ(&call->code) != code) PW_WRITE(&call->code, code);
  if (PW_READ(&call->context) != context) PW_WRITE(&call->context, context);
  if (PW_READ(&call->lower) != lower) PW_WRITE(&call->lower, lower);
  if (PW_READ(&call->upper) != upper) PW_WRITE(&call->upper, upper);
  AO_t asked = PW_LOAD(call_count, &call->asked); // relaxed; own
  PW_STORE_RELEASE(call, &call->asked, asked + 1); // release; pairs with `call_look`
}

PW_API PW_LOOP_PATH bool pw_call_standby(pw_slot *slot, pw_code code, void *context, const pw_bounds *bounds, uint64_t first, uint64_t chunks) {
  uint32_t others = slot->recent_count;
  if (others == 0 || chunks - first != (uint64_t)others + 1) return false;
  // In a forked child who stood by at that moment is not here. Posts to them are taken back.
  if (PW_UNLIKELY(pw_pool_is_forked(slot->pool))) return false;
  pw_slot *slots = slot->pool->slots;
  uint32_t own = 0; // the chunks go by the order of ids, as in every deal
  for (uint32_t i = 0; i < others; i++) {
    pw_slot *other = &slots[slot->ids[i].recent];
    // relaxed; pairs with `standby_begin` and `answer_move`: who goes meanwhile says so.
    if (!has_call(other) || !(PW_LOAD(call_check, &call_between(slot, other)->answer) & HERE)) return false;
    own += other->id < slot->id;
  }
  for (uint32_t i = 0; i < others; i++) {
    call_for(call_between(slot, &slots[slot->ids[i].recent]), code, context, bounds, first + i + (i >= own));
  }
  slot->has_called = true;
  slot->region_depth = 1;
  pw_call_chunks(code, context, bounds, first + own, first + own + 1);
  for (uint32_t i = 0; i < others; i++) {
    pw_slot *other = &slots[slot->ids[i].recent];
    if (await_answer(slot, other, call_between(slot, other))) continue;
    uint64_t chunk = first + i + (i >= own);
    pw_call_chunks(code, context, bounds, chunk, chunk + 1);
  }
  slot->region_depth = 0;
  return true;
}

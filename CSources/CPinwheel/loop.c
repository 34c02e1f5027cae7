// A loop from its call to its end: alone as long as it is not worth calling others, then as a region (region.c), or, if
// this slot is in one already, as forked jobs.
//
// What a pool remembers of a loop is the time that an index took lately, under the address of its
// body's code: one word a site in a small table, relaxed, changed only when it is off by more than a sixteenth. Each word
// is right or wrong by itself, and a wrong one costs a loop that is shared too soon or too late by some microseconds: no
// order is needed.
#include "internal.h"

// MARK: What is remembered

typedef union site_word {
  AO_t bits;
  struct {
    float nanoseconds;
    uint32_t tag;
  } of;
} site_word;
_Static_assert(sizeof(site_word) == sizeof(AO_t), "a word of the table is one atomic word");

/// Which word, and what says that it is about this site: halves of a hash (Fibonacci hashing; Knuth, vol. 3).
static uint64_t site_hash(pw_code site) { return (uint64_t)(uintptr_t)site * 0x9e3779b97f4a7c15u; }
static AO_t *site_entry(pw_pool *pool, pw_code site) { return &pool->sites[site_hash(site) >> 32 & (PW_SITES - 1)]; }
static uint32_t site_tag(pw_code site) { return (uint32_t)(site_hash(site) >> 40) | 1; }

PW_API PW_LOOP_PATH float pw_remembered(pw_pool *pool, pw_code site) {
  site_word known = {PW_LOAD(site_look, site_entry(pool, site))}; // relaxed; a hint, pairs with `site_note`
  return known.of.tag == site_tag(site) ? known.of.nanoseconds : 0;
}

PW_API PW_LOOP_PATH void pw_remember(pw_pool *pool, pw_code site, float nanoseconds) {
  float known = pw_remembered(pool, site);
  // Up more slowly than down: a call that lost its CPU for a while is forgotten after few.
  if (known > 0) nanoseconds = known + (nanoseconds - known) * (nanoseconds < known ? 0.5f : 0.25f);
  float change = nanoseconds > known ? nanoseconds - known : known - nanoseconds;
  if (known > 0 && change < known / 16) return;
  site_word new = {.of = {nanoseconds > 1e-6f ? nanoseconds : 1e-6f, site_tag(site)}};
  PW_STORE(site_note, site_entry(pool, site), new.bits); // relaxed; a hint, pairs with `site_look`
}

// MARK: Alone

static void call_alone(const pw_loop *loop, pw_code code, void *context, uint64_t first, uint64_t last) {
  if (loop->dealing != PW_DEAL_EACH) pw_call_chunks(code, context, &loop->bounds, first, last);
  else for (; first < last; first++) pw_call_chunks(code, context, &loop->bounds, first, first + 1);
}

/// Whether somebody is worth calling for what takes one thread so long.
static bool is_worth_sharing(pw_pool *pool, bool is_inside, float nanoseconds) {
  if (is_inside) return nanoseconds > PW_LEAST_BATCH_NS; // a fork costs next to nothing
  pw_worth worth = pw_worth_of(nanoseconds, pw_pool_workers(pool) - 1, pw_wake_ns(pool));
  // relaxed; a hint, pairs with every add to `idle`: without searchers only sleepers are left.
  return worth.asleep > 0 || (worth.awake > 0 && PW_SEARCHERS(PW_LOAD(loop_idle, &pool->idle)) > 0);
}

/// A loop that lasts longer than what is remembered, by this factor and so much more, is looked at again.
#define PATIENCE 2
#define PATIENCE_NS 200

/// Runs the loop on this thread, as long as it lasts no longer than expected. Returns how many chunks are done, and
/// leaves in `pace` what they took.
static PW_LOOP_PATH uint64_t run_alone(
    pw_pool *pool, bool is_inside, const pw_loop *loop, pw_pace *pace, pw_code code, void *context) {
  // Inside of the pool's call, though without a slot: `shutdown` is refused here as it is in a loop that is shared.
  pw_aside aside;
  pw_begin_aside(&aside, pool);
  float expected = pace->each;
  // Small pieces first, so that little is lost if the site does something else this time; or the pieces that the caller
  // has asked for.
  bool is_timed = loop->dealing == PW_DEAL_TIMED;
  uint64_t begin = pw_quick_now(), done = 0, piece = loop->chunks / 64 + 1;
  for (;;) {
    uint64_t rest = loop->chunks - done;
    if (!is_timed) piece = pw_pace_take(pace, rest);
    else if (piece > rest / 2) piece = rest;
    pw_call_chunks(code, context, &loop->bounds, done, done + piece);
    done += piece;
    float elapsed = (float)(int64_t)(pw_quick_now() - begin);
    if (done == loop->chunks) {
      pw_pace_ran(pace, done, elapsed > 0 ? (uint64_t)elapsed : 0);
      break;
    }
    if (elapsed > PATIENCE * expected * (float)done + PATIENCE_NS) {
      float each = elapsed / (float)done;
      if (is_worth_sharing(pool, is_inside, each * (float)(loop->chunks - done))) {
        *pace = pw_pace_begin(pace->dealing, each);
        break;
      }
    }
    piece *= 8;
  }
  pw_end_aside(&aside);
  return done;
}

// MARK: Inside of a region

/// A part of a loop inside of a region, which lies in the frame that forks it.
typedef struct loop_part {
  const pw_loop *loop;
  pw_code code;
  void *context;
  uint64_t first, last;
  float each;
} loop_part;

/// Runs a part: forks halves of it as long as others may want some, else batches of it. Lazy binary splitting (Tzannes,
/// Caragea, Barua and Vishkin 2010), with the strict stack's own tests of whether anybody wants some: who asks waits for
/// a batch at most, if that is short, and else finds some private halves of it.
static void run_part(const loop_part *whole, pw_pool *pool, pw_pace *pace) {
  uint64_t first = whole->first, last = whole->last;
  bool is_timed = pace->dealing == PW_DEAL_TIMED;
  while (first < last) {
    bool is_unasked = is_timed && pace->each < PW_BATCH_NS && pw_nobody_asks();
    uint64_t count = is_unasked ? pw_pace_batch(pace, last - first) : pw_pace_take(pace, last - first);
    // Where forks are always wanted, as in a deterministic pool, and no clock says when they are small enough.
    if (pace->dealing == PW_DEAL_EIGHTHS && last - first <= whole->loop->chunks / 64) count = last - first;
    if (count < last - first && !is_unasked && !pw_is_fed(pool)) {
      loop_part left = *whole, right = *whole;
      left.first = first;
      left.last = right.first = first + (last - first) / 2;
      right.last = last;
      right.each = pace->each;
      pw_frame frame;
      pw_push(pw_this_thread.slot, pool, &frame, pw_part_code(), &right);
      run_part(&left, pool, pace);
      if (!pw_pop_private(&frame) && !pw_join_exposed(&frame)) return;
      first = right.first;
      continue;
    }
    uint64_t begin = is_timed ? pw_quick_now() : 0;
    call_alone(whole->loop, whole->code, whole->context, first, first + count);
    if (is_timed) pw_pace_ran(pace, count, pw_quick_now() - begin);
    first += count;
  }
}

PW_API void pw_run_part(void *forked) {
  // A copy: the explorer looks for races at plain reads, and this one is the thief's.
  loop_part *whole = forked;
  loop_part mine = {PW_READ(&whole->loop), PW_READ(&whole->code), PW_READ(&whole->context),
               PW_READ(&whole->first), PW_READ(&whole->last), PW_READ(&whole->each)};
  pw_pace pace = pw_pace_begin(mine.loop->dealing, mine.each);
  run_part(&mine, pw_this_thread.slot->pool, &pace);
}

// MARK: The call

/// Static loops that follow one another as closely as this are a series,
#define SERIES_GAP_NS 50000
/// and after so many of them, each too short to wake anybody for, somebody is woken for the series.
#define SERIES 16

/// How many others a static loop is worth: all that are awake, whatever it takes, since each has its part; of the sleepers
/// as many as other loops.
static pw_worth worth_of_static(pw_pool *pool, pw_slot *slot, uint32_t others, float nanoseconds) {
  pw_worth worth = pw_worth_of(nanoseconds, others, pw_wake_ns(pool));
  worth.awake = others;
  if (worth.asleep == others) return worth;
  uint64_t now = pw_quick_now();
  slot->series = now - slot->static_at < SERIES_GAP_NS ? slot->series + 1 : 0;
  slot->static_at = now;
  if (slot->series < SERIES) return worth;
  slot->series = 0;
  return (pw_worth){others, others, true};
}

/// Rarely asked, and so no part of its callers.
static __attribute__((noinline)) bool has_others(pw_pool *pool) { return pw_pool_workers(pool) > 1; }

/// Whether there was anybody to offer the loop to, when it began or by now: the pool may have grown or shrunk meanwhile.
static bool has_had_others(pw_pool *pool, uint32_t at_first) { return at_first > 0 || has_others(pool); }

/// A static loop: by those who stand by for it, or alone if it would have to wake others for less than that takes, or as
/// a region. Returns whether it was offered to others.
static PW_LOOP_PATH bool run_static(pw_pool *pool, const pw_loop *loop, pw_pace *pace, pw_code code, void *context) {
  pw_slot *slot = pw_current();
  if (pw_call_standby(slot, code, context, &loop->bounds, 0, loop->chunks)) return true;
  uint32_t others = pw_pool_workers(pool) - 1;
  pw_worth worth = worth_of_static(pool, slot, others, pace->each * (float)loop->chunks);
  uint64_t first = 0;
  // relaxed; a hint, pairs with every add to `idle`: without searchers only sleepers are left.
  if (pace->each > 0 && worth.asleep == 0 && PW_SEARCHERS(PW_LOAD(static_idle, &pool->idle)) == 0) {
    first = run_alone(pool, false, loop, pace, code, context);
    if (first == loop->chunks) return false;
    worth = (pw_worth){others, others, false};
  }
  pace->dealing = PW_DEAL_ONE;
  pw_region_run(slot, code, context, &loop->bounds, first, loop->chunks, pace, worth);
  return has_had_others(pool, others);
}

/// Shares the loop out, from the chunk `first` on. Returns whether it was offered to others.
static bool run_with(
    pw_pool *pool, const pw_loop *loop, bool is_static, uint64_t first, pw_pace *pace, pw_code code, void *context) {
  pw_slot *slot = pw_current();
  uint32_t others = pw_pool_workers(pool) - 1;
  if (slot->region_depth != 0) {
    loop_part whole = {loop, code, context, first, loop->chunks, pace->each};
    run_part(&whole, pool, pace);
  } else if (is_static) {
    return run_static(pool, loop, pace, code, context);
  } else {
    pw_worth worth = pw_worth_of(pace->each * (float)(loop->chunks - first), others, pw_wake_ns(pool));
    pw_region_run(slot, code, context, &loop->bounds, first, loop->chunks, pace, worth);
  }
  return has_had_others(pool, others);
}

PW_API PW_LOOP_PATH bool pw_loop_run(pw_pool *pool, pw_loop *loop, pw_code code, void *context) {
  if (loop->chunks == 0) return false;
  bool is_static = loop->dealing == PW_DEAL_ONE;
  if (is_static) loop->dealing = PW_DEAL_EACH; // wherever nobody can be called
  // Nothing to share, whatever it takes. (In a deterministic pool even such a loop is its caller's turn.)
  if (loop->chunks == 1 && PW_BATON_OF(pool) == NULL) {
    pw_aside aside;
    pw_begin_aside(&aside, pool);
    pw_call_chunks(code, context, &loop->bounds, 0, 1);
    pw_end_aside(&aside);
    return false;
  }
  // In a deterministic pool no clock decides.
  if (loop->dealing == PW_DEAL_TIMED && PW_BATON_OF(pool) != NULL) loop->dealing = PW_DEAL_EIGHTHS;
  bool is_timed = loop->dealing == PW_DEAL_TIMED;
  bool is_inside = pw_holds(pool) && pw_current()->region_depth != 0;
  // Inside of a region a fork costs next to nothing: what is to be dealt chunk by chunk is.
  bool is_known = is_timed || (!is_inside && PW_BATON_OF(pool) == NULL);
  pw_code site = loop->site != NULL ? loop->site : code;
  pw_pace pace = pw_pace_begin(loop->dealing, is_known ? pw_remembered(pool, site) * loop->weight : 0);
  uint64_t done = 0;
  if (is_known && !is_static && pace.each > 0 && !is_worth_sharing(pool, is_inside, pace.each * (float)loop->chunks)) {
    done = run_alone(pool, is_inside, loop, &pace, code, context);
  }
  bool is_offered = false;
  if (done < loop->chunks) {
    pw_slot *visit = pw_begin_visit(pool);
    if (pw_holds(pool)) is_offered = run_with(pool, loop, is_static, done, &pace, code, context);
    else call_alone(loop, code, context, done, loop->chunks);
    pw_end_visit(visit);
  }
  if (is_known && pace.ran > 0) pw_remember(pool, site, (float)pace.nanoseconds / ((float)pace.ran * loop->weight));
  return is_offered;
}

PW_API uint64_t pw_loop_grain(pw_pool *pool, uint64_t count, float each) {
  bool is_inside = pw_holds(pool) && pw_current()->region_depth != 0;
  if (count <= 1) return count;
  pw_pace pace = pw_pace_begin(PW_BATON_OF(pool) != NULL ? PW_DEAL_EIGHTHS : PW_DEAL_TIMED, each > 0 ? each : 1e-6f);
  if (pace.dealing == PW_DEAL_TIMED && !is_worth_sharing(pool, is_inside, pace.each * (float)count)) return count;
  pace.last = UINT32_MAX; // as after batches of whatever size
  uint32_t workers = pw_pool_workers(pool);
  return pw_pace_take(&pace, count / workers + (count % workers != 0));
}

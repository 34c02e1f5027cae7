// How many chunks a participant of a loop takes at a time, and how many participants a loop is worth: pure functions,
// tried out on a clock of their own in Tests/PinwheelTests/PaceTests.swift.
//
// Sources: guided self-scheduling (Polychronopoulos and Kuck 1987) and factoring (Hummel, Schonberg and Flynn 1992) take
// a fraction of what is left, so that the ends meet; here it is a fraction of one's own slice, of which others take
// halves. The target time is that of Lucco's *probabilistic tapering* (1992) in its simplest form: batches as long as
// their overhead demands, shorter towards the end.
#include "internal.h"

/// A part of a slice that nobody else can have any more once it is taken. The first batch of a slice is smaller: what
/// is known comes from elsewhere then.
#define SLICE_PART 8
#define FIRST_SLICE_PART 16

/// How much larger than the last a batch may be while little is known.
#define GROWTH 16

static uint64_t smaller(uint64_t a, uint64_t b) { return a < b ? a : b; }
static uint64_t larger(uint64_t a, uint64_t b) { return a > b ? a : b; }

/// How many chunks last so long.
static uint64_t lasting(float nanoseconds, float each) {
  float count = nanoseconds / each;
  return count < 1e9f ? (uint64_t)count : 1000000000;
}

PW_API PW_LOOP_PATH uint64_t pw_pace_take(const pw_pace *pace, uint64_t rest) {
  switch (pace->dealing) {
  case PW_DEAL_HALVES: return (rest + 1) / 2;
  case PW_DEAL_EIGHTHS: return (rest + 7) / 8;
  case PW_DEAL_TIMED: break;
  default: return 1;
  }
  // Nothing is known, of any slice: the first chunk tells.
  if (!(pace->each > 0)) return 1;
  bool first = pace->last == 0;
  uint64_t count = smaller(lasting(PW_BATCH_NS, pace->each), rest / (first ? FIRST_SLICE_PART : SLICE_PART));
  if (!first) {
    count = larger(count, lasting(PW_LEAST_BATCH_NS, pace->each));
    count = smaller(count, GROWTH * pace->last);
  }
  return smaller(larger(count, 1), rest);
}

PW_API uint64_t pw_pace_batch(const pw_pace *pace, uint64_t rest) {
  if (!(pace->each > 0) || pace->last == 0) return pw_pace_take(pace, rest);
  uint64_t count = smaller(lasting(PW_BATCH_NS, pace->each), GROWTH * pace->last);
  return smaller(larger(count, 1), rest);
}

PW_API PW_LOOP_PATH void pw_pace_ran(pw_pace *pace, uint64_t count, uint64_t nanoseconds) {
  // A clock that has gone backwards, or a thread that has moved to a CPU with another one.
  if (nanoseconds > (uint64_t)1 << 62) nanoseconds = 0;
  pace->last = count;
  pace->ran += count;
  pace->nanoseconds += nanoseconds;
  // Never 0, which says that nothing is known.
  float each = ((float)nanoseconds + 0.001f) / (float)count;
  // Down at once: one costly chunk, or a thread that lost its CPU for a while, says little about those that follow.
  pace->each = pace->each > 0 && each > pace->each ? pace->each + (each - pace->each) * 0.75f : each;
}

PW_API uint64_t pw_slice_end(uint64_t lo, uint64_t end, uint64_t weight, uint64_t left, uint32_t others) {
  if (others == 0) return end;
  uint64_t hi = weight < left ? lo + (end - lo) * weight / left : end;
  return smaller(larger(hi, lo + 1), end - others);
}

/// What a participant who is awake costs the others, or the loop: a mailbox and back, some cache-line round trips.
#define SHARE_NS 500.0f

static uint32_t times(float total, float each, uint32_t most) {
  float count = total / each;
  return count < (float)most ? (uint32_t)count : most;
}

PW_API PW_LOOP_PATH pw_worth pw_worth_of(float nanoseconds, uint32_t others, uint64_t wake_ns) {
  if (!(nanoseconds > 0)) return (pw_worth){others, others, false};
  // With one other who arrives after w, t becomes (t + w) / 2, and the call to wake it costs the caller about w / 6.
  return (pw_worth){times(nanoseconds, SHARE_NS, others), times(nanoseconds, 1.5f * (float)wake_ns, others), false};
}

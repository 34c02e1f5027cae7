// The slot: one place at the pool's table, and its strict stack of forked jobs. README.md has the protocol and the
// invariants (I1 ...).
#ifndef PINWHEEL_PW_SLOT_H
#define PINWHEEL_PW_SLOT_H

#include <stddef.h>
#include "pw_atomic.h"
#include "pw_bounds.h"
#include "pw_loose.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Two lines: x86 prefetches them in pairs.
#define PW_LINE 128
#define PW_OWN_LINE __attribute__((aligned(PW_LINE)))

struct pw_pool;

/// The two words of a Swift closure, as they are passed in registers (see closure.c).
typedef void *pw_code;

/// A forked job that nobody else can see yet: a link of the chain that runs through its owner's call frames. The job is
/// called with the frame's address, beside which its result goes. Small, because a frame of at most 128 bytes is
/// addressed by shorter instructions.
typedef struct pw_frame {
  struct pw_frame *older;
  pw_code code;  // NULL in a call of no slot: nobody else will ever see the job
  void *context; // PW_NOT_HERE while the job is exposed (I3), and in a call of no slot; NULL: a closure that captures nothing
} pw_frame;

/// No closure's context has this address.
#define PW_NOT_HERE ((void *)1)

/// The holder's end of a strict stack: its own, touched by every fork and join.
typedef struct pw_chain {
  pw_frame *top;     // the newest forked job that has not been joined
  AO_t private_jobs; // how many of them nobody else can see yet: those from top down to the first that has an entry in `jobs` (I3)
  AO_t enough;       // from as many on, a fork need not offer its job (I12): PW_ENOUGH above those older than the running job
} pw_chain;

/// So many private jobs of one running job are enough to offer.
#ifndef PW_ENOUGH // the explorer sets it to 1
#define PW_ENOUGH 4
#endif

// What a gate says that is not the pool's address, which is higher. Shut: the next fork exposes, because its holder wants
// that, or because somebody asks, who says what it has found when it last took something.
#define PW_GATE_NONE ((AO_t)0) // the slot has not begun: nobody asks there (I17)
#define PW_GATE_SHUT ((AO_t)1)
#define PW_ASKED_AFTER_LITTLE ((AO_t)2)
#define PW_ASKED_AFTER_MUCH ((AO_t)3)
#define PW_GATE_EAGER ((AO_t)4) // nobody asks, but every fork links its job

/// A job that its owner has exposed. 64 bytes, so that a thief that signs one does not disturb its neighbours.
typedef struct pw_job {
  pw_code code;
  void *context;
  pw_frame *frame;
  /// PW_EMPTY until a thief signs it with PW_BY(slot), then PW_DONE. Back to PW_EMPTY when joined (I4).
  AO_t state;
  AO_t unused[4];
} pw_job;

// States of a job, strict or submitted. Bit 2 says that somebody sleeps on the word.
#define PW_EMPTY ((AO_t)0)
#define PW_SIGNED ((AO_t)2)
#define PW_DONE ((AO_t)3)
#define PW_KIND ((AO_t)3)
#define PW_SLEEPER_BIT ((AO_t)4)
#define PW_BY(id) (((AO_t)(id) << 3) | PW_SIGNED)
#define PW_SIGNER(state) ((uint32_t)((state) >> 3))
/// Signs a job that runs on a thread without a slot.
#define PW_NOBODY 0xffffffu

// The word that thieves CAS: epoch | split | tail. Of the exposed jobs 0..<split, those below tail are stolen.
#define PW_INDEX_BITS 20
#define PW_INDEX_MASK (((AO_t)1 << PW_INDEX_BITS) - 1)
#define PW_EPOCH_ONE ((AO_t)1 << (2 * PW_INDEX_BITS))
#define PW_TAIL(w) ((w) & PW_INDEX_MASK)
#define PW_SPLIT(w) (((w) >> PW_INDEX_BITS) & PW_INDEX_MASK)
#define PW_WORD(old, split, tail) \
  (((old) & ~(PW_EPOCH_ONE - 1)) | ((AO_t)(split) << PW_INDEX_BITS) | (AO_t)(tail))

/// Jobs that a slot can have exposed at once; the chain of private ones is as long as its owner's stack is deep.
#define PW_STRICT_CAPACITY (1u << 16)

// Who holds a seat, in the low half of a word that a futex sleeps on (seat.c).
enum {
  PW_SEAT_WORKING = 0, // its worker, in a round of its search: will be open or busy in a moment
  PW_SEAT_OPEN = 1,    // its worker, between two rounds: may be taken or posted to
  PW_SEAT_ASLEEP = 2,  // its worker, parked: may be taken, posted to, or woken
  PW_SEAT_GUEST = 3,   // an outside caller; the worker stands down
  PW_SEAT_CLAIMED = 4, // somebody is writing the mailbox (a few instructions)
  PW_SEAT_POSTED = 5,  // a region's slice lies in the mailbox, not begun; the caller's slot id stands above
  PW_SEAT_WOKEN = 6,   // its worker, told to search; how many others it is to wake first stands above
  PW_SEAT_GONE = 7,    // nobody: the worker has ended
  PW_SEAT_BUSY = 8,    // its worker, with a job
  PW_SEAT_STANDBY = 9, // its worker, for a moment, for the next loop of the slot whose id stands above (standby.c)
};

#define PW_SEAT_KIND(seat) ((seat) & 0xff)
#define PW_SEAT_ID(seat) ((uint32_t)(seat) >> 8 & 0xffff)
#define PW_SEAT_STANDBY_FOR(id) (((AO_t)(id) << 8) | PW_SEAT_STANDBY)
/// The id makes a post its caller's own: nobody else takes it back, and nobody mistakes it for a later one (I11).
#define PW_SEAT_POSTED_BY(id) (((AO_t)(id) << 8) | PW_SEAT_POSTED)

/// A member's number, and how many there are (team.c).
typedef struct pw_team_place {
  uint32_t index, count;
} pw_team_place;

/// What a slot has done since the pool started. Written by its holder only; relaxed.
typedef struct pw_counters {
  AO_t exposures, steals_tried, steals_won, steals_lost, loose_run, parks, wakes, injector_takes, region_shares;
} pw_counters;

/// What one slot asks of another that stands by for it, and what that one answers (standby.c).
typedef struct pw_call {
  AO_t asked PW_OWN_LINE; // calls made so far; this line is written by the caller alone
  pw_code code;
  void *context;
  uint64_t lower, upper;
  AO_t answer PW_OWN_LINE; // calls served << 2 | the caller sleeps | the worker stands by
} pw_call;

/// Room for slot ids, beside one another: as a rule few are used of each kind, which then lie in one line.
typedef struct pw_ids {
  uint32_t posted;   // posted to
  uint32_t slept;    // those of them that slept
  uint32_t recent;   // posted to the last time
} pw_ids;

typedef struct pw_slot {
  // Line 0: the holder's own, touched by every fork.
  pw_chain chain;           // of a slot that its holder does not work with now, else see `pw_this_thread`
  AO_t split;     // the holder's exact copy of the word's split: only the holder moves it (I2)
  AO_t own_floor; // and of `floor`
  struct pw_slot *outer; // what the holding thread held before, in another pool
  pw_frame *visit;       // the fork of an outside caller at whose end it leaves this slot
  void *scope;           // tag of the innermost scope whose spawns may go to this slot's deque as they are (I9)
  uint64_t random;
  uint64_t wait_sequence;
  uint32_t region_depth; // 1 while this slot calls or serves a region: loops inside are strict jobs
  uint32_t tick;         // search rounds, for an occasional look at the injector first
  uint32_t is_guest;
  uint32_t unwanted;     // joins in a row, at most UNWANTED, that found their job exposed but not taken
  uint32_t soon_again;   // exposures in a row, at most OFTEN, that came soon after the one before
  uint32_t eager_forks;  // forks that linked their jobs because the slot is eager
  uint64_t exposed_at;   // when the last exposure came
  uint32_t jobs_deep;    // jobs that run on this slot, one inside the wait of another
  uint8_t found_little;  // how much more often those that ask have found little than much, up to MOST_LITTLE
  uint8_t request;       // what this slot asks others with

  // Constant since the slot has begun, and so apart from what its holder writes: thieves, callers and those who are called
  // read it. In one line with that, it cost a static loop two line round trips.
  struct pw_pool *pool PW_OWN_LINE;
  pw_job *jobs;
  AO_t capacity;
  pw_call *calls;     // the lines between this slot and each of the first PW_MOST_CALLED
  pw_ids *ids;
  uint32_t id;

  /// The pool's address: open; or one of the words above. Shut by thieves that find nothing, and by the holder while too
  /// little is exposed. So one compare tells a fork that this thread holds a slot of the right pool, and that nobody
  /// asks.
  AO_t gate PW_OWN_LINE;

  /// epoch | split | tail: the only word through which jobs change hands.
  AO_t word PW_OWN_LINE;

  // What the holder publishes for those that wait for it.
  AO_t wait PW_OWN_LINE; // sequence << 24 | index + 1 of the stolen job that it waits for, or 0
  AO_t floor;            // jobs below this index are older than what runs now
  AO_t tag;              // the scope whose loose job runs now, or 0
  AO_t news;             // eventcount: sequence << 1 | somebody sleeps

  // The seat and the mailbox, in one pair of lines: a post is one transfer.
  AO_t seat PW_OWN_LINE;
  AO_t slice; // tag | hi | lo, in chunks (region.c)
  pw_code post_code;
  void *post_context;
  uint32_t post_caller; // slot id of the region's caller
  uint32_t post_fan_lo, post_fan_hi; // ids[lo..<hi].slept of the caller, for this participant to wake
  uint32_t post_slept;  // the seat was asleep when the post was made, at `post_time`
  uint32_t post_dealing; // the region's pace (pw_loop.h)
  float post_each;
  uint64_t post_time;
  pw_bounds post_bounds; // the loop's

  // The region that this slot calls.
  AO_t region PW_OWN_LINE; // registered participants << 2 | waiter | open
  pw_code region_code;
  void *region_context;
  pw_bounds region_bounds;
  uint32_t region_dealing;
  float region_each;
  bool has_called;    // workers have been called in the holder's last loops
  struct pw_slot *standby; // whose line the worker has left ready, or NULL
  uint32_t recent_count;
  uint32_t series;    // static loops in a row that were too short to wake somebody for (loop.c)
  uint64_t static_at; // when the last of them began

  // A member of a team waits here, first for its children in the barrier's tree and then for its parent (team.c).
  AO_t team_arrived PW_OWN_LINE; // failed : 3 | ended : 3 | came : 3 | somebody sleeps
  AO_t team_released;            // the same
  pw_team_place team_place;
  uint64_t team_spin_ns;
  uint32_t team_home; // slot id of the team's caller
  AO_t team_missing;  // at the caller: who has yet to begin, or to leave << 1 | the caller sleeps

  AO_t is_away; // nothing lies on this slot, and nobody works with it, until its worker says otherwise (roster.c)

  pw_deque deque PW_OWN_LINE;

  pw_counters counters PW_OWN_LINE;

#ifndef PW_ATOMIC_OVERRIDE // the explorer has no nodes
  /// A page, so that no two slots have one in common, and each lies on its worker's node. (Of 4 KiB: where pages are larger,
  /// as on some AArch64, neighbours share one, which lies on the node of the first to begin.) A slot's lines fall into the
  /// sets of a cache as they would without it.
  char apart[4096];
#endif
} pw_slot;

/// What a thread works with, and what it is in: one line, of which forks and joins need the first half.
typedef struct pw_thread {
  pw_slot *slot;  // never NULL: a thread that holds none points to one that belongs to no pool
  pw_chain chain; // that slot's
  struct pw_pool *refused; // the pool that has refused this thread a slot for the call that it is in
  struct pw_aside *asides; // the innermost of the jobs that it runs without a slot of their pool
  void *observer;          // of the loops that it calls, or NULL
} __attribute__((aligned(64))) pw_thread;

// For forks and joins alone; everybody else asks `pw_current`. A thread forks to the slot that it works with and to no
// other, so the chain lies here, beside the pointer to the slot, and not in the slot: every join stores to it, and the
// loads that follow wait until that store's address is known. An address found through a pointer that was itself just
// loaded cost a fifth of fib's time.
//
// initial-exec: a constant distance from the thread pointer, also in a shared library; 64 bytes of the static block.
//
// The number in its name is that of the layout: programs have the inline functions of these headers compiled into them, and
// build systems do not always notice that a header has changed. What was compiled against another layout does not link,
// where it would look for a gate in the wrong line. pool.c has assertions that say when to raise it, with the setting in
// Package.swift by which Swift modules are compiled anew.
#define pw_this_thread pw_this_thread_3
#ifdef PW_ATOMIC_OVERRIDE
static _Thread_local pw_thread pw_this_thread;
#else
extern __thread pw_thread pw_this_thread __attribute__((tls_model("initial-exec")));
#endif

/// Adds one to a counter of the slot that the caller holds: a plain load and store, readable from other threads.
#define PW_COUNT(slot, name) PW_TALLY(&(slot)->counters.name)

PW_API void pw_expose(pw_slot *slot);
PW_API void pw_push_slowly(struct pw_pool *pool, pw_frame *frame, pw_code code, void *context, pw_slot *slot);
PW_API bool pw_pop_exposed(pw_slot *slot, pw_frame *frame);
PW_API void pw_join_stolen(pw_slot *slot, pw_frame *frame);

static inline void pw_link(pw_frame *frame, pw_code code, void *context) {
  frame->code = code;
  frame->context = context;
  frame->older = pw_this_thread.chain.top;
  pw_this_thread.chain.top = frame;
  pw_this_thread.chain.private_jobs += 1;
}

/// Whether a fork may keep its job to itself and run both parts one after the other: this thread's slot is one of
/// `pool`, the gate is open (something is exposed, or there is nobody to expose for), and enough older jobs can be
/// exposed when somebody asks (I12).
static inline bool pw_is_fed(struct pw_pool *pool) {
  return pw_this_thread.chain.private_jobs >= pw_this_thread.chain.enough
      && PW_LOAD(fed_gate, &pw_this_thread.slot->gate) == (AO_t)pool; // relaxed; pairs with `ask`, as in `pw_push`
}

/// Whether nobody asks this thread's slot: for who looks again soon.
static inline bool pw_nobody_asks(void) {
  return PW_LOAD(unasked_gate, &pw_this_thread.slot->gate) >= PW_GATE_EAGER; // relaxed; pairs with `ask`, as in `pw_push`
}

/// Pushes a job: one compare, five stores, none to an address that was just loaded. On a slot that is not one of `pool`
/// it makes the call an outside one.
static inline void pw_push(pw_slot *slot, struct pw_pool *pool, pw_frame *frame, pw_code code, void *context) {
  // relaxed; pairs with the store in `pw_ask`: a request missed here is seen by the next fork.
  if (PW_UNLIKELY(PW_LOAD(push_gate, &slot->gate) != (AO_t)pool)) {
    pw_push_slowly(pool, frame, code, context, slot); // in the order of a fork's registers
    return;
  }
  pw_link(frame, code, context);
}

/// Whether nobody can have seen the job pushed last (I3): its owner may still change what the job will read.
/// False also in a call of no slot, whose job nobody ever sees: that is run the slow way.
static inline bool pw_is_private(const pw_frame *frame) { return frame->context != PW_NOT_HERE; }

/// Takes back the job pushed last, if nobody can have seen it: one compare, with what lies in the caller's own frame.
/// False: it is exposed (I3), or its call holds no slot.
static inline bool pw_pop_private(pw_frame *frame) {
  if (PW_UNLIKELY(!pw_is_private(frame))) return false;
  pw_this_thread.chain.top = frame->older;
  pw_this_thread.chain.private_jobs -= 1;
  return true;
}

/// Takes back the job pushed last. False: it was stolen, and the caller must `pw_join_stolen`.
static inline bool pw_pop(pw_slot *slot, pw_frame *frame) {
  return pw_pop_private(frame) || pw_pop_exposed(slot, frame);
}

#ifdef __cplusplus
}
#endif

#endif

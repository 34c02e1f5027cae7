// What the core's files share and nobody else sees.
#ifndef PINWHEEL_INTERNAL_H
#define PINWHEEL_INTERNAL_H

#include "include/CPinwheel.h"

/// The functions that a short loop goes through, its caller's and its workers', lie side by side. After a quiet moment of
/// some milliseconds a CPU's caches hold none of them, and each page and line of them is a miss: with them in five pages
/// instead of nine, and what they read in fewer too, an empty loop after 100 ms took 0.8 of the time. (A section whose name
/// is an identifier stays one piece with every linker.)
#ifndef PW_LOOP_PATH // the check of what compilers emit has one section for all
#define PW_LOOP_PATH __attribute__((section("pinwheel_loops")))
#endif

// What a deterministic pool does in between (baton.c); in others one test, and none on the paths that are not slow
// anyway. The explorer decides by itself who runs.
#ifdef PW_ATOMIC_OVERRIDE
#define PW_BATON_AT(baton, point) ((void)(baton))
#define PW_BATON_SLEEP(baton, p, value, ns) ((void)(baton), false)
#define PW_BATON_WAKE(baton, p, n) ((void)(baton))
#define PW_BATON_OF(pool) ((pw_baton *)NULL)
#define PW_BATON_DRAW(pool, bound) 0
#define PW_BATON_ENTER(pool) ((void)(pool))
#define PW_BATON_LEAVE(pool) ((void)(pool))
#else
#define PW_BATON_OF(pool) ((pool)->baton)
#define PW_BATON_DRAW(pool, bound) pw_baton_draw((pool)->baton, (bound))
/// Around what an outside thread may call.
#define PW_BATON_ENTER(pool) (PW_UNLIKELY((pool)->baton != NULL) ? pw_baton_enter((pool)->baton) : (void)0)
#define PW_BATON_LEAVE(pool) (PW_UNLIKELY((pool)->baton != NULL) ? pw_baton_leave((pool)->baton) : (void)0)
/// A scheduling point: others may run here.
#define PW_BATON_AT(baton, point) (PW_UNLIKELY((baton) != NULL) ? pw_baton_at((baton), (point)) : (void)0)
/// Before each futex wait: whether the thread has slept already, by waiting for its turn.
#define PW_BATON_SLEEP(baton, p, value, ns) \
  (PW_UNLIKELY((baton) != NULL) && pw_baton_sleep((baton), (p), (AO_t)(value), (ns)))
/// Before each futex wake.
#define PW_BATON_WAKE(baton, p, n) (PW_UNLIKELY((baton) != NULL) ? pw_baton_wake((baton), (p), (n)) : (void)0)
#endif
#define PW_AT(pool, point) PW_BATON_AT(PW_BATON_OF(pool), point)

// closure.c: calls into Swift.
/// A forked job's code, which calls `pw_run_part` with its context.
PW_API pw_code pw_part_code(void);
PW_API void pw_call_job(pw_code code, void *context, pw_frame *frame);
/// Calls the body of a loop with indices.
PW_API void pw_call_part(pw_code code, void *context, uint64_t lower, uint64_t upper);
/// The same with the indices of some chunks.
static inline void pw_call_chunks(
    pw_code code, void *context, const pw_bounds *bounds, uint64_t first, uint64_t last) {
  pw_call_part(code, context, pw_bound(*bounds, first), pw_bound(*bounds, last));
}
/// A member's body; true if it has failed.
PW_API bool pw_call_member(pw_code code, void *context, pw_slot *slot);
/// As `pw_push`, for a thread that holds no slot of the pool: takes one, if one stands idle.
PW_API void pw_push_outside(pw_pool *pool, pw_frame *frame, pw_code code, void *context);

// strict_stack.c
/// Takes the oldest exposed job of `victim`. On TAKEN the caller owns running it; on EMPTY it has asked for work.
/// `request`: what the caller's slot asks with.
PW_API pw_steal pw_strict_steal(pw_slot *victim, AO_t request, pw_job **job);
/// The CAS of a steal, from a word that the caller has looked at.
PW_API pw_steal pw_strict_steal_from(pw_slot *victim, AO_t word, AO_t request, pw_job **job);
/// How many forked jobs of the slot are not joined yet: where the next one's entry would lie, were all exposed.
PW_API AO_t pw_depth(pw_slot *slot);
/// From how many private jobs on the running job's forks may keep theirs (I12): PW_ENOUGH above those that are older than it,
/// which lie between the split and its floor. To be called when either has moved.
PW_API void pw_count_feed(pw_slot *slot);
/// The newest job was stolen and is done: its entry, and the tail, come back to the owner.
PW_API void pw_rejoined(pw_slot *slot, pw_frame *frame);
/// Asks the holder of `victim` to expose work at its next fork.
PW_API void pw_ask(pw_slot *victim, AO_t request);
/// What a slot asks with when the job that it stole last has lasted so long.
PW_API AO_t pw_request_after(uint64_t nanoseconds);

// wait.c
/// Runs a job that the caller has stolen.
PW_API void pw_run_stolen(pw_slot *slot, pw_job *job);
/// Runs a loose entry on the slot that the caller holds.
PW_API void pw_run_loose(pw_slot *slot, pw_entry entry);
/// Ends the job that runs on `slot` as far as helpers are concerned: none of them can steal by an older look (I5).
PW_API void pw_end_of_job(pw_slot *slot);
/// Tries to run one strict job of the slot `by`, or of those that it waits for, as long as `*condition & mask` is
/// `expected`, which says that `by` runs what the caller waits for.
PW_API bool pw_leap(pw_slot *slot, AO_t *condition, AO_t mask, AO_t expected, uint32_t by);
PW_API void pw_announce(pw_slot *slot);

// seat.c
/// After a publication: wakes a sleeper unless somebody is searching already.
PW_API void pw_notify(pw_pool *pool, pw_slot *near);
/// The same for so many jobs: wakes one sleeper for each that no searcher will find at once.
PW_API void pw_notify_many(pw_pool *pool, pw_slot *near, uint64_t count);
/// The slot's holder is a searcher from now on, and counted as one; or ends, as one that was.
PW_API void pw_start_searching(pw_slot *slot);
PW_API void pw_end_searching(pw_slot *slot);
/// A counted searcher has found work, or leaves.
PW_API void pw_stop_searching(pw_slot *slot);
/// Whether there is work that nobody may have seen.
PW_API bool pw_work_is_visible(pw_pool *pool);
/// The same, or its worker is to stand aside. `caller`: a slot whose holder's loops have been served by workers that stand
/// by, or NULL; those are not asked, and their lines stay with them.
PW_API bool pw_has_to_get_up(pw_slot *slot, const pw_slot *caller);
/// The worker waits until it has its seat back. `counted`, and what it returns: whether it counts as a searcher.
PW_API bool pw_await_seat(pw_slot *slot, bool counted);
/// Goes to sleep, and returns what pw_await_seat does. `got_up`: the worker has seen work as it lay down.
PW_API bool pw_sleep(pw_slot *slot, bool *got_up);
/// Claims a seat for a post: one that is idle, or stands by for the slot of that id.
PW_API bool pw_claim_seat(pw_slot *slot, uint32_t by, bool *slept);
/// A guest that has slept, and been woken on the CPU of whoever woke it, goes on where the worker would be that has stood
/// down for it: else both share that CPU from then on, and wait for each other at every barrier by sleeping.
PW_API void pw_go_home(pw_slot *slot);
/// Says that the seat's worker sleeps. Whoever does must look then whether it has to get up again
/// (`pw_has_to_get_up`: for work, the stop, a smaller pool), and wake this very seat if so: nobody else may have seen it
/// asleep in time.
PW_API void pw_seat_lie_down(pw_slot *slot);
/// Wakes the sleeper of this seat, if it sleeps.
PW_API bool pw_wake_seat(pw_slot *slot);

/// Every so many rounds of a search, or calls in a row, whatever waits longest comes first.
#define PW_FAIR_ROUNDS 61
/// Every so many rounds of its wait a loop's caller looks whether it can help: each look takes away a line of those who
/// are about to answer.
#define PW_HELP_ROUNDS 64

/// How long who waits looks before it sleeps, at the moment.
// Pairs with pw_pool_set_spin.
static inline uint64_t pw_spin_ns(pw_pool *pool) { return PW_SETTING(&pool->spin_ns); }

// near.c
/// A walk along a part of the row.
typedef struct pw_walk {
  uint32_t begin, size, from, members, step, left;
} pw_walk;

/// Whom a round of a search looks at.
typedef struct pw_victims {
  pw_slot *slot;
  uint32_t reach, random;
  uint32_t left;                // looks that are not dealt to a level yet
  uint32_t at, levels;          // the level at hand; behind the last one of this round
  AO_t level[PW_LEVELS + 1];
  bool goes_by_id;              // and not by the row
  pw_walk walk;                 // through the level at hand
} pw_victims;

/// Nearest first, at random within a level, at most eight; the more rounds in a row have missed, the further.
PW_API pw_victims pw_near_victims(pw_slot *slot, uint32_t reach, uint32_t misses, uint32_t random);
/// Neighbours in order of ids from a random one on: so many, or 0 for as many as above. Whatever the row says, each comes up.
PW_API pw_victims pw_any_victims(pw_slot *slot, uint32_t reach, uint32_t count, uint32_t random);
/// The next one, never the slot itself; NULL at the end of the round.
PW_API pw_slot *pw_next_victim(pw_victims *victims);

/// Where to look for idle seats: `{.start = id}`, around the table from that id on, 64 seats at a time; as
/// `pw_pick_near` makes it, first at those near a slot.
typedef struct pw_pick {
  uint32_t start, step;
  AO_t bits;                     // of the word at hand: those not yet picked
  uint32_t part, count;          // of the walks, before that
  pw_walk parts[PW_LEVELS];
  uint32_t word;                 // whose bits `walked` are
  AO_t walked;
} pw_pick;
/// `itself`: the slot comes first; else last.
PW_API pw_pick pw_pick_near(pw_pool *pool, uint32_t id, bool itself);
/// The next slot that is counted as idle, or NULL when all have come up; some may a second time.
PW_API pw_slot *pw_pick_idle(pw_pool *pool, pw_pick *pick);

// roster.c
/// The worker, which has nothing to do and an empty stack, empties its deque and waits until it is wanted.
PW_API void pw_stand_aside(pw_slot *slot);
/// Whether its worker is to stand aside as soon as it has nothing to do: a hint.
static inline bool pw_is_unwanted(pw_slot *slot) { return slot->id >= pw_pool_workers(slot->pool); }

// standby.c
/// Workers of later slots never stand by: the lines between all slots would take too much of the address space.
#define PW_MOST_CALLED 512
/// What the seat of a worker becomes that has run its part of the caller's region, and is about to leave it.
PW_API AO_t pw_seat_after(pw_slot *slot, pw_slot *caller);
/// Stands by for a moment, as `seat` says, or serves a call. If nobody comes the seat is the worker's again.
PW_API void pw_stand_by(pw_slot *slot, AO_t seat);
/// Whether the worker of the slot of that id, which may not have begun, stands by for the caller. Then it searches before
/// it sleeps, and passes on what it leaves there.
PW_API bool pw_stands_by_for(uint32_t id, const pw_slot *caller);
/// The worker stands by no longer. False: it was called before, and has served that.
PW_API bool pw_withdraw(pw_slot *slot);
/// Runs a loop of one chunk a slot with those who served this slot the last time, if all of them stand by for it.
/// False: nothing was run.
PW_API bool pw_call_standby(pw_slot *slot, pw_code code, void *context, const pw_bounds *bounds, uint64_t first, uint64_t chunks);

// region.c
#define PW_CHUNK_BITS 25
#define PW_CHUNK_MASK (((AO_t)1 << PW_CHUNK_BITS) - 1)
#define PW_SLICE(caller, lo, hi) \
  ((((AO_t)(caller) + 1) << (2 * PW_CHUNK_BITS)) | ((AO_t)(hi) << PW_CHUNK_BITS) | (AO_t)(lo))
#define PW_SLICE_LO(s) ((s) & PW_CHUNK_MASK)
#define PW_SLICE_HI(s) (((s) >> PW_CHUNK_BITS) & PW_CHUNK_MASK)
#define PW_SLICE_TAG(s) ((s) >> (2 * PW_CHUNK_BITS))
#define PW_SLICE_TAG_MASK (~(((AO_t)1 << (2 * PW_CHUNK_BITS)) - 1))
/// The mailbox holds a post, and the caller has just taken it (POSTED to WORKING).
PW_API void pw_region_serve(pw_slot *slot);
/// Joins the region that a slice seen at `victim` belongs to. False: it has closed, or nothing was left.
PW_API bool pw_region_join(pw_slot *slot, AO_t slice, bool *searching);

// Posts, of regions and teams (region.c)
/// Claims idle seats, at most `worth.awake`, but those of sleepers only as long as there are fewer than `worth.asleep`,
/// and leaves their ids in `posted`, in order. `apart_first`: those of workers that share no CPUs before all others.
/// Returns how many, and how many of them slept.
typedef struct pw_claims {
  uint32_t count, asleep;
} pw_claims;
/// Whether this worker is one of those that share no CPUs.
PW_API bool pw_is_apart(const pw_slot *slot);
PW_API pw_claims pw_claim_seats(pw_slot *slot, pw_worth worth, bool apart_first);
/// Writes a post into the mailbox of a claimed seat, and posts it if its worker is awake; else counts it, and enters it
/// in `slept`. Without code it is a team's.
PW_API void pw_address_post(pw_slot *slot, pw_slot *other, pw_code code, void *context, uint32_t *slept);
/// Posts what has been written to the seats of those that sleep, and wakes them.
PW_API void pw_post_sleepers(pw_slot *slot, uint32_t slept);
/// Who has taken a post wakes its share of the others'.
PW_API void pw_wake_posted(pw_slot *slot);
/// Takes the post at `other` back, if it has not been begun. `stays_up`: if its worker was woken for it, that is to look for
/// work as if it had been woken for some.
PW_API bool pw_revoke_post(pw_slot *slot, pw_slot *other, bool stays_up);

// team.c
/// The mailbox holds a call to a team, and the slot's worker has just taken it.
PW_API void pw_team_serve(pw_slot *slot);

// loop.c
/// Runs a part of a loop that has been forked.
PW_API void pw_run_part(void *forked);

static inline uint64_t pw_random(pw_slot *slot) {
  // xorshift64 (Marsaglia 2003): victim order needs speed and a seed, not quality.
  uint64_t x = slot->random;
  x ^= x << 13;
  x ^= x >> 7;
  x ^= x << 17;
  return slot->random = x;
}

/// Bounded spinning: a few pauses at a time, and now and then a look at the clock.
typedef struct pw_spin {
  uint64_t deadline;
  uint32_t rounds;
} pw_spin;

/// False when `spin_ns` have passed since the first call: time to sleep.
PW_API bool pw_spin_more(pw_spin *spin, uint64_t spin_ns);

#endif

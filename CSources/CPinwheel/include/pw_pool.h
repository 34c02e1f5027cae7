// The pool: its slots, its injector, who is idle, and the calls that the Swift layer makes.
#ifndef PINWHEEL_PW_POOL_H
#define PINWHEEL_PW_POOL_H

#include "pw_baton.h"
#include "pw_loop.h"
#include "pw_near.h"
#include "pw_slot.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Runs a loose entry. `ticket`: `object` is a counted reference that the callee consumes and that knows what to run;
/// else the words are a closure to run, consumed too, and `object` is the scope's that it is for, or NULL.
typedef void (*pw_run_entry_fn)(void *first, void *second, void *object, bool ticket);

/// Most slots of a pool: slot ids and the counts in `idle` fit with room to spare.
#define PW_MOST_SLOTS 4096

typedef struct pw_pool {
  uint32_t most;     // slots that there is address space for
  uint32_t capacity; // of a slot's strict stack
  uint32_t fork_generation;
  uint64_t seed;
  pw_run_entry_fn run_entry;
  pw_slot *slots;
  void **rooms;      // what each slot that has been made has beside its lines (pool.c)
  AO_t *slot_of_cpu; // a hint
  AO_t *weights;     // how fast each slot's worker is
  AO_t *row;         // which slot stands where, and
  pw_near *near;     // beside whom: hints too (near.c)
  size_t size;       // of the mapping that all of these and the pool itself lie in
  pw_baton *baton;   // NULL but in a deterministic pool
  AO_t spin_ns;
  AO_t abreast;      // how many workers can run at the same time
  AO_t team_spin_ns; // how long members of a team of no more than that look before they sleep
  AO_t known_cpus;   // so many of `slot_of_cpu` mean something
  AO_t weighed;      // so many of `weights` mean something; 0: all workers are equally fast
  AO_t made;         // slots that have been made: all others lie behind them
  AO_t starting;     // workers that have not begun to search
  AO_t roster;       // read in every round of a search, and so beside what hardly ever changes; see below

  /// sleepers | searchers << 16: who could take work. Producers read it after each publication.
  AO_t idle PW_OWN_LINE;
  /// A bit for each slot that is counted there. Behind the count, because both are written at the same moments.
  AO_t idle_seats[PW_MOST_SLOTS / 64];

  AO_t apart[PW_MOST_SLOTS / 64] PW_OWN_LINE; // as `pw_pool_set_abreast` has it: a hint

  pw_injector injector PW_OWN_LINE;

  // What loops remember: hints, seldom written (loop.c, region.c).
  AO_t wake_ns PW_OWN_LINE; // how long a sleeper takes to begin, lately
  AO_t sites[PW_SITES];     // how long an index takes, by the loop's body
} pw_pool;

// The roster: version << 33 | stopping << 32 | reach << 16 | wanted (roster.c). Workers of slots from `wanted` on stand
// aside when they have nothing to do, and from `reach` on all do, so that nobody looks there. The version makes each
// change of it another value.
#define PW_WANTED(roster) ((uint32_t)(roster) & 0xffff)
#define PW_REACH(roster) ((uint32_t)(roster) >> 16)
#define PW_STOPPING ((AO_t)1 << 32)
#define PW_VERSION_ONE ((AO_t)1 << 33)
#define PW_ROSTER(old, reach, wanted) ((((old) & ~(AO_t)UINT32_MAX) + PW_VERSION_ONE) | (AO_t)(reach) << 16 | (wanted))

/// How long waking a worker takes before it has been seen.
#define PW_WAKE_NS 20000

#define PW_SLEEPER ((AO_t)1)
#define PW_SEARCHER ((AO_t)1 << 16)
#define PW_SLEEPERS(idle) ((idle) & 0xffff)
#define PW_SEARCHERS(idle) (((idle) >> 16) & 0xffff)

/// As `spin_ns`: no worker that looks for work parks, and nobody who waits inside of the pool does (`wait: active`). A
/// worker parks while a guest has its slot, and until it is called again, unless all others are away too.
#define PW_NEVER_PARK UINT64_MAX

/// Makes a pool of `count` slots, which may grow to `most`, and whose strict stacks hold `capacity` jobs; who waits looks
/// for `spin_ns` before it sleeps. Each slot is to be begun by its worker (`pw_slot_begin`). NULL when memory is refused.
PW_API pw_pool *pw_pool_reserve(
    uint32_t count, uint32_t most, uint32_t capacity, uint64_t spin_ns, uint64_t seed, pw_run_entry_fn run_entry);
/// The same, with slots that have begun.
PW_API pw_pool *pw_pool_create(
    uint32_t count, uint32_t most, uint32_t capacity, uint64_t spin_ns, uint64_t seed, pw_run_entry_fn run_entry);
/// Fills in the slot. Nobody has written to its memory before, so the kernel puts that on the node of the calling thread
/// (first touch): to be called once, by its worker, where that is bound to run.
PW_API void pw_slot_begin(pw_pool *pool, uint32_t id);
static inline uint32_t pw_most_slots(void) { return PW_MOST_SLOTS; }
/// After every worker has been joined and every guest has left.
PW_API void pw_pool_destroy(pw_pool *pool);
/// Says which slot's worker is pinned on which CPU, so that a guest takes the slot of the CPU it runs on. May be said
/// again while the pool runs, by one thread at a time; 0 of them: no longer.
PW_API void pw_pool_set_homes(pw_pool *pool, const uint32_t *slot_of_cpu, uint32_t count);
/// How fast each slot's worker is, from 1 on, beside PW_FULL_WEIGHT: loops begin with slices in these proportions. Slots
/// from `count` on have PW_FULL_WEIGHT. May be said again while the pool runs, by one thread at a time; 0 of them: all are
/// equally fast.
PW_API void pw_pool_set_weights(pw_pool *pool, const uint32_t *weights, uint32_t count);
#define PW_FULL_WEIGHT 1024u
/// How many weights count at the moment. Pairs, like the weights, with pw_pool_set_weights.
static inline uint32_t pw_pool_weighed(pw_pool *pool) { return (uint32_t)PW_SETTING(&pool->weighed); }
static inline uint32_t pw_pool_weight(pw_pool *pool, uint32_t weighed, uint32_t slot) {
  return slot < weighed ? (uint32_t)PW_SETTING(&pool->weights[slot]) : PW_FULL_WEIGHT;
}
/// Says where a slot that has been made stands in the row, from 0, and which intervals of the row, `bounds[2 * i]` up to
/// below `bounds[2 * i + 1]`, share something with it: at most `PW_LEVELS` - 1, each inside of the next and all of slots
/// that have been made, no two alike; `shares_core`: the first of them a core. Thieves and wake-ups go by it, and may go
/// by a part of it while it is said. As `pw_pool_set_homes`, and not in a deterministic pool. Each slot has a position of its
/// own when all have been said; before, and without levels, that is its id.
PW_API void pw_pool_set_near(
    pw_pool *pool, uint32_t id, uint32_t position, const uint32_t *bounds, uint32_t levels, bool shares_core);
/// How long who waits looks from now on, before it sleeps.
PW_API void pw_pool_set_spin(pw_pool *pool, uint64_t spin_ns);
/// How many of the workers can run at the same time: no more than they have CPUs. At first all of them. `apart`: a bit for
/// each of so many workers that do not share CPUs, who are first to become members of a team; all, if `words` is 0. The
/// members of a team that is no larger look for `spin_ns` before they sleep, also where idle workers, who may share CPUs,
/// do not.
PW_API void pw_pool_set_abreast(
    pw_pool *pool, uint32_t count, uint64_t spin_ns, const uint64_t *apart, uint32_t words);
PW_API uint32_t pw_pool_abreast(pw_pool *pool);
/// NULL but in a deterministic pool.
static inline pw_baton *pw_pool_baton(pw_pool *pool) { return pool->baton; }
static inline pw_slot *pw_pool_slot(pw_pool *pool, uint32_t index) { return &pool->slots[index]; }
// These three are settings: acquire. The first two pair with `want` and `come_back_confirm` (roster.c), the third with
// the store in pw_pool_make_slot.
/// How many workers the pool is to have at the moment: a hint, wherever somebody may change it.
static inline uint32_t pw_pool_workers(pw_pool *pool) { return PW_WANTED(PW_SETTING(&pool->roster)); }
/// Behind the last slot that is worth a look: as large, or larger while those that are not wanted finish what they run.
static inline uint32_t pw_pool_reach(pw_pool *pool) { return PW_REACH(PW_SETTING(&pool->roster)); }
/// The slots that there have ever been, which is as many as have been wanted at most.
static inline uint32_t pw_pool_made(pw_pool *pool) { return (uint32_t)PW_SETTING(&pool->made); }

// Growing and shrinking (roster.c): by one thread at a time, not in a deterministic pool.
/// Makes one more slot; nobody is wanted there yet, and it is to be begun. False: memory was refused, or there are `most`.
PW_API bool pw_pool_make_slot(pw_pool *pool);
/// So many workers are wanted from now on, from 1 to as many as have been made and have a thread. Those that are no
/// longer finish what they run, give away what they have queued, and stand aside. False: the pool stops.
PW_API bool pw_pool_resize(pw_pool *pool, uint32_t wanted);
static inline uint32_t pw_slot_id(pw_slot *slot) { return slot->id; }
PW_API pw_counters pw_slot_counters(pw_slot *slot);
/// Refuses jobs from now on. False: it was closed already.
static inline bool pw_pool_close(pw_pool *pool) { return pw_injector_close(&pool->injector); }
static inline bool pw_pool_is_closed(pw_pool *pool) { return pw_injector_is_closed(&pool->injector); }

// The thread-local, and closures (closure.c).
/// The slot that this thread holds, or NULL. The one accessor of the thread-local.
PW_API pw_slot *pw_current(void);
PW_API void pw_set_current(pw_slot *slot);
/// Whether the slot that this thread works with is one of `pool`.
static inline bool pw_holds(pw_pool *pool) {
  pw_slot *slot = pw_current();
  return slot != NULL && slot->pool == pool;
}
/// The slot of `pool` that this thread holds, at whatever depth of pools calling pools, or NULL.
PW_API pw_slot *pw_held(pw_pool *pool);

// Workers and guests (worker.c, seat.c).
/// The worker's life: searches, runs, sleeps; returns when the pool stops and nothing is left to do.
PW_API void pw_worker_run(pw_slot *slot);
/// The same for a slot that was made later: it stands aside until it is wanted.
PW_API void pw_late_worker_run(pw_slot *slot);
/// Waits until every worker has begun, but no longer than that: a start-up hook may take its time.
PW_API void pw_pool_await_start(pw_pool *pool, uint64_t nanoseconds);
/// Tells the workers to end when nothing is left.
PW_API void pw_pool_stop(pw_pool *pool);
/// An outside caller takes a slot, if one stands idle; the worker stands down. NULL: none does.
PW_API pw_slot *pw_enter(pw_pool *pool);
PW_API void pw_leave(pw_slot *slot);
/// As `pw_enter`, for the time of a call that may contain others. What comes back goes to `pw_end_visit`: a slot; or
/// PW_REFUSED, which spares the calls inside this one from asking again; or NULL, when this thread holds a slot of the
/// pool, or has been refused, already.
PW_API pw_slot *pw_begin_visit(pw_pool *pool);
PW_API void pw_end_visit(pw_slot *visit);
/// Until the next such call: calls of the pool run on this thread alone, as if refused. NULL: no longer.
/// Returns the pool of the last such call.
PW_API pw_pool *pw_refuse(pw_pool *pool);
/// A submitted job of `pool` that its waiter runs on a thread without a slot of that pool: on that thread's stack.
typedef struct pw_aside {
  pw_pool *pool;
  struct pw_aside *outer;
} pw_aside;
PW_API void pw_begin_aside(pw_aside *aside, pw_pool *pool);
PW_API void pw_end_aside(pw_aside *aside);
/// Whether this thread is inside a call or a job of the pool, with a slot or without.
PW_API bool pw_is_inside(pw_pool *pool);
#define PW_REFUSED ((pw_slot *)1)
static inline bool pw_is_guest(pw_slot *visit) { return (uintptr_t)visit > 1; }
/// True in a child process made by `fork` after the pool was made: its workers do not exist there.
PW_API bool pw_pool_is_forked(pw_pool *pool);

// Waits (wait.c, worker.c) and loops (region.c).
/// Sleeps for some 50 µs.
PW_API void pw_nap(void);
/// A few instructions of another thread take no longer than so many pauses, unless it has lost its CPU.
#define PW_BRIEF_ROUNDS 1000
/// One round of a wait for such: a pause; or a nap, when there have been many. That thread may have lost its CPU to this
/// very one, which would get there first for ever if its priority is higher.
static inline void pw_wait_briefly(uint32_t *rounds) {
  if (PW_LIKELY(++*rounds < PW_BRIEF_ROUNDS)) PW_PAUSE();
  else pw_nap();
}
/// Takes back or waits for the job pushed last. True: the caller must run it itself.
static inline bool pw_join(pw_slot *slot, pw_frame *frame) {
  if (PW_LIKELY(pw_pop(slot, frame))) return true;
  pw_join_stolen(slot, frame);
  return false;
}
// What the Swift layer calls when `pw_pop_private` has said no (closure.c).
/// As `pw_join`. True: the caller must run the job itself, then call `pw_end_join`.
PW_API bool pw_join_exposed(pw_frame *frame);
PW_API void pw_end_join(pw_frame *frame);
/// Instead of a join, when the job is not to run if it has not started. True: it has not, and never will.
PW_API bool pw_abandon(pw_frame *frame);
/// Runs a job of a scope that a ticket has led to.
PW_API void pw_run_spawned(pw_slot *slot, pw_entry entry);
/// Draws a ticket of that object, with a reference to it, on the slot that the caller holds.
PW_API void pw_draw_ticket(pw_slot *slot, void *object);
/// Waits for a submitted job on a worker or guest: runs strict jobs of the slot that runs it meanwhile.
PW_API void pw_wait_submitted(pw_slot *slot, AO_t *state);
/// Waits for a submitted job on any other thread: looks for some µs, then sleeps; for one of a deterministic pool as its caller, else without a baton
/// (NULL). The pool itself may have gone, its baton must not.
PW_API void pw_wait_for_turn(pw_baton *baton, AO_t *state);
/// A scheduling point, where the thread plays in a deterministic pool; else nothing.
PW_API void pw_offer_baton(void);
/// Claims a job for the slot, or, with NULL, for a thread without one.
PW_API bool pw_submitted_claim(pw_slot *slot, AO_t *state);
PW_API void pw_submitted_finish(pw_slot *slot, AO_t *state);
PW_API bool pw_is_done(AO_t *state);

/// Queues a job of the scope that is innermost on `slot`. False when memory was refused: nothing was queued.
PW_API bool pw_spawn_here(pw_slot *slot, pw_scope *scope, pw_entry entry);
/// Queues a job of any other scope; `slot` may be NULL. CLOSED: it is queued, but the pool is stopping and took no
/// ticket (the caller keeps that reference). NO_MEMORY: nothing was queued.
PW_API pw_push_result pw_spawn_elsewhere(pw_pool *pool, pw_slot *slot, pw_scope *scope, pw_entry entry, void *ticket);
static inline bool pw_scope_is_innermost(pw_slot *slot, void *tag) { return slot->scope == tag; }
/// Takes a job from the scope's own queue.
static inline bool pw_scope_take(pw_scope *scope, pw_entry *entry) { return pw_injector_pop(&scope->outbox, entry); }
/// Opens a scope on a slot: its tag, and the mark above which its jobs lie. Returns what `pw_scope_wait` restores.
typedef struct pw_opened {
  void *outer_tag;
  AO_t mark;
  bool in_child; // the pool had been forked already: everything in the scope is this process's own
} pw_opened;
PW_API pw_opened pw_scope_open(pw_slot *slot, void *tag);
/// Runs the scope's jobs and waits for those that run elsewhere. `slot` may be NULL.
PW_API void pw_scope_wait(pw_pool *pool, pw_slot *slot, pw_scope *scope, void *tag, pw_opened opened);
/// Queues a ticket from a worker (its own deque) or from any other thread (the injector).
PW_API pw_push_result pw_submit(pw_pool *pool, pw_slot *slot, void *object);
/// Queues two words that somebody runs and consumes, for nobody who waits.
PW_API pw_push_result pw_execute(pw_pool *pool, pw_slot *slot, void *first, void *second);
/// Queues `count` tickets of one object: all, or none.
PW_API pw_push_result pw_submit_many(pw_pool *pool, pw_slot *slot, void *object, uint64_t count);
/// More at once are refused as if memory had been, of which they would take some 13 GB: on Linux it may be granted at
/// first, and the process be killed when it is touched.
static inline uint64_t pw_most_queued(void) { return (uint64_t)1 << 29; }
/// Takes an entry that no worker is left to run (after the workers were joined).
PW_API bool pw_pool_leftover(pw_pool *pool, pw_entry *entry);

/// Runs `code(context, lower, upper)` over the indices of all of the chunks `first..<chunks`, in parts, on this slot and on others that stand idle, as
/// many as it is worth; leaves in `pace` how this slot went through its part. False: the slot is in a region already,
/// and nothing was run.
PW_API bool pw_region_run(
    pw_slot *slot, pw_code code, void *context, const pw_bounds *bounds, uint64_t first, uint64_t chunks, pw_pace *pace,
    pw_worth worth);
// Teams (team.c).
/// Calls `code(context, slot)` once on this slot and on each of at most `most - 1` others that stand idle and have come,
/// all at the same time; returns when all have ended. False: the slot is in a region already, and nothing was run.
PW_API bool pw_team_run(pw_slot *slot, pw_code code, void *context, uint64_t most);
/// Waits until all members have come to this barrier, or have ended. False: one of them has failed.
PW_API bool pw_team_barrier(pw_slot *slot);
static inline uint32_t pw_team_index(pw_slot *slot) { return slot->team_place.index; }
static inline uint32_t pw_team_count(pw_slot *slot) { return slot->team_place.count; }

/// How long a sleeper of the pool takes to begin, lately.
PW_API uint64_t pw_wake_ns(pw_pool *pool);

/// A flag that many look at and the first to fail raises: a hint to stop early. What it announces is read after the
/// loop has been joined.
static inline bool pw_flag_is_set(AO_t *flag) {
  return PW_LOAD(flag_look, flag) != 0; // relaxed; a hint, pairs with flag_set
}
/// True for the one who raised it.
static inline bool pw_flag_set(AO_t *flag) {
  // acq_rel; pairs with the others' CAS: one of them wins.
  // redundant: what the flag announces is published by the end of the job that raised it.
  return PW_CAS(flag_set, flag, 0, 1);
}

/// Most chunks of a region.
static inline int64_t pw_most_chunks(void) { return ((int64_t)1 << 25) - 1; }

#ifdef __cplusplus
}
#endif

#endif

// The strict stack: forked jobs as a chain through their owner's call frames, which costs no atomic read-modify-write,
// and the oldest of them in an array that thieves share through one word. README.md: I1 to I5.
//
// After Faxén's direct task stack ("Wool", 2008) and van Dijk and van de Pol's split deques ("Lace", 2014). Those build
// every job in the array. A chain of frames measured a third faster: an array's next free entry is loaded, written to
// and stored back by every fork, and the next fork waits for that store.
#include "internal.h"

PW_API void pw_ask(pw_slot *victim, AO_t request) {
  // relaxed, both; pair with the loads in push and expose. Looked at first, so that asking again costs the victim no
  // cache miss.
  AO_t gate = PW_LOAD(ask_look, &victim->gate);
  if (gate == PW_GATE_SHUT || gate >= PW_GATE_EAGER) PW_STORE(ask, &victim->gate, request);
}

/// After so many jobs in a row that were offered and came back one is offered at a time: they are shorter than the way
/// of whoever might take them, as at the bottom of a deep recursion, however many would like one.
#define UNWANTED 16

/// Keeps the gate shut while less is exposed than there are slots that could take it: the next fork exposes eagerly.
static void pw_judge_exposure(pw_slot *slot, AO_t exposed) {
  if (pw_pool_reach(slot->pool) == 1) return;
  AO_t idle = PW_LOAD(judge_idle, &slot->pool->idle); // relaxed; a hint, pairs with nothing
  AO_t hungry = slot->unwanted < UNWANTED ? PW_SLEEPERS(idle) + PW_SEARCHERS(idle) : 1;
  if (exposed < (hungry > 1 ? hungry : 1)) PW_STORE(judge_gate, &slot->gate, PW_GATE_SHUT); // relaxed; pairs with our own load in push
}

/// Exposures that follow one another so soon, and so often in a row, say that what was taken before was small: forks
/// that kept their jobs to themselves have left nothing large to take, as in a tree of which nobody knows where it is
/// deep. From then on the slot is eager: every fork links its job, until an exposure lasts. (A job that is stolen costs
/// both sides together one to two microseconds: of what lasts longer than this that is little.)
#define SOON_NS 30000
#define OFTEN 4
/// Whether it has lasted is looked at after so many forks: when all have work that takes long, nobody asks any more, and
/// forks could keep their jobs again.
#define FORKS_A_LOOK 64

/// So long a stolen job has lasted at most that was little,
#define LITTLE_NS 10000
/// and when those that asked had found little so many times more than that it was much, being eager goes on for so long:
/// who asks next is then given half of all that has been linked meanwhile, in which there may be something large.
#define MOSTLY_LITTLE 8
#define MOST_LITTLE 16
#define MUCH_WEIGHS 4
#define EAGER_NS 10000000

PW_API AO_t pw_request_after(uint64_t nanoseconds) {
  return nanoseconds < LITTLE_NS ? PW_ASKED_AFTER_LITTLE : PW_ASKED_AFTER_MUCH;
}

static bool is_eager(const pw_slot *slot) { return slot->soon_again == OFTEN; }

/// Judges by when this exposure comes, and by what whoever has asked for it says, whether the slot is to be eager.
static void judge_feed(pw_slot *slot) {
  AO_t gate = PW_LOAD(judge_request, &slot->gate); // relaxed; pairs with `ask`
  if (gate == PW_ASKED_AFTER_LITTLE) slot->found_little += slot->found_little < MOST_LITTLE;
  if (gate == PW_ASKED_AFTER_MUCH) slot->found_little -= slot->found_little < MUCH_WEIGHS ? slot->found_little : MUCH_WEIGHS;
  uint64_t now = pw_quick_now();
  bool soon = now - slot->exposed_at < SOON_NS && slot->unwanted < UNWANTED;
  slot->exposed_at = now;
  slot->soon_again = soon ? slot->soon_again + (slot->soon_again < OFTEN) : 0;
}

/// Whether an eager slot's fork may go on without exposing its job.
static bool stays_eager(pw_slot *slot) {
  // relaxed; pairs with `ask`, as in `pw_push`.
  if (PW_LOAD(eager_gate, &slot->gate) != PW_GATE_EAGER) return false;
  if (++slot->eager_forks % FORKS_A_LOOK != 0) return true;
  return pw_quick_now() - slot->exposed_at < (slot->found_little >= MOSTLY_LITTLE ? EAGER_NS : SOON_NS);
}

PW_API void pw_count_feed(pw_slot *slot) {
  AO_t older = slot->own_floor > slot->split ? slot->own_floor - slot->split : 0;
  pw_this_thread.chain.enough = older + PW_ENOUGH;
}

PW_API AO_t pw_depth(pw_slot *slot) { return slot->split + pw_this_thread.chain.private_jobs; }

PW_API void pw_expose(pw_slot *slot) {
  AO_t split = slot->split, private_jobs = pw_this_thread.chain.private_jobs;
  // Half of them, the oldest, which are the largest.
  AO_t more = (private_jobs + 1) / 2;
  if (more > slot->capacity - split) more = slot->capacity - split;
  if (PW_BATON_OF(slot->pool) == NULL) { // there all gates stay shut
    judge_feed(slot);
    // relaxed; pairs with `ask_look`. Opened before the word is moved: a request that this store wipes out is answered
    // by the exposure below (I8).
    PW_STORE(expose_open, &slot->gate, is_eager(slot) ? PW_GATE_EAGER : (AO_t)slot->pool);
  }
  if (more == 0) return;
  pw_frame *frame = pw_this_thread.chain.top;
  for (AO_t newer = private_jobs - more; newer > 0; newer--) frame = frame->older;
  for (AO_t index = split + more; index-- > split; frame = frame->older) {
    // Entries from split up belong to nobody else: their last jobs have been joined (I4).
    PW_WRITE(&slot->jobs[index].code, frame->code);
    PW_WRITE(&slot->jobs[index].context, frame->context);
    PW_WRITE(&slot->jobs[index].frame, frame);
    frame->context = PW_NOT_HERE;
  }
  pw_this_thread.chain.private_jobs = private_jobs - more;
  AO_t word, moved;
  do {
    word = PW_LOAD(expose_look, &slot->word); // relaxed: split and epoch are our own, a stale tail fails the CAS
    moved = PW_WORD(word, split + more, PW_TAIL(word));
    // acq_rel, release needed; pairs with the acquire in steal: the exposed jobs' code and context are visible (I1).
    // redundant acquire: a thief that moved the tail left nothing to read; what it did comes with the job's state.
  } while (!PW_CAS(expose, &slot->word, word, moved));
  slot->split = split + more;
  pw_count_feed(slot);
  PW_COUNT(slot, exposures);
  pw_judge_exposure(slot, split + more - PW_TAIL(moved));
  // seq_cst; pairs with the sleepers' fence (seat.c, and sleep_on_news in wait.c): they see the job, or we see them.
  PW_FENCE(expose_fence);
  pw_notify(slot->pool, slot);
  pw_announce(slot);
}

PW_API void pw_push_slowly(pw_pool *pool, pw_frame *frame, pw_code code, void *context, pw_slot *slot) {
  if (slot->pool != pool) {
    pw_push_outside(pool, frame, code, context);
    return;
  }
  pw_link(frame, code, context);
  if (stays_eager(slot)) return;
  pw_expose(slot);
  PW_AT(pool, PW_AT_FORK);
}

PW_API bool pw_pop_exposed(pw_slot *slot, pw_frame *frame) {
  AO_t index = slot->split - 1;
  for (;;) {
    // relaxed; pairs with the thieves' CAS. The tail only grows, so "stolen" stays true; else our CAS confirms it.
    AO_t word = PW_LOAD(pop_look, &slot->word);
    AO_t tail = PW_TAIL(word);
    if (tail > index) return false; // stolen; it cannot come back (I3)
    // Take back half of what is exposed, so that unwinding costs one CAS for several jobs. Their frames are still in
    // the chain. Not the oldest, which is the largest; and a guest's first must stay exposed until it is joined.
    AO_t split = tail + (index - tail + 1) / 2;
    // acq_rel; pairs with the thieves' CAS: whichever comes second fails.
    // redundant: the jobs that come back are the owner's own writing, and thieves read nothing of what it takes away.
    if (!PW_CAS(pop_unexpose, &slot->word, word, PW_WORD(word, split, tail))) continue;
    for (AO_t i = split; i < index; i++) slot->jobs[i].frame->context = PW_READ(&slot->jobs[i].context);
    pw_this_thread.chain.private_jobs += index - split;
    slot->split = split;
    pw_count_feed(slot);
    pw_this_thread.chain.top = frame->older;
    slot->unwanted += slot->unwanted < UNWANTED;
    pw_judge_exposure(slot, split - tail);
    return true;
  }
}

PW_API void pw_rejoined(pw_slot *slot, pw_frame *frame) {
  slot->unwanted = 0;
  // Everything below the entry is stolen too, so nothing is exposed: thieves cannot move the word, and the next
  // exposure lands where the tail points.
  AO_t index = slot->split - 1;
  PW_STORE(rejoin_state, &slot->jobs[index].state, PW_EMPTY); // relaxed; own, published by the next expose (I4)
  pw_this_thread.chain.top = frame->older;
  slot->split = index;
  AO_t word = PW_LOAD(rejoin_look, &slot->word); // relaxed; own
  // relaxed; pairs with nothing: nothing is exposed by it, and nobody else can move the word now (I2).
  PW_STORE(rejoin, &slot->word, PW_WORD(word, index, index));
  pw_judge_exposure(slot, 0);
}

PW_API pw_steal pw_strict_steal_from(pw_slot *victim, AO_t word, AO_t request, pw_job **job) {
  AO_t tail = PW_TAIL(word), split = PW_SPLIT(word);
  // acq_rel; acquire pairs with the release in expose: code and context are visible. Nothing of the job is touched
  // before this CAS has succeeded (I1).
  // redundant release: a thief publishes nothing by stealing; the job's state tells what follows.
  if (!PW_CAS(steal, &victim->word, word, PW_WORD(word, split, tail + 1))) return PW_STEAL_LOST;
  *job = &victim->jobs[tail];
  if (tail + 1 == split) pw_ask(victim, request); // we took the last: whoever comes next should find some
  return PW_STEAL_TAKEN;
}

PW_API pw_steal pw_strict_steal(pw_slot *victim, AO_t request, pw_job **job) {
  AO_t word = PW_LOAD(steal_look, &victim->word); // relaxed: the CAS in steal_from confirms
  if (PW_TAIL(word) >= PW_SPLIT(word)) {
    pw_ask(victim, request);
    return PW_STEAL_EMPTY;
  }
  return pw_strict_steal_from(victim, word, request, job);
}

// The strict stack: forked jobs in place, a private part that costs no atomic read-modify-write, an exposed part that thieves share through one word.
// After Faxén's direct task stack ("Wool", 2008) and van Dijk and van de Pol's split deques ("Lace", 2014). README.md: I1 to I5.
#include "internal.h"

static inline AO_t index_of(pw_slot *slot, pw_job *job) { return (AO_t)(job - slot->jobs); }

PW_API void pw_ask(pw_slot *victim) {
  // relaxed; pairs with the load in push. Looked at first, so that asking again costs the victim no cache miss.
  if (PW_LOAD(ask_look, &victim->attention) == 0) PW_STORE(ask, &victim->attention, 1);
}

/// Keeps `attention` up while less is exposed than there are slots that could take it: the next fork exposes eagerly.
static void pw_judge_exposure(pw_slot *slot, AO_t exposed) {
  if (slot->pool->count == 1) return;
  AO_t idle = PW_LOAD(judge_idle, &slot->pool->idle); // relaxed: a hint
  AO_t hungry = PW_SLEEPERS(idle) + PW_SEARCHERS(idle);
  if (exposed < (hungry > 1 ? hungry : 1)) PW_STORE(judge_attention, &slot->attention, 1); // relaxed; own
}

PW_API pw_slot *pw_expose(pw_slot *slot) {
  AO_t split = index_of(slot, slot->split);
  AO_t private_jobs = index_of(slot, slot->head) - split;
  if (private_jobs == 0) return slot;
  // Cleared before the word is moved: a request that this store wipes out is answered by the exposure below (I8).
  PW_STORE(expose_clear, &slot->attention, 0);
  AO_t more = split + (private_jobs + 1) / 2;
  AO_t word, moved;
  do {
    word = PW_LOAD(expose_look, &slot->word); // relaxed: split and epoch are our own, a stale tail fails the CAS
    moved = PW_WORD(word, more, PW_TAIL(word));
    // acq_rel, release needed; pairs with the acquire in steal: the exposed jobs' code and context are visible (I1).
  } while (!PW_CAS(expose, &slot->word, word, moved));
  slot->split = slot->jobs + more;
  PW_COUNT(slot, exposures);
  pw_judge_exposure(slot, more - PW_TAIL(moved));
  // seq_cst; pairs with the sleepers' fence (seat.c, and pw_sleep_on_news in wait.c): they see the job, or we see them.
  PW_FENCE(expose_fence);
  pw_notify(slot->pool, slot);
  pw_announce(slot);
  return slot;
}

PW_API bool pw_pop_exposed(pw_slot *slot) {
  pw_job *top = slot->head - 1;
  AO_t index = index_of(slot, top);
  for (;;) {
    // acquire: pairs with nothing needed here; the tail is confirmed by the CAS.
    AO_t word = PW_LOAD_ACQUIRE(pop_look, &slot->word);
    AO_t tail = PW_TAIL(word);
    if (tail > index) return false; // stolen; it cannot come back (I3)
    // Take back half of what is exposed, so that unwinding costs one CAS for several jobs.
    AO_t split = tail + (index - tail) / 2;
    // acq_rel; pairs with the thieves' CAS: whichever comes second fails.
    if (!PW_CAS(pop_unexpose, &slot->word, word, PW_WORD(word, split, tail))) continue;
    slot->split = slot->jobs + split;
    slot->head = top;
    pw_judge_exposure(slot, split - tail);
    return true;
  }
}

PW_API pw_steal pw_strict_steal_from(pw_slot *victim, AO_t word, pw_job **job) {
  AO_t tail = PW_TAIL(word), split = PW_SPLIT(word);
  // acq_rel; acquire pairs with the release in expose: code and context are visible. Nothing of the job is touched
  // before this CAS has succeeded (I1).
  if (!PW_CAS(steal, &victim->word, word, PW_WORD(word, split, tail + 1))) return PW_STEAL_LOST;
  *job = &victim->jobs[tail];
  if (tail + 1 == split) pw_ask(victim); // we took the last: whoever comes next should find some
  return PW_STEAL_TAKEN;
}

PW_API pw_steal pw_strict_steal(pw_slot *victim, pw_job **job) {
  // acquire: the CAS confirms it; see steal_from.
  AO_t word = PW_LOAD_ACQUIRE(steal_look, &victim->word);
  if (PW_TAIL(word) >= PW_SPLIT(word)) {
    pw_ask(victim);
    return PW_STEAL_EMPTY;
  }
  return pw_strict_steal_from(victim, word, job);
}

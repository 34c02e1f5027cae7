// Waits: what a thread may run while it waits, and how it sleeps when there is nothing. README.md has the table; every
// wait runs only descendants.
#include "internal.h"

static inline AO_t wait_word(pw_slot *slot, AO_t index_plus_1) {
  // The sequence makes each wait's word new, so that a helper who reads the same word twice knows that it was one wait.
  slot->wait_sequence += 1;
  return ((AO_t)slot->wait_sequence << 24) | index_plus_1;
}

#define WAIT_INDEX(word) ((word) & 0xffffff)

/// What `slot` published before it began a job, to be put back when that job has ended.
typedef struct published {
  AO_t wait, floor, tag;
  void *scope;
} published;

static published publish_job(pw_slot *slot, AO_t tag, void *scope) {
  // relaxed, each; own.
  published before = {PW_LOAD(publish_own_wait, &slot->wait), slot->own_floor,
                      PW_LOAD(publish_own_tag, &slot->tag), slot->scope};
  // release, each; pair with the acquires in leap. In this order, and all before the job is signed (I5): whoever sees
  // the signature sees that this slot no longer waits, and the floor under which jobs are older than this one.
  // redundant (publish_wait): who still sees the wait follows it to a job that this slot has yet to join.
  // redundant (publish_floor): the signature, or the tag, comes after it with release.
  // redundant (publish_tag): helpers read it again after a look at the word, which acquires what was exposed under it.
  if (before.wait != 0) PW_STORE_RELEASE(publish_wait, &slot->wait, 0);
  slot->own_floor = pw_depth(slot);
  PW_STORE_RELEASE(publish_floor, &slot->floor, slot->own_floor);
  if (before.tag != tag) PW_STORE_RELEASE(publish_tag, &slot->tag, tag);
  pw_count_feed(slot);
  slot->scope = scope;
  slot->unwanted = 0;
  slot->jobs_deep += 1;
  return before;
}

static void publish_back(pw_slot *slot, published before) {
  slot->jobs_deep -= 1;
  slot->scope = before.scope;
  // release, each; pair with the acquires in leap. After `pw_end_of_job`, so that a helper that still believes in the
  // ended job fails. The look is relaxed; own.
  // redundant (publish_back_tag): what a later job exposes is released by its own CAS, and helpers look there first.
  // redundant (publish_back_wait): as `begin_wait`.
  if (PW_LOAD(publish_tag_now, &slot->tag) != before.tag) PW_STORE_RELEASE(publish_back_tag, &slot->tag, before.tag);
  slot->own_floor = before.floor;
  PW_STORE_RELEASE(publish_back_floor, &slot->floor, before.floor);
  pw_count_feed(slot);
  if (before.wait != 0) PW_STORE_RELEASE(publish_back_wait, &slot->wait, wait_word(slot, WAIT_INDEX(before.wait)));
}

PW_API void pw_end_of_job(pw_slot *slot) {
  // seq_cst; pairs with the helpers' CAS in leap: one that looked before this bump fails, one that looks after it
  // finds the job done (or its tag gone) before it may CAS (I5).
  // redundant: the bump itself carries nothing; what a look after it must find is released by the stores that follow,
  // or by the CAS of the next exposure.
  PW_ADD(end_of_job, &slot->word, PW_EPOCH_ONE);
}

/// Moves a job's state on, and wakes who sleeps on the word. The last touch of the job.
static void move_state(pw_baton *baton, AO_t *state, AO_t to) {
  AO_t old;
  do {
    old = PW_LOAD(state_look, state); // relaxed: the CAS confirms
    // acq_rel, release needed; pairs with the acquires in the waits and in leap: the job's results are visible.
    // redundant acquire: the job came with the CAS of the steal, and a sleeper is woken by address, not by its data.
  } while (!PW_CAS(state_move, state, old, to));
  if (PW_LIKELY(!(old & PW_SLEEPER_BIT))) return;
  PW_BATON_WAKE(baton, state, INT32_MAX);
  PW_FUTEX_WAKE(state_wake, state, INT32_MAX);
}

PW_API void pw_announce(pw_slot *slot) {
  // relaxed, after the caller's fence; pairs with the fence in sleep_on_news.
  AO_t news = PW_LOAD(announce_look, &slot->news);
  if (PW_LIKELY(!(news & 1))) return;
  // acq_rel; pairs with `news_register`. Sleepers may set the bit again at once. If one does so first, the CAS fails,
  // and it has looked after our fence.
  // redundant: sleepers look at everything again, after their own fence.
  // redundant atomicity: a bit that is overwritten belongs to a sleeper that this wakes, or that finds another value.
  if (!PW_CAS(announce, &slot->news, news, news + 1)) return;
  PW_BATON_WAKE(PW_BATON_OF(slot->pool), &slot->news, INT32_MAX);
  PW_FUTEX_WAKE(announce_wake, &slot->news, INT32_MAX);
}

PW_API void pw_run_stolen(pw_slot *slot, pw_job *job) {
  pw_baton *baton = PW_BATON_OF(slot->pool);
  published before = publish_job(slot, 0, NULL);
  pw_code code = PW_READ(&job->code);
  void *context = PW_READ(&job->context);
  pw_frame *frame = PW_READ(&job->frame);
  move_state(baton, &job->state, PW_BY(slot->id));
  PW_BATON_AT(baton, PW_AT_JOB);
  uint64_t begin = pw_quick_now();
  pw_call_job(code, context, frame);
  slot->request = (uint8_t)pw_request_after(pw_quick_now() - begin);
  pw_end_of_job(slot);
  move_state(baton, &job->state, PW_DONE);
  publish_back(slot, before);
  // seq_cst; pairs with the fence in sleep_on_news: the waiter sees DONE, or we see that it sleeps.
  PW_FENCE(stolen_fence);
  pw_announce(slot);
  PW_BATON_AT(baton, PW_AT_END);
}

PW_API void pw_run_loose(pw_slot *slot, pw_entry entry) {
  bool ticket = ((uintptr_t)entry.tag & PW_TICKET) != 0;
  void *object = (void *)((uintptr_t)entry.tag & ~PW_TICKET);
  published before = publish_job(slot, ticket ? 0 : (AO_t)object, ticket ? NULL : object);
  PW_COUNT(slot, loose_run);
  PW_AT(slot->pool, PW_AT_JOB);
  slot->pool->run_entry(entry.first, entry.second, object, ticket);
  pw_end_of_job(slot);
  publish_back(slot, before);
  PW_AT(slot->pool, PW_AT_END);
}

// MARK: Leapfrogging

#define CHAIN 8 // links followed: a chain as long as this means a machine busy enough

/// One link: `slot` waits, by `wait`, for a job that the next link's slot runs.
typedef struct link {
  pw_slot *slot;
  AO_t wait;
} link;

static AO_t *state_of_wait(link link) { return &link.slot->jobs[WAIT_INDEX(link.wait) - 1].state; }

static bool is_signed_by(AO_t state, uint32_t id) { return (state & ~PW_SLEEPER_BIT) == PW_BY(id); }

PW_API bool pw_leap(pw_slot *slot, AO_t *condition, AO_t mask, AO_t expected, uint32_t by) {
  link chain[CHAIN];
  int links = 0;
  pw_pool *pool = slot->pool;
  pw_slot *target = &pool->slots[by];
  for (;;) {
    // acquire; pairs with the release in expose. The look that the CAS below confirms: who sees what the target has
    // exposed sees how its earlier jobs have ended.
    AO_t word = PW_LOAD_ACQUIRE(leap_look, &target->word);
    if (PW_TAIL(word) < PW_SPLIT(word)) {
      // Older jobs than what the target runs now are not ours to take. acquire; pairs with `publish_back_floor`, after
      // the word and before the checks: a floor that an ended job has lowered comes after its DONE, so then the
      // condition below fails.
      AO_t floor = PW_LOAD_ACQUIRE(leap_floor, &target->floor);
      // The target must have run a descendant of ours at the moment of that look: check from its end of the chain to
      // ours that every link still waits in the same wait for a job signed by the next. acquire, each; they pair with
      // the releases in publish_job and move_state. README.md has the argument (I5).
      // redundant (leap_signed, leap_wait_again, leap_condition): the acquire of the floor keeps them behind the look
      // at the word, and nothing is read by them.
      uint32_t next = target->id;
      for (int i = links - 1; i >= 0; i--) {
        if (!is_signed_by(PW_LOAD_ACQUIRE(leap_signed, state_of_wait(chain[i])), next)) return false;
        if (PW_LOAD_ACQUIRE(leap_wait_again, &chain[i].slot->wait) != chain[i].wait) return false;
        next = chain[i].slot->id;
      }
      if ((PW_LOAD_ACQUIRE(leap_condition, condition) & mask) != expected) return false;
      if (PW_TAIL(word) < floor) return false;
      pw_job *job;
      PW_COUNT(slot, steals_tried);
      if (pw_strict_steal_from(target, word, slot->request, &job) != PW_STEAL_TAKEN) {
        PW_COUNT(slot, steals_lost);
        return false;
      }
      PW_COUNT(slot, steals_won);
      pw_run_stolen(slot, job);
      return true;
    }
    // acquire; pairs with the releases in publish_job and join_stolen.
    // redundant: followed only to the look at the next word, after which `leap_wait_again` reads it again.
    AO_t wait = PW_LOAD_ACQUIRE(leap_wait, &target->wait);
    if (WAIT_INDEX(wait) == 0) {
      pw_ask(target, slot->request);
      return false;
    }
    if (links == CHAIN) return false;
    chain[links] = (link){target, wait};
    // acquire; pairs with move_state.
    // redundant: followed only to the look at the next word, after which `leap_signed` reads it again.
    AO_t state = PW_LOAD_ACQUIRE(leap_state, state_of_wait(chain[links]));
    links += 1;
    if ((state & PW_KIND) != PW_SIGNED || PW_SIGNER(state) == slot->id) return false; // strict jobs have a slot's signature
    target = &pool->slots[PW_SIGNER(state)];
  }
}

// MARK: Waiting for one job

static bool is_done(AO_t state) { return (state & PW_KIND) == PW_DONE; }

PW_API bool pw_is_done(AO_t *state) {
  return is_done(PW_LOAD_ACQUIRE(is_done, state)); // acquire; pairs with move_state: the results are visible
}

/// Sleeps until the slot `by` announces something, unless the job has ended or something can be stolen there.
static void sleep_on_news(pw_slot *slot, AO_t *state, uint32_t by) {
  pw_slot *runner = &slot->pool->slots[by];
  AO_t news = PW_LOAD(news_look, &runner->news); // relaxed; pairs with `announce`: the CAS or the futex confirms
  if (!(news & 1)) {
    // acq_rel; pairs with the look in pw_announce.
    // redundant: the fence below orders it before the looks.
    // redundant atomicity: an announcement that is overwritten came before the looks, and after the fence of its own.
    if (!PW_CAS(news_register, &runner->news, news, news | 1)) return;
    news |= 1;
  }
  // seq_cst; pairs with the fences in expose and run_stolen: they see that we sleep, or we see what they did.
  PW_FENCE(news_fence);
  // relaxed, each; pair with the stores before those fences. Only looks: nothing is read by them.
  if (!is_signed_by(PW_LOAD(news_recheck_state, state), by)) return;
  AO_t word = PW_LOAD(news_recheck_word, &runner->word);
  if (PW_TAIL(word) < PW_SPLIT(word) && PW_TAIL(word) >= PW_LOAD(news_recheck_floor, &runner->floor)) return;
  PW_COUNT(slot, parks);
  if (PW_BATON_SLEEP(PW_BATON_OF(slot->pool), &runner->news, news, 0)) return;
  PW_FUTEX_WAIT(news_sleep, &runner->news, news, 0);
}

/// Sleeps on the job's own word until it is signed or done.
static void sleep_on_state(pw_baton *baton, AO_t *state, AO_t seen) {
  if (!(seen & PW_SLEEPER_BIT)) {
    // acq_rel; pairs with move_state, which sees the bit or fails this CAS.
    // redundant: the bit carries nothing, and the state is acquired again after the sleep.
    if (!PW_CAS(state_register, state, seen, seen | PW_SLEEPER_BIT)) return;
    seen |= PW_SLEEPER_BIT;
  }
  if (PW_BATON_SLEEP(baton, state, seen, 0)) return;
  PW_FUTEX_WAIT(state_sleep, state, seen, 0);
}

static void wait_for_job(pw_slot *slot, AO_t *state) {
  pw_spin spin = {0, 0};
  for (;;) {
    PW_AT(slot->pool, PW_AT_WAIT);
    AO_t seen = PW_LOAD_ACQUIRE(wait_look, state); // acquire; pairs with move_state
    if (is_done(seen)) return;
    if (PW_UNLIKELY(pw_pool_is_forked(slot->pool))) pw_lost_in_fork(); // whoever runs it, or has claimed it, is not here
    uint32_t by = PW_SIGNER(seen);
    bool has_runner = (seen & PW_KIND) == PW_SIGNED && by != PW_NOBODY;
    if (has_runner && pw_leap(slot, state, ~PW_SLEEPER_BIT, PW_BY(by), by)) {
      spin = (pw_spin){0, 0};
      continue;
    }
    if (pw_spin_more(&spin, pw_spin_ns(slot->pool))) continue;
    if (has_runner) sleep_on_news(slot, state, by);
    else sleep_on_state(PW_BATON_OF(slot->pool), state, seen);
  }
}

PW_API void pw_join_stolen(pw_slot *slot, pw_frame *frame) {
  AO_t index = slot->split - 1;
  // release, both; pair with the acquires in leap: others that wait for us may follow us to our thief.
  // redundant (begin_wait): who follows it then looks at the thief's word, which acquires how its earlier jobs ended,
  // and reads the entry's state again.
  // redundant (end_wait): who still sees the wait finds the entry done, or signed for a later job of the same ancestor.
  PW_STORE_RELEASE(begin_wait, &slot->wait, wait_word(slot, index + 1));
  wait_for_job(slot, &slot->jobs[index].state);
  PW_STORE_RELEASE(end_wait, &slot->wait, 0);
  pw_rejoined(slot, frame);
}

PW_API bool pw_submitted_claim(pw_slot *slot, AO_t *state) {
  AO_t seen = PW_LOAD(claim_look, state); // relaxed: the CAS confirms
  // acq_rel, release needed; whoever wins runs the job. Pairs with the others' claims, and with the acquires in the
  // waits: whoever sees the signature sees the floor. The waiters' bit is kept.
  // redundant acquire: the job came with its queue entry, or with the handle.
  while ((seen & PW_KIND) == PW_EMPTY) {
    AO_t signature = PW_BY(slot != NULL ? slot->id : PW_NOBODY);
    if (PW_CAS(claim, state, seen, signature | (seen & PW_SLEEPER_BIT))) return true;
    seen = PW_LOAD(claim_look_again, state); // relaxed: the CAS confirms
  }
  return false;
}

PW_API void pw_submitted_finish(pw_slot *slot, AO_t *state) {
  if (slot != NULL) {
    pw_end_of_job(slot);
    // Who waits for this job may call the pool next: let it find that our seat will open in a moment.
    // relaxed; pairs with `enter_look`, a hint; nobody takes a working seat.
    // Not in a region or a team, whose body goes on.
    if (slot->jobs_deep == 1 && slot->region_depth == 0 && !slot->is_guest) PW_STORE(seat_soon, &slot->seat, PW_SEAT_WORKING);
  }
  // Whoever plays with a thread that holds no slot is woken by JobHandle, which knows the baton.
  move_state(slot != NULL ? PW_BATON_OF(slot->pool) : NULL, state, PW_DONE);
  if (slot == NULL) return;
  PW_FENCE(submitted_fence); // seq_cst; pairs with the fence in sleep_on_news, as in run_stolen
  pw_announce(slot);
}

PW_API void pw_wait_submitted(pw_slot *slot, AO_t *state) { wait_for_job(slot, state); }

PW_API void pw_run_spawned(pw_slot *slot, pw_entry entry) { pw_run_loose(slot, entry); }

PW_API void pw_draw_ticket(pw_slot *slot, void *object) {
  pw_run_loose(slot, (pw_entry){NULL, NULL, (void *)((uintptr_t)object | PW_TICKET)});
}

/// So long a thread from outside looks before it sleeps: about what it costs to sleep and to be woken. (An empty job and back
/// took 4.2 µs beside two workers, 25 with `wait: active`, and takes 1.6.)
#ifndef LOOK_NS // the explorer sets it to 0: what is remembered of earlier waits would be of earlier executions
#define LOOK_NS 3000
#endif
/// After so many waits in a row that have looked in vain only one in as many looks: the jobs are longer, or who could run
/// them is to run on this very CPU.
#define VAIN_LOOKS 16

/// Whether the job ends within a moment.
static bool ends_soon(AO_t *state) {
  static _Thread_local uint32_t in_vain;
  if (LOOK_NS == 0 || (in_vain >= VAIN_LOOKS && ++in_vain % VAIN_LOOKS != 0)) return false;
  uint64_t begin = pw_quick_now();
  do {
    PW_PAUSE();
    if (pw_is_done(state)) {
      in_vain = 0;
      return true;
    }
  } while (pw_quick_now() - begin < LOOK_NS);
  in_vain += in_vain < VAIN_LOOKS;
  return false;
}

PW_API void pw_wait_for_turn(pw_baton *baton, AO_t *state) {
  if (baton == NULL && ends_soon(state)) return;
  for (;;) {
    PW_BATON_AT(baton, PW_AT_WAIT);
    AO_t seen = PW_LOAD_ACQUIRE(outside_look, state); // acquire; pairs with move_state
    if (is_done(seen)) return;
    sleep_on_state(baton, state, seen);
  }
}

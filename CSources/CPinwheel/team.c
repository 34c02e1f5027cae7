// Teams: one call of a body on each of several slots at the same time, with barriers between its phases.
//
// Everybody has to be there before anybody begins, or the first barrier would wait for a thread that never comes. So
// the caller posts to idle seats as a region does, waits a bounded time for those posted to *begin*, takes back the
// posts of those that have not, and only then gives everybody a number and lets them go.
//
// The barrier is a tree of arity 4 over the members' numbers (Mellor-Crummey and Scott 1991): a member that has seen
// its children arrive arrives at its parent, and the release comes down the same way. Each member waits on a line of
// its own, and in a barrier nobody writes to a line that more than six threads touch. At 2 members this is one line there and one
// back; at 256 it is four levels up and four down, some eight line transfers one after the other and 510 in all. A
// counter for all would take 256 updates of one line one after the other, and 256 readers of the next; a dissemination
// barrier the same eight in a row, but 2048 in all, and a sleeper a round instead of one a member. Neighbours in the
// tree have neighbouring slots, and those sit near each other.
//
// A member that has returned or thrown goes on arriving, and says that it has ended; the team is over with the first
// release that says so of all. So however a body ends, nobody waits for it in vain (I13).
#include "internal.h"

#define ARITY 4

// What arrives at a parent: a count of its children, of those whose whole part of the tree has ended, and of those in
// whose part somebody has failed. What comes back is the same for one: released, all have ended, somebody has failed.
#define SLEEPER ((AO_t)1)
#define CAME ((AO_t)1 << 1)
#define ENDED ((AO_t)1 << 4)
#define FAILED ((AO_t)1 << 7)
#define FIELD ((AO_t)7)

/// How long the caller waits for those it has called. A wake-up takes some 50 µs; who has lost its CPU to another
/// thread gets it back within milliseconds, if ever. After that the team is smaller.
#define CALL_PATIENCE_NS 2000000

static uint32_t child_count(const pw_team_place *place) {
  uint32_t first = ARITY * place->index + 1;
  if (first >= place->count) return 0;
  return place->count - first < ARITY ? place->count - first : ARITY;
}

static pw_slot *member(pw_slot *home, uint32_t index) { return &home->pool->slots[PW_READ(&home->ids[index].posted)]; }

/// One round of a wait on a word: spins for so long, and sleeps at last, for so long (0: until it is woken). Then look again.
static void rest(pw_slot *slot, AO_t *word, AO_t seen, pw_spin *spin, uint64_t spin_ns, uint64_t nanoseconds) {
  if (PW_UNLIKELY(pw_pool_is_forked(slot->pool))) pw_lost_in_fork(); // who has yet to come is not here
  if (pw_spin_more(spin, spin_ns)) return;
  if (!(seen & SLEEPER)) {
    // acq_rel; pairs with the adds that complete the word, which see the bit or fail this CAS.
    // redundant: the bit carries nothing, and the word is acquired again after the sleep.
    if (!PW_CAS(team_sleeper, word, seen, seen | SLEEPER)) return;
    seen |= SLEEPER;
  }
  PW_COUNT(slot, parks);
  if (!PW_BATON_SLEEP(PW_BATON_OF(slot->pool), word, seen, nanoseconds)) PW_FUTEX_WAIT(team_sleep, word, seen, nanoseconds);
  pw_go_home(slot);
}

/// Waits until as many have come to this word of the slot's as are missing, and empties it.
static AO_t await(pw_slot *slot, AO_t *word, uint32_t missing, uint64_t spin_ns) {
  pw_spin spin = {0, 0};
  for (;;) {
    PW_AT(slot->pool, PW_AT_WAIT);
    // acquire; pairs with `team_arrive` and `team_release`: what the others did before the barrier is visible.
    AO_t seen = PW_LOAD_ACQUIRE(team_look, word);
    if ((seen / CAME & FIELD) == missing) {
      PW_STORE(team_empty, word, 0); // relaxed; own until the next barrier, which our next arrival or release begins
      return seen;
    }
    rest(slot, word, seen, &spin, spin_ns, 0);
  }
}

static void wake(pw_slot *sleeper, AO_t *word) {
  (void)sleeper; // named by the baton alone, which the explorer's build has none of
  PW_BATON_WAKE(PW_BATON_OF(sleeper->pool), word, 1);
  PW_FUTEX_WAKE(team_wake, word, 1);
}

/// Lets the member of that number go on: once it has arrived, with its whole part of the tree.
static void release(pw_slot *home, uint32_t index, AO_t news) {
  pw_slot *other = member(home, index);
  // seq_cst, release needed; pairs with `team_look`: what all did before the barrier is visible.
  // redundant acquire: who releases has seen everybody arrive.
  if (PW_ADD(team_release, &other->team_released, news) & SLEEPER) wake(other, &other->team_released);
}

/// Lets the children go on.
static void pass_on(pw_slot *home, const pw_team_place *place, AO_t news) {
  for (uint32_t i = 0; i < child_count(place); i++) release(home, ARITY * place->index + 1 + i, news);
}

/// Waits for the release of this member, and hands it on.
static AO_t await_release(pw_slot *slot, pw_slot *home, uint64_t spin_ns) {
  AO_t news = await(slot, &slot->team_released, 1, spin_ns) & ~SLEEPER;
  pass_on(home, &slot->team_place, news);
  return news;
}

/// Arrives at the barrier, as one that goes on (0), has ended or has failed, and waits for all others.
static AO_t meet(pw_slot *slot, AO_t mine) {
  pw_slot *home = &slot->pool->slots[slot->team_home];
  const pw_team_place *place = &slot->team_place;
  uint32_t children = child_count(place);
  uint64_t spin_ns = PW_READ(&slot->team_spin_ns);
  AO_t theirs = children > 0 ? await(slot, &slot->team_arrived, children, spin_ns) : 0;
  bool ended = (mine & ENDED) && (theirs / ENDED & FIELD) == children;
  bool failed = (mine & FAILED) || (theirs / FAILED & FIELD) != 0;
  AO_t news = CAME | (ended ? ENDED : 0) | (failed ? FAILED : 0);
  if (place->index == 0) {
    pass_on(home, place, news);
    return news;
  }
  pw_team_place parent = {(place->index - 1) / ARITY, place->count};
  pw_slot *above = member(home, parent.index);
  // seq_cst, acq_rel needed; pairs with `team_look`: what this part of the tree did before the barrier is visible.
  // redundant acquire: who arrives reads nothing of its siblings before it is released.
  AO_t before = PW_ADD(team_arrive, &above->team_arrived, news);
  if ((before & SLEEPER) && (before / CAME & FIELD) + 1 == child_count(&parent)) wake(above, &above->team_arrived);
  return await_release(slot, home, spin_ns);
}

PW_API bool pw_team_barrier(pw_slot *slot) { return !(meet(slot, 0) & FAILED); }

/// One less has yet to begin, or to leave. The last touch of the team, when it leaves.
static void count_down(pw_slot *home, AO_t by) {
  // seq_cst, release needed; pairs with `team_missing`: a member that leaves has read the list of members once and for
  // all.
  // redundant acquire: who counts down reads nothing of the others'.
  // unseen release: with fewer than ten members each entry of the list that the next call overwrites has been read
  // before somebody was released whose seat that call has claimed.
  AO_t before = PW_ADD(team_count_down, &home->team_missing, -(2 * by));
  if (before == (2 * by | SLEEPER)) wake(home, &home->team_missing);
}

/// Waits until nobody is missing any more, or until then (0: for ever). False: somebody is.
static bool await_nobody_missing(pw_slot *slot, uint64_t deadline) {
  pw_spin spin = {0, 0};
  for (;;) {
    PW_AT(slot->pool, PW_AT_WAIT);
    // acquire; pairs with `team_count_down`.
    // unseen: as there.
    AO_t seen = PW_LOAD_ACQUIRE(team_missing, &slot->team_missing);
    if (seen < 2) return true;
    uint64_t now = deadline != 0 ? pw_now() : 0;
    if (deadline != 0 && now >= deadline) return false;
    rest(slot, &slot->team_missing, seen, &spin, pw_spin_ns(slot->pool), deadline != 0 ? deadline - now : 0);
  }
}

/// Runs the body as the member that the slot has become, and goes on arriving until all have ended.
static void take_part(pw_slot *slot, pw_code code, void *context) {
  PW_AT(slot->pool, PW_AT_JOB);
  AO_t mine = ENDED | (pw_call_member(code, context, slot) ? FAILED : 0);
  while (!(meet(slot, mine) & ENDED)) {}
}

PW_API void pw_team_serve(pw_slot *slot) {
  pw_slot *home = &slot->pool->slots[PW_READ(&slot->post_caller)];
  // Who stood by for the caller's next loop does so no longer. Now, and not when the team has ended: the caller, if a guest,
  // leaves then, and does not look at what those have queued who stand by (I7). Nobody has called: the caller posts.
  pw_withdraw(slot);
  slot->region_depth = 1;
  pw_wake_posted(slot);
  count_down(home, 1);
  await_release(slot, home, pw_spin_ns(slot->pool)); // who the others are is not known yet
  take_part(slot, PW_READ(&home->region_code), PW_READ(&home->region_context));
  slot->region_depth = 0;
  // relaxed; pairs with `claim_passing`, by the add below: the caller's next call waits for us.
  PW_STORE(seat_was_member, &slot->seat, PW_SEAT_WORKING);
  count_down(home, 1);
}

/// Takes back what nobody has begun, and leaves the ids of all members in `posted`, in order. Returns how many.
static uint32_t gather(pw_slot *slot, uint32_t claimed) {
  uint32_t begun = 0, revoked = 0;
  for (uint32_t i = 0; i < claimed; i++) {
    uint32_t id = slot->ids[i].posted;
    if (pw_revoke_post(slot, &slot->pool->slots[id], false)) revoked += 1;
    else PW_WRITE(&slot->ids[begun++].posted, id);
  }
  if (revoked > 0) count_down(slot, revoked);
  uint32_t at = begun;
  for (; at > 0 && slot->ids[at - 1].posted > slot->id; at--) PW_WRITE(&slot->ids[at].posted, slot->ids[at - 1].posted);
  PW_WRITE(&slot->ids[at].posted, slot->id);
  return begun + 1;
}

/// How long members look before they sleep. If all can run at the same time they do look, also in a pool whose idle workers
/// do not spin because there are more of them than CPUs: at each barrier of a short phase somebody slept and was woken, as
/// a rule on the waker's CPU, and the other CPU had nothing to do.
static uint64_t spin_of_team(pw_slot *home, uint32_t count, bool some_share) {
  pw_pool *pool = home->pool;
  bool all_run = count <= pw_pool_abreast(pool);
  for (uint32_t i = 0; i < count && some_share; i++) all_run = all_run && pw_is_apart(member(home, i));
  return all_run ? PW_SETTING(&pool->team_spin_ns) : pw_spin_ns(pool); // pairs with pw_pool_set_abreast
}

PW_API bool pw_team_run(pw_slot *slot, pw_code code, void *context, uint64_t most) {
  // In a forked child those who could be called are not here; nobody is missed.
  if (slot->region_depth != 0 || pw_pool_is_forked(slot->pool)) return false;
  pw_pool *pool = slot->pool;
  slot->region_depth = 1;
  uint32_t workers = pw_pool_workers(pool);
  uint32_t others = most < workers ? (most > 0 ? (uint32_t)most - 1 : 0) : workers - 1;
  bool some_share = pw_pool_abreast(pool) < workers;
  uint32_t claimed = pw_claim_seats(slot, (pw_worth){others, others, false}, some_share).count;
  PW_WRITE(&slot->region_code, code);
  PW_WRITE(&slot->region_context, context);
  PW_STORE(team_call, &slot->team_missing, 2 * claimed); // relaxed; own, published by the posts
  uint32_t slept = 0;
  for (uint32_t i = 0; i < claimed; i++) pw_address_post(slot, &pool->slots[slot->ids[i].posted], NULL, NULL, &slept);
  pw_post_sleepers(slot, slept);
  // No clock decides in a deterministic pool: all who are called come, in turn.
  if (claimed > 0) await_nobody_missing(slot, PW_BATON_OF(pool) != NULL ? 0 : pw_now() + CALL_PATIENCE_NS);
  uint32_t count = gather(slot, claimed);
  // Those that began at the last moment are about to say so.
  await_nobody_missing(slot, 0);
  // relaxed, all; own: the others wait for their release, and their words are empty since their last barrier.
  PW_STORE(team_dismiss, &slot->team_missing, 2 * (count - 1));
  uint64_t spin_ns = spin_of_team(slot, count, some_share);
  for (uint32_t i = 0; i < count; i++) {
    pw_slot *other = member(slot, i);
    PW_WRITE(&other->team_spin_ns, spin_ns);
    PW_WRITE(&other->team_home, slot->id);
    PW_WRITE(&other->team_place, ((pw_team_place){i, count}));
  }
  if (slot->team_place.index > 0) {
    release(slot, 0, CAME);
    await_release(slot, slot, spin_ns);
  } else {
    pass_on(slot, &slot->team_place, CAME);
  }
  take_part(slot, code, context);
  await_nobody_missing(slot, 0);
  slot->region_depth = 0;
  return true;
}

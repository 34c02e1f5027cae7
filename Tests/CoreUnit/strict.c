// The strict stack by itself: owner and thieves on slots of a pool without workers.
#include <unistd.h>
#include "unit.h"

typedef struct marked_job {
  pw_frame frame;
  unit_job job;
  unit_tally *tally;
  uint64_t number;
} marked_job;

static void mark(void *argument) {
  marked_job *job = argument;
  unit_tally_mark(job->tally, job->number);
}

static pw_pool *table(uint32_t slots) {
  pw_pool *pool = pw_pool_create(slots, slots, 64, 1000, unit.seed, NULL);
  CHECK(pool != NULL);
  return pool;
}

static void push(pw_slot *slot, marked_job *job, unit_tally *tally, uint64_t number) {
  job->tally = tally;
  job->number = number;
  job->job = (unit_job){mark, job};
  pw_push(slot, slot->pool, &job->frame, unit_job_code, &job->job);
}

/// What a thief does: this thread works with its slot meanwhile.
static void run_as(pw_slot *thief, pw_slot *owner, pw_job *job) {
  pw_set_current(thief);
  pw_run_stolen(thief, job);
  pw_set_current(owner);
}

/// Joins as a caller would: what was not stolen runs here.
static void join(pw_slot *slot, marked_job *job) {
  if (pw_join(slot, &job->frame)) mark(job);
}

void strict_in_order(void) {
  enum { jobs = 40 };
  pw_pool *pool = table(1); // alone: nothing is ever exposed
  pw_slot *slot = pw_pool_slot(pool, 0);
  pw_set_current(slot);
  unit_tally tally = unit_tally_make(jobs);
  marked_job job[jobs];
  for (int i = 0; i < jobs; i++) push(slot, &job[i], &tally, (uint64_t)i);
  CHECK(pw_depth(slot) == jobs);
  for (int i = jobs; i-- > 0;) {
    CHECK(pw_this_thread.chain.top == &job[i].frame);
    CHECK(pw_pop_private(&job[i].frame));
    mark(&job[i]);
  }
  CHECK(pw_this_thread.chain.top == NULL && slot->word == 0);
  unit_tally_check(&tally);
  pw_set_current(NULL);
  pw_pool_destroy(pool);
}

void strict_across_the_split(void) {
  enum { jobs = 8 };
  pw_pool *pool = table(2);
  pw_slot *owner = pw_pool_slot(pool, 0), *thief = pw_pool_slot(pool, 1);
  pw_set_current(owner);
  owner->gate = (AO_t)pool; // nobody asks
  unit_tally tally = unit_tally_make(jobs);
  marked_job job[jobs];
  for (int i = 0; i < jobs; i++) push(owner, &job[i], &tally, (uint64_t)i);
  pw_job *stolen;
  CHECK(pw_strict_steal(owner, thief->request, &stolen) == PW_STEAL_EMPTY); // all private
  CHECK(owner->gate == PW_ASKED_AFTER_MUCH);                                // and it has asked
  pw_expose(owner);
  CHECK(PW_SPLIT(owner->word) == jobs / 2 && PW_TAIL(owner->word) == 0);
  CHECK(pw_strict_steal(owner, thief->request, &stolen) == PW_STEAL_TAKEN); // the oldest
  CHECK(stolen->frame == &job[0].frame);
  run_as(thief, owner, stolen);
  CHECK(tally.runs[0] == 1 && pw_is_done(&owner->jobs[0].state));
  for (int i = jobs; i-- > 1;) {
    CHECK(pw_pop(owner, &job[i].frame));
    mark(&job[i]);
  }
  CHECK(!pw_pop(owner, &job[0].frame)); // it does not come back
  pw_join_stolen(owner, &job[0].frame);
  CHECK(pw_this_thread.chain.top == NULL && owner->split == 0 && PW_SPLIT(owner->word) == 0 && PW_TAIL(owner->word) == 0);
  CHECK(owner->jobs[0].state == PW_EMPTY);
  unit_tally_check(&tally);
  pw_set_current(NULL);
  pw_pool_destroy(pool);
}

void strict_half_taken_back(void) {
  enum { jobs = 16 };
  pw_pool *pool = table(2);
  pw_slot *owner = pw_pool_slot(pool, 0);
  pw_set_current(owner);
  owner->gate = (AO_t)pool;
  unit_tally tally = unit_tally_make(jobs);
  marked_job job[jobs];
  for (int i = 0; i < jobs; i++) push(owner, &job[i], &tally, (uint64_t)i);
  pw_expose(owner);
  pw_expose(owner);
  CHECK(PW_SPLIT(owner->word) == 12);
  for (int i = jobs; i-- > 0;) {
    AO_t split = PW_SPLIT(owner->word);
    bool exposed = job[i].frame.context == PW_NOT_HERE;
    CHECK(pw_pop(owner, &job[i].frame));
    mark(&job[i]);
    // Half of what is exposed comes back at once, and what came back needs no CAS.
    if (exposed) CHECK(PW_SPLIT(owner->word) == (split - 1 + 1) / 2);
    else CHECK(PW_SPLIT(owner->word) == split);
  }
  unit_tally_check(&tally);
  pw_set_current(NULL);
  pw_pool_destroy(pool);
}

// MARK: Thieves

typedef struct raid {
  pw_pool *pool;
  atomic_bool over;
  atomic_ulong stolen;
} raid;

static void steal_until_over(void *argument, uint32_t index) {
  raid *raid = argument;
  pw_slot *slot = pw_pool_slot(raid->pool, index + 1), *victim = pw_pool_slot(raid->pool, 0);
  pw_set_current(slot);
  while (!atomic_load(&raid->over)) {
    pw_job *job;
    if (pw_strict_steal(victim, slot->request, &job) != PW_STEAL_TAKEN) {
      PW_PAUSE();
      continue;
    }
    pw_run_stolen(slot, job);
    atomic_fetch_add(&raid->stolen, 1);
  }
  pw_set_current(NULL);
}

/// Pushes and joins jobs up to some depth, in a random order that a program could have.
static uint32_t climb(pw_slot *slot, unit_tally *tally, uint32_t number, uint32_t depth, uint64_t *random) {
  marked_job job;
  push(slot, &job, tally, number++);
  while (depth > 0 && number < tally->count && unit_random(random) % 4 != 0) {
    number = climb(slot, tally, number, depth - 1, random);
  }
  if (unit_random(random) % 8 == 0) unit_nap(1); // a thief gets here first
  join(slot, &job);
  return number;
}

void strict_with_thieves(void) {
  raid raid = {table(unit.threads), false, 0};
  unit_threads *thieves = unit_start(unit.threads - 1, steal_until_over, &raid);
  pw_slot *slot = pw_pool_slot(raid.pool, 0);
  pw_set_current(slot);
  uint64_t random = unit.seed;
  for (uint32_t round = 0; round < 4 * unit.scale || raid.stolen == 0; round++) {
    unit_tally tally = unit_tally_make(1000);
    for (uint32_t number = 0; number < tally.count;) number = climb(slot, &tally, number, 80, &random);
    unit_tally_check(&tally);
    CHECK(pw_this_thread.chain.top == NULL && slot->split == 0);
  }
  atomic_store(&raid.over, true);
  unit_join(thieves);
  pw_set_current(NULL);
  CHECK(raid.stolen > 0);
  pw_pool_destroy(raid.pool);
}

// After a join has taken one of the four, or an exposure half of them, forks offer again (I12).
void strict_keeps_only_when_fed(void) {
  pw_pool *pool = table(1);
  pw_slot *owner = pw_pool_slot(pool, 0);
  CHECK(!pw_is_fed(pool)); // this thread holds no slot
  pw_set_current(owner);
  PW_STORE(unit_gate, &owner->gate, pool);
  unit_tally tally = unit_tally_make(PW_ENOUGH + 1);
  marked_job job[PW_ENOUGH + 1];
  for (int i = 0; i < PW_ENOUGH; i++) {
    CHECK(!pw_is_fed(pool));
    push(owner, &job[i], &tally, (uint64_t)i);
  }
  CHECK(pw_is_fed(pool));
  CHECK(pw_pop_private(&job[PW_ENOUGH - 1].frame));
  CHECK(!pw_is_fed(pool));
  push(owner, &job[PW_ENOUGH - 1], &tally, PW_ENOUGH - 1);
  CHECK(pw_is_fed(pool));
  pw_expose(owner);
  CHECK(!pw_is_fed(pool));
  push(owner, &job[PW_ENOUGH], &tally, PW_ENOUGH);
  CHECK(!pw_is_fed(pool)); // half of them and one
  pw_set_current(NULL);
  CHECK(!pw_is_fed(pool)); // and not on another's behalf
  pw_set_current(owner);
  for (int i = PW_ENOUGH + 1; i-- > 0;) join(owner, &job[i]);
  unit_tally_check(&tally);
  pw_set_current(NULL);
  pw_pool_destroy(pool);
}

/// One exposure, as forks and a thief bring it about, and its job's way back to the owner. Returns what the gate said
/// meanwhile.
static AO_t expose_one(pw_slot *owner) {
  unit_tally tally = unit_tally_make(2 * PW_ENOUGH);
  marked_job job[2 * PW_ENOUGH];
  for (int i = 0; i < 2 * PW_ENOUGH; i++) push(owner, &job[i], &tally, (uint64_t)i);
  pw_expose(owner);
  AO_t gate = owner->gate;
  pw_this_thread.slot->unwanted = 0; // as if it had been stolen
  for (int i = 2 * PW_ENOUGH; i-- > 0;) {
    CHECK(pw_pop(owner, &job[i].frame));
    mark(&job[i]);
  }
  unit_tally_check(&tally);
  return gate;
}

/// So many forks of nothing, one after the other.
static void fork_often(pw_slot *owner, int times) {
  unit_tally tally = unit_tally_make(1);
  marked_job job;
  for (int i = 0; i < times; i++) {
    push(owner, &job, &tally, 0);
    CHECK(pw_pop(owner, &job.frame));
  }
  mark(&job);
  unit_tally_check(&tally);
}

/// Exposes until the slot is eager: at once, unless this thread loses its CPU in between.
static void become_eager(pw_slot *owner) {
  AO_t gate = PW_GATE_SHUT;
  for (int tries = 0; tries < 10000 && gate != PW_GATE_EAGER; tries++) gate = expose_one(owner);
  CHECK(gate == PW_GATE_EAGER);
  owner->gate = gate; // what was exposed has come back, so the owner would like to expose again
}

/// Is eager after a moment in which nobody asks, and more forks than there are between two looks at the clock.
static bool stays_eager(pw_slot *owner) {
  become_eager(owner);
  usleep(1000);
  fork_often(owner, 1000);
  return owner->gate == PW_GATE_EAGER;
}

/// Somebody asks, having found what lasted so long.
static void ask_after(pw_slot *owner, uint64_t nanoseconds) {
  owner->gate = PW_GATE_SHUT;
  pw_ask(owner, pw_request_after(nanoseconds));
  expose_one(owner);
}

// Where what thieves take lasts no time, forks that kept their jobs would leave only small ones behind (an unbalanced
// tree took twice as long with two workers as with one).
void strict_offers_all_where_jobs_are_small(void) {
  pw_pool *pool = table(2);
  pw_slot *owner = pw_pool_slot(pool, 0);
  pw_set_current(owner);
  become_eager(owner);
  AO_t exposures = owner->counters.exposures;
  unit_tally tally = unit_tally_make(2 * PW_ENOUGH);
  marked_job job[2 * PW_ENOUGH];
  for (int i = 0; i < 2 * PW_ENOUGH; i++) {
    // Each fork links, and a range is not cut, until somebody asks.
    CHECK(!pw_is_fed(pool) && pw_nobody_asks());
    push(owner, &job[i], &tally, (uint64_t)i);
  }
  CHECK(owner->counters.exposures == exposures && pw_this_thread.chain.private_jobs == 2 * PW_ENOUGH);
  pw_ask(owner, PW_ASKED_AFTER_LITTLE);
  CHECK(!pw_is_fed(pool) && !pw_nobody_asks());
  for (int i = 2 * PW_ENOUGH; i-- > 0;) join(owner, &job[i]);
  unit_tally_check(&tally);
  fork_often(owner, 1);
  CHECK(owner->counters.exposures == exposures + 1); // asked, and exposed
  pw_set_current(NULL);
  pw_pool_destroy(pool);
}

// When all were busy, whoever had been eager stayed so: fib with 16 workers took 1.4 times as long.
void strict_is_eager_no_longer_than_an_exposure_lasts(void) {
  pw_pool *pool = table(2);
  pw_slot *owner = pw_pool_slot(pool, 0);
  pw_set_current(owner);
  CHECK(!stays_eager(owner));
  // But it does where those who ask have found little, as on a tree of which nobody knows where it is deep;
  for (int i = 0; i < 20; i++) ask_after(owner, 0);
  bool stayed = false;
  for (int tries = 0; tries < 100 && !stayed; tries++) stayed = stays_eager(owner); // unless this thread loses its CPU
  CHECK(stayed);
  // and who has found much weighs more.
  for (int i = 0; i < 4; i++) ask_after(owner, 1000000);
  CHECK(!stays_eager(owner));
  pw_set_current(NULL);
  pw_pool_destroy(pool);
}

/// As a job begins that is run in a wait.
static void begin_job_here(pw_slot *owner) {
  owner->own_floor = pw_depth(owner);
  pw_count_feed(owner);
}

// What an owner had taken back counted as if it had been there before its job: with 62 sleepers half of fib's forks could
// not keep their jobs, and it took 1.4 times as long as with two workers.
void strict_counts_what_the_running_job_has_forked(void) {
  enum { older = 3, jobs = 20 };
  pw_pool *pool = table(2);
  pw_slot *owner = pw_pool_slot(pool, 0);
  pw_set_current(owner);
  unit_tally tally = unit_tally_make(older + jobs + 1);
  marked_job job[older + jobs];
  owner->gate = (AO_t)pool;
  for (int i = 0; i < older; i++) push(owner, &job[i], &tally, (uint64_t)i);
  begin_job_here(owner);
  for (int i = older; i < older + jobs; i++) {
    CHECK(pw_is_fed(pool) == (i >= older + PW_ENOUGH));
    push(owner, &job[i], &tally, (uint64_t)i);
  }
  pw_expose(owner); // the older ones, among others: they no longer count
  CHECK(pw_this_thread.chain.enough == PW_ENOUGH);
  for (int i = older + jobs; i-- > older;) join(owner, &job[i]);
  // An older one that comes back with the running job's last counts as what it is.
  push(owner, &job[older], &tally, older + jobs);
  pw_expose(owner);
  join(owner, &job[older]);
  CHECK(pw_this_thread.chain.private_jobs == 1);
  CHECK(pw_this_thread.chain.enough == 1 + PW_ENOUGH);
  owner->own_floor = 0;
  for (int i = older; i-- > 0;) join(owner, &job[i]);
  unit_tally_check(&tally);
  pw_set_current(NULL);
  pw_pool_destroy(pool);
}

static void doze(void *argument) {
  mark(argument);
  usleep(1000);
}

/// The thief takes a job that does so. Returns what it asks with then.
static AO_t take_one(pw_slot *thief, pw_slot *owner, void (*body)(void *)) {
  unit_tally tally = unit_tally_make(1);
  marked_job job;
  push(owner, &job, &tally, 0);
  job.job.function = body;
  pw_expose(owner);
  pw_job *stolen;
  CHECK(pw_strict_steal(owner, thief->request, &stolen) == PW_STEAL_TAKEN);
  CHECK(owner->gate == thief->request); // there was one alone
  run_as(thief, owner, stolen);
  join(owner, &job);
  unit_tally_check(&tally);
  return thief->request;
}

// A thief says, when it asks next, whether what it took was little.
void strict_thieves_say_what_they_found(void) {
  pw_pool *pool = table(2);
  pw_slot *owner = pw_pool_slot(pool, 0), *thief = pw_pool_slot(pool, 1);
  pw_set_current(owner);
  CHECK(thief->request == PW_ASKED_AFTER_MUCH);
  AO_t request = PW_ASKED_AFTER_MUCH;
  for (int tries = 0; tries < 1000 && request != PW_ASKED_AFTER_LITTLE; tries++) { // unless this thread loses its CPU
    request = take_one(thief, owner, mark);
  }
  CHECK(request == PW_ASKED_AFTER_LITTLE);
  CHECK(take_one(thief, owner, doze) == PW_ASKED_AFTER_MUCH);
  pw_set_current(NULL);
  pw_pool_destroy(pool);
}

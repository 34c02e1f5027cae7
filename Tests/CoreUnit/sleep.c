// Sleeping and waking: with no spinning at all, every job below has to wake somebody.
#define _GNU_SOURCE
#include <sched.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include "unit.h"

/// Until all workers sleep. A lost wake-up shows as a test that does not end.
static void await_quiet(pw_pool *pool) {
  while (PW_SLEEPERS(PW_TALLY_READ(&pool->idle)) != pw_pool_made(pool)) unit_nap(20000);
}

typedef struct wake {
  unit_object object;
  AO_t state;
  pw_pool *pool;
} wake;

static void draw(unit_object *object) {
  wake *wake = (struct wake *)object;
  pw_slot *slot = pw_holds(wake->pool) ? pw_current() : NULL;
  CHECK(pw_submitted_claim(slot, &wake->state));
  pw_submitted_finish(slot, &wake->state);
}

static void draw_late(unit_object *object) {
  unit_nap(200000);
  draw(object);
}

void sleepers_wake_for_a_submission(void) {
  unit_crew crew = unit_crew_start(unit.threads, 0);
  for (uint32_t round = 0; round < 60 * unit.scale; round++) {
    wake wake = {.object = {.draw = draw}, .pool = crew.pool};
    if (round % 2 == 0) await_quiet(crew.pool);
    CHECK(pw_submit(crew.pool, NULL, &wake) == PW_PUSHED);
    pw_wait_for_turn(NULL, &wake.state);
    atomic_fetch_add(&unit_jobs_run, 1);
  }
  unit_crew_end(&crew);
}

static void set(void *flag) { atomic_store((atomic_bool *)flag, true); }

static void await_set(void *flag) {
  while (!atomic_load((atomic_bool *)flag)) unit_nap(20000);
}

void sleepers_wake_for_a_fork(void) {
  unit_crew crew = unit_crew_start(unit.threads, 0);
  for (uint32_t round = 0; round < 40 * unit.scale; round++) {
    atomic_bool flag = false;
    await_quiet(crew.pool);
    // Ends only if somebody else runs the forked half.
    unit_both(crew.pool, (unit_job){set, &flag}, (unit_job){await_set, &flag});
    atomic_fetch_add(&unit_jobs_run, 2);
  }
  unit_crew_end(&crew);
}

void sleepers_wake_for_a_stop(void) {
  for (uint32_t round = 0; round < 10 * unit.scale; round++) {
    unit_crew crew = unit_crew_start(unit.threads, 0);
    if (round % 2 == 0) await_quiet(crew.pool);
    unit_crew_end(&crew);
  }
}

// MARK: Threads from outside

typedef struct echo {
  AO_t state;
  atomic_bool asked, over;
} echo;

/// Ends a job some hundred nanoseconds after it is told of it.
static void answer(void *argument, uint32_t index) {
  (void)index;
  echo *echo = argument;
  for (;;) {
    while (!atomic_load(&echo->asked)) {
      if (atomic_load(&echo->over)) return;
    }
    atomic_store(&echo->asked, false);
    for (int i = 0; i < 16; i++) PW_PAUSE();
    pw_submitted_finish(NULL, &echo->state);
  }
}

static long sleeps_so_far(void) {
  struct rusage usage;
  CHECK(getrusage(RUSAGE_THREAD, &usage) == 0);
  return usage.ru_nvcsw;
}

static void ask(echo *echo) {
  PW_STORE(unit_state, &echo->state, PW_BY(PW_NOBODY));
  atomic_store(&echo->asked, true);
}

/// The shortest time in which the other thread answers whoever does nothing but look.
static uint64_t quickest_answer(echo *echo) {
  uint64_t quickest = UINT64_MAX;
  for (int i = 0; i < 1000; i++) {
    uint64_t begin = pw_now();
    ask(echo);
    while (!pw_is_done(&echo->state)) PW_PAUSE();
    uint64_t taken = pw_now() - begin;
    if (taken < quickest) quickest = taken;
  }
  return quickest;
}

// To sleep and be woken took ten times as long as the job and the way to it.
void outside_waits_for_short_jobs_do_not_sleep(void) {
  cpu_set_t usable;
  if (sched_getaffinity(0, sizeof usable, &usable) == 0 && CPU_COUNT(&usable) < 2) return; // who looks keeps the other from ending it
  echo echo = {.asked = false};
  unit_threads *other = unit_start(1, answer, &echo);
  // Nearly all of 100 waits at some time, though other threads may want these CPUs: each wait that sleeps is a switch.
  long sleeps = 100;
  // Not where an answer takes longer than the look, as in an emulator.
  bool is_quick = quickest_answer(&echo) < 1500;
  for (int tries = 0; tries < 1000 && sleeps > 10 && is_quick; tries++) {
    long before = sleeps_so_far();
    for (int i = 0; i < 100; i++) {
      ask(&echo);
      pw_wait_for_turn(NULL, &echo.state);
    }
    sleeps = sleeps_so_far() - before;
  }
  CHECK(sleeps <= 10 || !is_quick);
  atomic_store(&echo.over, true);
  unit_join(other);
}

// A job that lasts leaves the CPU to others.
void outside_waits_for_long_jobs_sleep(void) {
  unit_crew crew = unit_crew_start(1, 0);
  long before = sleeps_so_far();
  for (int i = 0; i < 40; i++) {
    wake wake = {.object = {.draw = draw_late}, .pool = crew.pool};
    CHECK(pw_submit(crew.pool, NULL, &wake) == PW_PUSHED);
    pw_wait_for_turn(NULL, &wake.state);
  }
  CHECK(sleeps_so_far() - before >= 20); // a thread that loses its CPU for so long finds some of them done
  unit_crew_end(&crew);
}

static void visit(void *argument, uint32_t index) {
  pw_pool *pool = argument;
  for (uint32_t round = 0; round < 60 * unit.scale; round++) {
    pw_slot *slot = pw_enter(pool);
    if (slot == NULL) continue; // all seats taken
    CHECK(pw_current() == slot && pw_held(pool) == slot && slot->is_guest);
    wake wake = {.object = {.draw = draw}, .pool = pool};
    // A guest's submission is everybody's; it waits for it as a worker would.
    CHECK(pw_submit(pool, slot, &wake) == PW_PUSHED);
    if ((round + index) % 3 == 0) unit_nap(1000);
    pw_wait_submitted(slot, &wake.state);
    pw_leave(slot);
    CHECK(pw_current() == NULL);
    atomic_fetch_add(&unit_jobs_run, 1);
  }
}

static void begin_late(void *pool, uint32_t index) {
  unit_nap(2000000);
  pw_worker_run(pw_pool_slot(pool, index));
}

// It did not wait at all: the moment at which it was to end had passed long ago.
void a_start_is_awaited_for_as_long_as_there_is(void) {
  pw_pool *pool = pw_pool_create(2, 2, 4096, 0, unit.seed, NULL);
  CHECK(pool != NULL);
  unit_threads *threads = unit_start(2, begin_late, pool);
  pw_pool_await_start(pool, UINT64_MAX);
  CHECK(AO_load(&pool->starting) == 0);
  CHECK(pw_pool_close(pool));
  pw_pool_stop(pool);
  unit_join(threads);
  pw_pool_destroy(pool);
}

void guests_and_workers_change_seats(void) {
  unit_crew crew = unit_crew_start(unit.threads, 0);
  // One seat is left for a worker to run what the guests submit.
  unit_join(unit_start(unit.threads - 1, visit, crew.pool));
  unit_crew_end(&crew);
}

// MARK: What the core asks of Linux

void futex_returns_in_time(void) {
  AO_t word = 7;
  pw_futex_wait(&word, 8, 0); // another value: at once
  uint64_t begin = pw_now();
  pw_futex_wait(&word, 7, 2000000);
  CHECK(pw_now() - begin >= 1000000); // nobody woke it
  word |= (AO_t)1 << 40;
  pw_futex_wait(&word, 7, 1000000); // the low half counts
}

void affinity_reads_back(void) {
  uint64_t before[128], one[128] = {0}, after[128];
  CHECK(pw_affinity_get(before, 128) == 0);
  int cpu = 0;
  while (cpu < 128 * 64 && !(before[cpu / 64] >> (cpu % 64) & 1)) cpu += 1;
  CHECK(cpu < 128 * 64);
  one[cpu / 64] = (uint64_t)1 << (cpu % 64);
  CHECK(pw_affinity_set(one, 128) == 0);
  CHECK(pw_affinity_get(after, 128) == 0 && memcmp(one, after, sizeof one) == 0);
  CHECK(pw_affinity_set(before, 128) == 0);
  memset(one, 0, sizeof one);
  CHECK(pw_affinity_set(one, 128) != 0); // no CPU at all: an errno value, not a trap
}

void fork_is_noticed(void) {
  unit_crew crew = unit_crew_start(unit.threads, 0);
  await_quiet(crew.pool);
  CHECK(!pw_pool_is_forked(crew.pool));
  pid_t child = fork();
  CHECK(child >= 0);
  if (child == 0) _exit(pw_pool_is_forked(crew.pool) && pw_enter(crew.pool) == NULL ? 0 : 1);
  int status;
  CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
  unit_crew_end(&crew);
}

// A thread that keeps another from its CPU waited for that one without ever leaving it.
void brief_waits_give_the_cpu_up_at_last(void) {
  enum { naps = 20 };
  struct rusage before, after;
  uint32_t rounds = PW_BRIEF_ROUNDS - 1;
  CHECK(getrusage(RUSAGE_THREAD, &before) == 0);
  for (int i = 0; i < naps; i++) pw_wait_briefly(&rounds);
  CHECK(getrusage(RUSAGE_THREAD, &after) == 0);
  CHECK(after.ru_nvcsw - before.ru_nvcsw >= naps);
}

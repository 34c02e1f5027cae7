// Threads and pools for the tests.
#include <pthread.h>
#include <time.h>
#include "unit.h"

struct unit_threads {
  void (*body)(void *argument, uint32_t index);
  void *argument;
  uint32_t count;
  atomic_uint next;
  pthread_t threads[];
};

static void *begin(void *context) {
  unit_threads *threads = context;
  threads->body(threads->argument, atomic_fetch_add(&threads->next, 1));
  return NULL;
}

unit_threads *unit_start(uint32_t count, void (*body)(void *, uint32_t), void *argument) {
  unit_threads *threads = calloc(1, sizeof *threads + count * sizeof(pthread_t));
  CHECK(threads != NULL);
  threads->body = body;
  threads->argument = argument;
  threads->count = count;
  for (uint32_t i = 0; i < count; i++) CHECK(pthread_create(&threads->threads[i], NULL, begin, threads) == 0);
  return threads;
}

void unit_join(unit_threads *threads) {
  for (uint32_t i = 0; i < threads->count; i++) CHECK(pthread_join(threads->threads[i], NULL) == 0);
  free(threads);
}

void unit_nap(uint64_t nanoseconds) {
  struct timespec time = {(time_t)(nanoseconds / 1000000000), (long)(nanoseconds % 1000000000)};
  nanosleep(&time, NULL);
}

unit_tally unit_tally_make(uint32_t count) {
  unit_tally tally = {count, calloc(count, sizeof(atomic_uint))};
  CHECK(tally.runs != NULL);
  return tally;
}

void unit_tally_mark(unit_tally *tally, uint64_t job) {
  CHECK(job < tally->count);
  atomic_fetch_add_explicit(&tally->runs[job], 1, memory_order_relaxed);
}

void unit_tally_check(unit_tally *tally) {
  for (uint32_t i = 0; i < tally->count; i++) CHECK(tally->runs[i] == 1);
  atomic_fetch_add(&unit_jobs_run, tally->count);
  free(tally->runs);
}

static void run_entry(void *first, void *second, void *tag, bool ticket) {
  unit_object *object = tag;
  if (ticket) object->draw(object);
  else object->run(object, first, second);
}

static void work(void *pool, uint32_t index) { pw_worker_run(pw_pool_slot(pool, index)); }

unit_crew unit_crew_start(uint32_t workers, uint64_t spin_ns) {
  unit_crew crew;
  crew.pool = pw_pool_create(workers, workers, 4096, spin_ns, unit.seed, run_entry);
  CHECK(crew.pool != NULL);
  crew.threads = unit_start(workers, work, crew.pool);
  pw_pool_await_start(crew.pool, 10000000000);
  return crew;
}

void unit_crew_stop(unit_crew *crew) {
  CHECK(pw_pool_close(crew->pool));
  pw_pool_stop(crew->pool);
}

void unit_crew_end(unit_crew *crew) {
  if (!pw_pool_is_closed(crew->pool)) unit_crew_stop(crew);
  unit_join(crew->threads);
  pw_entry entry;
  while (pw_pool_leftover(crew->pool, &entry)) {
    uintptr_t tag = (uintptr_t)entry.tag;
    run_entry(entry.first, entry.second, (void *)(tag & ~PW_TICKET), (tag & PW_TICKET) != 0);
  }
  CHECK(PW_SLEEPERS(crew->pool->idle) == 0 && PW_SEARCHERS(crew->pool->idle) == 0);
  pw_pool_destroy(crew->pool);
}

// Making and freeing a pool: its slots, and the stacks that they reserve.
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "internal.h"

/// Loose jobs that a slot's deque holds before it first grows.
#ifndef FIRST_CAPACITY // the explorer's deques grow soon
#define FIRST_CAPACITY 64
#endif

/// CPUs whose worker is remembered.
#ifndef HOMES // the explorer has no CPUs
#define HOMES PW_MOST_CPUS
#endif

static size_t whole_pages(size_t size) { return (size + 4095) & ~(size_t)4095; }

/// Zeroed pages that cost nothing until they are touched, on the node of whoever does that first. NULL if refused.
static void *map(size_t size) {
  void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return memory != MAP_FAILED ? memory : NULL;
}

PW_API pw_pool *pw_pool_create(
    uint32_t count, uint32_t most, uint32_t capacity, uint64_t spin_ns, uint64_t seed, pw_run_entry_fn run_entry) {
  if (count == 0 || count > most || most > PW_MOST_SLOTS || capacity == 0 || capacity > PW_STRICT_CAPACITY) return NULL;
  pw_pool *pool = aligned_alloc(PW_LINE, sizeof(pw_pool));
  if (pool == NULL) return NULL;
  memset(pool, 0, sizeof *pool);
  pool->most = most;
  pool->capacity = capacity;
  pool->seed = seed;
  pool->spin_ns = spin_ns;
  pool->starting = count;
  pool->roster = PW_ROSTER((AO_t)0, count, count);
  pool->wake_ns = PW_WAKE_NS;
  pool->run_entry = run_entry;
  pw_begin_clock();
  pw_remember_process();
  pool->fork_generation = pw_fork_generation();
  pw_injector_init(&pool->injector);
  // The slots' own part lies on the node of the thread that makes them.
  size_t slots_size = (size_t)most * sizeof(pw_slot), near_size = (size_t)most * sizeof(pw_near);
  pool->memory_size = whole_pages(slots_size + near_size + (HOMES + 2 * (size_t)most) * sizeof(AO_t));
  pool->memory = map(pool->memory_size);
  if (pool->memory == NULL) {
    free(pool);
    return NULL;
  }
  pool->slots = pool->memory;
  pool->near = (pw_near *)((char *)pool->memory + slots_size);
  pool->row = (AO_t *)((char *)pool->memory + slots_size + near_size);
  pool->weights = pool->row + most;
  pool->slot_of_cpu = pool->weights + most;
  while (pool->made < count) {
    if (!pw_pool_make_slot(pool)) {
      pw_pool_destroy(pool);
      return NULL;
    }
    pool->slots[pool->made - 1].is_away = 0;
  }
  if (count == 1) pool->slots[0].gate = (AO_t)pool; // alone, nobody ever asks; else all are hungry at first
  return pool;
}

PW_API bool pw_pool_make_slot(pw_pool *pool) {
  uint32_t id = pw_pool_made(pool), called = pool->most < PW_MOST_CALLED ? pool->most : PW_MOST_CALLED;
  if (id == pool->most) return false;
  // Nobody looks at it before it is in the reach of the roster.
  pw_slot *slot = &pool->slots[id];
  if (!pw_deque_init(&slot->deque, FIRST_CAPACITY)) return false;
  size_t jobs_size = (size_t)pool->capacity * sizeof(pw_job), calls_size = (size_t)called * sizeof(pw_call);
  slot->memory_size = whole_pages(jobs_size + calls_size + 4 * pool->most * sizeof(uint32_t) + PW_LINE);
  slot->memory = map(slot->memory_size);
  if (slot->memory == NULL) {
    pw_deque_destroy(&slot->deque);
    return false;
  }
  slot->id = id;
  slot->pool = pool;
  slot->chain.enough = PW_ENOUGH;
  slot->is_away = 1;
  slot->jobs = slot->memory;
  slot->calls = (pw_call *)((char *)slot->memory + ((jobs_size + PW_LINE - 1) & ~(size_t)(PW_LINE - 1)));
  slot->capacity = pool->capacity;
  // splitmix64's increment (Steele, Lea and Flood 2014) keeps the slots' generators apart; never zero.
  slot->random = (pool->seed + (id + 1) * 0x9e3779b97f4a7c15u) | 1;
  slot->posted = (uint32_t *)(slot->calls + called);
  slot->sleepers = slot->posted + pool->most;
  slot->recent = slot->sleepers + pool->most;
  slot->called = slot->recent + pool->most;
  pw_pool_set_near(pool, id, id, NULL, 0, false);
  PW_SET(&pool->made, id + 1); // pairs with `pw_pool_made`: what the slot is made of is visible
  return true;
}

PW_API void pw_pool_destroy(pw_pool *pool) {
  for (uint32_t i = 0; i < pool->made; i++) {
    munmap(pool->slots[i].memory, pool->slots[i].memory_size);
    pw_deque_destroy(&pool->slots[i].deque);
  }
  if (pool->baton != NULL) pw_baton_destroy(pool->baton);
  munmap(pool->memory, pool->memory_size);
  pw_injector_destroy(&pool->injector);
  free(pool);
}

PW_API void pw_pool_set_homes(pw_pool *pool, const uint32_t *slot_of_cpu, uint32_t count) {
  if (count > HOMES) count = HOMES;
  // Both pair with the looks in home_of_caller: a table half old and half new is a worse hint, and no more.
  for (uint32_t cpu = 0; cpu < count; cpu++) PW_SET(&pool->slot_of_cpu[cpu], slot_of_cpu[cpu]);
  PW_SET(&pool->known_cpus, count);
}

PW_API void pw_pool_set_weights(pw_pool *pool, const uint32_t *weights, uint32_t count) {
  if (count > pool->most) count = pool->most;
  for (uint32_t slot = 0; slot < count; slot++) PW_SET(&pool->weights[slot], weights[slot]);
  PW_SET(&pool->weighed, count);
}

PW_API void pw_pool_set_spin(pw_pool *pool, uint64_t spin_ns) {
  PW_SET(&pool->spin_ns, spin_ns); // pairs with `pw_spin_ns`
  if (spin_ns != PW_NEVER_PARK) return;
  // Nobody is to sleep. Who lies down at this very moment does once more.
  for (uint32_t i = 0; i < pw_pool_reach(pool); i++) pw_wake_seat(&pool->slots[i]);
}

PW_API bool pw_pool_is_forked(pw_pool *pool) { return pool->fork_generation != pw_fork_generation(); }

PW_API pw_counters pw_slot_counters(pw_slot *slot) {
  pw_counters *live = &slot->counters;
  // relaxed, each: written by the slot's holder alone.
  pw_counters copy = {
      .exposures = PW_TALLY_READ(&live->exposures),
      .steals_tried = PW_TALLY_READ(&live->steals_tried),
      .steals_won = PW_TALLY_READ(&live->steals_won),
      .steals_lost = PW_TALLY_READ(&live->steals_lost),
      .loose_run = PW_TALLY_READ(&live->loose_run),
      .parks = PW_TALLY_READ(&live->parks),
      .wakes = PW_TALLY_READ(&live->wakes),
      .injector_takes = PW_TALLY_READ(&live->injector_takes),
      .region_shares = PW_TALLY_READ(&live->region_shares),
  };
  return copy;
}

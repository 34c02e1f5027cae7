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

/// In larger pools nobody stands by: the lines between all slots would take more than 32 MiB of address space.
#define MOST_CALLERS 512

PW_API pw_pool *pw_pool_create(uint32_t count, uint32_t capacity, uint64_t spin_ns, uint64_t seed, pw_run_entry_fn run_entry) {
  if (count == 0 || count > PW_MOST_SLOTS || capacity == 0 || capacity > PW_STRICT_CAPACITY) return NULL;
  pw_pool *pool = aligned_alloc(PW_LINE, sizeof(pw_pool));
  if (pool == NULL) return NULL;
  memset(pool, 0, sizeof *pool);
  pool->count = count;
  pool->spin_ns = spin_ns;
  pool->starting = count;
  pool->wake_ns = PW_WAKE_NS;
  pool->run_entry = run_entry;
  pw_begin_clock();
  pw_remember_process();
  pool->fork_generation = pw_fork_generation();
  pw_injector_init(&pool->injector);
  // One mapping: zeroed pages that cost nothing until a slot's stack is that deep, on the node of whoever touches them.
  // (The slots themselves lie on that of the thread that makes the pool.)
  size_t slots_size = ((size_t)count * sizeof(pw_slot) + 4095) & ~(size_t)4095;
  size_t stack_size = ((size_t)capacity * sizeof(pw_job) + 4095) & ~(size_t)4095;
  size_t calls_size = count <= MOST_CALLERS ? (size_t)count * sizeof(pw_call) : 0;
  calls_size = (calls_size + 4095) & ~(size_t)4095;
  pool->memory_size = slots_size + count * (stack_size + calls_size);
  pool->memory = mmap(NULL, pool->memory_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (pool->memory == MAP_FAILED) {
    free(pool);
    return NULL;
  }
  pool->slots = pool->memory;
  for (uint32_t i = 0; i < count; i++) {
    pw_slot *slot = &pool->slots[i];
    slot->id = i;
    slot->pool = pool;
    slot->chain.enough = PW_ENOUGH;
    slot->gate = count > 1 ? 0 : (AO_t)pool; // alone, nobody ever asks; else all are hungry at first
    char *own = (char *)pool->memory + slots_size + i * (stack_size + calls_size);
    slot->jobs = (pw_job *)own;
    slot->calls = calls_size > 0 ? (pw_call *)(own + stack_size) : NULL;
    slot->capacity = capacity;
    // splitmix64's increment (Steele, Lea and Flood 2014) keeps the slots' generators apart; never zero.
    slot->random = (seed + (i + 1) * 0x9e3779b97f4a7c15u) | 1;
    slot->posted = malloc(4 * count * sizeof(uint32_t));
    slot->sleepers = slot->posted + count;
    slot->recent = slot->sleepers + count;
    slot->called = slot->recent + count;
    if (slot->posted == NULL || !pw_deque_init(&slot->deque, FIRST_CAPACITY)) {
      pw_pool_destroy(pool);
      return NULL;
    }
  }
  return pool;
}

PW_API void pw_pool_destroy(pw_pool *pool) {
  for (uint32_t i = 0; i < pool->count; i++) {
    free(pool->slots[i].posted);
    pw_deque_destroy(&pool->slots[i].deque);
  }
  if (pool->baton != NULL) pw_baton_destroy(pool->baton);
  munmap(pool->memory, pool->memory_size);
  pw_injector_destroy(&pool->injector);
  free(pool->slot_of_cpu);
  free(pool);
}

PW_API void pw_pool_set_homes(pw_pool *pool, const uint32_t *slot_of_cpu, uint32_t count) {
  uint32_t *copy = malloc(count * sizeof *copy);
  if (copy == NULL) return;
  memcpy(copy, slot_of_cpu, count * sizeof *copy);
  pool->slot_of_cpu = copy;
  pool->cpu_count = count;
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

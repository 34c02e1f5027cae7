// Making and freeing a pool: its slots, and the stacks that they reserve.
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "internal.h"

// What is compiled into programs: whoever changes this raises the number of `pw_this_thread`, and that in Package.swift, so
// that none of them goes on with the old layout.
#ifndef PW_ATOMIC_OVERRIDE
#define PW_LAYOUT_IS(what) _Static_assert(what, "the layout has changed: raise the number in pw_this_thread's name")
PW_LAYOUT_IS(offsetof(pw_slot, pool) == PW_LINE && offsetof(pw_slot, gate) == 2 * PW_LINE);
PW_LAYOUT_IS(offsetof(pw_slot, team_place) == 7 * PW_LINE + 16);
PW_LAYOUT_IS(sizeof(pw_frame) == 24 && offsetof(pw_frame, code) == 8 && offsetof(pw_frame, context) == 16);
PW_LAYOUT_IS(sizeof(pw_thread) == 64 && offsetof(pw_thread, chain) == 8 && offsetof(pw_thread, refused) == 32);
PW_LAYOUT_IS(offsetof(pw_chain, private_jobs) == 8 && offsetof(pw_chain, enough) == 16);
#endif

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
  if (memory == MAP_FAILED) return NULL;
  // A huge page would have what several workers touch on one node, also across mappings that happen to be neighbours.
  madvise(memory, size, MADV_NOHUGEPAGE);
  return memory;
}

/// What a slot has beside its lines: a mapping of its own (`pw_pool.rooms`).
typedef struct pw_room {
  size_t calls, ids, buffer, size; // where each part begins, after the jobs; and the whole
} pw_room;

static size_t whole_lines(size_t size) { return (size + PW_LINE - 1) & ~(size_t)(PW_LINE - 1); }

/// Slots that others stand by for; `calls` has a line for each.
static uint32_t called_slots(const pw_pool *pool) { return pool->most < PW_MOST_CALLED ? pool->most : PW_MOST_CALLED; }

static pw_room room_of(const pw_pool *pool) {
  pw_room room;
  room.calls = whole_lines((size_t)pool->capacity * sizeof(pw_job));
  room.ids = room.calls + called_slots(pool) * sizeof(pw_call);
  room.buffer = whole_lines(room.ids + pool->most * sizeof(pw_ids));
  room.size = whole_pages(room.buffer + sizeof(pw_buffer) + FIRST_CAPACITY * sizeof(pw_cell));
  return room;
}

PW_API pw_pool *pw_pool_reserve(
    uint32_t count, uint32_t most, uint32_t capacity, uint64_t spin_ns, uint64_t seed, pw_run_entry_fn run_entry) {
  if (count == 0 || count > most || most > PW_MOST_SLOTS || capacity == 0 || capacity > PW_STRICT_CAPACITY) return NULL;
  // What all calls read of the pool comes first, in one page if there are few CPUs; then the slots, each with its own pages.
  size_t homes = sizeof(pw_pool), weights = homes + HOMES * sizeof(AO_t), row = weights + most * sizeof(AO_t);
  size_t near = whole_lines(row + most * sizeof(AO_t)), rooms = near + most * sizeof(pw_near);
  size_t slots = whole_pages(rooms + most * sizeof(void *)), size = slots + whole_pages(most * sizeof(pw_slot));
  char *memory = map(size);
  if (memory == NULL) return NULL;
  pw_pool *pool = (pw_pool *)memory;
  pool->size = size;
  pool->slot_of_cpu = (AO_t *)(memory + homes);
  pool->weights = (AO_t *)(memory + weights);
  pool->row = (AO_t *)(memory + row);
  pool->near = (pw_near *)(memory + near);
  pool->rooms = (void **)(memory + rooms);
  pool->slots = (pw_slot *)(memory + slots);
  pool->most = most;
  pool->capacity = capacity;
  pool->seed = seed;
  pool->spin_ns = spin_ns;
  pool->abreast = count;
  pool->team_spin_ns = spin_ns;
  memset(pool->apart, 0xff, sizeof pool->apart);
  pool->starting = count;
  pool->roster = PW_ROSTER((AO_t)0, count, count);
  pool->wake_ns = PW_WAKE_NS;
  pool->run_entry = run_entry;
  pw_begin_clock();
  pw_remember_process();
  pool->fork_generation = pw_fork_generation();
  pw_injector_init(&pool->injector);
  while (pool->made < count) {
    if (pw_pool_make_slot(pool)) continue;
    pw_pool_destroy(pool);
    return NULL;
  }
  return pool;
}

PW_API pw_pool *pw_pool_create(
    uint32_t count, uint32_t most, uint32_t capacity, uint64_t spin_ns, uint64_t seed, pw_run_entry_fn run_entry) {
  pw_pool *pool = pw_pool_reserve(count, most, capacity, spin_ns, seed, run_entry);
  for (uint32_t id = 0; pool != NULL && id < count; id++) pw_slot_begin(pool, id);
  return pool;
}

PW_API bool pw_pool_make_slot(pw_pool *pool) {
  uint32_t id = pw_pool_made(pool);
  if (id == pool->most || (pool->rooms[id] = map(room_of(pool).size)) == NULL) return false;
  pw_pool_set_near(pool, id, id, NULL, 0, false);
  PW_SET(&pool->made, id + 1); // pairs with `pw_pool_made`: its mapping is known
  return true;
}

PW_API void pw_slot_begin(pw_pool *pool, uint32_t id) {
  // All else is zero, as it was mapped: others may have looked already, and found nothing there (I17).
  pw_slot *slot = &pool->slots[id];
  pw_room room = room_of(pool);
  char *memory = pool->rooms[id];
  slot->id = id;
  slot->pool = pool;
  slot->chain.enough = PW_ENOUGH;
  slot->request = PW_ASKED_AFTER_MUCH; // it knows of nothing little
  slot->capacity = pool->capacity;
  // splitmix64's increment (Steele, Lea and Flood 2014) keeps the slots' generators apart; never zero.
  slot->random = (pool->seed + (id + 1) * 0x9e3779b97f4a7c15u) | 1;
  slot->jobs = (pw_job *)memory;
  slot->calls = (pw_call *)(memory + room.calls);
  slot->ids = (pw_ids *)(memory + room.ids);
  pw_deque_begin(&slot->deque, (pw_buffer *)(memory + room.buffer), FIRST_CAPACITY);
  // Alone, nobody ever asks; else all are hungry at first. Deterministic pools keep it shut (baton.c).
  AO_t gate = pw_pool_made(pool) == 1 && pool->baton == NULL ? (AO_t)pool : PW_GATE_SHUT;
  PW_STORE(begin_gate, &slot->gate, gate); // relaxed; pairs with `ask_look`: from now on others may ask
}

PW_API void pw_pool_destroy(pw_pool *pool) {
  for (uint32_t i = 0; i < pool->made; i++) {
    pw_deque_destroy(&pool->slots[i].deque);
    munmap(pool->rooms[i], room_of(pool).size);
  }
  if (pool->baton != NULL) pw_baton_destroy(pool->baton);
  pw_injector_destroy(&pool->injector);
  munmap(pool, pool->size);
}

PW_API void pw_pool_set_homes(pw_pool *pool, const uint32_t *slot_of_cpu, uint32_t count) {
  if (count > HOMES) count = HOMES;
  // Both pair with the looks in home_of_caller: a table half old and half new is a worse hint, and no more.
  for (uint32_t cpu = 0; cpu < count; cpu++) PW_SET(&pool->slot_of_cpu[cpu], slot_of_cpu[cpu]);
  PW_SET(&pool->known_cpus, count);
}

PW_API void pw_pool_set_weights(pw_pool *pool, const uint32_t *weights, uint32_t count) {
  if (count > pool->most) count = pool->most;
  // Both pair with `pw_pool_weighed` and `pw_pool_weight`: slices by weights half old and half new are a partition too.
  for (uint32_t slot = 0; slot < count; slot++) PW_SET(&pool->weights[slot], weights[slot]);
  PW_SET(&pool->weighed, count);
}

PW_API void pw_pool_set_spin(pw_pool *pool, uint64_t spin_ns) {
  PW_SET(&pool->spin_ns, spin_ns); // pairs with `pw_spin_ns`
  if (spin_ns != PW_NEVER_PARK) return;
  // Nobody is to sleep. Who lies down at this very moment does once more.
  for (uint32_t i = 0; i < pw_pool_reach(pool); i++) pw_wake_seat(&pool->slots[i]);
}

PW_API void pw_pool_set_abreast(
    pw_pool *pool, uint32_t count, uint64_t spin_ns, const uint64_t *apart, uint32_t words) {
  // All pair with what a team reads as it begins, and at its barriers: it is smaller or larger for it, has other members,
  // or waits in another way, no more.
  for (uint32_t i = 0; i < PW_MOST_SLOTS / 64; i++) PW_SET(&pool->apart[i], i < words ? apart[i] : words == 0 ? UINT64_MAX : 0);
  PW_SET(&pool->team_spin_ns, spin_ns);
  PW_SET(&pool->abreast, count);
}

// Pairs with pw_pool_set_abreast.
PW_API uint32_t pw_pool_abreast(pw_pool *pool) { return (uint32_t)PW_SETTING(&pool->abreast); }

PW_API PW_LOOP_PATH bool pw_pool_is_forked(pw_pool *pool) { return pool->fork_generation != pw_fork_generation(); }

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

// Near and far: whom a search looks at, and who is picked to be woken, as values.
#include "unit.h"

enum { SLOTS = 16 };

/// Sixteen slots in a row in which every third id follows; two share a core, four a cache, eight a node.
static pw_pool *pool_in_a_row(void) {
  pw_pool *pool = pw_pool_create(SLOTS, SLOTS, 16, 0, unit.seed, NULL);
  CHECK(pool != NULL);
  for (uint32_t at = 0; at < SLOTS; at++) {
    uint32_t bounds[8];
    for (uint32_t i = 0; i < 4; i++) {
      uint32_t size = 2u << i;
      bounds[2 * i] = at / size * size;
      bounds[2 * i + 1] = bounds[2 * i] + size;
    }
    pw_pool_set_near(pool, at * 3 % SLOTS, at, bounds, 4, true);
  }
  return pool;
}

/// The inverse: 3 * 11 is 1 modulo 16.
static uint32_t position_of(uint32_t id) { return id * 11 % SLOTS; }

/// 1 for the same core, to 4 for another node.
static uint32_t distance(uint32_t a, uint32_t b) {
  uint32_t level = 0;
  for (a = position_of(a), b = position_of(b); a != b; a /= 2, b /= 2) level++;
  return level;
}

void near_victims_by_level(void) {
  pw_pool *pool = pool_in_a_row();
  uint64_t random = unit.seed;
  enum { ROUNDS = 2000 };
  for (uint32_t misses = 0; misses < 3; misses++) {
    for (uint32_t self = 0; self < SLOTS; self++) {
      uint32_t looks[SLOTS] = {0}, round = 0;
      for (; round < ROUNDS; round++) {
        pw_victims victims = pw_near_victims(&pool->slots[self], SLOTS, misses, (uint32_t)(unit_random(&random) >> 33));
        uint32_t count = 0, last = 1, seen = 0;
        for (pw_slot *victim; (victim = pw_next_victim(&victims)) != NULL; count++) {
          CHECK(victim != &pool->slots[self]);
          CHECK((seen >> victim->id & 1) == 0);
          seen |= 1u << victim->id;
          CHECK(distance(self, victim->id) >= last);
          last = distance(self, victim->id);
          looks[victim->id]++;
        }
        // The core and the cache at first, all of it.
        CHECK(misses == 0 ? count == 3 && last == 2 : count == 8 && last == 4);
      }
      for (uint32_t id = 0; id < SLOTS; id++) {
        // One in the core, two in the cache, two of four in the node, three of eight elsewhere.
        uint32_t expected[] = {0, ROUNDS, ROUNDS, misses == 0 ? 0 : ROUNDS / 2, misses == 0 ? 0 : ROUNDS * 3 / 8};
        uint32_t some = expected[distance(self, id)];
        CHECK(looks[id] >= some - some / 5 && looks[id] <= some + some / 5);
      }
    }
  }
  pw_pool_destroy(pool);
}

void near_picks_in_order(void) {
  pw_pool *pool = pool_in_a_row();
  for (uint32_t self = 0; self < SLOTS; self++) {
    pool->idle_seats[0] = (1u << SLOTS) - 1;
    pw_pick pick = pw_pick_near(pool, self, true);
    CHECK(pw_pick_idle(pool, &pick) == &pool->slots[self]);
    pool->idle_seats[0] &= ~((AO_t)1 << self);
    pick = pw_pick_near(pool, self, false);
    // The cache before the core, in which somebody is at work.
    static const uint32_t expected[] = {2, 2, 1, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4};
    for (uint32_t i = 0; i < SLOTS - 1; i++) CHECK(distance(self, pw_pick_idle(pool, &pick)->id) == expected[i]);
    // And only those that are idle.
    pool->idle_seats[0] = 1u << 5 | 1u << 9;
    pick = pw_pick_near(pool, self, false);
    uint32_t seen = 0;
    for (pw_slot *slot; (slot = pw_pick_idle(pool, &pick)) != NULL;) seen |= 1u << slot->id;
    CHECK(seen == (1u << 5 | 1u << 9));
  }
  pw_pool_destroy(pool);
}

/// Whatever row and levels say, nobody is missed for good, and no memory but the pool's is looked at.
void near_wrong_rows_cost_time_only(void) {
  pw_pool *pool = pool_in_a_row();
  uint64_t random = unit.seed;
  for (uint32_t i = 0; i < 20000 * unit.scale; i++) {
    // Anything, in part as it may be while it changes.
    for (uint32_t k = 0; k < 4; k++) {
      pool->row[unit_random(&random) % SLOTS] = (AO_t)(unit_random(&random) >> 40) % (2 * SLOTS);
      uint32_t begin = (uint32_t)(unit_random(&random) >> 40) % SLOTS, end = (uint32_t)(unit_random(&random) >> 40) % (2 * SLOTS);
      AO_t *level = &pool->near[unit_random(&random) % SLOTS].level[(unit_random(&random) >> 40) % PW_LEVELS];
      *level = end > begin ? PW_LEVEL(begin, end) | (k == 0 ? PW_LEVEL_IS_CORE : 0) : 0;
    }
    uint32_t self = (uint32_t)(unit_random(&random) >> 40) % SLOTS, count = 0;
    uint32_t reach = self + 1 + (uint32_t)(unit_random(&random) >> 40) % (SLOTS - self);
    pw_victims victims = pw_near_victims(&pool->slots[self], reach, i % 4, (uint32_t)(unit_random(&random) >> 33));
    for (pw_slot *victim; (victim = pw_next_victim(&victims)) != NULL; count++) {
      CHECK(victim != &pool->slots[self] && victim >= pool->slots && victim < pool->slots + reach);
    }
    CHECK(count <= 8);
    victims = pw_any_victims(&pool->slots[self], reach, reach, (uint32_t)(unit_random(&random) >> 33));
    uint32_t seen = 1u << self;
    for (pw_slot *victim; (victim = pw_next_victim(&victims)) != NULL;) seen |= 1u << victim->id;
    CHECK(seen == (reach < 32 ? (1u << reach) - 1 : UINT32_MAX));

    pool->idle_seats[0] = (AO_t)(unit_random(&random) >> 40) & ((1u << SLOTS) - 1);
    pw_pick pick = pw_pick_near(pool, self, i % 2 == 0);
    seen = count = 0;
    for (pw_slot *slot; (slot = pw_pick_idle(pool, &pick)) != NULL; count++) seen |= 1u << slot->id;
    CHECK(seen == pool->idle_seats[0] && count < 8 * SLOTS);
  }
  pw_pool_destroy(pool);
}

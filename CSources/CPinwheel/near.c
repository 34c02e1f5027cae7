// Who is near whom on the machine: in what order thieves look at others, and who is woken first.
//
// The slots stand in a *row* in which those whose workers share a part of the machine (a core, a cache, a memory node) stand
// side by side; so each such part is an interval of the row, and a slot has a few of those, one inside of the next: its
// levels. Ids stay what they are: the row says who stands where. Whoever pins the workers writes both (pw_pool_set_near);
// without that the row is that of ids, and there are no levels.
//
// Both change while others read them, a word at a time. So what is read here is only where to look: levels that do not
// fit into each other are left out, and nobody relies on a row to find everybody (I16).
#include "internal.h"

/// Victims that a round of a search looks at. All would be 1000 lines in a pool of 256; in small pools it is all, or
/// nearly. A worker looks at all before it sleeps, and before it ends.
#define VICTIMS 8
/// So many levels does the first round of a search go to; the second to twice as many, and so on. Two are a core and what it
/// shares a cache with, on most machines; and all, on many.
#ifndef LEVELS_A_ROUND // the explorer sets it to 1
#define LEVELS_A_ROUND 2
#endif
/// Slots of the largest level that is walked for one to be woken, a nanosecond or two each. What lies beyond is looked
/// at a word of 64 at a time, in order of ids.
#define MOST_WALKED 256

PW_API void pw_pool_set_near(
    pw_pool *pool, uint32_t id, uint32_t position, const uint32_t *bounds, uint32_t levels, bool shares_core) {
  pw_near *near = &pool->near[id];
  PW_SET(&pool->row[position], id); // pairs with the looks in pw_next_victim and pick_walking
  // All levels pair with copy_levels.
  PW_SET(&near->level[0], PW_LEVEL(position, position + 1));
  for (uint32_t i = 1; i < PW_LEVELS; i++) {
    AO_t level = i <= levels ? PW_LEVEL(bounds[2 * i - 2], bounds[2 * i - 1]) : 0;
    PW_SET(&near->level[i], i == 1 && level != 0 && shares_core ? level | PW_LEVEL_IS_CORE : level);
  }
}

static uint32_t size_of(AO_t level) { return PW_LEVEL_END(level) - PW_LEVEL_BEGIN(level); }

/// Whether `outer` has all that `inner` has, and more.
static bool goes_beyond(AO_t outer, AO_t inner) {
  return PW_LEVEL_BEGIN(outer) <= PW_LEVEL_BEGIN(inner) && PW_LEVEL_END(inner) <= PW_LEVEL_END(outer)
      && size_of(inner) < size_of(outer);
}

/// Copies the levels of a slot, from its own place on: those that end by `end`, have at most `most` members and fit.
/// Returns how many.
static uint32_t copy_levels(pw_pool *pool, uint32_t id, uint32_t end, uint32_t most, AO_t *levels) {
  uint32_t count = 0;
  for (; count < PW_LEVELS; count++) {
    AO_t level = PW_SETTING(&pool->near[id].level[count]); // pairs with pw_pool_set_near
    if (PW_LEVEL_END(level) > end || (count > 0 && (size_of(level) > most || !goes_beyond(level, levels[count - 1])))) break;
    levels[count] = level;
  }
  return count;
}

/// The members of a level that are not in the one inside of it: `left` of them, from the `step`th after that one on, and
/// round.
static pw_walk walk(AO_t outer, AO_t inner, uint32_t step, uint32_t left) {
  return (pw_walk){
      .begin = PW_LEVEL_BEGIN(outer), .size = size_of(outer), .from = PW_LEVEL_END(inner) - PW_LEVEL_BEGIN(outer),
      .members = size_of(outer) - size_of(inner), .step = step, .left = left};
}

/// The next one's place in the row. There must be one left.
static uint32_t next_position(pw_walk *walk) {
  uint32_t offset = walk->from + walk->step;
  if (++walk->step == walk->members) walk->step = 0;
  walk->left -= 1;
  return walk->begin + (offset < walk->size ? offset : offset - walk->size);
}

// MARK: Victims

PW_API pw_victims pw_any_victims(pw_slot *slot, uint32_t reach, uint32_t count, uint32_t random) {
  pw_victims victims = {.slot = slot, .reach = reach, .random = random, .levels = 1, .goes_by_id = true};
  victims.left = count != 0 ? count : VICTIMS;
  victims.level[0] = PW_LEVEL(slot->id, slot->id + 1);
  if (reach > 1) victims.level[victims.levels++] = PW_LEVEL(0, reach);
  return victims;
}

PW_API PW_LOOP_PATH pw_victims pw_near_victims(pw_slot *slot, uint32_t reach, uint32_t misses, uint32_t random) {
  pw_victims victims = {.slot = slot, .reach = reach, .random = random, .left = VICTIMS};
  victims.levels = copy_levels(slot->pool, slot->id, reach, reach, victims.level);
  // Who stands behind the reach of a pool that grows has no levels inside of it yet.
  if (victims.levels == 0) return pw_any_victims(slot, reach, 0, random);
  // Behind those in the row come the slots whose workers have no place there.
  AO_t all = PW_LEVEL(0, reach);
  if (goes_beyond(all, victims.level[victims.levels - 1])) victims.level[victims.levels++] = all;
  uint32_t most = 1 + LEVELS_A_ROUND * (1 + (misses < PW_LEVELS ? misses : PW_LEVELS));
  if (victims.levels > most) victims.levels = most;
  return victims;
}

PW_API PW_LOOP_PATH pw_slot *pw_next_victim(pw_victims *victims) {
  pw_pool *pool = victims->slot->pool;
  for (;;) {
    while (victims->walk.left == 0) {
      if (victims->at + 1 >= victims->levels) return NULL;
      AO_t inner = victims->level[victims->at], outer = victims->level[++victims->at];
      // An equal share of the looks that are left for each level that is left, and those that the levels beyond have no
      // members for. What this one has no use for goes to the next.
      uint32_t members = size_of(outer) - size_of(inner), share = victims->left / (victims->levels - victims->at);
      uint32_t beyond = size_of(victims->level[victims->levels - 1]) - size_of(outer);
      if (victims->left > beyond + share) share = victims->left - beyond;
      if (share > members) share = members;
      victims->walk = walk(outer, inner, victims->random % members, share);
      victims->left -= share;
    }
    uint32_t id = next_position(&victims->walk);
    if (!victims->goes_by_id) id = (uint32_t)PW_SETTING(&pool->row[id]); // pairs with pw_pool_set_near
    if (id < victims->reach && id != victims->slot->id) return &pool->slots[id];
  }
}

// MARK: Whom to wake

/// The part of a level that is beyond another, from that one's end on.
static void add_part(pw_pick *pick, AO_t outer, AO_t inner) {
  pick->parts[pick->count++] = walk(outer, inner, 0, size_of(outer) - size_of(inner));
}

PW_API PW_LOOP_PATH pw_pick pw_pick_near(pw_pool *pool, uint32_t id, bool itself) {
  AO_t levels[PW_LEVELS];
  pw_pick pick = {.start = itself ? id : (id + 1) % pw_pool_made(pool), .word = UINT32_MAX};
  uint32_t count = copy_levels(pool, id, pw_pool_made(pool), MOST_WALKED, levels), from = 1;
  if (count > 1 && itself) add_part(&pick, levels[0], PW_LEVEL(PW_LEVEL_BEGIN(levels[0]), PW_LEVEL_BEGIN(levels[0])));
  // The slot's own core last of those that it shares the next larger part with: there somebody works already. If that part
  // is too large to be walked, with the others.
  if (count > 1 && (levels[1] & PW_LEVEL_IS_CORE)) {
    if (count > 2) {
      add_part(&pick, levels[2], levels[1]);
      add_part(&pick, levels[1], levels[0]);
    }
    from = 3;
  }
  for (uint32_t i = from; i < count; i++) add_part(&pick, levels[i], levels[i - 1]);
  return pick;
}

/// The next slot of the walk that is counted as idle, or NULL.
static PW_LOOP_PATH pw_slot *pick_walking(pw_pool *pool, pw_pick *pick) {
  for (; pick->part < pick->count; pick->part++) {
    while (pick->parts[pick->part].left > 0) {
      // Pairs with pw_pool_set_near.
      uint32_t id = (uint32_t)PW_SETTING(&pool->row[next_position(&pick->parts[pick->part])]);
      if (id >= pw_pool_made(pool)) continue;
      if (id / 64 != pick->word) {
        pick->word = id / 64;
        // relaxed; pairs with `become_idle`. A hint: who is missed here is found by `pick_seats`.
        pick->walked = PW_LOAD(pick_near, &pool->idle_seats[pick->word]);
      }
      if (pick->walked >> id % 64 & 1) return &pool->slots[id];
    }
  }
  return NULL;
}

PW_API PW_LOOP_PATH pw_slot *pw_pick_idle(pw_pool *pool, pw_pick *pick) {
  pw_slot *near = pick_walking(pool, pick);
  if (near != NULL) return near;
  uint32_t words = (pw_pool_made(pool) + 63) / 64, first = pick->start / 64;
  AO_t above = ~(AO_t)0 << (pick->start % 64); // in the first word: those from the start on; the others come last
  while (pick->bits == 0) {
    if (pick->step > words) return NULL;
    // relaxed; pairs with `become_idle`. After the caller's fence, if it looks for sleepers on behalf of work: see there.
    pick->bits = PW_LOAD(pick_seats, &pool->idle_seats[(first + pick->step) % words]);
    if (pick->step == 0) pick->bits &= above;
    else if (pick->step == words) pick->bits &= ~above;
    pick->step += 1;
  }
  uint32_t word = (first + pick->step - 1) % words, bit = (uint32_t)__builtin_ctzll(pick->bits);
  pick->bits &= pick->bits - 1;
  return &pool->slots[word * 64 + bit];
}

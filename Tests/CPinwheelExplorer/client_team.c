// Teams: a body on several slots at the same time, with barriers.
//
// Promises: a member's number is its own and all numbers below the count are taken; what anybody did before a barrier is
// seen by everybody after it; a failure is seen by all at the same barrier; a body that has ended keeps nobody waiting;
// and when the call returns nobody touches the body's context any more (it is freed at once).
#include "core_unit.h"
#include "clients.h"

enum { MEMBERS = 5, PHASES = 3 };

typedef struct context {
  size_t team, phases;
  int failing; // the number of a member that fails in the first phase, or -1
  int short_of; // the number of a member that leaves out the last phase, or -1
  size_t marks[PHASES][MEMBERS];
} context;

static bool begins_asleep;
static int caller;
static int ran[2], counted[2];
static bool taken[2][MEMBERS];

WORLD_MEMBER(run_member, slot, p) {
  context *c = p;
  size_t team = PW_READ(&c->team);
  uint32_t index = pw_team_index(slot), count = pw_team_count(slot);
  px_require(slot == pw_current(), "another slot's member");
  px_require(index < count && !taken[team][index], "number %u of %u, once more", index, count);
  taken[team][index] = true;
  ran[team] += 1;
  counted[team] = (int)count;
  size_t phases = PW_READ(&c->phases);
  if (PW_READ(&c->failing) == (int)index) return true;
  for (size_t phase = 0; phase < phases; phase++) {
    PW_WRITE(&c->marks[phase][index], phase + 1);
    if (PW_READ(&c->short_of) == (int)index && phase + 1 == phases) return false;
    if (!pw_team_barrier(slot)) {
      px_require(PW_READ(&c->failing) >= 0, "failed for no reason");
      return true;
    }
    px_require(PW_READ(&c->failing) < 0 || PW_READ(&c->failing) >= (int)count, "nobody said that a member has failed");
    for (uint32_t i = 0; i < count; i++) {
      px_require(PW_READ(&c->marks[phase][i]) == phase + 1, "member %u is not there yet in phase %zu", i, phase);
    }
  }
  return false;
}

static void run_team(pw_slot *slot, size_t team, size_t phases, int failing, int short_of, uint64_t most) {
  context *c = px_allocate(16, sizeof *c);
  px_name(c, sizeof *c, "context", (int)team);
  PW_WRITE(&c->team, team);
  PW_WRITE(&c->phases, phases);
  PW_WRITE(&c->failing, failing);
  PW_WRITE(&c->short_of, short_of);
  px_require(pw_team_run(slot, (pw_code)run_member, c, most), "refused");
  px_require(ran[team] == counted[team], "%d members of %d have run", ran[team], counted[team]);
  px_release(c);
}

static void reset_for(uint32_t slots) {
  world_reset(slots, NULL);
  world_clock = NULL;
  world->starting = slots - 1;
  begins_asleep = false;
  caller = 0;
  memset(ran, 0, sizeof ran);
  memset(counted, 0, sizeof counted);
  memset(taken, 0, sizeof taken);
}

static void reset_two(void) { reset_for(2); }
static void reset_three(void) { reset_for(3); }

static void lay_down(uint32_t slots) {
  reset_for(slots);
  begins_asleep = true;
  world_lay_down(world, 1);
  world->starting = 0;
}

static void reset_two_asleep(void) { lay_down(2); }
static void reset_three_asleep(void) { lay_down(3); }
/// One is woken by another, and the tree has two levels.
static void reset_six_asleep(void) { lay_down(6); }

/// Each look at the clock is a millisecond later than the one before: patience ends while some are on their way.
static uint64_t time_passed;
static uint64_t impatient(void) { return time_passed += 1000000; }

static void reset_impatient(void) {
  lay_down(3);
  time_passed = 0;
  world_clock = impatient;
}

/// The caller is not the root of the barrier's tree: who is still has to hand on the last release when it gets it.
static void reset_middle(void) {
  reset_for(3);
  begins_asleep = true;
  world->starting = 0;
  world_count_idle(&world_slots[0], PW_SEAT_ASLEEP, PW_SLEEPER);
  world_count_idle(&world_slots[2], PW_SEAT_ASLEEP, PW_SLEEPER);
  caller = 1;
}

static void check(void) {
  px_require(PW_SLEEPERS(world->idle) == 0 && PW_SEARCHERS(world->idle) == 0, "idle counts %#zx", (size_t)world->idle);
  px_require(world->idle_seats[0] == 0, "idle seats %#zx", (size_t)world->idle_seats[0]);
  for (uint32_t i = 0; i < world->made; i++) {
    px_require(world_slots[i].team_arrived == 0 && world_slots[i].team_released == 0, "slot %u is left at a barrier", i);
    px_require(world_slots[i].team_missing < 2, "slot %u's team has not ended", i);
    px_require(world_slots[i].region_depth == 0, "slot %u is in a team", i);
  }
  world_destroy(world);
  world_require_nothing_leaks();
}

/// One slot calls teams, the others have workers.
#define TEAM_CLIENT(name, call)                                    \
  static void name(int thread) {                                   \
    pw_slot *slot = &world_slots[thread];                          \
    if (thread != caller) {                                        \
      if (begins_asleep) world_run_from_sleep(slot);               \
      else pw_worker_run(slot);                                    \
      return;                                                      \
    }                                                              \
    call;                                                          \
    pw_pool_stop(world);                                           \
  }

TEAM_CLIENT(phases, run_team(slot, 0, 2, -1, -1, 8))
TEAM_CLIENT(one_phase, run_team(slot, 0, 1, -1, -1, 8))
TEAM_CLIENT(fails, run_team(slot, 0, 1, 0, -1, 8))
TEAM_CLIENT(other_fails, run_team(slot, 0, 1, 1, -1, 8))
TEAM_CLIENT(ends_early, run_team(slot, 0, 2, -1, 1, 8))
TEAM_CLIENT(caller_ends_early, run_team(slot, 0, 1, -1, 0, 8))
TEAM_CLIENT(twice, (run_team(slot, 0, 1, -1, -1, 8), run_team(slot, 1, 1, -1, -1, 8)))
TEAM_CLIENT(alone, run_team(slot, 0, 2, -1, -1, 1))

static const px_client clients[] = {
  {"team_phases", 2, reset_two, phases, check, .quick = {1, 0}, .full = {2, 1}},
  {"team_asleep", 2, reset_two_asleep, phases, check, .quick = {2, 1}, .full = {3, 1}},
  {"team_fails", 2, reset_two_asleep, fails, check, .quick = {2, 0}, .full = {3, 1}},
  {"team_other_fails", 2, reset_two_asleep, other_fails, check, .quick = {2, 0}, .full = {3, 1}},
  {"team_ends_early", 2, reset_two_asleep, ends_early, check, .quick = {2, 0}, .full = {3, 1}},
  {"team_caller_ends_early", 2, reset_two_asleep, caller_ends_early, check, .quick = {2, 0}, .full = {3, 1}},
  {"team_twice", 2, reset_two_asleep, twice, check, .quick = {2, 0}, .full = {2, 1}},
  {"team_alone", 2, reset_two_asleep, alone, check, .quick = {2, 0}, .full = {3, 1}},
  {"team_three", 3, reset_three_asleep, one_phase, check, .quick = {1, 0}, .full = {1, 1}},
  {"team_three_fail", 3, reset_three, fails, check, .quick = {0, 0}, .full = {1, 0}},
  {"team_six", 6, reset_six_asleep, one_phase, check, .quick = {-1, 0}, .full = {-1, 0}},
  {"team_middle", 3, reset_middle, twice, check, .quick = {0, 0}, .full = {0, 1}},
  {"team_impatient", 3, reset_impatient, one_phase, check, .quick = {1, 0}, .full = {1, 0}},
};

PX_GROUP(team, clients);

// Near and far: whatever is said of who is near whom, and whenever, a sleeper is woken and finds what lies far away.
#include "core_unit.h"
#include "clients.h"
#include "sleep_jobs.h"

/// The slots stand in this row; each shares something with its neighbour on the left, or the first with that on the right.
static void say(const uint32_t row[3]) {
  for (uint32_t position = 0; position < 3; position++) {
    uint32_t first = position == 0 ? 0 : position - 1, bounds[] = {first, first + 2, 0, 3};
    pw_pool_set_near(world, row[position], position, bounds, 2, true);
  }
}

/// The first slot's worker sleeps; the second's is busy all the time.
static void reset(void) {
  reset_for(3, 3, run_entry);
  world_count_idle(&world_slots[0], PW_SEAT_ASLEEP, PW_SLEEPER);
}

static void reset_far(void) {
  reset();
  say((uint32_t[]){0, 1, 2});
}

/// The third slot's holder has a job for the sleeper, which looks at the second slot first.
static void far_job(int thread) {
  if (thread == 0) {
    world_run_from_sleep(&world_slots[0]);
  } else if (thread == 2) {
    submit(1);
    wait_until_finished(1);
    pw_pool_stop(world);
  }
}

/// The row has but the second slot, everywhere.
static void reset_wrong(void) {
  reset_far();
  for (int i = 0; i < 3; i++) world->row[i] = 1;
  world_slots[0].tick = PW_FAIR_ROUNDS - 3;
}

/// Meanwhile the workers move.
static void moving_job(int thread) {
  if (thread != 1) {
    far_job(thread);
    return;
  }
  say((uint32_t[]){2, 0, 1});
  PW_PAUSE();
  say((uint32_t[]){1, 2, 0});
}

static const px_client clients[] = {
  {"near_far", 3, reset_far, far_job, check, .quick = {2, 1}, .full = {3, 1}},
  {"near_wrong", 3, reset_wrong, far_job, check, .quick = {2, 1}, .full = {3, 1}},
  {"near_moving", 3, reset_far, moving_job, check, .quick = {2, 1}, .full = {3, 1}},
};

PX_GROUP(near, clients);

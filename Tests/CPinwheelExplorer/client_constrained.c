// A wait that may not run everything, beside an idle worker that may: a wake-up meant for anybody must not go to it.
#include "core_unit.h"
#include "clients.h"
#include "sleep_jobs.h"

static pw_frame stolen_frame;
static size_t result;

/// Does not end before the submitted job has run.
WORLD_JOB(run_stolen_job, context) {
  (void)context;
  wait_until_finished(1);
  PW_WRITE(&result, 1);
}

static void reset(void) {
  reset_for(3, 1, run_entry);
  result = 0;
}

/// Slot 0 waits for a job that slot 1 has stolen, which waits for a submission: slot 2 has to be woken for that.
static void beside_idle(int thread) {
  if (thread == 1 || thread == 2) {
    pw_worker_run(&world_slots[thread]);
  } else if (thread == 0) {
    world_fork(&stolen_frame, (pw_code)run_stolen_job, NULL);
    while (PW_LOAD(client_peek, &world_slots[0].jobs[0].state) == PW_EMPTY) PW_PAUSE();
    px_require(!world_join(&stolen_frame, (pw_code)run_stolen_job, NULL), "the job came back, though it has run");
    px_require(PW_READ(&result) == 1, "old result");
    pw_pool_stop(world);
  } else {
    pw_set_current(NULL);
    submit(1);
  }
}

static const px_client clients[] = {
  {"constrained_beside_idle", 4, reset, beside_idle, check, .quick = {0, 0}, .full = {1, 0}},
};

PX_GROUP(constrained, clients);

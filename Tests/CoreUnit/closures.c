// C closures as the core calls them: code and context, the context in the Swift context register. For clang, as
// closure.c is; all other files may be compiled by any compiler.
#include "unit.h"

#define SWIFT __attribute__((swiftcall))
#define CONTEXT __attribute__((swift_context))

SWIFT void pw_fork(pw_pool *pool, pw_frame *frame, pw_code code, void *context);

static SWIFT void run_job(pw_frame *frame, CONTEXT void *context) {
  (void)frame; // a job that returns something puts it beside its frame
  unit_job *job = context;
  job->function(job->argument);
}

static SWIFT void run_body(uint64_t first, uint64_t last, CONTEXT void *context) {
  unit_body *body = context;
  body->function(body->argument, first, last);
}

const pw_code unit_job_code = (pw_code)run_job;
const pw_code unit_body_code = (pw_code)run_body;

void unit_fork(pw_pool *pool, pw_frame *frame, unit_job *job) { pw_fork(pool, frame, unit_job_code, job); }

bool unit_region(pw_slot *slot, uint64_t chunks, unit_body *body) {
  pw_pace pace = pw_pace_begin(PW_DEAL_EACH, 0);
  return pw_region_run(slot, unit_body_code, body, &(pw_bounds){0}, 0, chunks, &pace, pw_worth_of(0, pw_pool_workers(slot->pool) - 1, 0));
}

void unit_both(pw_pool *pool, unit_job forked, unit_job here) {
  pw_frame frame;
  unit_fork(pool, &frame, &forked);
  here.function(here.argument);
  if (pw_pop_private(&frame)) {
    forked.function(forked.argument);
  } else if (pw_join_exposed(&frame)) {
    forked.function(forked.argument);
    pw_end_join(&frame);
  }
}

// Unit tests of the C core, in plain C, with real threads: natively and under an emulator of another architecture.
//
// They go through the API that any C program sees, and through internal.h where a structure is tested by itself. A test
// is a function in the table of main.c; it fails by CHECK, or by not ending in time.
#ifndef UNIT_H
#define UNIT_H

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "internal.h"

/// What the command line says.
typedef struct unit_options {
  uint32_t threads; // of each test, from 2
  uint32_t scale;   // how much each test does: 1 suits an emulator
  uint64_t seed;
} unit_options;

extern unit_options unit;

/// Jobs that tests have seen run, for the closing line.
extern atomic_ulong unit_jobs_run;

_Noreturn void unit_fail(const char *file, int line, const char *condition);
#define CHECK(condition) ((condition) ? (void)0 : unit_fail(__FILE__, __LINE__, #condition))

static inline uint64_t unit_random(uint64_t *state) {
  // xorshift64 (Marsaglia 2003).
  *state ^= *state << 13;
  *state ^= *state >> 7;
  *state ^= *state << 17;
  return *state;
}

// MARK: Once each

/// How often each of `count` jobs ran.
typedef struct unit_tally {
  uint32_t count;
  atomic_uint *runs;
} unit_tally;

unit_tally unit_tally_make(uint32_t count);
void unit_tally_mark(unit_tally *tally, uint64_t job);
/// Every job ran exactly once. Frees the tally.
void unit_tally_check(unit_tally *tally);

// MARK: Threads

typedef struct unit_threads unit_threads;
/// Starts `count` threads that run `body(argument, index)`.
unit_threads *unit_start(uint32_t count, void (*body)(void *argument, uint32_t index), void *argument);
void unit_join(unit_threads *threads);
void unit_nap(uint64_t nanoseconds);

// MARK: Pools (crew.c)

/// A pool with its workers' threads.
typedef struct unit_crew {
  pw_pool *pool;
  unit_threads *threads;
} unit_crew;

unit_crew unit_crew_start(uint32_t workers, uint64_t spin_ns);
/// Closes the pool, runs what is queued, joins the workers, draws what they have left, and frees the pool.
void unit_crew_end(unit_crew *crew);
/// The first half of `unit_crew_end`: closes the pool and tells the workers to end.
void unit_crew_stop(unit_crew *crew);

/// What a loose entry's tag points to: a scope, or a submitted job. `draw` is called for a ticket, `run` for a job of a
/// scope.
typedef struct unit_object {
  void (*draw)(struct unit_object *object);
  void (*run)(struct unit_object *object, void *first, void *second);
} unit_object;

// MARK: Closures (closures.c)

/// A forked job as C sees one.
typedef struct unit_job {
  void (*function)(void *argument);
  void *argument;
} unit_job;

/// A loop's body as C sees one.
typedef struct unit_body {
  void (*function)(void *argument, uint64_t first, uint64_t last);
  void *argument;
} unit_body;

extern const pw_code unit_job_code;
extern const pw_code unit_body_code;
void unit_fork(pw_pool *pool, pw_frame *frame, unit_job *job);
bool unit_region(pw_slot *slot, uint64_t chunks, unit_body *body);
/// Runs both, perhaps at once; returns when both have ended.
void unit_both(pw_pool *pool, unit_job forked, unit_job here);

#endif

/* Sleep against wake: jobs are submitted from outside, and exposed by jobs that run; workers that find nothing sleep.
 *
 * No job ends before all have begun. So unless every one of them gets a worker of its own, the model hangs: work that
 * lies about while a worker sleeps is an invalid end state.
 *
 * bound: workers=2 producers=1 jobs=2 spurious=1
 *
 * fault NO_RECHECK: a worker parks without a look after it lay down
 * fault LOOK_BEFORE_LYING_DOWN: that look comes before its seat says that it sleeps
 * fault NO_SLEEPER_FENCE: no fence between lying down and that look
 * fault NO_PRODUCER_FENCE: no fence between publishing and looking for sleepers
 * fault LAST_SEARCHER_SILENT: the last searcher finds work and wakes nobody for the rest
 * fault NO_LAST_SEARCHER_FENCE: it looks for the rest before it has stopped searching
 * fault COUNTED_BEFORE_CLAIMED: a wake-up is counted before its worker is known to be asleep
 * fault COUNTED_AFTER_WOKEN: a wake-up is counted after its worker may have seen it
 */

#ifndef WORKERS
#define WORKERS 2
#endif
#define JOBS WORKERS
#define THREADS (WORKERS + 1)

#include "seats.pml"

byte to_expose;     /* by the next job that runs */
byte begun, ended;

inline run_job() {
  begun++;
  do
  :: atomic { to_expose > 0 -> to_expose-- }
    MAY_LOOK_EARLY;
    add(WORK(me), 1);
    fence_and_notify(me + 1)
  :: to_expose == 0 -> break
  od;
  begun == JOBS;
  ended++
}

#include "worker.pml"

proctype producer(byte me) {
  byte i, submit = JOBS;
  bool won, woke, visible, last;
  do
  :: submit > 1 -> atomic { submit--; to_expose++ }
  :: break
  od;
  do
  :: submit > 0 ->
    MAY_LOOK_EARLY;
    add(QUEUED, 1);
    fence_and_notify(0);
    submit--
  :: else -> break
  od;
  ended == JOBS;
  stop();
  join_workers()
}

init {
  byte t;
  atomic {
    memory = (WORKERS << BITS(SEARCHERS));
    run_workers();
    run producer(WORKERS)
  }
}

ltl every_job_runs { <> (ended == JOBS) }

/* The stop: workers that search, sleep or run are told to end, while a job submits another into its worker's own queue.
 *
 * What was accepted is run, by a worker: whoever shuts down finds nothing left. All workers end.
 *
 * bound: workers=2 jobs=1 nested=1 spurious=0
 *
 * fault NO_LAST_LOOK: a worker that sees the stop leaves without another look for work
 * fault STOP_SEEN_AFTER_SEARCH: a worker looks at the stop after its last look for work, not before
 * fault STOP_WAKES_ONE: the stop wakes one sleeper
 * fault NO_STOP_FENCE: no fence between the stop and looking for sleepers
 * fault NO_SLEEPER_FENCE: no fence between lying down and the last look
 * fault STOP_NOT_LOOKED_FOR: that look is for work alone
 */

#define WORKERS 2
#define THREADS (WORKERS + 1)
#define SPURIOUS 0

#include "seats.pml"

byte accepted, ran;
bool nested;    /* a job has submitted another */

/* As pw_submit on a worker: unless the injector is seen closed, the job goes to the worker's own deque. */
inline run_job() {
  if
  :: atomic { !nested -> nested = true }
    if
    :: LOAD(QUEUED) < CLOSED ->
      MAY_LOOK_EARLY;
      d_step { add(WORK(me), 1); accepted++ }
      fence_and_notify(me + 1)
    :: else
    fi
  :: else
  fi;
  ran++
}

#include "worker.pml"

proctype closer(byte me) {
  byte i;
  bool won, woke;
  add(QUEUED, CLOSED);
  stop();
  join_workers();
  assert(JOBS_IN(NOW(QUEUED)) == 0 && ran == accepted)
}

init {
  byte t;
  atomic {
    accepted = 1;
    memory = ((WORKERS << BITS(SEARCHERS)) | (1 << BITS(QUEUED)));
    run_workers();
    run closer(WORKERS)
  }
}

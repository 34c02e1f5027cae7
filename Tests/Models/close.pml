/* Submissions against the close of the injector: the mark that refuses them lies in the word that a submission CASes,
 * and is set before the pool is told to stop.
 *
 * What was accepted is run, by a worker: whoever shuts down finds nothing left. The worker ends.
 *
 * bound: workers=1 submitters=1 jobs=2 spurious=1
 *
 * fault STOP_BEFORE_CLOSE: workers are told to end while submissions are still accepted
 * fault CLOSE_SEEN_BEFORE_PUSH: a submission looks whether the injector is closed, and then pushes
 */

#define WORKERS 1
#define JOBS 2
#define THREADS 3

#include "seats.pml"

byte accepted, ran;

inline run_job() { ran++ }

#include "worker.pml"

/* pw_injector_push. Sets `pushed`. */
inline push() {
#ifdef CLOSE_SEEN_BEFORE_PUSH
  pushed = NOW(QUEUED) < CLOSED;
#endif
  d_step {
#ifndef CLOSE_SEEN_BEFORE_PUSH
    pushed = NOW(QUEUED) < CLOSED;
#endif
    if
    :: pushed -> add(QUEUED, 1); accepted++
    :: else
    fi
  }
}

proctype submitter(byte me) {
  byte i, left = JOBS;
  bool won, woke, pushed;
  do
  :: atomic { left > 0 -> left--; MAY_LOOK_EARLY }
    push();
    if
    :: atomic { pushed -> pushed = false }
      fence_and_notify(0)
    :: else -> HAS_LOOKED
    fi
  :: else -> break
  od
}

proctype closer(byte me) {
  byte i;
  bool won, woke;
#ifdef STOP_BEFORE_CLOSE
  stop();
  add(QUEUED, CLOSED);
#else
  add(QUEUED, CLOSED);
  stop();
#endif
  join_workers();
  assert(JOBS_IN(NOW(QUEUED)) == 0 && ran == accepted)
}

init {
  byte t;
  atomic {
    memory = (WORKERS << BITS(SEARCHERS));
    run_workers();
    run submitter(WORKERS);
    run closer(WORKERS + 1)
  }
}

/* A guest takes the seat of one worker while the other sleeps, and stays until a job that was submitted has run, and one
 * that it may expose itself. Wake-ups are not lost to the worker that stands down: the other is woken.
 *
 * bound: workers=2 guests=1 producers=1 jobs=2 spurious=0
 *
 * fault GUEST_SILENT: the guest takes the seat of the last searcher, and nobody looks for work in its place
 * fault NO_PRODUCER_FENCE: no fence between exposing, or pushing, and looking for sleepers
 * fault NO_LAST_SEARCHER_FENCE: whoever stands for the last searcher looks before it is counted out
 * fault GUEST_STILL_COUNTED: the worker that stands down stays counted as a sleeper
 */

#define WORKERS 2
#define THREADS 4
#define SPURIOUS 0
#define VISITORS

#include "seats.pml"
#include "guest.pml"

byte expected = 1, ran;
bool over;      /* the guest has left */

inline run_job() { ran++ }

#include "worker.pml"

proctype guest(byte me) {
  byte i;
  bool won, woke, visible, last, seated, slept;
  enter(0);
  if
  :: seated ->
    if
    :: true
    :: MAY_LOOK_EARLY;
      d_step { add(WORK(0), 1); expected++ }
      fence_and_notify(1)
    fi;
    ran == expected;
    leave(0)
  :: else
  fi;
  over = true
}

proctype producer(byte me) {
  byte i;
  bool won, woke;
  MAY_LOOK_EARLY;
  add(QUEUED, 1);
  fence_and_notify(0);
  over && ran == expected;
  stop();
  join_workers()
}

init {
  byte t;
  atomic {
    memory = (WORKERS << BITS(SEARCHERS));
    run_workers();
    run guest(WORKERS);
    run producer(WORKERS + 1)
  }
}

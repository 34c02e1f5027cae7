/* A guest takes the seat of a worker that stands idle, leaves, and the worker gets its seat back. Meanwhile a job is
 * submitted, whose producer finds no sleeper to wake.
 *
 * bound: workers=1 guests=1 visits=2 producers=1 jobs=1 spurious=1
 *
 * fault NO_CALL_BACK: the guest leaves without a look for work on behalf of the worker
 * fault LEAVER_LOOKS_FIRST: that look comes before the seat says that its worker sleeps
 * fault NO_LEAVER_FENCE: no fence between the two
 * fault NO_PRODUCER_FENCE: no fence between pushing and looking for sleepers
 * fault SEAT_TAKEN_BY_STORE: the guest takes the seat of a sleeper without a CAS
 * fault GUEST_STILL_COUNTED: the worker that stands down stays counted as a sleeper
 */

#define WORKERS 1
#define VISITS 2
#define THREADS 3
#define VISITORS

#include "seats.pml"
#include "guest.pml"

bool ran;

inline run_job() { ran = true }

#include "worker.pml"

proctype guest(byte me) {
  byte i, left = VISITS;
  bool won, woke, visible, last, seated, slept;
  do
  :: atomic { left > 0 -> left-- }
    enter(0);
    if
    :: seated -> leave(0)
    :: else
    fi
  :: else -> break
  od
}

proctype producer(byte me) {
  byte i;
  bool won, woke;
  MAY_LOOK_EARLY;
  add(QUEUED, 1);
  fence_and_notify(0);
  ran;
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

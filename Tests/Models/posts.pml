/* A loop posts a slice to a worker that stands idle, and takes the post back if nobody has begun it. Meanwhile a job is
 * submitted: the worker that was posted to counts as a searcher, so its producer may wake nobody.
 *
 * A slice ends only after that job has run, so it takes both workers. Nobody works on a slice after its loop has ended.
 *
 * bound: workers=2 callers=1 loops=1 producers=1 jobs=1 asleep=1 spurious=0
 *
 * fault BEGIN_SILENT: a worker that begins a post stops searching and wakes nobody in its place
 * fault REVOKE_SILENT: whoever takes a post back lays the worker down without a look for work
 * fault REVOKE_LOOKS_FIRST: that look comes before the seat says that its worker sleeps
 * fault REVOKE_BY_STORE: the post is taken back without a CAS
 * fault SPINNER_LAID_DOWN: a worker that was not asleep is laid down without being counted as a sleeper
 * fault POST_UNCOUNTED: a sleeper that was posted to is not counted as a searcher
 */

#define WORKERS 2
#define LOOPS 1
#define THREADS 4
#define SPURIOUS 0
#define VISITORS
#define ONE_SLEEPS
#define POSTS

#include "seats.pml"

bool ran;
bool open;      /* a loop runs */
byte inside;    /* participants: workers that were posted to and have not left, or been spared */

inline run_job() { ran = true }

/* pw_region_serve */
inline serve() {
  assert(open);
  ran;
  d_step { assert(open); inside-- }
}

#include "worker.pml"

/* claim_seats: pw_claim_seat of one seat. Sets `claimed` and `slept`. */
inline claim(w) {
  if
  :: LOAD(SEAT(w)) == ASLEEP ->
    cas(SEAT(w), ASLEEP, CLAIMED);
    if
    :: d_step { won -> won = false; claimed = true; slept = true }
#ifdef POST_UNCOUNTED
      count(-1, 0)
#else
      count(-1, 1)
#endif
    :: else
    fi
  :: LOAD(SEAT(w)) == OPEN ->
    cas(SEAT(w), OPEN, CLAIMED);
    d_step { claimed = won; won = false }
  :: else
  fi
}

/* revoke of one post. Sets `won` if it was not begun. */
inline revoke(w) {
#ifdef REVOKE_BY_STORE
  if
  :: LOAD(SEAT(w)) == POSTED -> store(SEAT(w), CLAIMED); won = true
  :: else
  fi;
#else
  cas(SEAT(w), POSTED, CLAIMED);
#endif
  if
  :: atomic { won && slept -> won = false; slept = false; inside-- }
#ifdef REVOKE_LOOKS_FIRST
    look_for_work();
#endif
    MAY_LOOK_EARLY;
    count(1, -1);
    lie_down(w);
#ifndef REVOKE_SILENT
#ifndef REVOKE_LOOKS_FIRST
    look_for_work();
#endif
    if
    :: atomic { visible -> visible = false }
      wake_seat(w);
      if
      :: atomic { woke -> woke = false }
      :: else -> notify(w + 1)
      fi
    :: else
    fi
#endif
  :: atomic { won && !slept -> won = false; inside-- }
#ifdef SPINNER_LAID_DOWN
    lie_down(w)
#else
    store(SEAT(w), WOKEN)
#endif
  :: else -> slept = false
  fi
}

proctype caller(byte me) {
  byte i, left = LOOPS;
  bool won, woke, visible, claimed, slept;
  do
  :: atomic { left > 0 -> left--; open = true }
    claim(0);
    if
    :: atomic { claimed -> claimed = false }
      /* The mailbox is written. In one step: a wake that came later would be one for no reason. */
      d_step { inside++; store(SEAT(0), POSTED); futex_wake(0) }
      revoke(0)
    :: else
    fi;
    atomic { inside == 0 -> open = false }
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
    memory = AT_FIRST;
    run_workers();
    run caller(WORKERS);
    run producer(WORKERS + 1)
  }
}

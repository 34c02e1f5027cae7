/* Seats: seat.c of the core, function by function. README.md here has the table of names.
 *
 * Proctypes that use this declare `byte me, i; bool won, woke, visible, last;`. */

#include "memory.pml"

#define WORKING 0   /* and BUSY, which differs only for the patience of guests */
#define OPEN    1
#define ASLEEP  2
#define GUEST   3
#define CLAIMED 4
#define POSTED  5
#define WOKEN   6
#define GONE    7

/* The words. `idle` is one word in the core: its two counts here only ever move in one step. */
#define SLEEPERS  0
#define SEARCHERS 1
#define STOPPING  2
#define QUEUED    3              /* jobs in the injector, with CLOSED on top */
#define WORK(w)   (4 + (w))      /* what others may steal from a slot: exposed forks, or loose jobs */
#define SEAT(w)   (4 + WORKERS + (w))

#define CLOSED 4
#define JOBS_IN(queued) ((queued) & 3)

inline count(sleepers, searchers) {
  d_step {
    acquire(SLEEPERS);
    acquire(SEARCHERS);
    assert(NOW(SLEEPERS) + (sleepers) >= 0 && NOW(SLEEPERS) + (sleepers) <= WORKERS);
    assert(NOW(SEARCHERS) + (searchers) >= 0 && NOW(SEARCHERS) + (searchers) <= WORKERS);
    write(SLEEPERS, NOW(SLEEPERS) + (sleepers));
    write(SEARCHERS, NOW(SEARCHERS) + (searchers))
  }
}

/* pw_work_is_visible */
inline look_for_work() {
#ifndef STOP_NOT_LOOKED_FOR
  visible = LOAD(STOPPING) != 0;
#endif
  visible = visible || JOBS_IN(LOAD(QUEUED)) != 0;
  do
  :: atomic { i < WORKERS && !visible -> visible = LOAD(WORK(i)) != 0; i++ }
  :: atomic { else -> i = 0; break }
  od
}

/* pw_wake_seat. Sets `woke`. */
inline wake_seat(w) {
  if
  :: LOAD(SEAT(w)) == ASLEEP ->
#ifdef COUNTED_BEFORE_CLAIMED
    count(-1, 1);
#endif
    cas(SEAT(w), ASLEEP, CLAIMED);
    if
    :: atomic { won -> won = false; woke = true }
#if !defined(COUNTED_BEFORE_CLAIMED) && !defined(COUNTED_AFTER_WOKEN)
      count(-1, 1);
#endif
      /* In one step: a wake that came later would be one for no reason. */
      d_step { store(SEAT(w), WOKEN); futex_wake(w) }
#ifdef COUNTED_AFTER_WOKEN
      count(-1, 1)
#endif
    :: else
    fi
  :: else
  fi
}

inline wake_one(first) {
  do
  :: !woke && i < WORKERS -> wake_seat(((first) + i) % WORKERS); i++
  :: atomic { else -> i = 0; woke = false; break }
  od
}

/* pw_notify */
inline notify(first) {
  if
  :: LOAD(SLEEPERS) != 0 && LOAD(SEARCHERS) == 0 -> wake_one(first)
  :: else
  fi
}

/* After a publication. */
inline fence_and_notify(first) {
#ifndef NO_PRODUCER_FENCE
  FENCE;
#endif
  notify(first);
  HAS_LOOKED
}

/* pw_stop_searching: the worker of the seat, or a guest that takes it, on the worker's behalf */
inline stop_searching(w) {
  MAY_LOOK_EARLY;
  atomic {
    last = NOW(SEARCHERS) == 1 && NOW(SLEEPERS) != 0;
    count(0, -1)
  }
#ifdef LAST_SEARCHER_SILENT
  last = false;
#endif
  if
  :: atomic { last -> last = false }
#ifndef NO_LAST_SEARCHER_FENCE
    FENCE;
#endif
    look_for_work();
    if
    :: atomic { visible -> visible = false }
      wake_one((w) + 1)
    :: else
    fi
  :: else
  fi;
  HAS_LOOKED
}

/* pw_seat_lie_down */
inline lie_down(w) {
  store(SEAT(w), ASLEEP);
#ifndef NO_SLEEPER_FENCE
  FENCE
#endif
}

/* pw_pool_stop */
inline stop() {
  MAY_LOOK_EARLY;
  store(STOPPING, 1);
#ifndef NO_STOP_FENCE
  FENCE;
#endif
  do
#ifdef STOP_WAKES_ONE
  :: woke -> break
#endif
  :: i < WORKERS -> wake_seat(i); i++
  :: else -> break
  od;
  atomic { i = 0; woke = false; HAS_LOOKED }
}

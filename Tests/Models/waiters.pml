/* Constrained waiters: a thread that waits for a job may run parts of that job and nothing else, so it never sleeps on a
 * seat, where a wake-up for other work would find it. In the pool it sleeps on the `news` of the slot that runs the job,
 * or, before that is known, on the job's own state word; outside always on the state word.
 *
 * All waits end. The job may wait for a part that it has exposed, which the waiter or a worker runs; or for a job that it
 * has submitted, which only the worker runs.
 *
 * bound: waiters=1, with workers=1 or outside=1; jobs=2 spurious=1
 *
 * fault NEWS_READ_LATE: the waiter reads its eventcount's epoch after the last look, not before
 * fault NO_NEWS_FENCE: no fence between saying that it sleeps and that look
 * fault NO_COMPLETION_FENCE: no fence between a job's completion and looking for its waiters
 * fault NO_PRODUCER_FENCE: no fence between an exposure and looking for those who wait
 * fault COMPLETION_SILENT: a completed job is not announced
 * fault EXPOSURE_SILENT: an exposure is not announced
 * fault STATE_SILENT: the signature, or completion, wakes nobody who sleeps on the state word
 * fault STATE_BY_STORE: the state moves on by a load and a store, between which a waiter may set its bit
 * fault WAITER_ON_A_SEAT: the waiter sleeps as an idle worker does
 */

#define WORKERS 2       /* slots: 0 has a worker; the job runs on slot 1, whose seat only the fault uses */
#define THREADS 4

#include "seats.pml"

#define STATE 8
#define NEWS  9         /* an epoch in two bits, above one that says that somebody sleeps */

#define EMPTY   0
#define SIGNED  1
#define DONE    2
#define SLEEPER 4       /* somebody sleeps on the state word */

bool part_ran, loose_ran;
bool has_worker;

inline run_job() {
  /* The worker finds the exposed part on slot 1, the submitted job in the injector: one of them, at most. */
  part_ran = true;
  loose_ran = true
}

#include "worker.pml"

/* move_state of wait.c */
inline move_state(to) {
#ifdef STATE_BY_STORE
  seen = LOAD(STATE);
  store(STATE, to);
#else
  d_step { seen = NOW(STATE); acquire(STATE); write(STATE, to) }
#endif
#ifndef STATE_SILENT
  if
  :: seen >= SLEEPER -> futex_wake_all(STATE)
  :: else
  fi;
#endif
  seen = 0
}

/* pw_announce */
inline announce() {
  news = LOAD(NEWS);
  if
  :: news & 1 ->
    cas(NEWS, news, (news + 1) & 7);
    if
    :: atomic { won -> won = false }
      futex_wake_all(NEWS)
    :: else
    fi
  :: else
  fi;
  news = 0
}

/* The thread on slot 1: pw_run_stolen, or a submitted job's runner. */
proctype runner(byte me) {
  byte i, j, seen, news;
  bool won, woke;
  move_state(SIGNED);
  if
  :: true
  :: /* pw_expose; the job goes on when somebody has run the part */
    MAY_LOOK_EARLY;
    add(WORK(1), 1);
#ifndef NO_PRODUCER_FENCE
    FENCE;
#endif
    notify(2);
#ifndef EXPOSURE_SILENT
    announce();
#endif
    HAS_LOOKED;
    part_ran
  :: has_worker ->
    MAY_LOOK_EARLY;
    add(QUEUED, 1);
    fence_and_notify(1);
    loose_ran
  fi;
  MAY_LOOK_EARLY;
  move_state(DONE);
#ifndef NO_COMPLETION_FENCE
  FENCE;
#endif
#ifndef COMPLETION_SILENT
  announce();
#endif
  HAS_LOOKED;
  stop()
}

/* sleep_on_state */
inline sleep_on_state() {
  won = seen >= SLEEPER;
  if
  :: !won -> cas(STATE, seen, seen | SLEEPER)
  :: else
  fi;
  if
  :: atomic { won -> won = false }
    futex_wait(STATE, (seen | SLEEPER))
  :: else
  fi
}

/* The last look of sleep_on_news. Sets `visible` if there is no reason to sleep. */
inline look_at_runner() {
  visible = (LOAD(STATE) & 3) != SIGNED;
  visible = visible || LOAD(WORK(1)) != 0
}

inline sleep_on_news() {
#ifdef NEWS_READ_LATE
  look_at_runner();
#endif
  MAY_LOOK_EARLY;
  news = LOAD(NEWS);
  won = news & 1;
  if
  :: !won -> cas(NEWS, news, news | 1)
  :: else
  fi;
  if
  :: atomic { won -> won = false }
#ifndef NO_NEWS_FENCE
    FENCE;
#endif
#ifndef NEWS_READ_LATE
    look_at_runner();
#endif
    HAS_LOOKED;
    if
    :: atomic { visible -> visible = false }
    :: else -> futex_wait(NEWS, (news | 1))
    fi
  :: else -> HAS_LOOKED
  fi;
  atomic { news = 0; visible = false }
}

/* What the waiter must not do. */
inline sleep_on_seat() {
  count(1, 0);
  lie_down(1);
  look_at_runner();
  if
  :: atomic { visible -> visible = false }
    cas(SEAT(1), ASLEEP, WORKING)
  :: else
  fi;
  if
  :: atomic { won -> won = false }
    count(-1, 0)
  :: else ->
    do
    :: LOAD(SEAT(1)) == WOKEN ->
      store(SEAT(1), WORKING);
      count(0, -1);
      break
    :: LOAD(SEAT(1)) == ASLEEP ->
      if
      :: (LOAD(STATE) & 3) == DONE -> cas(SEAT(1), ASLEEP, WORKING); if :: won -> won = false; count(-1, 0); break :: else fi
      :: else -> futex_wait(SEAT(1), ASLEEP)
      fi
    :: LOAD(SEAT(1)) == CLAIMED -> NOW(SEAT(1)) != CLAIMED
    od
  fi
}

/* wait_for_job */
proctype waiter(byte me) {
  byte i, seen, news;
  bool won, visible;
  do
  :: seen = LOAD(STATE);
    if
    :: (seen & 3) == DONE -> break
    :: (seen & 3) == SIGNED ->
      if
      :: d_step { NOW(WORK(1)) != 0 -> write(WORK(1), NOW(WORK(1)) - 1); part_ran = true }      /* pw_leap */
      :: true   /* spins; or has missed it, or lost a race */
      :: true ->
#ifdef WAITER_ON_A_SEAT
        sleep_on_seat()
#else
        sleep_on_news()
#endif
      fi
    :: (seen & 3) == EMPTY -> sleep_on_state()
    fi
  od
}

/* pw_wait_for_turn, without a baton */
proctype outsider(byte me) {
  byte seen;
  bool won;
  do
  :: seen = LOAD(STATE);
    if
    :: (seen & 3) == DONE -> break
    :: else -> sleep_on_state()
    fi
  od
}

init {
  byte t;
  atomic {
    if
    :: has_worker = true;
      memory = 1 << BITS(SEARCHERS);
      run worker(0)
    :: memory = GONE << BITS(SEAT(0));
      run outsider(3)
    fi;
    run runner(2);
    run waiter(1)       /* the thread of seat 1, for the fault */
  }
}

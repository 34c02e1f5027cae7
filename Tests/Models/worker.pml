/* A worker's life: worker.c of the core, with pw_sleep and pw_await_seat of seat.c.
 *
 * A model includes seats.pml first, and defines the inline `run_job()`, and `serve()` if it posts. */

/* Jobs that a search can find, wherever they are. */
#define ANY_JOB ((memory >> BITS(QUEUED)) & ~(CLOSED | (-1 << BITS(WORKERS + 1))))

/* What a search takes: of its own, else of others', else from the injector. Within d_step only. */
inline take_job() {
  do
  :: at < WORKERS && NOW(WORK((me + at) % WORKERS)) == 0 -> at++
  :: else -> break
  od;
  assert(NOW(SEAT(me)) == WORKING);     /* nobody else holds the slot */
  at = (at < WORKERS -> WORK((me + at) % WORKERS) : QUEUED);
  write(at, NOW(at) - 1);
  at = 0
}

/* pw_await_seat. Sets `searching`. */
inline await_seat() {
  do
  :: LOAD(SEAT(me)) == WOKEN ->
    d_step { store(SEAT(me), WORKING); searching = true }
    break
#ifdef POSTS
  :: LOAD(SEAT(me)) == POSTED ->
    cas(SEAT(me), POSTED, WORKING);
    if
    :: atomic { won -> won = false }
      stop_searching(me);
      serve();
      searching = false;
      break
    :: else
    fi
#endif
  :: LOAD(SEAT(me)) == CLAIMED ->
    NOW(SEAT(me)) != CLAIMED
  :: LOAD(SEAT(me)) == ASLEEP -> futex_wait(SEAT(me), ASLEEP)
  :: LOAD(SEAT(me)) == GUEST -> futex_wait(SEAT(me), GUEST)
  od
}

/* pw_sleep. Sets `searching`. */
inline go_to_sleep() {
  MAY_LOOK_EARLY;
#ifdef LOOK_BEFORE_LYING_DOWN
  FENCE;
  look_for_work();
#endif
  count(1, -1);
  lie_down(me);
#ifndef LOOK_BEFORE_LYING_DOWN
  look_for_work();
#endif
  HAS_LOOKED;
#ifdef NO_RECHECK
  visible = false;
#endif
  if
  :: atomic { visible -> visible = false }
    cas(SEAT(me), ASLEEP, WORKING);
    if
    :: d_step { won -> won = false; count(-1, 1); searching = true }
    :: else ->
#ifndef LOST_SEAT_SILENT
      notify(me + 1);   /* a guest may have taken the seat: somebody else has to see to that work */
#endif
      await_seat()
    fi
  :: else -> await_seat()
  fi
}

inline spin_or_sleep() {
  if
  :: true
  :: go_to_sleep()
  fi
}

proctype worker(byte me) {
  byte i, at;
  bool won, woke, visible, last, stopping;
  bool searching = true;  /* counted before the model starts, as by pw_worker_run */
  do
  ::
#ifndef STOP_SEEN_AFTER_SEARCH
    stopping = LOAD(STOPPING) != 0;
#endif
#ifdef NO_LAST_LOOK
    if
    :: stopping && searching -> break
    :: else
    fi;
#endif
    /* The search, in one step. It may miss what is there, as looks at the past would, and lost races; but not what was
     * there before a stop that has been seen (acquire). */
    if
    :: d_step { ANY_JOB -> take_job(); stopping = false }
      if
      :: atomic { searching -> searching = false }
        stop_searching(me)
      :: else
      fi;
      run_job()
    :: d_step { !(stopping && ANY_JOB) && !searching -> count(0, 1); searching = true; stopping = false }
    :: !(stopping && ANY_JOB) && searching ->
#ifdef STOP_SEEN_AFTER_SEARCH
      stopping = LOAD(STOPPING) != 0;
#endif
      if
      :: stopping -> break
      :: else
      fi;
#ifdef VISITORS
      store(SEAT(me), OPEN);
      cas(SEAT(me), OPEN, WORKING);
      if
      :: atomic { won -> won = false }
        spin_or_sleep()
      :: else -> await_seat()
      fi
#else
      spin_or_sleep()
#endif
    fi
  od;
  count(0, -1);
  store(SEAT(me), GONE)
}

inline run_workers() {
  do
  :: t < WORKERS -> run worker(t); t++
  :: else -> break
  od
}

/* After a stop. */
inline join_workers() {
  do
  :: atomic { i < WORKERS && NOW(SEAT(i)) == GONE -> i++ }
  :: i == WORKERS -> break
  od;
  assert(NOW(SLEEPERS) == 0 && NOW(SEARCHERS) == 0)
}

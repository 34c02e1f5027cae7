/* Guests: pw_enter and pw_leave of seat.c.
 *
 * Proctypes that use this declare `byte me, i; bool won, woke, visible, last, seated, slept;`. */

/* One attempt at one seat (sit_down). Sets `seated`. */
inline enter(w) {
  if
  :: LOAD(STOPPING) != 0
  :: LOAD(STOPPING) == 0 ->
    if
#ifdef SEAT_TAKEN_BY_STORE
    :: LOAD(SEAT(w)) == ASLEEP ->
      store(SEAT(w), GUEST);
      won = true;
      slept = true
#else
    :: LOAD(SEAT(w)) == ASLEEP ->
      cas(SEAT(w), ASLEEP, GUEST);
      slept = won
#endif
    :: LOAD(SEAT(w)) == OPEN -> cas(SEAT(w), OPEN, GUEST)
    :: else
    fi;
    if
    :: d_step { won && slept -> won = false; slept = false; seated = true }
#ifndef GUEST_STILL_COUNTED
      count(-1, 0)
#endif
    :: d_step { won && !slept -> won = false; seated = true }
#ifdef GUEST_SILENT
      count(0, -1)
#else
      stop_searching(w)       /* its worker was a searcher, perhaps the last */
#endif
    :: else
    fi
  fi
}

/* pw_leave */
inline leave(w) {
  seated = false;
  MAY_LOOK_EARLY;
#ifdef LEAVER_LOOKS_FIRST
  FENCE;
  look_for_work();
#endif
#ifndef GUEST_STILL_COUNTED
  count(1, 0);
#endif
  store(SEAT(w), ASLEEP);
#ifndef NO_LEAVER_FENCE
  FENCE;
#endif
#ifdef NO_CALL_BACK
  visible = false;
#else
#ifndef LEAVER_LOOKS_FIRST
  look_for_work();
#endif
#endif
  HAS_LOOKED;
  if
  :: atomic { visible -> visible = false }
    wake_seat(w);
    woke = false
  :: else
  fi
}

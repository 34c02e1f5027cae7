/* Shared memory, as weak as the core's sleep protocols may rely on.
 *
 * All words lie in one int, three bits each (at most ten): a digit a word when printed in octal. Stores and
 * read-modify-writes act on it at once. What is weak is how loads get past them:
 *
 *   An operation that stores something and then looks at other words opens a window before it stores (`may_look_early`).
 *   From there to its fence its loads read a view: the memory at some moment since the window opened. `views` moves it
 *   on to the present whenever it likes. So a load may overtake the stores before it, which is all that a store buffer
 *   does: TSO, seen from the reader's side (Abdulla, Atig, Bouajjani, Ngo: "The Benefits of Duality in Verifying
 *   Concurrent Programs under TSO", CONCUR 2016). A fence closes the window.
 *
 * This side was chosen because a read-modify-write does not close the window: PW_ADD and PW_CAS promise no more
 * (include/pw_atomic.h). With buffers that every locked instruction drains, as on x86, the fence after a submission
 * could be dropped and nobody would notice. Loads outside of windows read the present; README.md says why that is enough.
 *
 * A model defines THREADS, and `me` in every proctype; its init gives each thread no view (`begin`). */

#if defined(NO_PRODUCER_FENCE) || defined(NO_SLEEPER_FENCE) || defined(NO_LAST_SEARCHER_FENCE) || \
  defined(NO_STOP_FENCE) || defined(NO_LEAVER_FENCE)
#define VIEWS
#endif

int memory;
bool parked[THREADS];   /* sleeps in a futex wait */
#ifndef SPURIOUS
#define SPURIOUS 1
#endif
byte spurious = SPURIOUS;   /* so many futex waits may return for no reason: allowed, but nothing may depend on it */

#define BITS(at) (3 * (at))
#define WORD(all, at) (((all) >> BITS(at)) & 7)
#define WITH(all, at, value) (((all) & ~(7 << BITS(at))) | ((value) << BITS(at)))

/* What the word holds: for read-modify-writes, futexes and assertions. */
#define NOW(at) WORD(memory, at)

#ifdef VIEWS

#define NO_VIEW -1
int view[THREADS] = NO_VIEW;

#define LOAD(at) WORD((view[me] == NO_VIEW -> memory : view[me]), at)

#define MAY_LOOK_EARLY view[me] = memory
#define FENCE view[me] = NO_VIEW
/* Closes the window of an operation whose fence a fault has dropped. */
#define HAS_LOOKED view[me] = NO_VIEW

/* Writes a word, in the view too: a thread sees its own stores. Within d_step only. */
inline write(at, value) {
  memory = WITH(memory, at, value);
  if
  :: view[me] != NO_VIEW -> view[me] = WITH(view[me], at, value)
  :: else
  fi
}

/* A read-modify-write that meets another thread's store has seen all that came before that (release and acquire). */
inline acquire(at) {
  if
  :: LOAD(at) != NOW(at) -> view[me] = memory
  :: else
  fi
}

#define MOVES_ON(t) :: d_step { view[t] != NO_VIEW && view[t] != memory -> view[t] = memory }

active proctype views() {
end:
  do
  MOVES_ON(0)
  MOVES_ON(1)
#if THREADS > 2
  MOVES_ON(2)
#endif
#if THREADS > 3
  MOVES_ON(3)
#endif
#if THREADS > 4
  MOVES_ON(4)
#endif
  od
}

#else

#define LOAD(at) NOW(at)
#define MAY_LOOK_EARLY skip
#define FENCE skip
#define HAS_LOOKED skip
#define acquire(at) skip
inline write(at, value) { memory = WITH(memory, at, value) }

#endif

inline store(at, value) { d_step { write(at, value) } }

inline add(at, delta) { d_step { acquire(at); write(at, NOW(at) + (delta)) } }

/* Sets `won`. */
inline cas(at, from, to) {
  d_step {
    acquire(at);
    won = NOW(at) == from;
    if
    :: won -> write(at, to)
    :: else
    fi
  }
}

/* As the kernel does: compares, sleeps until `futex_wake`, or returns for no reason. */
inline futex_wait(at, expected) {
  d_step {
    if
    :: NOW(at) == expected -> parked[me] = true
    :: else
    fi
  }
  if
  :: !parked[me]
  :: atomic { parked[me] && spurious > 0 -> spurious--; parked[me] = false }
  fi
}

inline futex_wake(thread) { parked[thread] = false }

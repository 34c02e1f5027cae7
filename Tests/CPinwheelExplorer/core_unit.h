// The shipped C core, compiled again into whichever client file includes this, with every atomic operation redefined
// onto the simulator. Left out: system.c, which talks to the kernel.
#ifndef PX_CORE_UNIT_H
#define PX_CORE_UNIT_H

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define PW_ATOMIC_OVERRIDE "../../../Tests/CPinwheelExplorer/simulator_atomics.h"
#define PW_API static __attribute__((unused))
// This process does not fork (threads.c).
#define pw_forks px_forks
#define malloc(size) px_allocate(16, (size))
#define calloc(count, size) px_allocate(16, (count) * (size))
#define aligned_alloc(alignment, size) px_allocate((alignment), (size))
#define free(p) px_release(p)
#define mmap(where, size, protection, flags, file, offset) px_allocate(4096, (size))
#define munmap(p, size) px_release(p)
#define madvise(p, size, advice) ((void)0)

// One pause is as good as many: how long it lasts is the search's business.
#define OPEN_PAUSES 1
#define CLAIM_ROUNDS 0
#define ONE_EACH_PAUSES 1
#define STANDBY_PAUSES 1
#define STANDS_BY(pool) ((void)(pool), true)
#define ENTER_SPINS 1
#define ENTER_SLEEPS 1
// Blocks of three cells, buffers of two: their ends come soon.
#define LAP 4
#define FIRST_CAPACITY 2
#define HOMES 1
// A woken worker wakes another one.
#define FAN 2
#define LOOK_NS 0
#define WAKE_FAN 2
// One private job is enough to offer.
#define PW_ENOUGH 1
// Three slots are enough for one that is far.
#define LEVELS_A_ROUND 1

#include "../../CSources/CPinwheel/internal.h"

#include "../../CSources/CPinwheel/strict_stack.c"
#include "../../CSources/CPinwheel/wait.c"
#include "../../CSources/CPinwheel/deque.c"
#include "../../CSources/CPinwheel/injector.c"
#include "../../CSources/CPinwheel/near.c"
#include "../../CSources/CPinwheel/seat.c"
#include "../../CSources/CPinwheel/roster.c"
#include "../../CSources/CPinwheel/loose.c"
#include "../../CSources/CPinwheel/pace.c"
#include "../../CSources/CPinwheel/region.c"
#include "../../CSources/CPinwheel/standby.c"
#include "../../CSources/CPinwheel/loop.c"
#include "../../CSources/CPinwheel/team.c"
#include "../../CSources/CPinwheel/closure.c"
#include "../../CSources/CPinwheel/pool.c"

// Of the worker's file all but the spinning, which goes by the clock (core_world.h).
#define pw_spin_more shipped_spin_more
#include "../../CSources/CPinwheel/worker.c"
#undef pw_spin_more

#include "core_world.h"

#endif

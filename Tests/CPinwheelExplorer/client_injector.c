// The injector: several producers and consumers over blocks of three cells, which are linked and freed as they go.
#include "core_unit.h"
#include "clients.h"
#include "loose_entries.h"

static pw_injector injector;

static void reset(void) {
  reset_entries();
  pw_injector_init(&injector);
  px_name(&injector.head, sizeof(AO_t), "head", -1);
  px_name(&injector.head_block, sizeof(AO_t), "head_block", -1);
  px_name(&injector.tail, sizeof(AO_t), "tail", -1);
  px_name(&injector.tail_block, sizeof(AO_t), "tail_block", -1);
}

/// `cells` of the first block are used up, so that the pushes link the next block soon, and the pops free the first
/// one.
static void reset_used(int cells) {
  reset();
  pw_entry entry = {NULL, NULL, NULL};
  for (int i = 0; i < cells; i++) {
    pw_injector_push(&injector, entry, false);
    pw_injector_pop(&injector, &entry);
  }
}

static void reset_late(void) { reset_used(CELLS - 2); }
static void reset_last(void) { reset_used(CELLS - 1); }

/// The lap that begins ends with index 0.
static void reset_wrapping(void) {
  reset();
  injector.head = injector.tail = -(AO_t)(LAP * STEP);
}

static void inject(size_t i) {
  px_require(pw_injector_push(&injector, make(i), false) == PW_PUSHED, "not queued");
}

static bool pop_one(void) {
  pw_entry entry;
  if (!pw_injector_pop(&injector, &entry)) return false;
  consume(entry);
  return true;
}

static void check_popped(int count) {
  while (pop_one()) {
  }
  require_all_taken(count);
  px_require(pw_injector_is_empty(&injector), "nothing is left, but it is not empty");
  pw_injector_destroy(&injector);
  world_require_nothing_leaks();
}

static void check_two(void) { check_popped(2); }
static void check_three(void) { check_popped(3); }
static void check_four(void) { check_popped(4); }

/// The first block is being linked while others push and pop.
static void begins(int thread) {
  if (thread == 0) {
    inject(0);
    inject(1);
  } else if (thread == 1) {
    inject(2);
  } else {
    pop_one();
    pop_one();
  }
}

/// One producer, two consumers, over the end of a block.
static void links(int thread) {
  if (thread == 0) {
    for (size_t i = 0; i < 3; i++) inject(i);
  } else {
    pop_one();
    pop_one();
  }
}

/// Two producers, two consumers, over the end of a block.
static void two_and_two(int thread) {
  if (thread < 2) {
    inject(2 * (size_t)thread);
    inject(2 * (size_t)thread + 1);
  } else {
    pop_one();
    pop_one();
  }
}

/// The same with one entry each: for a higher bound.
static void one_and_one(int thread) {
  if (thread < 2) inject((size_t)thread);
  else pop_one();
}

/// One block's worth and one more, so that a whole block is used and left; the index passes the largest value.
static void one_lap(int thread) {
  if (thread == 0) {
    for (size_t i = 0; i < 4; i++) inject(i);
  } else {
    for (int i = 0; i < 4; i++) pop_one();
  }
}

/// Entries come out in the order in which they were pushed.
static void in_order(int thread) {
  if (thread == 0) {
    for (size_t i = 0; i < 3; i++) inject(i);
  } else {
    for (size_t next = 0; next < 3;) {
      if (!pop_one()) PW_PAUSE();
      else px_require(taken[next++] == 1, "entry %zu overtakes", next);
    }
  }
}

static void closes(int thread) {
  if (thread == 0) {
    for (size_t i = 0; i < 3; i++)
      if (pw_injector_push(&injector, make(i), false) != PW_PUSHED) taken[i]++;
  } else if (thread == 1) {
    px_require(pw_injector_close(&injector), "closed by somebody else");
    px_require(pw_injector_push(&injector, (pw_entry){0}, false) == PW_PUSH_CLOSED, "queued after it was closed");
  } else {
    pop_one();
  }
}

static const px_client clients[] = {
  {"injector_begins", 3, reset, begins, check_three, .quick = {2, 1}, .full = {3, 1}},
  {"injector_links", 3, reset_late, links, check_three, .quick = {2, 0}, .full = {3, 1}},
  {"injector_two_and_two", 4, reset_late, two_and_two, check_four, .quick = {1, 0}, .full = {2, 0}},
  {"injector_four_threads", 4, reset_last, one_and_one, check_two, .quick = {2, 0}, .full = {2, 1}},
  {"injector_wraps", 2, reset_wrapping, one_lap, check_four, .quick = {2, 1}, .full = {4, 2}},
  {"injector_in_order", 2, reset_late, in_order, check_three, .quick = {2, 1}, .full = {3, 2}},
  {"injector_closes", 3, reset, closes, check_three, .quick = {2, 2}, .full = {3, 2}},
};

PX_GROUP(injector, clients);

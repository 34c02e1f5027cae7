// The loose deque: an owner that pushes and takes, thieves that steal, and buffers that are outgrown meanwhile.
#include "core_unit.h"
#include "clients.h"
#include "loose_entries.h"

static pw_deque deque;
/// Where the indices begin.
static AO_t base;

static void reset_at(AO_t first) {
  reset_entries();
  base = first;
  px_require(pw_deque_init(&deque, 2), "no memory");
  deque.bottom = deque.top = base;
  px_name(&deque.bottom, sizeof deque.bottom, "bottom", -1);
  px_name(&deque.top, sizeof deque.top, "top", -1);
  px_name(&deque.buffer, sizeof deque.buffer, "buffer", -1);
}

static void reset(void) { reset_at(0); }
/// Signed, the third index is less than the second; unsigned, the same further down.
static void reset_at_sign(void) { reset_at((AO_t)INTPTR_MAX - 1); }
static void reset_at_zero(void) { reset_at(~(AO_t)0 - 1); }

static void push(size_t i) {
  px_require(pw_deque_push(&deque, make(i)), "no memory");
  if (!px_fault("old_buffer_freed")) return;
  // What the core must not do: free a buffer as soon as it is outgrown.
  pw_buffer *buffer = (pw_buffer *)deque.buffer;
  free(buffer->older);
  buffer->older = NULL;
}

static void take_own(void) {
  pw_entry entry;
  if (pw_deque_take(&deque, base, &entry)) consume(entry);
}

static bool steal_as(void *only) {
  pw_entry entry;
  if (pw_deque_steal(&deque, only, &entry) != PW_STEAL_TAKEN) return false;
  consume(entry);
  return true;
}

static void steal(int times) {
  while (times-- > 0) steal_as(NULL);
}

static void check_taken(int count) {
  while (steal_as(NULL)) {
  }
  require_all_taken(count);
  px_require(pw_deque_is_empty(&deque), "nothing is left, but it is not empty");
  pw_deque_destroy(&deque);
  world_require_nothing_leaks();
}

static void check_three(void) { check_taken(3); }
static void check_four(void) { check_taken(4); }
static void check_five(void) { check_taken(5); }

/// Two cells, three pushes: it grows, and thieves meet the owner at the last entry.
static void own_three(void) {
  for (size_t i = 0; i < 3; i++) push(i);
  take_own();
  take_own();
}

static void grows(int thread) {
  if (thread == 0) own_three();
  else steal(2);
}

/// One steal for each of two thieves, or of three.
static void one_each(int thread) {
  if (thread == 0) own_three();
  else steal(1);
}

/// Cells are used again: pushes between steals, without growth.
static void cells_again(int thread) {
  if (thread == 0) {
    for (size_t i = 0; i < 4; i++) {
      push(i);
      if (i % 2) take_own();
    }
  } else {
    steal(2);
  }
}

/// From two cells to four to eight, while a thief may still hold the first buffer.
static void grows_twice(int thread) {
  if (thread == 0) {
    for (size_t i = 0; i < 5; i++) push(i);
    take_own();
  } else {
    steal(2);
  }
}

/// The owner's mark: what lies below it is not taken. Thieves take from the other end, but only what bears the tag.
static void mark_and_tag(int thread) {
  if (thread == 0) {
    push(0);
    AO_t mark = pw_deque_mark(&deque);
    push(1);
    pw_entry entry;
    while (pw_deque_take(&deque, mark, &entry)) {
      px_require(entry.first != &payloads[0], "took what lies below the mark");
      consume(entry);
    }
    push(2);
  } else {
    px_require(!steal_as((void *)32), "stole what bears another tag");
    steal_as(TAG);
    steal_as(TAG);
  }
}

static const px_client clients[] = {
  {"deque_grows", 2, reset, grows, check_three, .quick = {3, 2}, .full = {5, 3}},
  {"deque_three_threads", 3, reset, one_each, check_three, .quick = {2, 2}, .full = {2, 3}},
  {"deque_two_thieves", 3, reset, grows, check_three, .quick = {2, 1}, .full = {3, 1}},
  {"deque_four_threads", 4, reset, one_each, check_three, .quick = {1, 1}, .full = {2, 1}},
  {"deque_wraps", 2, reset, cells_again, check_four, .quick = {3, 2}, .full = {5, 2}},
  {"deque_wraps_sign", 2, reset_at_sign, grows, check_three, .quick = {2, 2}, .full = {4, 2}},
  {"deque_wraps_zero", 3, reset_at_zero, one_each, check_three, .quick = {2, 1}, .full = {3, 1}},
  {"deque_grows_twice", 2, reset, grows_twice, check_five, .quick = {2, 2}, .full = {4, 2}},
  {"deque_mark_and_tag", 2, reset, mark_and_tag, check_three, .quick = {2, 2}, .full = {4, 3}},
};

PX_GROUP(deque, clients);

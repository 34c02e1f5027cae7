// The loose deque. One owner pushes and takes at the bottom, thieves steal at the top. Indices start at 0, only grow,
// and compare signed (I6).
#include <stdlib.h>
#include "internal.h"

static pw_buffer *pw_buffer_make(AO_t capacity, pw_buffer *older) {
  pw_buffer *buffer = malloc(sizeof(pw_buffer) + capacity * sizeof(pw_cell));
  if (buffer == NULL) return NULL;
  buffer->older = older;
  buffer->mask = capacity - 1;
  return buffer;
}

static void pw_cell_put(pw_cell *cell, pw_entry entry) {
  // relaxed; pairs with the loads in `pw_cell_get`, published by the release of `bottom` (push) or `buffer` (grow).
  PW_STORE(cell_put_first, &cell->first, entry.first);
  PW_STORE(cell_put_second, &cell->second, entry.second);
  PW_STORE(cell_put_tag, &cell->tag, entry.tag);
}

static pw_entry pw_cell_get(pw_cell *cell) {
  // relaxed; pairs with the stores in `pw_cell_put`, ordered by the acquire of `bottom` (steal) or by being the owner
  // (take). What is being overwritten meanwhile is dropped when the CAS on `top` fails.
  pw_entry entry = {(void *)PW_LOAD(cell_get_first, &cell->first), (void *)PW_LOAD(cell_get_second, &cell->second),
                    (void *)PW_LOAD(cell_get_tag, &cell->tag)};
  return entry;
}

PW_API bool pw_deque_init(pw_deque *deque, AO_t capacity) {
  pw_buffer *buffer = pw_buffer_make(capacity, NULL);
  deque->bottom = 0;
  deque->top = 0;
  deque->buffer = (AO_t)buffer;
  deque->lent = NULL;
  return buffer != NULL;
}

PW_API void pw_deque_begin(pw_deque *deque, pw_buffer *buffer, AO_t capacity) {
  buffer->mask = capacity - 1;
  deque->lent = buffer;
  // Thieves look there when they have seen `bottom` move, and acquired that.
  deque->buffer = (AO_t)buffer;
}

PW_API void pw_deque_destroy(pw_deque *deque) {
  pw_buffer *buffer = (pw_buffer *)deque->buffer;
  while (buffer != NULL) {
    pw_buffer *older = buffer->older;
    if (buffer != deque->lent) free(buffer);
    buffer = older;
  }
  deque->buffer = 0;
}

/// At least twice as large as before, and large enough for `more` entries.
static pw_buffer *pw_deque_grow(pw_deque *deque, pw_buffer *old, AO_t top, AO_t bottom, AO_t more) {
  AO_t capacity = 2 * (old->mask + 1);
  while (capacity < bottom - top + more) capacity *= 2;
  pw_buffer *bigger = pw_buffer_make(capacity, old);
  if (bigger == NULL) return NULL;
  for (AO_t i = top; i != bottom; i++) pw_cell_put(&bigger->cells[i & bigger->mask], pw_cell_get(&old->cells[i & old->mask]));
  // release; pairs with the acquire in steal: whoever sees the new buffer sees what was copied into it.
  PW_STORE_RELEASE(deque_buffer_publish, &deque->buffer, bigger);
  return bigger;
}

PW_API bool pw_deque_push_words(pw_deque *deque, void *first, void *second, void *tag) {
  AO_t bottom = PW_LOAD(deque_push_bottom, &deque->bottom); // relaxed; own
  // acquire; pairs with the thieves' CAS on `top`: a cell is reused only after its thief has read it.
  // unseen: to fail, the store to the cell would have to overtake the load that it depends on. RC11 and all hardware
  // forbid that; the language does not.
  AO_t top = PW_LOAD_ACQUIRE(deque_push_top, &deque->top);
  pw_buffer *buffer = (pw_buffer *)PW_LOAD(deque_push_buffer, &deque->buffer); // relaxed; own
  // Once more from the start, so that what rarely happens costs the rest no registers.
  if (PW_UNLIKELY((intptr_t)(bottom - top) > (intptr_t)buffer->mask)) {
    return pw_deque_reserve(deque, 1) && pw_deque_push_words(deque, first, second, tag);
  }
  pw_cell_put(&buffer->cells[bottom & buffer->mask], (pw_entry){first, second, tag});
  // release; pairs with the acquire of `bottom` in steal: the cell and what it points to are visible.
  PW_STORE_RELEASE(deque_push_publish, &deque->bottom, bottom + 1);
  return true;
}

PW_API bool pw_deque_reserve(pw_deque *deque, uint64_t count) {
  AO_t bottom = PW_LOAD(deque_reserve_bottom, &deque->bottom); // relaxed; own
  // acquire; pairs with the thieves' CAS on `top`, as in push: what lies below it is not copied.
  // redundant: an older top copies entries that thieves have read or will not get, and leaves more room than needed.
  AO_t top = PW_LOAD_ACQUIRE(deque_reserve_top, &deque->top);
  pw_buffer *buffer = (pw_buffer *)PW_LOAD(deque_reserve_buffer, &deque->buffer); // relaxed; own
  return bottom - top + count <= buffer->mask + 1 || pw_deque_grow(deque, buffer, top, bottom, count) != NULL;
}

PW_API bool pw_deque_take(pw_deque *deque, AO_t mark, pw_entry *entry) {
  AO_t bottom = PW_LOAD(deque_take_bottom, &deque->bottom); // relaxed; own
  if ((intptr_t)(bottom - mark) <= 0) return false;
  // relaxed; only a look, pairs with the thieves' CAS: an older top than there is now ends here with a CAS that fails, or is
  // looked at again.
  AO_t seen = PW_LOAD(deque_take_look, &deque->top);
  if ((intptr_t)(bottom - seen) <= 0) return false;
  bottom -= 1;
  pw_buffer *buffer = (pw_buffer *)PW_LOAD(deque_take_buffer, &deque->buffer); // relaxed; own
  if (bottom == seen) {
    // The only entry: taken at the top, as thieves take it, so that nobody has to see another bottom first.
    *entry = pw_cell_get(&buffer->cells[bottom & buffer->mask]);
    // acq_rel; pairs with the CAS in steal, and with that of the owner below.
    // redundant: the owner has written the entry itself, and who finds `top` moved takes nothing by it.
    return PW_CAS(deque_take_only, &deque->top, seen, seen + 1);
  }
  // release; pairs with the acquire of `bottom` in steal: who reads this bottom takes what lies below it.
  PW_STORE_RELEASE(deque_take_reserve, &deque->bottom, bottom);
  // seq_cst; pairs with the fence in steal: either the thief sees the smaller bottom, or we see its top (Dekker).
  PW_FENCE(deque_take_fence);
  AO_t top = PW_LOAD(deque_take_top, &deque->top); // relaxed; after the fence
  intptr_t left = (intptr_t)(bottom - top);
  if (left < 0) {
    // release; pairs with the acquire of `bottom` in steal.
    // redundant: the deque is empty with this bottom, so nobody reads a cell by it. Kept: one order for all of
    // `bottom`.
    PW_STORE_RELEASE(deque_take_undo, &deque->bottom, bottom + 1);
    return false;
  }
  *entry = pw_cell_get(&buffer->cells[bottom & buffer->mask]);
  if (left > 0) return true;
  // The last entry by now: whoever moves `top` has it. acq_rel; pairs with the CAS in steal.
  // redundant: the owner has written the entry itself, and who finds `top` moved takes nothing by it.
  bool won = PW_CAS(deque_take_last, &deque->top, top, top + 1);
  // release; pairs with the acquire of `bottom` in steal.
  // redundant: the deque is empty with this bottom, as above.
  PW_STORE_RELEASE(deque_take_restore, &deque->bottom, bottom + 1);
  return won;
}

PW_API pw_steal pw_deque_steal(pw_deque *deque, void *only, pw_entry *entry) {
  // acquire; pairs with the CAS of the thief before us.
  // redundant: with the fence behind it a relaxed load acquires as much. Kept for ThreadSanitizer, which sees no
  // fences.
  AO_t top = PW_LOAD_ACQUIRE(deque_steal_top, &deque->top);
  // seq_cst, of loads; pairs with the fence in take: of an owner that gives up the last entry below `bottom` and this thief,
  // either the thief sees the smaller `bottom`, or the owner this `top`. Whoever has stored that, also the thief itself, has done
  // so by a CAS.
  PW_FENCE_LOADS(deque_steal_fence);
  // acquire; pairs with the release in push.
  AO_t bottom = PW_LOAD_ACQUIRE(deque_steal_bottom, &deque->bottom);
  if ((intptr_t)(bottom - top) <= 0) return PW_STEAL_EMPTY;
  // acquire; pairs with the release in grow.
  pw_buffer *buffer = (pw_buffer *)PW_LOAD_ACQUIRE(deque_steal_buffer, &deque->buffer);
  *entry = pw_cell_get(&buffer->cells[top & buffer->mask]);
  if (only != NULL && entry->tag != only) return PW_STEAL_EMPTY;
  // acq_rel; pairs with take's CAS and the acquire in push.
  // redundant acquire: `bottom` was acquired, and `top` has not moved since it was.
  // unseen release: pairs with the acquire of `top` in push, which see.
  return PW_CAS(deque_steal_take, &deque->top, top, top + 1) ? PW_STEAL_TAKEN : PW_STEAL_LOST;
}

PW_API PW_LOOP_PATH bool pw_deque_is_empty(pw_deque *deque) {
  // relaxed, both: nothing is read by this look. When it decides about sleep, the looker's fence pairs with the
  // producers' (seat.c).
  AO_t top = PW_LOAD(deque_look_top, &deque->top);
  AO_t bottom = PW_LOAD(deque_look_bottom, &deque->bottom);
  return (intptr_t)(bottom - top) <= 0;
}

// The injector: an unbounded FIFO for any number of producers and consumers.
//
// The design is crossbeam's SegQueue (github.com/crossbeam-rs/crossbeam), written anew: indices count entries in laps
// of 64 of which 63 are cells of a linked block; the 64th stands for "the next block is being linked". A producer or
// consumer that reserves the last cell links, or moves to, the next block. A block is freed by whoever is last to leave
// it (the *destroy* bit), so no epochs or hazard pointers are needed.
//
// Lock-free but for four windows of a few instructions each, in which others wait for a thread that may lose its CPU:
// while whoever took a block's last cell links the next block (producers), while a consumer moves `head` to it, while the
// first block is linked, and while a reserved cell is being filled (consumers).
#include <stdlib.h>
#include "internal.h"

#ifndef LAP
#define LAP 64
#endif
#define CELLS (LAP - 1)
#define STEP 2      // indices count in twos: bit 0 of head says "this is not the last block", of tail "closed"
#define MARK ((AO_t)1)

#define WRITTEN ((AO_t)1)
#define READ ((AO_t)2)
#define DESTROY ((AO_t)4)

typedef struct pw_block {
  AO_t next;
  struct {
    pw_entry entry;
    AO_t state;
  } cells[CELLS];
} pw_block;

static AO_t offset_of(AO_t index) { return (index / STEP) % LAP; }

PW_API void pw_injector_init(pw_injector *injector) {
  injector->head = injector->tail = 0;
  injector->head_block = injector->tail_block = 0;
}

PW_API void pw_injector_destroy(pw_injector *injector) {
  pw_block *block = (pw_block *)injector->head_block;
  while (block != NULL) {
    pw_block *next = (pw_block *)block->next;
    free(block);
    block = next;
  }
  pw_injector_init(injector);
}

PW_API pw_push_result pw_injector_push_words(pw_injector *injector, void *first, void *second, void *tag, bool always) {
  pw_block *spare = NULL;
  pw_push_result result = PW_PUSHED;
  uint32_t rounds = 0;
  for (;;) {
    // acquire; pairs with the release of `tail` by whoever linked this block: `tail_block` is at least as new.
    AO_t tail = PW_LOAD_ACQUIRE(injector_push_tail, &injector->tail);
    // acquire; pairs with the release of `tail_block`: the block's cells are cleared.
    pw_block *block = (pw_block *)PW_LOAD_ACQUIRE(injector_push_block, &injector->tail_block);
    if ((tail & MARK) && !always) {
      result = PW_PUSH_CLOSED;
      break;
    }
    AO_t offset = offset_of(tail);
    if (offset == CELLS) {
      pw_wait_briefly(&rounds); // the next block is being linked
      continue;
    }
    if (spare == NULL && (block == NULL || offset + 1 == CELLS)) {
      spare = calloc(1, sizeof *spare);
      if (spare == NULL) {
        result = PW_PUSH_NO_MEMORY;
        break;
      }
    }
    if (block == NULL) {
      // The first push of all. acq_rel; pairs with the acquire of `tail_block` in push: its cells are cleared.
      // redundant acquire: there was nothing before it.
      if (PW_CAS(injector_first_block, &injector->tail_block, 0, spare)) {
        // release; pairs with the acquire of `head_block` in pop.
        // redundant: who takes a cell has acquired `tail` from a producer that knew the block.
        PW_STORE_RELEASE(injector_first_head, &injector->head_block, spare);
        spare = NULL;
      }
      continue;
    }
    // acq_rel; reserves the cell. Pairs with the acquire of `tail` in pop, and with close.
    // redundant acquire: `tail` only grows, so this meets the very value that was acquired above.
    // redundant release: what a consumer reads in the cell waits for WRITTEN; the block it knows from `head_block`.
    if (!PW_CAS(injector_reserve, &injector->tail, tail, tail + STEP)) continue;
    if (offset + 1 == CELLS) {
      // release, each; pair with the acquires of the three: in this order readers of `tail` find the new block, and
      // readers of the old block its successor. The add is seq_cst; no store, because `close` may have set MARK.
      // redundant (injector_link_tail_block): `tail`, moved after it and loaded before it, gives the same.
      // redundant acquire (injector_link_tail): who links has nothing to read.
      PW_STORE_RELEASE(injector_link_tail_block, &injector->tail_block, spare);
      PW_ADD(injector_link_tail, &injector->tail, STEP);
      PW_STORE_RELEASE(injector_link_next, &block->next, spare);
      spare = NULL;
    }
    PW_WRITE(&block->cells[offset].entry, ((pw_entry){first, second, tag}));
    // seq_cst, release needed (an add of a bit that is clear); pairs with the acquire in pop: the entry is visible.
    // redundant acquire: the producer has nothing more to read.
    PW_ADD(injector_written, &block->cells[offset].state, WRITTEN);
    break;
  }
  if (PW_UNLIKELY(spare != NULL)) free(spare);
  return result;
}

/// Makes `count` blocks, all of whose cells hold the entry, in front of `next`. NULL when memory is refused.
static pw_block *make_full_blocks(pw_entry entry, uint64_t count, pw_block *next) {
  pw_block *last = next;
  for (; count > 0; count--) {
    pw_block *block = calloc(1, sizeof *block);
    if (block == NULL) {
      while (next != last) {
        pw_block *made = next;
        next = (pw_block *)PW_LOAD(injector_unmade, &made->next); // relaxed; own
        free(made);
      }
      return NULL;
    }
    // relaxed, both; own, published by the release of the block before it.
    PW_STORE(injector_full_next, &block->next, next);
    for (int i = 0; i < CELLS; i++) {
      PW_WRITE(&block->cells[i].entry, entry);
      PW_STORE(injector_full, &block->cells[i].state, WRITTEN);
    }
    next = block;
  }
  return next;
}

PW_API pw_push_result pw_injector_push_many(pw_injector *injector, pw_entry entry, uint64_t count) {
  if (count == 0) return PW_PUSHED;
  // What the current block has no room for goes to blocks of our own: full ones, and the last one, which becomes the
  // queue's. How many are full depends on where the tail is, by one: the first of them may be too many.
  pw_block *last = NULL, *full = NULL;
  uint64_t most = (count - 1) / CELLS;
  pw_push_result result = PW_PUSHED;
  uint32_t rounds = 0;
  for (;;) {
    // acquire, both; pair with the releases in push and below, as in push.
    AO_t tail = PW_LOAD_ACQUIRE(injector_many_tail, &injector->tail);
    pw_block *block = (pw_block *)PW_LOAD_ACQUIRE(injector_many_block, &injector->tail_block);
    if (tail & MARK) {
      result = PW_PUSH_CLOSED;
      break;
    }
    AO_t offset = offset_of(tail), room = CELLS - offset;
    if (offset == CELLS) {
      pw_wait_briefly(&rounds); // the next block is being linked
      continue;
    }
    bool fits = count < room; // and does not fill the block
    if (last == NULL && (block == NULL || !fits)) {
      last = calloc(1, sizeof *last);
      full = last != NULL ? make_full_blocks(entry, most, last) : NULL;
      if (full == NULL) {
        result = PW_PUSH_NO_MEMORY;
        break;
      }
    }
    if (block == NULL) {
      // The first push of all: an empty block of its own, so that what was made above stays as it is.
      pw_block *first = calloc(1, sizeof *first);
      if (first == NULL) {
        result = PW_PUSH_NO_MEMORY;
        break;
      }
      // acq_rel, then release; pair with the acquires of the two, as in push.
      // redundant acquire: there was nothing before it.
      // redundant (injector_many_first_head): who takes a cell has acquired `tail` from a producer that knew the block.
      if (PW_CAS(injector_many_first, &injector->tail_block, 0, first)) {
        PW_STORE_RELEASE(injector_many_first_head, &injector->head_block, first);
      } else {
        free(first);
      }
      continue;
    }
    uint64_t here = fits ? count : room, beyond = count - here;
    if (!fits) {
      for (uint64_t i = 0; i < CELLS; i++) {
        bool used = i < beyond % CELLS;
        if (used) PW_WRITE(&last->cells[i].entry, entry);
        // relaxed; own, published by the release of the block before it.
        PW_STORE(injector_last, &last->cells[i].state, used ? WRITTEN : 0);
      }
    }
    // acq_rel; reserves all: either cells of this block, or those that are left of it and the right to link the next
    // block, as whoever takes the last cell has it. Pairs with the acquire of `tail` in pop, and with close.
    // redundant acquire: `tail` only grows, so this meets the very value that was acquired above.
    // redundant release: what a consumer reads in a cell waits for WRITTEN; the block it knows from `head_block`.
    if (!PW_CAS(injector_many_reserve, &injector->tail, tail, tail + here * STEP)) continue;
    if (!fits) {
      uint64_t laps = beyond / CELLS;
      pw_block *next = full;
      // relaxed; own.
      if (laps < most) next = (pw_block *)PW_LOAD(injector_many_spare, &full->next);
      // release, each, of which the add is seq_cst; pair with the acquires of the three, in this order, as in push.
      // redundant (injector_many_tail_block): `tail`, moved after it and loaded before it, gives the same.
      // redundant acquire (injector_many_link): who links has nothing to read.
      PW_STORE_RELEASE(injector_many_tail_block, &injector->tail_block, last);
      PW_ADD(injector_many_link, &injector->tail, STEP * (laps * LAP + 1 + beyond % CELLS));
      PW_STORE_RELEASE(injector_many_next, &block->next, next);
      if (next != full) free(full);
      last = full = NULL;
    }
    for (uint64_t i = 0; i < here; i++) {
      PW_WRITE(&block->cells[offset + i].entry, entry);
      // seq_cst, release needed; pairs with the acquire in pop: the entry is visible.
      // redundant acquire: the producer has nothing more to read.
      PW_ADD(injector_many_written, &block->cells[offset + i].state, WRITTEN);
    }
    break;
  }
  while (full != NULL && full != last) {
    pw_block *unused = full;
    full = (pw_block *)PW_LOAD(injector_many_unused, &unused->next); // relaxed; own
    free(unused);
  }
  free(last);
  return result;
}

/// Frees the block unless a reader is still inside it: then that reader, who finds DESTROY, goes on from its cell.
static void pw_block_leave(pw_block *block, AO_t from) {
  for (AO_t i = from; i + 1 < CELLS; i++) {
    // acquire; pairs with the add of READ: its reader has left.
    if (PW_LOAD_ACQUIRE(injector_leave_look, &block->cells[i].state) & READ) continue;
    // seq_cst, acq_rel needed; pairs with the reader's add: of the two, the later one frees.
    if (!(PW_ADD(injector_leave, &block->cells[i].state, DESTROY) & READ)) return;
  }
  free(block);
}

PW_API bool pw_injector_pop(pw_injector *injector, pw_entry *entry) {
  uint32_t rounds = 0;
  for (;;) {
    // acquire, both; pair with the releases by whoever moved to this block.
    // redundant (injector_pop_block): `head`, moved after it and loaded before it, gives the same; for the first block
    // `tail` does.
    AO_t head = PW_LOAD_ACQUIRE(injector_pop_head, &injector->head);
    pw_block *block = (pw_block *)PW_LOAD_ACQUIRE(injector_pop_block, &injector->head_block);
    AO_t offset = offset_of(head);
    if (offset == CELLS) {
      pw_wait_briefly(&rounds); // the consumer before us is moving to the next block
      continue;
    }
    AO_t next = head + STEP;
    if (!(head & MARK)) {
      // acquire; pairs with the CAS in push. No older than `head`: whoever moved that had seen as much of it, or a block that
      // was linked after it.
      // redundant: an index alone. The entry comes with WRITTEN, the first block with `head_block` just as well.
      AO_t tail = PW_LOAD_ACQUIRE(injector_pop_look, &injector->tail);
      if (head / STEP == tail / STEP) {
        // seq_cst; pairs with the producers' fence between push and their look at the sleepers (seat.c): an empty
        // answer given to a worker that then sleeps is an answer from after its own fence.
        PW_FENCE(injector_pop_fence);
        // acquire; pairs with the CAS in push. Looked at again: only to say that there is nothing takes the fence.
        // redundant: as above.
        tail = PW_LOAD_ACQUIRE(injector_pop_tail, &injector->tail);
        if (head / STEP == tail / STEP) return false;
      }
      if (head / STEP / LAP != tail / STEP / LAP) next |= MARK;
    }
    if (block == NULL) {
      pw_wait_briefly(&rounds); // the first block is being linked
      continue;
    }
    // acq_rel; takes the cell. Pairs with the other consumers.
    // redundant acquire: `head` only grows, so this meets the very value that was acquired above.
    if (!PW_CAS(injector_take, &injector->head, head, next)) continue;
    if (offset + 1 == CELLS) {
      AO_t successor;
      // acquire; pairs with the release of `next` in push.
      while ((successor = PW_LOAD_ACQUIRE(injector_pop_next, &block->next)) == 0) pw_wait_briefly(&rounds);
      AO_t index = (next & ~MARK) + STEP;
      // relaxed; pairs with `injector_link_next`: a hint that spares the look at `tail`.
      if (PW_LOAD(injector_pop_after, &((pw_block *)successor)->next) != 0) index |= MARK;
      // release, both; pair with the acquires above.
      // redundant (injector_move_block): `head`, stored after it and loaded before it, gives the same.
      PW_STORE_RELEASE(injector_move_block, &injector->head_block, successor);
      PW_STORE_RELEASE(injector_move_head, &injector->head, index);
    }
    // acquire; pairs with the add of WRITTEN: a reserved cell may still be being filled.
    while (!(PW_LOAD_ACQUIRE(injector_pop_written, &block->cells[offset].state) & WRITTEN)) pw_wait_briefly(&rounds);
    *entry = PW_READ(&block->cells[offset].entry);
    if (offset + 1 == CELLS) {
      pw_block_leave(block, 0);
    // seq_cst, acq_rel needed; pairs with the add of DESTROY.
    } else if (PW_ADD(injector_read, &block->cells[offset].state, READ) & DESTROY) {
      pw_block_leave(block, offset + 1);
    }
    return true;
  }
}

PW_API PW_LOOP_PATH bool pw_injector_is_empty(pw_injector *injector) {
  // relaxed, both: nothing is read by this look. When it decides about sleep, the looker's fence pairs with the
  // producers' (seat.c).
  AO_t head = PW_LOAD(injector_look_head, &injector->head);
  AO_t tail = PW_LOAD(injector_look_tail, &injector->tail);
  return head / STEP == tail / STEP;
}

PW_API bool pw_injector_close(pw_injector *injector) {
  for (;;) {
    AO_t tail = PW_LOAD(injector_close_look, &injector->tail); // relaxed: the CAS confirms
    if (tail & MARK) return false;
    // acq_rel; pairs with the CAS in push: a push either came before, or is refused.
    // redundant acquire: a push that came before it is found by whoever pops.
    if (PW_CAS(injector_close, &injector->tail, tail, tail | MARK)) return true;
  }
}

PW_API bool pw_injector_is_closed(pw_injector *injector) {
  // acquire; pairs with the CAS in close.
  return (PW_LOAD_ACQUIRE(injector_is_closed, &injector->tail) & MARK) != 0;
}

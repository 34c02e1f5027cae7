// The heap of the explored code: the same addresses in every execution, and freed memory that stays freed.
//
// Two more races are found here: use of memory whose allocation the user has not been told of (what another thread
// wrote there at first might be missing), and a free that an earlier use by another thread does not happen before (on a
// real machine that use might come later).
#include <stdlib.h>
#include <string.h>
#include "simulator.h"

enum { ARENA_BYTES = 1 << 20, GRAIN = 16, BLOCKS = 255 };

static _Alignas(4096) char arena[ARENA_BYTES];
/// Of each grain the block that it lies in, plus 1; only those below `used` count.
static uint8_t block_at[ARENA_BYTES / GRAIN];
static size_t used;

static struct block {
  char *start;
  bool freed;
  // Who allocated it, and when; -1 for the set-up.
  int maker;
  int16_t made;
  // When each thread used it last.
  int16_t touched[PX_THREADS];
  const px_site *touched_at[PX_THREADS];
} blocks[BLOCKS];
static int block_count;
/// How many more allocations succeed; negative: all.
static int allowance = -1;

void px_arena_reset(void) {
  used = 0;
  block_count = 0;
  allowance = -1;
}

void px_allow_allocations(int count) { allowance = count; }

static int16_t *clocks(void) { return px_sim.threads[px_sim.current].memory.current.clock; }

void *px_allocate(size_t alignment, size_t size) {
  if (allowance == 0) return NULL;
  if (allowance > 0) allowance -= 1;
  if (alignment < GRAIN) alignment = GRAIN;
  size_t start = (used + alignment - 1) & ~(alignment - 1), end = (start + size + GRAIN - 1) & ~(size_t)(GRAIN - 1);
  if (end > ARENA_BYTES || block_count == BLOCKS) px_fail(PX_MISUSE, "the explored code's heap is full");
  memset(block_at + used / GRAIN, 0, (start - used) / GRAIN);
  used = end;
  memset(arena + start, 0, end - start);
  struct block *block = &blocks[block_count++];
  memset(block_at + start / GRAIN, block_count, (end - start) / GRAIN);
  *block = (struct block){.start = arena + start, .maker = px_sim.current};
  if (px_sim.current >= 0) block->made = ++clocks()[px_sim.current];
  return block->start;
}

static struct block *block_of(const volatile void *p) {
  uintptr_t offset = (uintptr_t)p - (uintptr_t)arena;
  if (offset >= used || block_at[offset / GRAIN] == 0) return NULL;
  return &blocks[block_at[offset / GRAIN] - 1];
}

void px_release(void *p) {
  if (!p) return;
  struct block *block = block_of(p);
  if (!block || block->start != p) px_fail(PX_USE_AFTER_FREE, "free of %p, which was not allocated", p);
  if (block->freed) px_fail(PX_USE_AFTER_FREE, "freed twice");
  block->freed = true;
  if (px_sim.current < 0) return;
  for (int i = 0; i < PX_THREADS; i++)
    if (i != px_sim.current && block->touched[i] > clocks()[i])
      px_fail(PX_DATA_RACE, "thread %d frees what thread %d uses at %s:%d (%s): nothing says which comes first",
              px_sim.current, i, block->touched_at[i]->file, block->touched_at[i]->line, block->touched_at[i]->name);
}

void px_heap_touch(const volatile void *p, const px_site *site) {
  struct block *block = block_of(p);
  if (!block) return;
  if (block->freed) px_fail(PX_USE_AFTER_FREE, "%s at %s:%d uses freed memory", site->name, site->file, site->line);
  int me = px_sim.current;
  if (block->maker >= 0 && block->maker != me && block->made > clocks()[block->maker])
    px_fail(PX_DATA_RACE, "%s at %s:%d uses memory of which thread %d, which allocated it, has not told thread %d",
            site->name, site->file, site->line, block->maker, me);
  block->touched[me] = clocks()[me];
  block->touched_at[me] = site;
}

void *px_heap_leftover(void) {
  for (int i = 0; i < block_count; i++)
    if (!blocks[i].freed) return blocks[i].start;
  return NULL;
}

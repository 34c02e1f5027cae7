// The heap of the explored code: the same addresses in every execution, and freed memory that stays freed.
#include <stdlib.h>
#include "simulator.h"

enum { ARENA_BYTES = 1 << 20, BLOCKS = 256 };

static _Alignas(4096) char arena[ARENA_BYTES];
static size_t used;
static struct block {
  char *start;
  size_t size;
  bool freed;
} blocks[BLOCKS];
static int block_count, freed_count;

void px_arena_reset(void) {
  used = 0;
  block_count = freed_count = 0;
}

void *px_allocate(size_t alignment, size_t size) {
  size_t start = (used + alignment - 1) & ~(alignment - 1);
  if (start + size > ARENA_BYTES || block_count == BLOCKS) px_fail(PX_MISUSE, "the explored code's heap is full");
  used = start + size;
  for (size_t i = start; i < used; i++) arena[i] = 0;
  blocks[block_count++] = (struct block){arena + start, size, false};
  return arena + start;
}

static struct block *block_of(const volatile void *p) {
  const volatile char *address = p;
  if (address < arena || address >= arena + used) return NULL;
  for (int i = 0; i < block_count; i++)
    if (address >= blocks[i].start && address < blocks[i].start + blocks[i].size) return &blocks[i];
  return NULL;
}

void px_release(void *p) {
  if (!p) return;
  struct block *block = block_of(p);
  if (!block || block->start != p) px_fail(PX_USE_AFTER_FREE, "free of %p, which was not allocated", p);
  if (block->freed) px_fail(PX_USE_AFTER_FREE, "freed twice");
  block->freed = true;
  freed_count++;
}

void px_check_alive(const volatile void *p, const px_site *site) {
  if (freed_count == 0) return;
  struct block *block = block_of(p);
  if (block && block->freed)
    px_fail(PX_USE_AFTER_FREE, "%s at %s:%d uses freed memory", site->name, site->file, site->line);
}

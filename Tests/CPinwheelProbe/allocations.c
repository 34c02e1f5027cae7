// Counts allocations, and refuses some, by taking the place of malloc and its kin: the executable's definitions come
// before libc's, to which they pass calls on. All threads count into one place, so that an allocation by a thief is
// seen too.
#define _GNU_SOURCE
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "CPinwheelProbe.h"

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

static long allocations, refused;

/// Calls `first` to `last` of those that count fail.
typedef struct window {
  long calls, first, last;
} window;

static window everybody;
static size_t everybody_from; // bytes; 0: off
static _Thread_local window own;

static bool falls_into(window *w) {
  long call = __atomic_add_fetch(&w->calls, 1, __ATOMIC_RELAXED);
  return call >= w->first && call <= w->last;
}

static bool refuses(size_t size) {
  size_t from = __atomic_load_n(&everybody_from, __ATOMIC_ACQUIRE);
  if (!(from != 0 && size >= from && falls_into(&everybody)) && !(own.last != 0 && falls_into(&own))) return false;
  __atomic_fetch_add(&refused, 1, __ATOMIC_RELAXED);
  errno = ENOMEM;
  return true;
}

static bool allows(size_t size) {
  __atomic_fetch_add(&allocations, 1, __ATOMIC_RELAXED);
  return !refuses(size);
}

long probe_allocations(void) { return __atomic_load_n(&allocations, __ATOMIC_RELAXED); }
long probe_refused(void) { return __atomic_load_n(&refused, __ATOMIC_RELAXED); }

void probe_refuse_allocations(size_t size, long first, long last) {
  __atomic_store_n(&everybody_from, 0, __ATOMIC_RELEASE);
  everybody = (window){0, first, last};
  __atomic_store_n(&everybody_from, size, __ATOMIC_RELEASE);
}

void probe_refuse_own_memory(long first, long last) { own = (window){0, first, last}; }

void *malloc(size_t size) { return allows(size) ? __libc_malloc(size) : NULL; }

void *calloc(size_t number, size_t size) { return allows(number * size) ? __libc_calloc(number, size) : NULL; }

void *realloc(void *old, size_t size) { return allows(size) ? __libc_realloc(old, size) : NULL; }

void *memalign(size_t alignment, size_t size) { return allows(size) ? __libc_memalign(alignment, size) : NULL; }

void *aligned_alloc(size_t alignment, size_t size) { return allows(size) ? __libc_memalign(alignment, size) : NULL; }

int posix_memalign(void **memory, size_t alignment, size_t size) {
  void *made = allows(size) ? __libc_memalign(alignment, size) : NULL;
  if (made == NULL) return ENOMEM;
  *memory = made;
  return 0;
}

void *mmap(void *address, size_t size, int protection, int flags, int file, off_t offset) {
  if (refuses(size)) return MAP_FAILED;
  return (void *)syscall(SYS_mmap, address, size, protection, flags, file, offset);
}

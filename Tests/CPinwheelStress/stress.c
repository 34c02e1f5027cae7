#include <malloc.h>
#include <stdint.h>
#include "include/CPinwheelStress.h"

static _Thread_local void *here;

size_t stress_bytes_in_use(void) {
  struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

void *stress_here(void) { return here; }

void stress_set_here(void *to) { here = to; }

size_t stress_thread(void) { return (uintptr_t)&here; }

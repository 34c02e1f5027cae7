#define _GNU_SOURCE
#include <malloc.h>
#include <pthread.h>
#include <unistd.h>
#include "CPinwheelProbe.h"

int probe_fork(void) { return fork(); }

size_t probe_bytes_in_use(void) {
  struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

size_t probe_stack_size(void) {
  pthread_attr_t attributes;
  if (pthread_getattr_np(pthread_self(), &attributes) != 0) return 0;
  size_t size = 0;
  pthread_attr_getstacksize(&attributes, &size);
  pthread_attr_destroy(&attributes);
  return size;
}

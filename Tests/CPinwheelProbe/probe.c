#define _GNU_SOURCE
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <sys/syscall.h>
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

uintptr_t probe_stack_position(void) { return (uintptr_t)__builtin_frame_address(0); }

int probe_set_affinity(int thread, uint64_t cpus) {
  return syscall(SYS_sched_setaffinity, thread, sizeof cpus, &cpus) < 0 ? errno : 0;
}

int probe_use_large_frames(int depth) {
  volatile char frame[32 << 10];
  __asm__ volatile("" : : "r"(frame) : "memory"); // all of it, however little is used
  frame[0] = (char)depth;
  int below = depth == 0 ? 0 : probe_use_large_frames(depth - 1);
  return below + frame[0]; // after the call: no tail of it
}

void probe_touch_null(void) { *(volatile int *)0 = 1; }

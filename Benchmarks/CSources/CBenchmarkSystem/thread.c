#define _GNU_SOURCE
#include "CBenchmarkSystem.h"

#include <errno.h>
#include <linux/futex.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static uint64_t nanoseconds_of(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

uint64_t bench_now(void) { return nanoseconds_of(CLOCK_MONOTONIC); }
uint64_t bench_cpu_time(void) { return nanoseconds_of(CLOCK_PROCESS_CPUTIME_ID); }

uint64_t bench_thread_usage(int64_t *waits, int64_t *preemptions) {
  struct rusage usage;
  *waits = *preemptions = 0;
  if (getrusage(RUSAGE_THREAD, &usage) == 0) {
    *waits = usage.ru_nvcsw;
    *preemptions = usage.ru_nivcsw;
  }
  return nanoseconds_of(CLOCK_THREAD_CPUTIME_ID);
}

void bench_sleep(uint64_t nanoseconds) {
  uint64_t end = bench_now() + nanoseconds;
  struct timespec until = {.tv_sec = (time_t)(end / 1000000000), .tv_nsec = (long)(end % 1000000000)};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR) {}
}

int bench_usable_cpus(int *cpus, int capacity) {
  int found = 0;
  // The kernel may know more CPUs than a cpu_set_t holds.
  for (size_t most = 1024; most <= 1 << 20; most *= 2) {
    size_t size = CPU_ALLOC_SIZE(most);
    cpu_set_t *set = CPU_ALLOC(most);
    if (set == NULL) return 0;
    if (sched_getaffinity(0, size, set) == 0) {
      for (size_t cpu = 0; cpu < most; cpu++) {
        if (!CPU_ISSET_S(cpu, size, set)) continue;
        if (found < capacity) cpus[found] = (int)cpu;
        found++;
      }
      CPU_FREE(set);
      return found;
    }
    CPU_FREE(set);
    if (errno != EINVAL) return 0;
  }
  return 0;
}

int bench_bind(const int *cpus, int count) {
  int highest = 0;
  for (int i = 0; i < count; i++) {
    if (cpus[i] > highest) highest = cpus[i];
  }
  size_t size = CPU_ALLOC_SIZE(highest + 1);
  cpu_set_t *set = CPU_ALLOC(highest + 1);
  if (set == NULL) return ENOMEM;
  CPU_ZERO_S(size, set);
  for (int i = 0; i < count; i++) CPU_SET_S(cpus[i], size, set);
  int error = sched_setaffinity(0, size, set) == 0 ? 0 : errno;
  CPU_FREE(set);
  return error;
}

_Thread_local uint32_t bench_thread_number_plus_one;

uint32_t bench_number_thread(void) {
  static atomic_uint next;
  bench_thread_number_plus_one = atomic_fetch_add_explicit(&next, 1, memory_order_relaxed) + 1;
  return bench_thread_number_plus_one - 1;
}

void bench_await(int32_t *flag) {
  while (__atomic_load_n(flag, __ATOMIC_ACQUIRE) == 0) syscall(SYS_futex, flag, FUTEX_WAIT_PRIVATE, 0, NULL);
  __atomic_store_n(flag, 0, __ATOMIC_RELAXED);
}

void bench_post(int32_t *flag) {
  __atomic_store_n(flag, 1, __ATOMIC_RELEASE);
  syscall(SYS_futex, flag, FUTEX_WAKE_PRIVATE, 1);
}

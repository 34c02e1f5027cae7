// What the core asks of Linux. System calls are made directly where glibc's wrapper fixes a size (cpu_set_t ends at
// 1024 CPUs).
#define _GNU_SOURCE
#if defined(__x86_64__)
#include <cpuid.h>
#endif
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include "internal.h"

/// The half of the word that futexes compare: the low one.
static uint32_t *low_half(volatile AO_t *word) {
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  return (uint32_t *)word + sizeof(AO_t) / sizeof(uint32_t) - 1;
#else
  return (uint32_t *)word;
#endif
}

PW_API void pw_futex_wait(volatile AO_t *word, AO_t value, uint64_t nanoseconds) {
  struct timespec timeout = {(time_t)(nanoseconds / 1000000000), (long)(nanoseconds % 1000000000)};
  int saved = errno;
  syscall(SYS_futex, low_half(word), FUTEX_WAIT_PRIVATE, (uint32_t)value, nanoseconds != 0 ? &timeout : NULL, NULL, 0);
  errno = saved; // EAGAIN, EINTR and ETIMEDOUT all mean: look again
}

/// Left as they are: the frames that run now, and what they may still call.
#define KEPT_OF_STACK 16384

PW_API void pw_forget_stack(void) {
  pthread_attr_t attributes;
  if (pthread_getattr_np(pthread_self(), &attributes) != 0) return;
  void *lowest = NULL;
  size_t size = 0;
  bool known = pthread_attr_getstack(&attributes, &lowest, &size) == 0;
  pthread_attr_destroy(&attributes);
  uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), begin = ((uintptr_t)lowest + page - 1) / page * page;
  uintptr_t end = ((uintptr_t)__builtin_frame_address(0) - KEPT_OF_STACK) / page * page;
  if (!known || end <= begin || end - begin > size) return;
  // Advice: whoever refuses it leaves the pages where they are.
  madvise((void *)begin, end - begin, MADV_NOHUGEPAGE);
  madvise((void *)begin, end - begin, MADV_DONTNEED);
}

PW_API void pw_futex_wake(volatile AO_t *word, int count) {
  int saved = errno;
  // EFAULT is possible and harmless: some words are gone by now (README.md, the lifetime table).
  syscall(SYS_futex, low_half(word), FUTEX_WAKE_PRIVATE, count, NULL, NULL, 0);
  errno = saved;
}

PW_API int pw_affinity_set(const uint64_t *words, uint32_t count) {
  return syscall(SYS_sched_setaffinity, 0, (size_t)count * sizeof *words, words) < 0 ? errno : 0;
}

PW_API int pw_affinity_get(uint64_t *words, uint32_t count) {
  memset(words, 0, (size_t)count * sizeof *words);
  return syscall(SYS_sched_getaffinity, 0, (size_t)count * sizeof *words, words) < 0 ? errno : 0;
}

PW_API void pw_move_thread(const uint64_t *words, uint32_t count) {
  uint64_t own[PW_MOST_CPUS / 64], there[PW_MOST_CPUS / 64] = {0}, any = 0;
  int saved = errno; // the caller's, at a barrier
  bool known = pw_affinity_get(own, PW_MOST_CPUS / 64) == 0;
  for (uint32_t i = 0; known && i < count; i++) any |= there[i] = words[i] & own[i];
  if (any != 0 && pw_affinity_set(there, PW_MOST_CPUS / 64) == 0) pw_affinity_set(own, PW_MOST_CPUS / 64);
  errno = saved;
}

PW_API void pw_set_thread_name(const char *name) { pthread_setname_np(pthread_self(), name); }

PW_API PW_LOOP_PATH int pw_current_cpu(void) { return sched_getcpu(); }

PW_API int pw_thread_id(void) { return (int)syscall(SYS_gettid); }

PW_API bool pw_thread_is_asleep(int id) {
  char text[256];
  snprintf(text, sizeof text, "/proc/self/task/%d/stat", id);
  int file = open(text, O_RDONLY | O_CLOEXEC);
  if (file < 0) return true;
  ssize_t size = read(file, text, sizeof text - 1);
  close(file);
  text[size > 0 ? size : 0] = 0;
  // proc(5): "id (name) state ..."; the name may hold anything, parentheses too.
  const char *end = strrchr(text, ')');
  return end == NULL || end[1] != ' ' || end[2] != 'R';
}

PW_API uint64_t pw_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

// MARK: The CPU's own counter

static struct { uint64_t ticks, nanoseconds; } clock_begin; // both clocks, at the same moment
static AO_t clock_scale; // nanoseconds a tick, times 2^32; 0: not known yet
static bool clock_is_even;
static pthread_once_t clock_once = PTHREAD_ONCE_INIT;

/// How long both clocks are compared: an error of some 50 ns in that is one in twenty thousand.
#define COMPARED_NS 1000000

static inline uint64_t ticks(void) {
#if defined(__x86_64__)
  return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
  uint64_t value;
  __asm__ volatile("mrs %0, cntvct_el0" : "=r"(value));
  return value;
#else
  return 0;
#endif
}

/// Whether the counter runs at one speed, whatever the CPU does.
static bool ticks_are_even(void) {
#if defined(__x86_64__)
  // "Invariant TSC" (Intel SDM vol. 3, 18.17.1; AMD64 vol. 3, E.4.6).
  unsigned a, b, c, d;
  return __get_cpuid(0x80000007, &a, &b, &c, &d) && (d & 1u << 8) != 0;
#elif defined(__aarch64__)
  return true; // the generic timer (Arm ARM, D12)
#else
  return false;
#endif
}

static void begin_clock(void) {
  clock_is_even = ticks_are_even();
  clock_begin.nanoseconds = pw_now();
  clock_begin.ticks = ticks();
}

PW_API void pw_begin_clock(void) { pthread_once(&clock_once, begin_clock); }

PW_API PW_LOOP_PATH uint64_t pw_quick_now(void) {
  AO_t scale = PW_LOAD(clock_scale_look, &clock_scale); // relaxed; pairs with `clock_scale_set`, and is all that it says
  if (PW_UNLIKELY(scale == 0)) {
    uint64_t now = pw_now(), passed = now - clock_begin.nanoseconds, ticked = ticks() - clock_begin.ticks;
    if (!clock_is_even || passed < COMPARED_NS || ticked == 0) return now;
    // acq_rel; pairs with the others': one scale for all.
    // outside: what the explorer runs has a clock of its own; the scale is all that this says.
    // outside atomicity: who sets it first, so that time does not jump.
    PW_CAS(clock_scale_set, &clock_scale, 0, (AO_t)(((unsigned __int128)passed << 32) / ticked));
    return now;
  }
  uint64_t ticked = ticks() - clock_begin.ticks;
  return clock_begin.nanoseconds + (uint64_t)(((unsigned __int128)ticked * scale) >> 32);
}

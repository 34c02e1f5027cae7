// What the core asks of Linux. System calls are made directly where glibc's wrapper fixes a size (cpu_set_t ends at
// 1024 CPUs).
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

PW_API void pw_set_thread_name(const char *name) { pthread_setname_np(pthread_self(), name); }

PW_API int pw_current_cpu(void) { return sched_getcpu(); }

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

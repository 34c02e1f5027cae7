// Preloaded, makes an OpenMP runtime believe that it runs on another machine: PRETEND_COUNT CPUs, of which those of
// PRETEND_CPUS (a list such as 0-3,8) are its affinity mask; what it reads below /sys and from /proc/cpuinfo comes from the
// folder PRETEND_ROOT. Nothing is really bound: the runtime's own tables are what is looked at.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static size_t pretended(unsigned char *mask, size_t size) {
  size_t last = 0;
  if (mask != NULL) memset(mask, 0, size);
  for (const char *next = getenv("PRETEND_CPUS"); next != NULL && *next != '\0';) {
    char *end;
    size_t low = strtoul(next, &end, 10), high = low;
    if (*end == '-') high = strtoul(end + 1, &end, 10);
    for (size_t cpu = low; cpu <= high; cpu++)
      if (mask != NULL && cpu / 8 < size) mask[cpu / 8] |= (unsigned char)(1u << cpu % 8);
    if (high > last) last = high;
    next = *end == ',' ? end + 1 : end;
  }
  return last;
}

int pthread_getaffinity_np(pthread_t thread, size_t size, cpu_set_t *mask) {
  (void)thread;
  if (size < pretended(NULL, 0) / 8 + 1) return EINVAL;
  pretended((unsigned char *)mask, size);
  return 0;
}

int sched_getaffinity(pid_t process, size_t size, cpu_set_t *mask) {
  (void)process;
  errno = pthread_getaffinity_np(0, size, mask);
  return errno == 0 ? 0 : -1;
}

int pthread_setaffinity_np(pthread_t thread, size_t size, const cpu_set_t *mask) {
  (void)thread, (void)size, (void)mask;
  return 0;
}

int sched_setaffinity(pid_t process, size_t size, const cpu_set_t *mask) {
  (void)process, (void)size, (void)mask;
  return 0;
}

int pthread_attr_setaffinity_np(pthread_attr_t *attributes, size_t size, const cpu_set_t *mask) {
  (void)attributes, (void)size, (void)mask;
  return 0;
}

long sysconf(int name) {
  const char *count = getenv("PRETEND_COUNT");
  if (count != NULL && (name == _SC_NPROCESSORS_CONF || name == _SC_NPROCESSORS_ONLN)) return atol(count);
  long (*real)(int) = (long (*)(int))dlsym(RTLD_NEXT, "sysconf");
  return real(name);
}

// LLVM's runtime asks the kernel without the library's functions.
long syscall(long number, ...) {
  va_list list;
  va_start(list, number);
  long a[6];
  for (int i = 0; i < 6; i++) a[i] = va_arg(list, long);
  va_end(list);
  if (number == SYS_sched_getaffinity) {
    // Asked with size 0 or a null mask to see whether it is there at all.
    if ((void *)a[2] == NULL) return errno = EFAULT, -1;
    size_t needed = (pretended(NULL, 0) / 64 + 1) * 8;
    if ((size_t)a[1] < needed) return errno = EINVAL, -1;
    pretended((unsigned char *)a[2], (size_t)a[1]);
    return (long)needed;
  }
  if (number == SYS_sched_setaffinity) return (void *)a[2] == NULL ? (errno = EFAULT, -1) : 0;
  long (*real)(long, ...) = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
  return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

FILE *fopen(const char *path, const char *mode) {
  FILE *(*real)(const char *, const char *) = (FILE * (*)(const char *, const char *)) dlsym(RTLD_NEXT, "fopen");
  const char *root = getenv("PRETEND_ROOT");
  char other[4096];
  if (root != NULL && (strncmp(path, "/sys/", 5) == 0 || strcmp(path, "/proc/cpuinfo") == 0)) {
    snprintf(other, sizeof other, "%s%s", root, path);
    path = other;
  }
  return real(path, mode);
}

FILE *fopen64(const char *path, const char *mode) { return fopen(path, mode); }

// Faults planted to see that the scenarios notice: PROBE_PLANT names what the library calls in vain.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static bool is_planted(const char *name) {
  const char *plant = getenv("PROBE_PLANT");
  return plant != NULL && strcmp(plant, name) == 0;
}

extern void *__dso_handle;
extern int __register_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void), void *object);

/// A fork that nobody notices.
int pthread_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void)) {
  return is_planted("atfork") ? 0 : __register_atfork(prepare, parent, child, __dso_handle);
}

/// No stack to say on that the other is full.
int sigaltstack(const stack_t *stack, stack_t *old) {
  typedef int (*function)(const stack_t *, stack_t *);
  if (stack != NULL && is_planted("sigaltstack")) return 0;
  function next = (function)dlsym(RTLD_NEXT, "sigaltstack");
  return next(stack, old);
}

/// Every thread takes every signal.
int pthread_sigmask(int how, const sigset_t *set, sigset_t *old) {
  typedef int (*function)(int, const sigset_t *, sigset_t *);
  if (set != NULL && is_planted("sigmask")) return 0;
  function next = (function)dlsym(RTLD_NEXT, "pthread_sigmask");
  return next(how, set, old);
}

/// Threads that are never joined.
int pthread_join(pthread_t thread, void **result) {
  typedef int (*function)(pthread_t, void **);
  if (is_planted("join")) return 0;
  function next = (function)dlsym(RTLD_NEXT, "pthread_join");
  return next(thread, result);
}

/// Locks that everybody gets, or that children have.
int fcntl(int file, int command, ...) {
  typedef int (*function)(int, int, void *);
  va_list arguments;
  va_start(arguments, command);
  void *argument = va_arg(arguments, void *); // a number or a pointer: both fit, whether there is one or not
  va_end(arguments);
  if (command == F_SETLK && is_planted("lock")) return 0;
  if (command == F_SETLK && is_planted("inherited-lock")) command = F_OFD_SETLK;
  function next = (function)dlsym(RTLD_NEXT, "fcntl");
  return next(file, command, argument);
}

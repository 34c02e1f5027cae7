// The process around the pools. A worker has an affinity and a signal mask of its own, and what a thread has, its
// children inherit: programs that it starts and threads that it makes. Here is what the process had itself, and how it
// is put back.
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "internal.h"
#include "pin.h"

/// Of the process, before its first worker; written once.
static struct {
  uint32_t words; // of `cpus`; 0: the kernel would not tell
  uint64_t cpus[PW_MOST_CPUS / 64];
  sigset_t signals;
} original;

uint32_t pw_forks;

/// Whether this thread has a signal mask that is a worker's and not the process's; and its pin, if it goes by that.
static _Thread_local bool has_own_signals __attribute__((tls_model("initial-exec")));
static _Thread_local pw_pin *own_pin __attribute__((tls_model("initial-exec")));

static void adopt(bool is_bound) {
  if (is_bound && original.words != 0) pw_affinity_set(original.cpus, original.words);
  if (has_own_signals) pthread_sigmask(SIG_SETMASK, &original.signals, NULL);
  has_own_signals = false;
  own_pin = NULL;
}

/// Held while a pool starts, and by whoever forks while it does: half a start, with what Swift's runtime and the
/// machine's description make once, would be half made for ever in the child.
static pthread_mutex_t starting = PTHREAD_MUTEX_INITIALIZER;

PW_API void pw_hold_off_forks(void) { pthread_mutex_lock(&starting); }
PW_API void pw_allow_forks(void) { pthread_mutex_unlock(&starting); }

/// In the child, on the thread that forked, which is its only one. Async-signal-safe: a raw system call and a mask.
static void forked(void) {
  starting = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
  pw_forks += 1;
  // The child, and what it executes, is nobody's worker.
  adopt(own_pin != NULL && pw_pin_is_bound_in_child(own_pin));
}

/// When the program is loaded: a fork that is on its way already runs no handlers that come meanwhile.
__attribute__((constructor)) static void watch_forks(void) {
  pthread_atfork(pw_hold_off_forks, pw_allow_forks, forked);
}

/// The words of a thread's affinity, or 0. The call itself answers with a number of bytes, unlike glibc's wrapper.
static uint32_t affinity_of(pid_t thread, uint64_t *cpus) {
  long bytes = syscall(SYS_sched_getaffinity, thread, (size_t)PW_MOST_CPUS / 8, cpus);
  return bytes > 0 ? (uint32_t)((size_t)bytes / sizeof *cpus) : 0;
}

static void remember(void) {
  // The main thread's, as Machine.current() does: what taskset or a container has set stands there. The caller may be a
  // thread that the application has bound to one CPU.
  original.words = affinity_of(getpid(), original.cpus);
  pthread_sigmask(SIG_BLOCK, NULL, &original.signals);
}

PW_API void pw_remember_process(void) {
  // pthread_once starts again in a child that was forked while another thread was in it.
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, remember);
}

PW_API void pw_mark_worker_thread(pw_pin *pin) {
  has_own_signals = true;
  own_pin = pin;
}

PW_API bool pw_is_worker_thread(void) { return own_pin != NULL; }

PW_API void pw_adopt_process_attributes(pw_thread_attributes *own) {
  own->saved = has_own_signals;
  if (!own->saved) return;
  own->pin = own_pin;
  own->fork_generation = pw_forks;
  pthread_sigmask(SIG_BLOCK, NULL, &own->signals);
  adopt(own_pin != NULL && pw_pin_lend(own_pin));
}

PW_API void pw_restore_thread_attributes(const pw_thread_attributes *own) {
  if (!own->saved || own->fork_generation != pw_forks) return;
  pthread_sigmask(SIG_SETMASK, &own->signals, NULL);
  if (own->pin != NULL) pw_pin_take_back(own->pin);
  has_own_signals = true;
  own_pin = own->pin;
}

_Noreturn static void say_and_abort(const char *message, size_t length) {
  ssize_t ignored = write(STDERR_FILENO, message, length);
  (void)ignored;
  // Handlers for crashes have no business in what is left of this process: the line says it all.
  signal(SIGABRT, SIG_DFL);
  abort();
}

_Noreturn PW_API void pw_lost_in_fork(void) {
  static const char message[] =
      "pinwheel: this process was forked while another thread ran what it waits for now, which can never end here; "
      "in a child forked inside of a job or a call only exec and exit are safe\n";
  say_and_abort(message, sizeof message - 1);
}

_Noreturn PW_API void pw_returned_in_fork(void) {
  static const char message[] =
      "pinwheel: a job forked on a worker, and the child returned from it to a pool that it does not have; "
      "in a child forked inside of a job only exec and exit are allowed\n";
  say_and_abort(message, sizeof message - 1);
}

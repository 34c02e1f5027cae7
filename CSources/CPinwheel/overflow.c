// Says whose stack it was when a worker's stack runs out, instead of a bare segmentation fault.
//
// One SIGSEGV handler for the process, installed when the first worker starts and never removed. It adds a line to
// standard error if the fault lies in the guard below a worker's stack, and then, as for any other fault, does what was
// to be done before it came: calls the handler that stood there (a crash reporter's, a debugger runtime's), with the
// signal mask that it asked for, or lets the default action end the process, with the status that belongs to it. An
// application that installs a handler later replaces this one, as it would any other.
//
// SIGSEGV alone: Linux reports an access to a guard page so, never as SIGBUS. Everything that the handler touches is
// made before: it only compares and writes.
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "internal.h"

/// What the handler, and those that it calls, may use when the worker's own stack is full.
#define ALTERNATE_SIZE ((size_t)64 << 10)

typedef struct stack_watch {
  char *alternate;   // ours, if the thread had none
  uintptr_t guard;   // the first byte of the guard
  uintptr_t lowest;  // the first byte of the stack, and the end of the guard
  size_t length;
  char line[256];
} stack_watch;

/// At the end of this thread's mapping, above the alternate stack.
static _Thread_local stack_watch *watch __attribute__((tls_model("initial-exec")));

static struct sigaction before;

/// One line is enough, when several workers run out of their stacks over the same recursion.
static AO_t reported;

static void set_default(int signal) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = SIG_DFL;
  sigaction(signal, &action, NULL);
}

/// What would have happened without us.
static void pass_on(int signal, siginfo_t *fault, void *context) {
  bool is_sent = fault->si_code <= 0; // by kill(2) or the like: nothing faults again when we return
  // Whatever the flags say: the kernel leaves SA_SIGINFO where SA_RESETHAND has put the default back, and anybody may set
  // it with a disposition that is no function. (One field, two names.)
  bool is_function = before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN;
  if (before.sa_handler == SIG_IGN && is_sent) {
    return;
  } else if (is_function && (before.sa_flags & SA_SIGINFO)) {
    if (before.sa_flags & (int)SA_RESETHAND) set_default(signal);
    before.sa_sigaction(signal, fault, context);
  } else if (!is_function) {
    // The instruction is tried again, or the signal raised again, and the process ends as it would have.
    set_default(signal);
    if (is_sent) raise(signal);
  } else {
    if (before.sa_flags & (int)SA_RESETHAND) set_default(signal);
    before.sa_handler(signal);
  }
}

static void on_fault(int signal, siginfo_t *fault, void *context) {
  int saved = errno;
  uintptr_t address = (uintptr_t)fault->si_addr;
  // acq_rel; pairs with the same CAS on other threads: whoever has changed it writes.
  // outside: a signal handler, which no client runs; nothing is read by the word, and a line written twice harms
  // nobody.
  // outside atomicity: the same; `.ci/faults` lets two workers overflow at once.
  if (watch != NULL && fault->si_code > 0 && address >= watch->guard && address < watch->lowest &&
      PW_CAS(overflow_report, &reported, 0, 1)) {
    ssize_t ignored = write(STDERR_FILENO, watch->line, watch->length);
    (void)ignored;
  }
  pass_on(signal, fault, context);
  errno = saved;
}

static void install(void) {
  if (sigaction(SIGSEGV, NULL, &before) != 0) return;
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = on_fault;
  // As the handler before asked for it, since it runs inside of ours.
  action.sa_mask = before.sa_mask;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | (before.sa_flags & (int)(SA_NODEFER | SA_RESTART));
  sigaction(SIGSEGV, &action, NULL);
}

/// Where this thread's stack ends, and the guard below it.
static bool find_guard(stack_watch *found, size_t *size) {
  pthread_attr_t attributes;
  if (pthread_getattr_np(pthread_self(), &attributes) != 0) return false;
  void *lowest;
  size_t guard;
  bool known = pthread_attr_getstack(&attributes, &lowest, size) == 0 &&
               pthread_attr_getguardsize(&attributes, &guard) == 0 && guard != 0;
  pthread_attr_destroy(&attributes);
  if (!known) return false;
  found->lowest = (uintptr_t)lowest;
  found->guard = found->lowest - guard;
  return true;
}

static void compose(stack_watch *made, uint32_t worker, size_t size) {
  char name[16] = "?";
  pthread_getname_np(pthread_self(), name, sizeof name);
  int length = snprintf(
      made->line, sizeof made->line,
      "pinwheel: worker %u (thread %s) has overflowed its stack of %zu KiB; "
      "the setting 'stack' gives it more (PINWHEEL_STACK=%zuKiB)\n",
      worker, name, size >> 10, size >> 9);
  made->length = length < 0 ? 0 : (size_t)length < sizeof made->line ? (size_t)length : sizeof made->line - 1;
}

PW_API void pw_watch_stack(uint32_t worker) {
  stack_watch made = {0};
  size_t size;
  if (!find_guard(&made, &size)) return;
  compose(&made, worker, size);
  char *memory = mmap(
      NULL, ALTERNATE_SIZE + sizeof made, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return; // the overflow will be a bare fault
  // A sanitizer gives each thread an alternate stack of its own, and takes it back by itself.
  stack_t present;
  bool is_free = sigaltstack(NULL, &present) == 0 && (present.ss_flags & SS_DISABLE);
  stack_t alternate = {.ss_sp = memory, .ss_size = ALTERNATE_SIZE};
  if (is_free && sigaltstack(&alternate, NULL) == 0) made.alternate = memory;
  stack_watch *kept = (stack_watch *)(memory + ALTERNATE_SIZE);
  *kept = made;
  watch = kept;
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, install);
}

PW_API void pw_unwatch_stack(void) {
  stack_watch *old = watch;
  if (old == NULL) return;
  watch = NULL;
  stack_t present;
  if (old->alternate != NULL && sigaltstack(NULL, &present) == 0 && present.ss_sp == old->alternate) {
    stack_t none = {.ss_flags = SS_DISABLE};
    sigaltstack(&none, NULL);
  }
  munmap((char *)old - ALTERNATE_SIZE, ALTERNATE_SIZE + sizeof *old);
}

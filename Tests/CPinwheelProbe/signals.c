// Signal handlers as an application has them.
#define _GNU_SOURCE
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "CPinwheelProbe.h"

static long on_workers, elsewhere;
static _Thread_local int is_worker;
static int fault_status;

static void count(int signal) {
  (void)signal;
  __atomic_fetch_add(is_worker ? &on_workers : &elsewhere, 1, __ATOMIC_RELAXED);
}

void probe_count_signal(int signal) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = count;
  sigaction(signal, &action, NULL);
}

long probe_signals_on_workers(void) { return __atomic_load_n(&on_workers, __ATOMIC_RELAXED); }
long probe_signals_elsewhere(void) { return __atomic_load_n(&elsewhere, __ATOMIC_RELAXED); }
void probe_mark_worker(void) { is_worker = 1; }

int probe_signal_thread(int thread, int signal) { return (int)syscall(SYS_tgkill, getpid(), thread, signal); }

static void handle_fault(int signal) {
  (void)signal;
  ssize_t ignored = write(STDERR_FILENO, "handled\n", 8);
  (void)ignored;
  _exit(fault_status);
}

void probe_handle_faults(int status) {
  fault_status = status;
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = handle_fault;
  action.sa_flags = SA_ONSTACK;
  sigaction(SIGSEGV, &action, NULL);
}

void probe_ignore_faults(void) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = SIG_IGN;
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGSEGV, &action, NULL);
}

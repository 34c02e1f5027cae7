#define _GNU_SOURCE
#include "CBenchmarkSystem.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

// Those to kill when a signal ends this process. A slot of 0 is free. Written by the one thread that starts processes;
// the handler may read it at any moment, and a pid is one word.
enum { MOST_CHILDREN = 4096 };
static volatile pid_t children[MOST_CHILDREN];

static void remember(pid_t process) {
  for (int i = 0; i < MOST_CHILDREN; i++) {
    if (children[i] == 0) {
      children[i] = process;
      return;
    }
  }
}

static void forget(pid_t process) {
  for (int i = 0; i < MOST_CHILDREN; i++) {
    if (children[i] == process) children[i] = 0;
  }
}

static void kill_children(int number) {
  for (int i = 0; i < MOST_CHILDREN; i++) {
    if (children[i] > 0) kill(children[i], SIGKILL);
  }
  signal(number, SIG_DFL);
  raise(number);
}

void bench_kill_children_on_signals(void) {
  static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    struct sigaction action = {.sa_handler = kill_children};
    sigaction(numbers[i], &action, NULL);
  }
}

// In the child, between fork and exec: only what is async-signal-safe.
static void become_child(pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127); // it ended before we asked
  static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) signal(numbers[i], SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
}

int bench_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC) == 0 ? 0 : errno; }

pid_t bench_spawn(const char *const *arguments, int input, int output) {
  // Through a pipe that exec closes, so that a program that cannot be started is an error here.
  int failure[2];
  if (pipe2(failure, O_CLOEXEC) != 0) return -errno;
  pid_t parent = getpid();
  pid_t process = fork();
  if (process == 0) {
    become_child(parent);
    dup2(input, STDIN_FILENO);
    dup2(output, STDOUT_FILENO);
    execv(arguments[0], (char *const *)arguments);
    int error = errno;
    ssize_t ignored = write(failure[1], &error, sizeof error);
    _exit(ignored == sizeof error ? 127 : 126);
  }
  int error = process < 0 ? errno : 0;
  close(failure[1]);
  if (process > 0) {
    ssize_t length;
    int reason = 0;
    do { length = read(failure[0], &reason, sizeof reason); } while (length < 0 && errno == EINTR);
    if (length == sizeof reason) {
      error = reason;
      waitpid(process, NULL, 0);
    }
  }
  close(failure[0]);
  if (error != 0) return -error;
  remember(process);
  return process;
}

pid_t bench_spawn_busy(void) {
  pid_t parent = getpid();
  pid_t process = fork();
  if (process == 0) {
    become_child(parent);
    for (;;) __asm__ volatile("" ::: "memory");
  }
  if (process < 0) return -errno;
  remember(process);
  return process;
}

void bench_kill(pid_t process) {
  kill(process, SIGKILL);
  while (waitpid(process, NULL, 0) < 0 && errno == EINTR) {}
  forget(process);
}

int bench_stop(pid_t process) {
  if (kill(process, SIGSTOP) != 0) return errno;
  int status;
  pid_t seen;
  // WNOWAIT would be needed to leave an end for bench_wait_for_end; waitid has it.
  siginfo_t info;
  do { seen = waitid(P_PID, (id_t)process, &info, WSTOPPED | WEXITED | WNOWAIT); } while (seen < 0 && errno == EINTR);
  if (seen < 0) return errno;
  if (info.si_code != CLD_STOPPED && info.si_code != CLD_TRAPPED) return ESRCH;
  waitpid(process, &status, WUNTRACED); // takes note of the stop
  return 0;
}

int bench_continue(pid_t process) {
  return kill(process, SIGCONT) == 0 ? 0 : errno;
}

int bench_wait_for_end(pid_t process, uint64_t nanoseconds) {
  uint64_t deadline = bench_now() + nanoseconds;
  for (;;) {
    int status;
    pid_t seen = waitpid(process, &status, WNOHANG);
    if (seen == process) {
      forget(process);
      return status;
    }
    if (seen < 0 && errno != EINTR) {
      forget(process);
      return 0; // not ours any more: nothing is known of its end
    }
    if (bench_now() >= deadline) return -1;
    bench_sleep(1000000);
  }
}

void bench_describe_status(int status, char *text, int capacity) {
  if (WIFSIGNALED(status)) {
    snprintf(text, (size_t)capacity, "signal %d", WTERMSIG(status));
  } else {
    snprintf(text, (size_t)capacity, "exit status %d", WEXITSTATUS(status));
  }
}

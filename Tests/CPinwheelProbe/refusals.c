// Threads refused in libc's place, and affinities and scheduling classes refused by the kernel itself, through a filter
// of system calls as containers have them.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "CPinwheelProbe.h"

static long threads_until_refusal;

void probe_refuse_thread(long k) { __atomic_store_n(&threads_until_refusal, k, __ATOMIC_RELAXED); }

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument) {
  typedef int (*create)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
  long left = __atomic_load_n(&threads_until_refusal, __ATOMIC_RELAXED);
  if (left > 0 && __atomic_sub_fetch(&threads_until_refusal, 1, __ATOMIC_RELAXED) == 0) return EAGAIN;
  create next = (create)dlsym(RTLD_NEXT, "pthread_create");
  return next != NULL ? next(thread, attributes, run, argument) : ENOSYS;
}

/// Filters one system call, for all threads that the calling one starts from now on.
static int refuse_call(unsigned number, int error) {
  struct sock_filter rules[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)error),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program = {sizeof rules / sizeof *rules, rules};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return errno;
  return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0 ? errno : 0;
}

int probe_refuse_affinity(int error) { return refuse_call(SYS_sched_setaffinity, error); }

int probe_refuse_class(int error) { return refuse_call(SYS_sched_setscheduler, error); }

int probe_refuse_nice(int error) { return refuse_call(SYS_setpriority, error); }

int probe_use_capability(int capability, bool use) {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];
  if (syscall(SYS_capget, &header, sets) != 0) return errno;
  __u32 *effective = &sets[CAP_TO_INDEX(capability)].effective;
  *effective = use ? *effective | CAP_TO_MASK(capability) : *effective & ~CAP_TO_MASK(capability);
  return syscall(SYS_capset, &header, sets) != 0 ? errno : 0;
}

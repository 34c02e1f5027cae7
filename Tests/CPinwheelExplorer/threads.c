// Virtual threads: coroutines in one OS thread that change places only where the explorer decides.
#define _GNU_SOURCE
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include "simulator.h"

px_simulation px_sim;

enum { STACK_BYTES = 256 * 1024, GUARD_BYTES = 64 * 1024 };
static ucontext_t preparing;

/// Never returns: every execution enters it anew at `base`, whatever became of the last one.
static void enter(void) {
  ucontext_t unused;
  // A context is left for the first time by swapping, later ones by a jump, which needs no system call.
  if (_setjmp(px_sim.threads[px_sim.current].base) == 0) swapcontext(&unused, &preparing);
  px_sim.client->thread(px_sim.current);
  px_sim.threads[px_sim.current].state = PX_FINISHED;
  px_reschedule();
}

void px_threads_prepare(void) {
  static char *stacks;
  if (!stacks) {
    void *map = mmap(NULL, (size_t)PX_THREADS * STACK_BYTES, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (map == MAP_FAILED) return;
    stacks = map;
    for (int i = 0; i < PX_THREADS; i++) mprotect(stacks + (size_t)i * STACK_BYTES, GUARD_BYTES, PROT_NONE);
  }
  for (int i = 0; i < px_sim.client->threads; i++) {
    ucontext_t fresh;
    getcontext(&fresh);
    fresh.uc_stack.ss_sp = stacks + (size_t)i * STACK_BYTES + GUARD_BYTES;
    fresh.uc_stack.ss_size = STACK_BYTES - GUARD_BYTES;
    fresh.uc_link = NULL;
    makecontext(&fresh, enter, 0);
    px_sim.current = i;
    swapcontext(&preparing, &fresh);
  }
}

// MARK: Thread-locals

unsigned px_forks;

static struct local {
  void *p;
  size_t size;
  char values[PX_THREADS][PX_LOCAL_BYTES];
} locals[PX_LOCALS];
static int local_count;

void px_thread_local(void *p, size_t size) {
  if (local_count == PX_LOCALS || size > PX_LOCAL_BYTES) px_fail(PX_MISUSE, "too many thread-locals");
  locals[local_count++] = (struct local){.p = p, .size = size};
  for (int i = 0; i < PX_THREADS; i++) px_thread_local_begins(p, i, p);
}

void px_thread_local_begins(void *p, int thread, const void *value) {
  for (int i = 0; i < local_count; i++)
    if (locals[i].p == p) memcpy(locals[i].values[thread], value, locals[i].size);
}

const void *px_thread_local_of(void *p, int thread) {
  for (int i = 0; i < local_count; i++)
    if (locals[i].p == p) return thread == px_sim.current ? p : locals[i].values[thread];
  return NULL;
}

static void change_locals(int previous, int next) {
  for (int i = 0; i < local_count; i++) {
    if (previous >= 0) memcpy(locals[i].values[previous], locals[i].p, locals[i].size);
    memcpy(locals[i].p, locals[i].values[next], locals[i].size);
  }
}

// MARK: One execution

bool px_run_once(void) {
  int threads = px_sim.client->threads;
  px_sim.current = -1;
  px_sim.preemptions = px_sim.stale_reads = px_sim.spurious_wakes = 0;
  px_sim.stores = 0;
  px_sim.step_count = 0;
  px_sim.outcome = PX_PASSED;
  px_arena_reset();
  px_names_reset();
  local_count = 0;
  px_memory_reset(threads);
  for (int i = 0; i < threads; i++) {
    px_thread *thread = &px_sim.threads[i];
    thread->state = PX_READY;
    thread->started = thread->paused = thread->has_time_limit = false;
    thread->stores_at_pause = UINT64_MAX;
    thread->idle_pauses = 0;
    thread->sleeping_on = NULL;
    thread->site = NULL;
  }
  int ended = _setjmp(px_sim.end);
  if (ended == 0) {
    px_sim.client->setup();
    px_reschedule();
  }
  px_sim.current = -1;
  if (ended == 1 && px_sim.outcome == PX_PASSED && px_sim.client->check) {
    if (_setjmp(px_sim.end) == 0) px_sim.client->check();
  }
  return ended == 1;
}

void px_end_execution(bool complete) { _longjmp(px_sim.end, complete ? 1 : 2); }

static void switch_to(int next) {
  int previous = px_sim.current;
  px_sim.threads[next].paused = false;
  if (next == previous) return;
  if (previous >= 0 && _setjmp(px_sim.threads[previous].context) != 0) return;
  change_locals(previous, next);
  px_sim.current = next;
  px_thread *thread = &px_sim.threads[next];
  bool started = thread->started;
  thread->started = true;
  _longjmp(started ? thread->context : thread->base, 1);
}

/// A thread that paused waits for someone else's store; going on earlier costs as much as a preemption.
static bool held(const px_thread *thread) { return thread->paused && thread->stores_at_pause == px_sim.stores; }

/// Nobody can run: the end, if nobody should.
__attribute__((noreturn)) static void stop(void) {
  char sleepers[768] = "";
  size_t length = 0;
  for (int i = 0; i < px_sim.client->threads; i++) {
    px_thread *thread = &px_sim.threads[i];
    if (thread->state != PX_ASLEEP || length >= sizeof sleepers) continue;
    length += (size_t)snprintf(sleepers + length, sizeof sleepers - length, "%sthread %d sleeps at %s (%s:%d)",
                               length ? ", " : "", i, thread->site->name, thread->site->file, thread->site->line);
  }
  if (length) px_fail(PX_DEADLOCK, "nobody can run: %s", sleepers);
  px_end_execution(true);
}

void px_reschedule(void) {
  if (px_seen_before()) px_end_execution(false);
  int options[PX_THREADS], count = 0, threads = px_sim.client->threads, current = px_sim.current;
  bool goes_on = current >= 0 && px_sim.threads[current].state == PX_READY && !held(&px_sim.threads[current]);
  if (goes_on) options[count++] = current;
  if (!goes_on)
    for (int i = 0; i < threads; i++)
      if (px_sim.threads[i].state == PX_READY && !held(&px_sim.threads[i])) options[count++] = i;
  int free_options = count;
  if (count > 0 && px_sim.preemptions < px_sim.bound)
    for (int i = 0; i < threads; i++)
      if (px_sim.threads[i].state == PX_READY && (goes_on ? i != current : held(&px_sim.threads[i])))
        options[count++] = i;
  // Nobody but threads that spin: they go on, towards whatever they do after spinning, and none is left behind.
  if (count == 0) {
    int fewest = PX_STEPS;
    for (int i = 0; i < threads; i++)
      if (px_sim.threads[i].state == PX_READY && px_sim.threads[i].idle_pauses < fewest)
        fewest = px_sim.threads[i].idle_pauses;
    for (int i = 0; i < threads; i++)
      if (px_sim.threads[i].state == PX_READY && px_sim.threads[i].idle_pauses == fewest) options[count++] = i;
  }
  if (count == 0 && px_sim.options.timeouts == PX_TIMEOUTS_WHEN_STUCK)
    for (int i = 0; i < threads; i++)
      if (px_sim.threads[i].state == PX_ASLEEP && px_sim.threads[i].has_time_limit) options[count++] = i;
  if (count == 0) stop();
  int choice = px_choose(count, free_options > 0 ? free_options : count), next = options[choice];
  if (free_options > 0 && choice >= free_options) px_sim.preemptions++;
  px_thread *thread = &px_sim.threads[next];
  if (thread->state == PX_ASLEEP) {
    thread->state = PX_READY;
    thread->memory.hash = px_mix(thread->memory.hash, 11);
  }
  switch_to(next);
}

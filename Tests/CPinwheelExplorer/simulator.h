// What the simulator's files and the clients share. Nothing here is thread-safe: there is only one thread, and virtual
// threads change places only inside the operations below.
#ifndef PX_SIMULATOR_H
#define PX_SIMULATOR_H

#include <setjmp.h>
#include <stdio.h>
#include "CPinwheelExplorer.h"

enum {
  PX_THREADS = 8,
  PX_LOCATIONS = 248,
  PX_MESSAGES = 16384,
  PX_CHOICES = 16384,
  PX_STEPS = 16384,
  PX_LOCALS = 4,
  PX_LOCAL_BYTES = 64,
};

typedef enum px_operation {
  PX_OP_LOAD, PX_OP_LOAD_ACQUIRE, PX_OP_STORE, PX_OP_STORE_RELEASE, PX_OP_CAS, PX_OP_ADD, PX_OP_FENCE, PX_OP_FENCE_LOADS,
  PX_OP_PLAIN_READ, PX_OP_PLAIN_WRITE, PX_OP_WAIT, PX_OP_WAKE, PX_OP_PAUSE, PX_OP_NOTE,
} px_operation;

typedef struct px_site {
  const char *name;
  const char *file;
  int line;
  px_operation operation;
  // Filled in when the site is first reached in an exploration.
  uint64_t exploration;
  px_weakening weakening;
  uint64_t hits;
  struct px_site *next;
} px_site;

// MARK: Operations (operations.c), called through the PW_* macros

size_t px_load(px_site *site, const volatile size_t *p);
size_t px_setting(const volatile size_t *p);
void px_store(px_site *site, volatile size_t *p, size_t value);
bool px_compare_and_swap(px_site *site, volatile size_t *p, size_t expected, size_t desired);
size_t px_add(px_site *site, volatile size_t *p, size_t delta);
void px_fence(px_site *site);
void px_plain(px_site *site, const volatile void *p);
void px_futex_wait(px_site *site, const volatile size_t *p, size_t value, uint64_t nanoseconds);
void px_futex_wake(px_site *site, const volatile size_t *p, int count);
void px_pause(px_site *site);

// MARK: For clients

/// Ends the execution as a failure of `outcome`.
__attribute__((noreturn, format(printf, 2, 3))) void px_fail(px_outcome outcome, const char *format, ...);

/// What the client promises: a failure ends the execution and becomes the result's message.
#define px_require(condition, ...)                                                                                     \
  do {                                                                                                                 \
    if (!(condition)) px_fail(PX_BROKEN_PROMISE, __VA_ARGS__);                                                         \
  } while (0)

/// The virtual thread that runs, or -1 in `setup` and `check`.
int px_current(void);
/// A line in the trace.
void px_note(const char *text, size_t value);
/// Gives a piece of memory a name in traces.
void px_name(const volatile void *p, size_t size, const char *name, int index);
/// In `setup`: a variable that each virtual thread has for itself, at first as it is now.
void px_thread_local(void *p, size_t size);
/// Another first value for one of them.
void px_thread_local_begins(void *p, int thread, const void *value);
/// What that thread left in it: for `check`.
const void *px_thread_local_of(void *p, int thread);
/// True if the exploration's mutant is the planted fault `name`.
bool px_fault(const char *name);
/// Memory with the same address in every execution; never handed out twice in one, so that a use after free shows.
void *px_allocate(size_t alignment, size_t size);
/// In this execution from now on: after `count` more allocations memory is refused.
void px_allow_allocations(int count);
void px_release(void *p);

// MARK: The memory (memory.c)

/// For each location the oldest message that may still be read, and for each thread the last event that happened
/// before. `lanes` joins several at once: this is the inner loop of the whole explorer, also in debug builds.
typedef int16_t px_lanes __attribute__((vector_size(16)));
enum { PX_LANES = (PX_THREADS + PX_LOCATIONS) / 8 };
typedef union px_view {
  struct {
    int16_t clock[PX_THREADS];
    int16_t at[PX_LOCATIONS];
  };
  px_lanes lanes[PX_LANES];
} px_view;

typedef struct px_message {
  size_t value;
  px_view view;
  uint64_t hash;
  // Over all locations, the order of execution: what a pause lets a thread catch up with.
  int serial;
  int16_t stamp;
  int16_t writer;
  // Index of the message before it in the location's order, or -1.
  int previous;
} px_message;

typedef struct px_location {
  volatile size_t *address;
  int newest;
  // Of all its messages, in order.
  uint64_t hash;
} px_location;

/// The state of a virtual thread in memory: `current` is what it has seen, `acquired` what an acquire fence would add,
/// `released` what its relaxed stores carry (set by a fence), `stored` what it has stored that may lie in its own store buffer.
typedef struct px_memory_thread {
  px_view current, acquired, released, stored;
  // Everything it has read, written and been told so far: its whole state is a function of this.
  uint64_t hash;
  // Messages up to this serial are no longer skipped (the fairness rule).
  int floor;
} px_memory_thread;

void px_memory_reset(int threads);
px_location *px_locate(const volatile size_t *p);
/// How many messages `thread` may read at `location`, newest first.
int px_readable(const px_memory_thread *thread, const px_location *location);
px_message *px_nth_newest(const px_location *location, int n);
/// Whether something may still come right after the `n`th newest message.
bool px_room_after(const px_location *location, int n);
void px_memory_read(px_memory_thread *thread, const px_location *location, const px_message *message, bool acquire);
/// Enters the location's order right after the newest message but `behind`. An update is what a read-modify-write makes
/// of that message: it goes on with its release sequence.
void px_memory_write(
    px_memory_thread *thread, px_location *location, size_t value, bool release, int behind, bool update);
void px_memory_fence(px_memory_thread *thread);
/// Orders loads alone: what the thread itself has stored meanwhile takes no part.
void px_memory_fence_loads(px_memory_thread *thread);
void px_memory_plain(px_memory_thread *thread, const volatile void *p, bool write, const px_site *site);
void px_memory_catch_up(px_memory_thread *thread);
/// Hash of all locations' histories and of the fences' order.
uint64_t px_memory_hash(void);

static inline uint64_t px_mix(uint64_t a, uint64_t b) {
  uint64_t x = (a ^ (b + 0x9e3779b97f4a7c15u + (a << 6))) * 0xff51afd7ed558ccdu;
  return x ^ (x >> 32);
}

// MARK: Threads and choices (threads.c, explorer.c)

typedef enum px_thread_state { PX_READY, PX_ASLEEP, PX_FINISHED } px_thread_state;

typedef struct px_thread {
  px_thread_state state;
  bool started, paused, has_time_limit;
  // How many stores had been made when it paused.
  uint64_t stores_at_pause;
  // Pauses in a row during which nobody stored anything.
  int idle_pauses;
  const volatile size_t *sleeping_on;
  const px_site *site;
  jmp_buf context, base;
  px_memory_thread memory;
} px_thread;

typedef struct px_step {
  const px_site *site;
  int thread;
  const volatile void *address;
  size_t value, other;
  // How many newer messages the load or store came before; for a CAS whether it succeeded.
  int skipped;
  bool succeeded;
} px_step;

typedef struct px_simulation {
  const px_client *client;
  px_options options;
  uint64_t exploration;
  px_thread threads[PX_THREADS];
  int current;
  // Used up in this execution, of the bounds in `options`.
  int bound, preemptions, stale_reads, spurious_wakes;
  uint64_t stores;
  px_step steps[PX_STEPS];
  int step_count;
  px_outcome outcome;
  char message[1024];
  jmp_buf end;
} px_simulation;

extern px_simulation px_sim;

void px_threads_prepare(void);
/// Runs one execution from `setup` to `check`; the outcome is in `px_sim`. False: cut short at a state seen before.
bool px_run_once(void);
/// Lets the explorer choose who goes next. Called before every operation, and when the current thread cannot go on.
void px_reschedule(void);
__attribute__((noreturn)) void px_end_execution(bool complete);
/// Picks one of `count` options: the first, unless the explorer wants another. The first `natural` ones cost nothing of
/// any bound.
int px_choose(int count, int natural);
/// True if this state was reached before with as many preemptions left: then the rest has been (or will be) explored.
bool px_seen_before(void);
px_step *px_begin(px_site *site, const volatile void *address);

// MARK: Reports (report.c, arena.c)

void px_report(px_result *result, const uint16_t *choices, int count);
/// Sets the bounds and returns how many choices there are.
int px_parse_replay(const char *text, uint16_t *choices, int capacity);
const char *px_operation_name(px_operation operation);
void px_names_reset(void);
void px_arena_reset(void);
/// The current thread uses memory that may be the heap's: it must be alive, and known to that thread.
void px_heap_touch(const volatile void *p, const px_site *site);
/// What is still allocated, or null.
void *px_heap_leftover(void);

#endif

// Interleaving explorer: runs small clients of the shipped C core on a one-thread simulator of a weak memory, and tries
// every interleaving (up to a bound on preemptions) and every value that a load may legally return.
//
// The memory is the promise-free part of the view machine for RC11: Kang, Hur, Lahav, Vafeiadis, Dreyer, "A Promising
// Semantics for Relaxed-Memory Concurrency" (POPL 2017); Lahav, Vafeiadis, Kang, Hur, Dreyer, "Repairing Sequential
// Consistency in C/C++11" (PLDI 2017). The bound on preemptions is Musuvathi and Qadeer's (PLDI 2007).
//
// What it does not see: load buffering (a load that returns a store that its own thread's later store depends on being
// early; RC11 forbids it too), stores that enter a location's order before one that was executed earlier (2+2W),
// accesses that do not go through the PW_* macros, and anything beyond its bounds, which the result always names.
#ifndef CPINWHEEL_EXPLORER_H
#define CPINWHEEL_EXPLORER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// How far an exploration goes. With -1 preemptions it does not begin: such a client is for walks alone.
typedef struct px_bounds {
  int preemptions, stale_reads;
} px_bounds;

typedef enum px_timeouts {
  /// A wait with a time limit is treated as one without: a limit must not be what saves the program.
  PX_TIMEOUTS_NEVER = 0,
  /// Time limits run out only when nothing else can run.
  PX_TIMEOUTS_WHEN_STUCK,
} px_timeouts;

/// A program to explore. `setup` and `check` run alone, before and after the virtual threads; every execution starts
/// from `setup`, which must put all memory that the client uses back to the same state.
typedef struct px_client {
  const char *_Nonnull name;
  int threads;
  void (*_Nonnull setup)(void);
  void (*_Nonnull thread)(int index);
  /// Calls `px_require` on what must hold at the end.
  void (*_Nullable check)(void);
  /// What a debug build explores in a second or so, and what an optimised one does in some ten seconds.
  px_bounds quick, full;
  px_timeouts timeouts;
} px_client;

/// Clients that explore one part of the core.
typedef struct px_group {
  const char *_Nonnull name;
  const px_client *_Nonnull clients;
  int count;
} px_group;

/// What a mutant does to every site of its name.
typedef enum px_weakening {
  PX_INTACT = 0,
  /// All orders become relaxed; a fence disappears.
  PX_RELAXED,
  /// Only the acquire half goes.
  PX_NO_ACQUIRE,
  /// Only the release half goes.
  PX_NO_RELEASE,
  /// The operation does not happen: a store, fence, wake or wait is skipped.
  PX_DROPPED,
  /// A read-modify-write becomes a load followed by a store: other threads may come between.
  PX_NOT_ATOMIC,
} px_weakening;

typedef struct px_options {
  /// Switches away from a thread that could have gone on. Bounds 0, 1, ... up to this are tried in turn, so that the
  /// first failure found is one with the fewest.
  int preemptions;
  /// Loads that do not return the newest value, and stores that enter a location's order before one that was executed
  /// earlier, in one execution.
  int stale_reads;
  /// Futex waits that return at once for no reason, in one execution.
  int spurious_wakes;
  px_timeouts timeouts;
  /// Explore again what follows from a state that was reached before (slow: it is how the explorer checks itself).
  bool revisit_states;
  /// Operations in one execution; reaching it is a failure (the fairness rule for pauses makes spinning finite).
  int steps;
  uint64_t executions;
  /// Of CPU time.
  double seconds;
  /// A site's name or a planted fault's name, and what happens to it.
  const char *_Nullable mutant;
  px_weakening weakening;
} px_options;

typedef enum px_outcome {
  /// Every execution within the bounds passed.
  PX_PASSED = 0,
  /// No failure, but the budget of executions or seconds ran out before all were tried.
  PX_OUT_OF_BUDGET,
  PX_DATA_RACE,
  /// All unfinished threads sleep: a lost wake-up.
  PX_DEADLOCK,
  /// A `px_require` of the client did not hold.
  PX_BROKEN_PROMISE,
  PX_STEP_BOUND,
  PX_USE_AFTER_FREE,
  /// A plain store to a word that has been used atomically; or the client is not deterministic; or a table is full.
  PX_MISUSE,
} px_outcome;

typedef struct px_result {
  px_outcome outcome;
  /// The preemption bound that was reached.
  int preemptions;
  /// Executions, those among them cut short at a state seen before, distinct states, and operations, over all bounds.
  uint64_t executions, pruned, states, steps;
  double seconds;
  /// On failure: what broke, the interleaving step by step, and the choices for `px_replay`. Owned by the result.
  char *_Nullable message;
  char *_Nullable trace;
  char *_Nullable replay;
} px_result;

/// A line of the core or a client that was reached since the process began.
typedef struct px_site_info {
  const char *_Nonnull name;
  const char *_Nonnull file;
  int line;
  const char *_Nonnull operation;
  /// Has an order to weaken, or is a fence.
  bool ordered;
  /// Reached in the last exploration.
  uint64_t hits;
} px_site_info;

px_options px_default_options(void);
const char *_Nonnull px_outcome_name(px_outcome outcome);

/// Explores `client`. One exploration runs at a time in a process; others wait for it.
px_result px_explore(const px_client *_Nonnull client, const px_options *_Nonnull options);

/// Beyond the bounds: random executions of `client`, each a function of the seed and its number. `states` of the result
/// counts the different ends that they came to.
px_result px_walk(
    const px_client *_Nonnull client, const px_options *_Nonnull options, uint64_t seed, uint64_t executions);

/// Runs exactly the interleaving that `choices` (the `replay` of a result with the same client and mutant) describes;
/// it holds the bounds, which decide what there was to choose from.
px_result px_replay(
    const px_client *_Nonnull client, const px_options *_Nonnull options, const char *_Nonnull choices);

void px_result_free(px_result *_Nonnull result);

/// All clients of this module by name; null if there is none.
const px_client *_Nullable px_find_client(const char *_Nonnull name);

int px_group_count(void);
px_group px_group_at(int index);

int px_site_count(void);
px_site_info px_site_at(int index);

#endif

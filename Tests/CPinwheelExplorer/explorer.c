// Depth-first search over the choices: each execution repeats a prefix of the last one, takes the next option at its
// end, and first options from there on. States that were reached before with as many preemptions left are not
// explored again. Beyond the bounds of that: random walks.
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "simulator.h"

static uint16_t taken[PX_CHOICES], offered[PX_CHOICES];
static int depth, prefix;
static enum { SEARCHING, REPLAYING, WALKING } mode;

/// A walk's random numbers (splitmix64: Steele, Lea and Flood 2014), and out of how many choices one is not the first.
static uint64_t walk_state, walk_calm;

static uint64_t walk_random(void) {
  uint64_t x = walk_state += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

// MARK: States seen

/// A thread's state is a function of all that it read, so hashes of those histories stand for the whole state (a
/// collision of 64-bit hashes would hide one).
typedef struct seen {
  uint64_t key;
  // One more than the fewest preemptions it was reached with.
  uint8_t used;
} seen;
static seen *table;
static size_t capacity, filled;
static uint64_t distinct;

static seen *find(seen *in, size_t size, uint64_t key) {
  size_t i = key & (size - 1);
  while (in[i].used && in[i].key != key) i = (i + 1) & (size - 1);
  return &in[i];
}

static void forget_states(void) {
  // Small again: to clear what the largest bound needed would take longer than many an exploration.
  free(table);
  capacity = 1 << 16;
  table = calloc(capacity, sizeof *table);
  filled = 0;
}

static void grow(void) {
  seen *bigger = calloc(capacity * 2, sizeof *bigger);
  for (size_t i = 0; i < capacity; i++)
    if (table[i].used) *find(bigger, capacity * 2, table[i].key) = table[i];
  free(table);
  table = bigger;
  capacity *= 2;
}

/// What everything from here on depends on.
static uint64_t state_key(void) {
  uint64_t key = px_mix(px_memory_hash(), (uint64_t)(px_sim.current + 1) << 16 | (uint64_t)px_sim.stale_reads << 8 |
                                              (uint64_t)px_sim.spurious_wakes);
  for (int i = 0; i < px_sim.client->threads; i++) {
    px_thread *thread = &px_sim.threads[i];
    bool held = thread->paused && thread->stores_at_pause == px_sim.stores;
    uint64_t status = (uint64_t)thread->state << 16 | (held ? (uint64_t)thread->idle_pauses + 1 : 0);
    key = px_mix(key, thread->memory.hash ^ status << 1);
  }
  return key;
}

/// False if the state was reached before with as few preemptions.
static bool note_state(uint64_t key, int preemptions) {
  seen *entry = find(table, capacity, key);
  if (entry->used && entry->used <= preemptions + 1) return false;
  if (!entry->used) {
    filled++;
    distinct++;
  }
  *entry = (seen){key, (uint8_t)(preemptions + 1)};
  if (filled * 2 > capacity) grow();
  return true;
}

bool px_seen_before(void) {
  if (depth < prefix || mode != SEARCHING || px_sim.options.revisit_states) return false;
  return !note_state(state_key(), px_sim.preemptions);
}

// MARK: Choices

/// One of the `natural` ones most of the time: any of those is an ordinary way to go on.
static int choose_at_random(int count, int natural) {
  uint64_t random = walk_random();
  int among = natural < count && random % walk_calm == 0 ? count : natural;
  return (int)((random >> 32) % (uint64_t)among);
}

int px_choose(int count, int natural) {
  if (count == 1) return 0;
  if (depth == PX_CHOICES) px_fail(PX_MISUSE, "more than %d choices in one execution", PX_CHOICES);
  if (depth < prefix) {
    if (mode == REPLAYING) offered[depth] = (uint16_t)count;
    if (offered[depth] != count || taken[depth] >= count)
      px_fail(PX_MISUSE, "the client is not deterministic: choice %d has %d options, it had %d", depth, count,
              offered[depth]);
  } else {
    taken[depth] = mode == WALKING ? (uint16_t)choose_at_random(count, natural) : 0;
    offered[depth] = (uint16_t)count;
  }
  return taken[depth++];
}

/// The next prefix, or false when all is explored.
static bool advance(void) {
  while (depth > 0) {
    if (++taken[depth - 1] < offered[depth - 1]) {
      prefix = depth;
      return true;
    }
    depth--;
  }
  return false;
}

void px_fail(px_outcome outcome, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(px_sim.message, sizeof px_sim.message, format, arguments);
  va_end(arguments);
  px_sim.outcome = outcome;
  px_end_execution(true);
}

// MARK: Exploring

static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

/// Seconds of this thread's CPU time, so that a busy machine does not change what is explored.
static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

px_options px_default_options(void) {
  return (px_options){.preemptions = 2,
                      .stale_reads = 3,
                      .spurious_wakes = 0,
                      .timeouts = PX_TIMEOUTS_NEVER,
                      .revisit_states = false,
                      .steps = 2000,
                      .executions = 10000000,
                      .seconds = 20,
                      .mutant = NULL,
                      .weakening = PX_INTACT};
}

static void start(const px_client *client, const px_options *options) {
  px_sim.client = client;
  px_sim.options = *options;
  if (px_sim.options.steps > PX_STEPS) px_sim.options.steps = PX_STEPS;
  px_sim.exploration++;
  distinct = 0;
  px_threads_prepare();
}

/// All executions with at most `px_sim.bound` preemptions. False when there is a failure or no budget left.
static bool explore_bound(px_result *result, double started) {
  forget_states();
  prefix = 0;
  do {
    depth = 0;
    bool complete = px_run_once();
    result->executions++;
    result->pruned += !complete;
    result->steps += (uint64_t)px_sim.step_count;
    if (complete && px_sim.outcome != PX_PASSED) {
      result->outcome = px_sim.outcome;
      px_report(result, taken, depth);
      return false;
    }
    if (result->executions >= px_sim.options.executions ||
        (result->executions % 256 == 0 && now() - started > px_sim.options.seconds)) {
      result->outcome = PX_OUT_OF_BUDGET;
      return false;
    }
  } while (advance());
  return true;
}

px_result px_explore(const px_client *client, const px_options *options) {
  pthread_mutex_lock(&one_at_a_time);
  px_result result = {.outcome = PX_PASSED};
  double started = now();
  start(client, options);
  mode = SEARCHING;
  for (px_sim.bound = 0; px_sim.bound <= options->preemptions; px_sim.bound++) {
    result.preemptions = px_sim.bound;
    if (!explore_bound(&result, started)) break;
  }
  result.states = distinct;
  result.seconds = now() - started;
  pthread_mutex_unlock(&one_at_a_time);
  return result;
}

px_result px_walk(const px_client *client, const px_options *options, uint64_t seed, uint64_t executions) {
  pthread_mutex_lock(&one_at_a_time);
  px_result result = {.outcome = PX_PASSED, .preemptions = options->preemptions};
  double started = now();
  start(client, options);
  mode = WALKING;
  px_sim.bound = options->preemptions;
  forget_states();
  prefix = 0;
  while (result.outcome == PX_PASSED && result.executions < executions) {
    walk_state = px_mix(seed, result.executions++);
    // From a walk that hardly leaves the straight way to one that does so at every third choice.
    walk_calm = (uint64_t)3 << (walk_random() % 5);
    depth = 0;
    px_run_once();
    result.steps += (uint64_t)px_sim.step_count;
    if (px_sim.outcome != PX_PASSED) {
      result.outcome = px_sim.outcome;
      px_report(&result, taken, depth);
    } else if (result.executions < executions && now() - started > px_sim.options.seconds) {
      result.outcome = PX_OUT_OF_BUDGET;
    }
    note_state(state_key(), 0);
  }
  result.states = distinct;
  result.seconds = now() - started;
  pthread_mutex_unlock(&one_at_a_time);
  return result;
}

px_result px_replay(const px_client *client, const px_options *options, const char *choices) {
  pthread_mutex_lock(&one_at_a_time);
  px_result result = {.outcome = PX_MISUSE, .executions = 1};
  start(client, options);
  mode = REPLAYING;
  depth = 0;
  prefix = px_parse_replay(choices, taken, PX_CHOICES);
  result.preemptions = px_sim.bound;
  px_run_once();
  result.steps = (uint64_t)px_sim.step_count;
  result.outcome = px_sim.outcome;
  px_report(&result, taken, depth);
  pthread_mutex_unlock(&one_at_a_time);
  return result;
}

void px_result_free(px_result *result) {
  free(result->message);
  free(result->trace);
  free(result->replay);
  *result = (px_result){.outcome = result->outcome};
}

// A failing interleaving in words, and the choices that bring it back.
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "simulator.h"

const char *px_operation_name(px_operation operation) {
  switch (operation) {
    case PX_OP_LOAD: return "load";
    case PX_OP_LOAD_ACQUIRE: return "load acquire";
    case PX_OP_STORE: return "store";
    case PX_OP_STORE_RELEASE: return "store release";
    case PX_OP_CAS: return "compare-and-swap";
    case PX_OP_ADD: return "add";
    case PX_OP_FENCE: return "fence";
    case PX_OP_FENCE_LOADS: return "fence of loads";
    case PX_OP_PLAIN_READ: return "plain read";
    case PX_OP_PLAIN_WRITE: return "plain write";
    case PX_OP_WAIT: return "futex wait";
    case PX_OP_WAKE: return "futex wake";
    case PX_OP_PAUSE: return "pause";
    case PX_OP_NOTE: return "note";
  }
}

const char *px_outcome_name(px_outcome outcome) {
  switch (outcome) {
    case PX_PASSED: return "passed";
    case PX_OUT_OF_BUDGET: return "out of budget";
    case PX_DATA_RACE: return "data race";
    case PX_DEADLOCK: return "deadlock";
    case PX_BROKEN_PROMISE: return "broken promise";
    case PX_STEP_BOUND: return "step bound";
    case PX_USE_AFTER_FREE: return "use after free";
    case PX_MISUSE: return "misuse";
  }
}

// MARK: Names of memory

enum { NAMES = 160 };
static struct name {
  const volatile char *start;
  size_t size;
  const char *text;
  int index;
} names[NAMES];
static int name_count;

void px_names_reset(void) { name_count = 0; }

void px_name(const volatile void *p, size_t size, const char *text, int index) {
  if (name_count < NAMES) names[name_count++] = (struct name){p, size, text, index};
}

// MARK: Text

typedef struct text {
  char *bytes;
  size_t length, capacity;
} text;

__attribute__((format(printf, 2, 3))) static void add(text *to, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  char line[512];
  int length = vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  if (length < 0) return;
  size_t n = (size_t)length < sizeof line ? (size_t)length : sizeof line - 1;
  if (to->length + n + 1 > to->capacity) {
    to->capacity = (to->length + n + 1) * 2;
    to->bytes = realloc(to->bytes, to->capacity);
  }
  memcpy(to->bytes + to->length, line, n + 1);
  to->length += n;
}

static void add_address(text *to, const volatile void *p) {
  const volatile char *address = p;
  for (int i = 0; i < name_count; i++) {
    const struct name *name = &names[i];
    if (address < name->start || address >= name->start + name->size) continue;
    add(to, " %s", name->text);
    if (name->index >= 0) add(to, "[%d]", name->index);
    if (address != name->start) add(to, "+%td", address - name->start);
    return;
  }
  add(to, " %p", (void *)(uintptr_t)p);
}

static void add_value(text *to, size_t value) {
  if (value < 10000) {
    add(to, "%zu", value);
  } else {
    add(to, "%#zx", value);
  }
}

static void add_step(text *to, int number, const px_step *step) {
  const px_site *site = step->site;
  add(to, "%4d  %*sT%d ", number, step->thread * 2, "", step->thread);
  if (site->operation == PX_OP_NOTE) {
    add(to, "-- %s ", (const char *)(uintptr_t)step->address);
    add_value(to, step->value);
    add(to, "\n");
    return;
  }
  add(to, "%s", px_operation_name(site->operation));
  if (step->address) add_address(to, step->address);
  switch (site->operation) {
    case PX_OP_LOAD:
    case PX_OP_LOAD_ACQUIRE:
    case PX_OP_STORE:
    case PX_OP_STORE_RELEASE:
      add(to, " = ");
      add_value(to, step->value);
      break;
    case PX_OP_CAS:
    case PX_OP_ADD:
      add(to, " from ");
      add_value(to, step->value);
      add(to, " to ");
      add_value(to, step->other);
      if (!step->succeeded) add(to, ": FAILS");
      break;
    case PX_OP_WAIT:
      add(to, " while ");
      add_value(to, step->other);
      add(to, step->succeeded ? ": sleeps" : ": returns at once, it is ");
      if (!step->succeeded) add_value(to, step->value);
      break;
    case PX_OP_WAKE:
      add(to, ": wakes %zu", step->value);
      break;
    default:
      break;
  }
  bool stores = site->operation == PX_OP_STORE || site->operation == PX_OP_STORE_RELEASE;
  if (step->skipped) add(to, stores ? " (BEFORE the %d newest)" : " (OLD: %d newer)", step->skipped);
  add(to, "   [%s%s %s:%d]\n", site->name, site->weakening == PX_INTACT ? "" : " WEAKENED", site->file, site->line);
}

void px_report(px_result *result, const uint16_t *choices, int count) {
  text trace = {0}, replay = {0};
  add(&trace, "%s, mutant %s, %d preemptions\n", px_sim.client->name,
      px_sim.options.mutant ? px_sim.options.mutant : "none", px_sim.preemptions);
  for (int i = 0; i < px_sim.step_count; i++) add_step(&trace, i + 1, &px_sim.steps[i]);
  if (px_sim.outcome != PX_PASSED) add(&trace, "      => %s\n", px_sim.message);
  // The bounds decide how many options there were. Trailing first choices go without saying; runs are counted.
  const px_options *options = &px_sim.options;
  add(&replay, "%d,%d,%d,%d:", px_sim.bound, options->stale_reads, options->spurious_wakes, options->steps);
  while (count > 0 && choices[count - 1] == 0) count--;
  for (int i = 0; i < count;) {
    int run = 1;
    while (i + run < count && choices[i + run] == choices[i]) run++;
    add(&replay, run > 1 ? "%s%d*%d" : "%s%d", i ? "." : "", choices[i], run);
    i += run;
  }
  result->message = strdup(px_sim.outcome == PX_PASSED ? "" : px_sim.message);
  result->trace = trace.bytes;
  result->replay = replay.bytes;
}

int px_parse_replay(const char *text, uint16_t *choices, int capacity) {
  int count = 0, *bounds[] = {&px_sim.bound, &px_sim.options.stale_reads, &px_sim.options.spurious_wakes, &px_sim.options.steps};
  for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++) {
    char *after;
    *bounds[i] = (int)strtol(text, &after, 10);
    text = *after ? after + 1 : after;
  }
  if (px_sim.options.steps > PX_STEPS) px_sim.options.steps = PX_STEPS;
  while (*text) {
    char *end;
    long choice = strtol(text, &end, 10), run = 1;
    if (end == text) break;
    if (*end == '*') run = strtol(end + 1, &end, 10);
    while (run-- > 0 && count < capacity) choices[count++] = (uint16_t)choice;
    text = *end == '.' ? end + 1 : end;
  }
  return count;
}

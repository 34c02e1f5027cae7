// A few tasks that fork each other, and what may run inside the wait for one: its descendants, each once, with the
// input that was written before it was forked; and the wait's owner sees its output.
#ifndef PX_LEAP_TASKS_H
#define PX_LEAP_TASKS_H

/// A job that forks its children, does what the client's `between` says, then joins them in reverse.
typedef struct task {
  pw_frame frame;
  const char *name;
  struct task *parent, *children[2];
  size_t input, output;
  int runs;
  bool pauses;
} task;

enum { X, C, G, U, D, S, TASKS };
static task tasks[TASKS];
/// The innermost task that each thread waits for.
static task *waits_for[PX_THREADS];
static AO_t submitted;

/// What a task does between its forks and its joins.
static void between(const task *t);

static bool descends(const task *t, const task *from) {
  while (t && t != from) t = t->parent;
  return t != NULL;
}

WORLD_JOB(run_task, context);

static void fork_task(task *t) {
  PW_WRITE(&t->input, 7);
  world_fork(&t->frame, (pw_code)run_task, t);
}

static void join_task(task *t) {
  int me = px_current();
  task *outer = waits_for[me];
  // What is popped is no wait, but it descends as well.
  waits_for[me] = t;
  world_join(&t->frame, (pw_code)run_task, t);
  waits_for[me] = outer;
  px_require(t->runs == 1, "%s has run %d times when it is joined", t->name, t->runs);
  px_require(PW_READ(&t->output) == 8, "old result of %s", t->name);
}

WORLD_JOB(run_task, context) {
  task *t = context, *waited_for = waits_for[px_current()];
  px_note(t->name, 0);
  px_require(!waited_for || descends(t, waited_for), "%s runs inside a wait for %s", t->name, waited_for->name);
  px_require(t->runs++ == 0, "%s runs a second time", t->name);
  // A client that is asked whether helping happens at all breaks when it does.
  px_require(!(px_fault("nobody_helps") && waited_for && waited_for != t), "%s is helped with", t->name);
  for (int i = 0; i < 2; i++)
    if (t->children[i]) fork_task(t->children[i]);
  between(t);
  for (int i = 1; i >= 0; i--)
    if (t->children[i]) join_task(t->children[i]);
  PW_WRITE(&t->output, PW_READ(&t->input) + 1);
}

static void run_entry(void *first, void *second, void *object, bool ticket) {
  (void)second, (void)object, (void)ticket;
  task *t = first;
  PW_WRITE(&t->input, 7);
  pw_call_job((pw_code)run_task, t, &t->frame);
}

static void define(int i, const char *name, task *parent, task *child) {
  tasks[i] = (task){.name = name, .parent = parent, .children = {child, NULL}};
}

/// X forks C, which forks G; U, which has nothing to do with them, forks D; S stands for itself.
static void reset_tasks(uint32_t slots, pw_run_entry_fn entry) {
  world_reset(slots, entry);
  memset(waits_for, 0, sizeof waits_for);
  submitted = 0;
  define(X, "X", NULL, &tasks[C]);
  define(C, "C", &tasks[X], &tasks[G]);
  define(G, "G", &tasks[C], NULL);
  define(U, "U", NULL, &tasks[D]);
  define(D, "D", &tasks[U], NULL);
  define(S, "S", NULL, NULL);
  px_name(tasks, sizeof tasks, "tasks", -1);
  px_name(&submitted, sizeof submitted, "submitted", -1);
}

static bool steal_and_run(pw_slot *slot, pw_slot *victim) {
  pw_job *job;
  if (pw_strict_steal(victim, slot->request, &job) != PW_STEAL_TAKEN) return false;
  pw_run_stolen(slot, job);
  return true;
}

static void run_unrelated(pw_slot *slot) { pw_run_loose(slot, (pw_entry){&tasks[U], NULL, (void *)16}); }

#endif

// Runs mutants of the core on the explorer, on several processes at once.
//
// Usage: runner PROCESSES DEPTH < jobs. A job is a line `SITE WEAKENING CLIENT...`; no client means all that reach the
// site. Each mutant is tried on its clients with budgets that grow DEPTH times, until one notices. Prints in the order
// of the jobs `SITE WEAKENING CLIENT HOW EXECUTIONS MILLISECONDS`; CLIENT is `-` when none does.
#define _GNU_SOURCE
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "CPinwheelExplorer.h"

enum { JOBS = 1024, CLIENTS = 160, PROCESSES = 256, LEVELS = 5, STUCK_SECONDS = 240 };

/// Budgets: interleavings in order, then random walks, which find sooner what takes many preemptions.
static const struct level {
  uint64_t interleavings, walks;
} levels[LEVELS] = {{300, 200}, {500, 300}, {8000, 4000}, {40000, 20000}, {200000, 100000}};

/// To find out which sites a client reaches.
static const struct level look = {1000, 300};

typedef struct job {
  char *site;
  px_weakening weakening;
  const char *weakening_name;
  int clients[CLIENTS];
  int client_count;
} job;

typedef struct outcome {
  // The one at work, or the one that noticed; -1: none.
  int client;
  bool done;
  char how[32];
  uint64_t executions;
  double seconds;
} outcome;

/// What the processes have in common.
static struct shared {
  int next;
  int at[PROCESSES];
  bool reaches[CLIENTS][JOBS];
  outcome outcomes[JOBS];
} *shared;

static job jobs[JOBS];
static int job_count, depth;
static const px_client *clients[CLIENTS];
static int client_count;

static const char *const weakening_names[] = {"intact", "relaxed", "acquire", "release", "dropped", "atomicity"};

__attribute__((noreturn, format(printf, 1, 2))) static void give_up(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vfprintf(stderr, format, arguments);
  va_end(arguments);
  fputc('\n', stderr);
  exit(2);
}

// MARK: Running

static bool is_caught(px_outcome outcome) {
  return outcome != PX_PASSED && outcome != PX_OUT_OF_BUDGET && outcome != PX_MISUSE;
}

static px_result explore(const px_client *client, const job *job, struct level level, bool walk) {
  px_options options = px_default_options();
  px_bounds bounds = client->full;
  options.timeouts = client->timeouts;
  options.seconds = STUCK_SECONDS;
  if (job) {
    options.mutant = job->site;
    options.weakening = job->weakening;
  }
  if (walk) {
    options.preemptions = options.stale_reads = 10000;
    options.steps = 16384;
    return px_walk(client, &options, 1, level.walks);
  }
  options.preemptions = bounds.preemptions;
  options.stale_reads = bounds.stale_reads;
  options.executions = level.interleavings;
  return px_explore(client, &options);
}

static bool try(const job *job, outcome *out, const px_client *client, struct level level, bool walk) {
  px_result result = explore(client, job, level, walk);
  out->executions += result.executions;
  out->seconds += result.seconds;
  bool caught = is_caught(result.outcome);
  if (caught) {
    if (getenv("PINWHEEL_TRACE")) fprintf(stderr, "%s", result.trace);
    snprintf(out->how, sizeof out->how, "%s", px_outcome_name(result.outcome));
    out->done = true;
  }
  px_result_free(&result);
  return caught;
}

static void run(const job *job, outcome *out) {
  for (int level = 0; level < depth; level++) {
    for (int i = 0; i < job->client_count; i++) {
      const px_client *client = clients[job->clients[i]];
      out->client = job->clients[i];
      if (try(job, out, client, levels[level], false)) return;
      if (client->threads > 1 && try(job, out, client, levels[level], true)) return;
    }
  }
  out->client = -1;
  out->done = true;
}

/// Which of the jobs' sites the client reaches.
static void survey(int client) {
  for (int walk = 0; walk < 2; walk++) {
    px_result result = explore(clients[client], NULL, look, walk);
    if (is_caught(result.outcome)) give_up("%s fails without a mutant: %s", clients[client]->name, result.message);
    px_result_free(&result);
    for (int i = 0; i < px_site_count(); i++) {
      px_site_info site = px_site_at(i);
      for (int j = 0; site.hits > 0 && j < job_count; j++)
        if (strcmp(jobs[j].site, site.name) == 0) shared->reaches[client][j] = true;
    }
  }
}

// MARK: Processes

static void work(int process, int count, void (*one)(int)) {
  for (;;) {
    int i = __atomic_fetch_add(&shared->next, 1, __ATOMIC_SEQ_CST);
    if (i >= count) _exit(0);
    shared->at[process] = i;
    alarm(STUCK_SECONDS);
    one(i);
  }
}

static pid_t begin(int process, int count, void (*one)(int)) {
  pid_t pid = fork();
  if (pid < 0) give_up("no process");
  if (pid == 0) work(process, count, one);
  return pid;
}

/// Calls `one` for each of 0..<count. A process that a mutant has brought down is replaced.
static void in_parallel(int processes, int count, void (*one)(int), void (*crashed)(int, int)) {
  pid_t pids[PROCESSES];
  shared->next = 0;
  for (int i = 0; i < processes; i++) pids[i] = begin(i, count, one);
  for (int alive = processes; alive > 0;) {
    int status;
    pid_t pid = wait(&status);
    for (int i = 0; i < processes; i++) {
      if (pids[i] != pid) continue;
      if (WIFSIGNALED(status)) {
        crashed(shared->at[i], WTERMSIG(status));
        pids[i] = begin(i, count, one);
      } else if (WEXITSTATUS(status) != 0) {
        exit(2);
      } else {
        alive--;
      }
    }
  }
}

static void run_job(int i) { run(&jobs[i], &shared->outcomes[i]); }

static void job_crashed(int i, int signal) {
  outcome *out = &shared->outcomes[i];
  // A mutant that makes the core read through a wild pointer, or run in circles without an atomic operation.
  snprintf(out->how, sizeof out->how, signal == SIGALRM ? "hang" : "crash");
  out->done = true;
}

static void survey_crashed(int client, int signal) {
  give_up("%s ends with signal %d without a mutant", clients[client]->name, signal);
}

// MARK: Input and output

static int client_named(const char *name) {
  for (int i = 0; i < client_count; i++)
    if (strcmp(clients[i]->name, name) == 0) return i;
  give_up("no client is called %s", name);
}

/// The core's; the simulator's own are no judges of it.
static void list_clients(void) {
  for (int i = 0; i < px_group_count(); i++) {
    px_group group = px_group_at(i);
    if (strcmp(group.name, "litmus") == 0 || strcmp(group.name, "futex") == 0) continue;
    for (int j = 0; j < group.count; j++) {
      if (client_count == CLIENTS) give_up("more than %d clients", CLIENTS);
      clients[client_count++] = &group.clients[j];
    }
  }
}

static void read_job(char *line) {
  char *site = strtok(line, " \n"), *weakening = strtok(NULL, " \n");
  if (!site) return;
  if (!weakening || job_count == JOBS) give_up("a job without a weakening, or more than %d jobs", JOBS);
  job *job = &jobs[job_count++];
  job->site = strdup(site);
  for (int i = 0; i < (int)(sizeof weakening_names / sizeof *weakening_names); i++)
    if (strcmp(weakening, weakening_names[i]) == 0) {
      job->weakening = (px_weakening)i;
      job->weakening_name = weakening_names[i];
    }
  if (!job->weakening_name) give_up("no weakening is called %s", weakening);
  for (char *name; (name = strtok(NULL, " \n"));) job->clients[job->client_count++] = client_named(name);
}

static void look_for_clients(int processes) {
  bool needed = false;
  for (int i = 0; i < job_count; i++) needed |= jobs[i].client_count == 0;
  if (!needed) return;
  in_parallel(processes, client_count, survey, survey_crashed);
  for (int i = 0; i < job_count; i++) {
    job *job = &jobs[i];
    for (int client = 0; client < client_count && job->client_count < CLIENTS; client++)
      if (shared->reaches[client][i]) {
        bool named = false;
        for (int k = 0; k < job->client_count; k++) named |= job->clients[k] == client;
        if (!named) job->clients[job->client_count++] = client;
      }
  }
}

int main(int count, char **arguments) {
  int processes = count > 1 ? atoi(arguments[1]) : 0;
  depth = count > 2 ? atoi(arguments[2]) : 0;
  if (processes < 1 || processes > PROCESSES || depth < 1 || depth > LEVELS)
    give_up("usage: runner PROCESSES DEPTH < jobs");
  shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) give_up("no memory");
  list_clients();
  char *line = NULL;
  size_t size = 0;
  while (getline(&line, &size, stdin) > 0) read_job(line);
  look_for_clients(processes);
  in_parallel(processes, job_count, run_job, job_crashed);
  for (int i = 0; i < job_count; i++) {
    const outcome *out = &shared->outcomes[i];
    const char *how = out->how[0] ? out->how : jobs[i].client_count == 0 ? "unreached" : "survived";
    for (char *space = (char *)how; (space = strchr(space, ' '));) *space = '_';
    printf("%s %s %s %s %llu %.0f\n", jobs[i].site, jobs[i].weakening_name,
           out->client < 0 || !out->how[0] ? "-" : clients[out->client]->name, how, (unsigned long long)out->executions,
           out->seconds * 1000);
  }
}

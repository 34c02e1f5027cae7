// Runs the tests. Usage: core-unit [--threads N] [--scale N] [--seed N] [--seconds N] [NAME...]
//
// `--seconds` is the deadline of each test. The last line says how many tests, threads and jobs there were.
#include <signal.h>
#include <unistd.h>
#include "unit.h"

unit_options unit = {2, 1, 1};
atomic_ulong unit_jobs_run;

static const char *volatile running = "none";

void unit_fail(const char *file, int line, const char *condition) {
  fprintf(stderr, "%s:%d: in %s: not so: %s\n", file, line, running, condition);
  fflush(stderr);
  _exit(1);
}

static void too_late(int signal) {
  (void)signal;
  static const char problem[] = "core-unit: did not end in time: ";
  ssize_t ignored = write(STDERR_FILENO, problem, sizeof problem - 1);
  ignored = write(STDERR_FILENO, running, strlen(running));
  ignored = write(STDERR_FILENO, "\n", 1);
  (void)ignored;
  _exit(1);
}

#define TESTS(test) \
  test(strict_in_order) test(strict_across_the_split) test(strict_half_taken_back) \
  test(strict_keeps_only_when_fed) test(strict_offers_all_where_jobs_are_small) \
  test(strict_is_eager_no_longer_than_an_exposure_lasts) test(strict_counts_what_the_running_job_has_forked) \
  test(strict_thieves_say_what_they_found) test(strict_with_thieves) \
  test(deque_in_order) test(deque_above_a_mark) test(deque_by_tag) test(deque_with_thieves) \
  test(injector_in_order) test(injector_producers_and_consumers) test(injector_closed) \
  test(join_runs_both_once) test(join_from_many_threads) test(join_abandoned) test(join_in_a_pool_inside_another) \
  test(scope_runs_each_once) test(scope_from_other_threads) test(scope_inside_a_job) \
  test(submitted_run_once) test(submitted_waited_for_inside) test(submitted_against_shutdown) \
  test(region_each_chunk_once) test(region_one_after_the_other) test(region_inside_a_region) \
  test(region_claims_seats_apart_first) test(loop_grain_of_a_very_long_loop) test(brief_waits_give_the_cpu_up_at_last) \
  test(sleepers_wake_for_a_submission) test(sleepers_wake_for_a_fork) test(sleepers_wake_for_a_stop) \
  test(outside_waits_for_short_jobs_do_not_sleep) test(outside_waits_for_long_jobs_sleep) \
  test(near_victims_by_level) test(near_picks_in_order) test(near_wrong_rows_cost_time_only) \
  test(a_start_is_awaited_for_as_long_as_there_is) \
  test(guests_and_workers_change_seats) test(futex_returns_in_time) test(affinity_reads_back) test(fork_is_noticed)

#define DECLARE(name) void name(void);
TESTS(DECLARE)

#define ENTRY(name) {#name, name},
static const struct { const char *name; void (*run)(void); } tests[] = {TESTS(ENTRY)};

static bool is_wanted(const char *name, char **names, int count) {
  for (int i = 0; i < count; i++) {
    if (strstr(name, names[i]) != NULL) return true;
  }
  return count == 0;
}

int main(int argc, char **argv) {
  unsigned seconds = 30, run = 0;
  int next = 1;
  for (; next + 1 < argc && strncmp(argv[next], "--", 2) == 0; next += 2) {
    uint64_t value = strtoull(argv[next + 1], NULL, 10);
    if (strcmp(argv[next], "--threads") == 0) unit.threads = (uint32_t)value;
    else if (strcmp(argv[next], "--scale") == 0) unit.scale = (uint32_t)value;
    else if (strcmp(argv[next], "--seed") == 0) unit.seed = value;
    else if (strcmp(argv[next], "--seconds") == 0) seconds = (unsigned)value;
    else break;
  }
  if (unit.threads < 2 || unit.scale < 1 || unit.seed == 0 || (next < argc && argv[next][0] == '-')) {
    fprintf(stderr, "usage: %s [--threads N] [--scale N] [--seed N] [--seconds N] [NAME...]\n", argv[0]);
    return 2;
  }
  signal(SIGALRM, too_late);
  for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
    if (!is_wanted(tests[i].name, argv + next, argc - next)) continue;
    running = tests[i].name;
    alarm(seconds);
    tests[i].run();
    run += 1;
  }
  alarm(0);
  if (run == 0) {
    fprintf(stderr, "core-unit: no test of that name\n");
    return 2;
  }
  printf("%u tests, %u threads, %lu jobs\n", run, unit.threads, (unsigned long)unit_jobs_run);
  return 0;
}

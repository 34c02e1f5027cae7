// The explorer as a command: `.ci/explore --help`. Explores the shipped core by its clients, and replays what failed.
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "CPinwheelExplorer.h"

static const char usage[] =
    "usage: explore [--sampled | --quick] [--json] [--seed N] [--group NAME | --client NAME] [options]\n"
    "\n"
    "Without --client: every client of the core within its own bounds, then random walks beyond them.\n"
    "  --sampled        smaller bounds and fewer walks\n"
    "  --quick          smaller bounds and no walks\n"
    "  --group NAME     only the clients of one group\n"
    "  --client NAME    only this client; then these count, too:\n"
    "    --bound N        preemptions (default: the client's own)\n"
    "    --stale N        loads and stores that do not meet the newest value\n"
    "    --spurious N     futex waits that return for no reason\n"
    "    --mutant SITE[:relaxed|no-acquire|no-release|dropped|not-atomic]\n"
    "                     weakens a site (default: relaxed), or plants the fault of that name\n"
    "    --replay TOKEN   runs the interleaving that a failure named, and prints it\n"
    "    --walks N        random executions instead\n"
    "  --seconds N      gives a client up after so long (default: 120)\n"
    "  --seed N         of the walks (default: 1)\n"
    "  --list           names the clients and their bounds\n"
    "  --sites          with --client: names the sites that it reaches\n"
    "  --json           one object a line\n";

typedef struct request {
  const char *group, *client, *replay;
  px_options options;
  bool quick, json, list, sites, bounded;
  uint64_t seed, walks;
  int stale, bound;
} request;

/// What a group's clients add up to.
typedef struct total {
  uint64_t executions, states, walks;
  int clients, lowest, highest;
  double seconds;
} total;

// MARK: Output

static void print_json_text(const char *name, const char *text) {
  printf(",\"%s\":\"", name);
  for (; text && *text; text++) {
    if (*text == '"' || *text == '\\') printf("\\%c", *text);
    else if (*text == '\n') printf("\\n");
    else putchar(*text);
  }
  putchar('"');
}

static void print_result(const request *asked, const px_group *group, const px_client *client, const px_options *options,
                         const px_result *result, bool walk) {
  if (asked->json) {
    printf("{\"client\":\"%s\",\"group\":\"%s\",\"kind\":\"%s\",\"mutant\":\"%s\",\"outcome\":\"%s\"", client->name, group->name,
           walk ? "walks" : "interleavings", options->mutant ? options->mutant : "", px_outcome_name(result->outcome));
    printf(",\"preemptions\":%d,\"stale\":%d,\"executions\":%llu,\"pruned\":%llu,\"states\":%llu,\"steps\":%llu,\"seconds\":%.3f",
           result->preemptions, options->stale_reads, (unsigned long long)result->executions,
           (unsigned long long)result->pruned, (unsigned long long)result->states, (unsigned long long)result->steps,
           result->seconds);
    print_json_text("message", result->message);
    print_json_text("replay", result->replay);
    printf("}\n");
    return;
  }
  char bound[64];
  if (walk) snprintf(bound, sizeof bound, "seed %llu", (unsigned long long)asked->seed);
  else snprintf(bound, sizeof bound, "bound %d, stale %d", result->preemptions, options->stale_reads);
  printf("%-24s %d threads  %-18s %9llu %-13s %10llu %-6s %7.2f s  %s\n", client->name, client->threads, bound,
         (unsigned long long)result->executions, walk ? "walks" : "interleavings", (unsigned long long)result->states,
         walk ? "ends" : "states", result->seconds, px_outcome_name(result->outcome));
}

static const char *weakening_name(px_weakening weakening) {
  static const char *const names[] = {"", ":relaxed", ":no-acquire", ":no-release", ":dropped", ":not-atomic"};
  return names[weakening];
}

static void print_failure(const px_client *client, const px_options *options, const px_result *result) {
  if (!result->trace) return;
  printf("\n%s%s: %s\n\n", result->trace, client->name, result->message);
  printf("replay: .ci/explore --client %s", client->name);
  if (options->mutant) printf(" --mutant %s%s", options->mutant, weakening_name(options->weakening));
  printf(" --replay %s\n\n", result->replay);
}

// MARK: Exploring

static px_options options_for(const request *asked, const px_client *client) {
  px_options options = asked->options;
  px_bounds bounds = asked->quick ? client->quick : client->full;
  options.preemptions = asked->bound >= 0 ? asked->bound : bounds.preemptions;
  options.stale_reads = asked->stale >= 0 ? asked->stale : bounds.stale_reads;
  options.timeouts = client->timeouts;
  return options;
}

static bool finish(const request *asked, const px_group *group, const px_client *client, const px_options *options,
                   px_result *result, bool walk) {
  print_result(asked, group, client, options, result, walk);
  bool passed = result->outcome == PX_PASSED;
  if (!passed && !asked->json) print_failure(client, options, result);
  fflush(stdout);
  px_result_free(result);
  return passed;
}

static bool explore(const request *asked, const px_group *group, const px_client *client, total *sum) {
  px_options options = options_for(asked, client);
  px_result result = px_explore(client, &options);
  sum->clients += 1;
  sum->executions += result.executions;
  sum->states += result.states;
  sum->seconds += result.seconds;
  if (sum->lowest < 0 || sum->lowest > options.preemptions) sum->lowest = options.preemptions;
  if (sum->highest < options.preemptions) sum->highest = options.preemptions;
  return finish(asked, group, client, &options, &result, false);
}

static bool walk(const request *asked, const px_group *group, const px_client *client, total *sum) {
  if (asked->walks == 0) return true;
  px_options options = options_for(asked, client);
  // As many of everything as a walk comes to.
  options.preemptions = asked->bound >= 0 ? asked->bound : 10000;
  options.stale_reads = asked->stale >= 0 ? asked->stale : 10000;
  options.steps = 16384;
  px_result result = px_walk(client, &options, asked->seed, asked->walks);
  sum->walks += result.executions;
  sum->seconds += result.seconds;
  return finish(asked, group, client, &options, &result, true);
}

static bool explore_group(const request *asked, const px_group *group) {
  total sum = {.lowest = -1, .highest = -1};
  bool passed = true;
  for (int i = 0; i < group->count; i++) {
    passed &= explore(asked, group, &group->clients[i], &sum);
    // What has no more to it than one thread or a wait is whole within its bounds.
    if (group->clients[i].threads > 1) passed &= walk(asked, group, &group->clients[i], &sum);
  }
  if (asked->json) return passed;
  printf("group|%s|%d|%llu|%llu|%llu|%d|%d|%.1f|%llu\n", group->name, sum.clients, (unsigned long long)sum.executions,
         (unsigned long long)sum.states, (unsigned long long)sum.walks, sum.lowest, sum.highest, sum.seconds,
         (unsigned long long)asked->seed);
  return passed;
}

static bool explore_client(const request *asked, const px_group *group, const px_client *client) {
  total sum = {.lowest = -1};
  if (asked->replay) {
    px_options options = options_for(asked, client);
    px_result result = px_replay(client, &options, asked->replay);
    if (!asked->json) print_failure(client, &options, &result);
    bool passed = result.outcome == PX_PASSED;
    if (asked->json) print_result(asked, group, client, &options, &result, false);
    px_result_free(&result);
    return passed;
  }
  bool passed = asked->walks > 0 ? walk(asked, group, client, &sum) : explore(asked, group, client, &sum);
  if (asked->sites)
    for (int i = 0; i < px_site_count(); i++) {
      px_site_info site = px_site_at(i);
      if (site.hits > 0)
        printf("site|%s|%s|%s:%d|%llu\n", site.name, site.operation, site.file, site.line, (unsigned long long)site.hits);
    }
  return passed;
}

static void list(void) {
  for (int i = 0; i < px_group_count(); i++) {
    px_group group = px_group_at(i);
    for (int j = 0; j < group.count; j++) {
      const px_client *client = &group.clients[j];
      printf("%-10s %-30s %d threads, quick bound %d stale %d, full bound %d stale %d\n", group.name, client->name,
             client->threads, client->quick.preemptions, client->quick.stale_reads, client->full.preemptions,
             client->full.stale_reads);
    }
  }
}

// MARK: The command line

__attribute__((noreturn)) static void misuse(const char *what, const char *value) {
  fprintf(stderr, "explore: %s: %s\n\n%s", what, value, usage);
  exit(2);
}

static uint64_t number(const char *option, const char *text) {
  char *end;
  unsigned long long value = strtoull(text, &end, 10);
  if (end == text || *end) misuse(option, text);
  return value;
}

static void set_mutant(px_options *options, char *text) {
  static const char *const names[] = {"relaxed", "no-acquire", "no-release", "dropped", "not-atomic"};
  options->mutant = text;
  options->weakening = PX_RELAXED;
  char *colon = strchr(text, ':');
  if (!colon) return;
  *colon = 0;
  for (int i = 0; i < 5; i++)
    if (strcmp(names[i], colon + 1) == 0) {
      options->weakening = (px_weakening)(i + 1);
      return;
    }
  misuse("no such weakening", colon + 1);
}

enum { SAMPLED = 1, QUICK, JSON, SEED, GROUP, CLIENT, BOUND, STALE, SPURIOUS, MUTANT, REPLAY, WALKS, SECONDS, LIST, SITES, HELP };

static request parse(int count, char **arguments) {
  static const struct option known[] = {
      {"sampled", no_argument, 0, SAMPLED}, {"quick", no_argument, 0, QUICK},
      {"json", no_argument, 0, JSON}, {"seed", required_argument, 0, SEED},
      {"group", required_argument, 0, GROUP}, {"client", required_argument, 0, CLIENT},
      {"bound", required_argument, 0, BOUND}, {"stale", required_argument, 0, STALE},
      {"spurious", required_argument, 0, SPURIOUS}, {"mutant", required_argument, 0, MUTANT},
      {"replay", required_argument, 0, REPLAY}, {"walks", required_argument, 0, WALKS},
      {"seconds", required_argument, 0, SECONDS}, {"list", no_argument, 0, LIST},
      {"sites", no_argument, 0, SITES}, {"help", no_argument, 0, HELP}, {0}};
  request asked = {.options = px_default_options(), .seed = 1, .walks = 8000, .stale = -1, .bound = -1};
  asked.options.executions = UINT64_MAX;
  asked.options.seconds = 120;
  bool counted = false;
  for (int option; (option = getopt_long(count, arguments, "", known, NULL)) != -1;) {
    switch (option) {
      case SAMPLED: asked.quick = true; if (!counted) asked.walks = 2000; break;
      case QUICK: asked.quick = true; asked.walks = 0; break;
      case JSON: asked.json = true; break;
      case SEED: asked.seed = number("--seed", optarg); break;
      case GROUP: asked.group = optarg; break;
      case CLIENT: asked.client = optarg; break;
      case BOUND: asked.bound = (int)number("--bound", optarg); break;
      case STALE: asked.stale = (int)number("--stale", optarg); break;
      case SPURIOUS: asked.options.spurious_wakes = (int)number("--spurious", optarg); break;
      case MUTANT: set_mutant(&asked.options, optarg); break;
      case REPLAY: asked.replay = optarg; break;
      case WALKS: asked.walks = number("--walks", optarg); counted = true; break;
      case SECONDS: asked.options.seconds = (double)number("--seconds", optarg); break;
      case LIST: asked.list = true; break;
      case SITES: asked.sites = true; break;
      case HELP: fputs(usage, stdout); exit(0);
      default: fputs(usage, stderr); exit(2);
    }
  }
  if (optind < count) misuse("not an option", arguments[optind]);
  if (asked.client && !counted) asked.walks = 0;
  return asked;
}

/// The simulator's own tests have faults by design, and are not part of a run over the core.
static bool is_of_the_core(const px_group *group) {
  return strcmp(group->name, "litmus") != 0 && strcmp(group->name, "futex") != 0;
}

int main(int count, char **arguments) {
  request asked = parse(count, arguments);
  if (asked.list) {
    list();
    return 0;
  }
  bool passed = true, found = false;
  for (int i = 0; i < px_group_count(); i++) {
    px_group group = px_group_at(i);
    if (asked.client) {
      for (int j = 0; j < group.count; j++)
        if (strcmp(group.clients[j].name, asked.client) == 0) {
          found = true;
          passed = explore_client(&asked, &group, &group.clients[j]);
        }
    } else if (asked.group ? strcmp(asked.group, group.name) == 0 : is_of_the_core(&group)) {
      found = true;
      passed &= explore_group(&asked, &group);
    }
  }
  if (!found) misuse("no such client or group", asked.client ? asked.client : asked.group);
  return passed ? 0 : 1;
}

// A peer: a process that measures one runtime, as the controller asks it to. Benchmarks/README.md has the protocol.
#pragma once

#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <iostream>
#include <sstream>
#include "forkjoin.h"
#include "loops.h"
#include "matrices.h"
#include "mergesort.h"
#include "quiet.h"
#include "submissions.h"

namespace peers {

struct Family {
  std::string name;
  std::function<Answer(Request)> run;     // empty: the runtime has nothing of the kind
  std::function<Answer(Request)> serial;  // empty: there is no such thing
};

using Families = std::vector<Family>;

template <class R>
Families forkFamilies() {
  return {
      {"fib", fibFamily<R>, fibFamily<Serial>},
      {"skynet", skynetFamily<R>, skynetFamily<Serial>},
      {"nqueens", queensFamily<R>, queensFamily<Serial>},
      {"matmul", matmulFamily<R>, matmulFamily<Serial>},
      {"mergesort", mergeSortFamily<R>, mergeSortFamily<Serial>},
      {"uts", treeFamily<R>, treeFamily<Serial>},
      {"strassen", strassenFamily<R>, strassenFamily<Serial>},
      {"knapsack", knapsackFamily<R>, knapsackFamily<Serial>},
  };
}

template <class R>
Families loopFamilies() {
  using S = SerialLoops;
  Families families = {
      {"loop.static", staticFamily<R>, staticFamily<S>},
      {"loop.dynamic", dynamicFamily<R>, dynamicFamily<S>},
      {"loop.quiet", quietFamily<R, 1'000'000>, quietFamily<S, 1'000'000>},
      {"loop.parked", quietFamily<R, 100'000'000>, quietFamily<S, 100'000'000>},
      {"loop.tailed", tailedFamily<R>, tailedFamily<S>},
      {"loop.nested", nestedFamily<R>, nestedFamily<S>},
      {"loop.stencil", stencilFamily<R>, stencilFamily<S>},
      {"loop.reduce", reduceFamily<R>, reduceFamily<S>},
      {"loop.crowd", crowdFamily<R>, crowdFamily<S>},
      {"duty", dutyFamily<R>, dutyFamily<S>},
  };
  for (const char* nanoseconds : {"0", "10", "100", "1000", "10000", "100000", "1000000"}) {
    families.push_back({std::string("loop.grain.") + nanoseconds, grainFamily<R>, grainFamily<S>});
  }
  return families;
}

template <class R>
Families submitFamilies() {
  return {
      {"submit.1", submitFamily<R>, {}},
      {"submit.8", submitByEightFamily<R>, {}},
      {"submit.latency", latencyFamily<R>, {}},
      {"wake", wakeFamily<R>, {}},
  };
}

inline Families quietFamilies() { return {{"idle", idleFamily, {}}}; }

inline Families operator+(Families a, const Families& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

[[noreturn]] inline void fail(const std::string& text) {
  std::cerr << "error: " << text << "\n";
  std::exit(2);
}

inline void readCommandLine(int count, char** arguments) {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0) fail("the affinity of this process cannot be read");
  for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
    if (CPU_ISSET(cpu, &set)) options.cpus.push_back(cpu);
  }
  for (int i = 1; i < count; i++) {
    std::string argument = arguments[i];
    if (argument == "--pin") options.pin = true;
    else if (argument == "--tuned") options.tuned = true;
    else if (argument == "--workers" && i + 1 < count) options.workers = unsigned(std::atoi(arguments[++i]));
    else fail("unknown argument " + argument + "; usage: --workers N [--pin] [--tuned]");
  }
  if (options.workers < 1 || options.workers > 1024) fail("--workers N, from 1 to 1024");
}

/// For runtimes that have nothing to tune: asked for it, the peer says so and ends.
inline void refuseTuning() {
  if (!options.tuned) return;
  std::cout << "unsupported" << std::endl;
  std::exit(0);
}

/// Deep trees need deep stacks, and some runtimes read their settings before `main` runs: so this program starts once
/// more, with the stack's limit raised as far as that may be, and with these variables set.
inline void beginAgain(char** arguments, const std::vector<std::pair<std::string, std::string>>& environment) {
  constexpr const char* mark = "PEER_HAS_BEGUN_AGAIN";
  if (std::getenv(mark) != nullptr) return;
  setenv(mark, "1", 1);
  for (const auto& [name, value] : environment) setenv(name.c_str(), value.c_str(), 1);
  rlimit limit;
  if (getrlimit(RLIMIT_STACK, &limit) == 0) {
    limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 256 << 20);
    setrlimit(RLIMIT_STACK, &limit);
  }
  execv("/proc/self/exe", arguments);
  fail(std::string("cannot execute /proc/self/exe: ") + std::strerror(errno));
}

/// Stack of each worker, where the runtime can be told.
constexpr size_t workerStack = 64 << 20;

inline void pinThisThread(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  sched_setaffinity(0, sizeof set, &set);
}
inline void unpinThisThread() {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (int cpu : options.cpus) CPU_SET(cpu, &set);
  sched_setaffinity(0, sizeof set, &set);
}

inline std::string reply(const Families& families, const std::string& line) {
  std::istringstream words(line);
  std::string verb, name;
  Request request;
  words >> verb;
  if (verb == "list") {
    std::string list = "families";
    for (const Family& family : families) list += " " + family.name;
    return list;
  }
  if (verb != "run" && verb != "serial") return "error unknown request: " + line;
  if (!(words >> name >> request.size)) return "error needed: FAMILY SIZE [REPEATS]";
  words >> request.repeats;
  auto family = std::find_if(families.begin(), families.end(), [&](const Family& f) { return f.name == name; });
  if (family == families.end()) return "unsupported";
  const auto& run = verb == "run" ? family->run : family->serial;
  if (!run) return "unsupported";
  Answer answer = run(request);
  return "ok " + std::to_string(answer.nanoseconds) + " " + std::to_string(answer.result) +
         " cpu=" + std::to_string(answer.cpu) + answer.keys;
}

inline void serve(const std::string& name, const std::string& version, const Families& families) {
  std::cout << "ready " << name << " " << (version.empty() ? "-" : version) << std::endl;
  std::string line;
  while (std::getline(std::cin, line) && line != "quit") std::cout << reply(families, line) << std::endl;
}

}  // namespace peers

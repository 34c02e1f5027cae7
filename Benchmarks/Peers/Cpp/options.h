// How a peer was started, and the threads and the process that come of it.
#pragma once

#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace peers {

/// What the command line says.
struct Options {
  unsigned workers = 0;  // slots in all, the caller's included
  bool pin = false;
  bool tuned = false;
  std::vector<int> cpus;  // those that this process may use, in ascending order
};

inline Options options;

[[noreturn]] inline void fail(const std::string& text) {
  std::cerr << "error: " << text << "\n";
  std::exit(2);
}

/// Set in a program that `beginAgain` has started: its CPUs, since a runtime may have bound this thread before `main`.
constexpr const char* begunAgain = "PEER_CPUS";

inline void readUsableCpus() {
  if (const char* cpus = std::getenv(begunAgain)) {
    std::istringstream words(cpus);
    for (int cpu; words >> cpu;) options.cpus.push_back(cpu);
    return;
  }
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0) fail("the affinity of this process cannot be read");
  for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
    if (CPU_ISSET(cpu, &set)) options.cpus.push_back(cpu);
  }
}

inline void readCommandLine(int count, char** arguments) {
  readUsableCpus();
  for (int i = 1; i < count; i++) {
    std::string argument = arguments[i];
    if (argument == "--pin") options.pin = true;
    else if (argument == "--tuned") options.tuned = true;
    else if (argument == "--workers" && i + 1 < count) options.workers = unsigned(std::atoi(arguments[++i]));
    else fail("unknown argument " + argument + "; usage: --workers N [--pin] [--tuned]");
  }
  if (options.workers < 1 || options.workers > 1024) fail("--workers N, from 1 to 1024");
}

/// The CPU of the worker with that index, for runtimes that can be told.
inline int cpuOf(unsigned worker) { return options.cpus[worker % options.cpus.size()]; }

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

/// Binds this thread for as long as it lives, where threads are to be bound.
class Bound {
 public:
  explicit Bound(unsigned worker) {
    if (options.pin) pinThisThread(cpuOf(worker));
  }
  ~Bound() {
    if (options.pin) unpinThisThread();
  }
  Bound(const Bound&) = delete;
};

/// Deep trees need deep stacks, and some runtimes read their settings before `main` runs: so this program starts once
/// more, with the stack's limit raised as far as that may be, and with these variables set.
inline void beginAgain(char** arguments, const std::vector<std::pair<std::string, std::string>>& environment) {
  if (std::getenv(begunAgain) != nullptr) return;
  std::string cpus;
  for (int cpu : options.cpus) cpus += std::to_string(cpu) + " ";
  setenv(begunAgain, cpus.c_str(), 1);
  for (const auto& [name, value] : environment) setenv(name.c_str(), value.c_str(), 1);
  rlimit limit;
  if (getrlimit(RLIMIT_STACK, &limit) == 0) {
    limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 256 << 20);
    setrlimit(RLIMIT_STACK, &limit);
  }
  // By its path, so that the process keeps its name.
  std::error_code error;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
  if (!error) execv(program.c_str(), arguments);
  fail(program.string() + " cannot be started again: " + std::strerror(errno));
}

/// Stack of each worker, where the runtime can be told.
constexpr size_t workerStack = 64 << 20;

}  // namespace peers

// OpenMP: the same source for gcc's libgomp and clang's libomp.
#include <omp.h>
#include "peer.h"

using namespace peers;

#ifdef LIBOMP_LACKS_DISPATCH_DEINIT
// Compilers newer than the runtime call this at the end of a dynamic loop. An older runtime has nothing to do there.
extern "C" void __kmpc_dispatch_deinit(void*, int) {}
#endif

namespace {

struct OpenMP {
  static constexpr bool isSerial = false;

  /// A team, of which one thread begins.
  template <class Body>
  static uint64_t root(const Body& body) {
    uint64_t result = 0;
#pragma omp parallel
#pragma omp single
    result = body();
    return result;
  }
  template <class A, class B>
  static void fork2(const A& a, const B& b) {
#pragma omp task default(shared)
    b();
    a();
#pragma omp taskwait
  }
  template <class A, class B>
  static Both join(const A& a, const B& b) {
    return joinByFork<OpenMP>(a, b);
  }
  template <class F>
  static uint64_t sumOver(uint64_t first, uint64_t last, const F& f) {
    auto spawn = [](const auto& job) {
#pragma omp task firstprivate(job)
      job();
    };
    auto wait = [] {
#pragma omp taskwait
    };
    return sumBySpawns(first, last, f, spawn, wait);
  }

  template <class Body>
  static void staticRange(uint64_t n, const Body& body) {
#pragma omp parallel
    {
      const uint64_t threads = uint64_t(omp_get_num_threads()), thread = uint64_t(omp_get_thread_num());
      body(n * thread / threads, n * (thread + 1) / threads);
    }
  }
  template <class Body>
  static void dynamicLoop(uint64_t n, const Body& body) {
#pragma omp parallel for schedule(dynamic, 1)
    for (uint64_t i = 0; i < n; i++) body(i);
  }
  template <class Body>
  static void forEach(uint64_t n, const Body& body) {
#pragma omp parallel for
    for (uint64_t i = 0; i < n; i++) body(i);
  }
  template <class Map>
  static uint64_t sum(uint64_t n, const Map& map) {
    uint64_t sum = 0;
#pragma omp parallel for reduction(+ : sum)
    for (uint64_t i = 0; i < n; i++) sum += map(i);
    return sum;
  }
  template <class Map>
  static uint64_t sumTailed(uint64_t n, const Map& map) {
    if (options.tuned) return sumGuided(n, map);
    uint64_t sum = 0;
#pragma omp parallel for schedule(dynamic) reduction(+ : sum)
    for (uint64_t i = 0; i < n; i++) sum += map(i);
    return sum;
  }
  template <class Map>
  static uint64_t sumGuided(uint64_t n, const Map& map) {
    uint64_t sum = 0;
#pragma omp parallel for schedule(guided) reduction(+ : sum)
    for (uint64_t i = 0; i < n; i++) sum += map(i);
    return sum;
  }
  /// As written, the inner loop runs on the thread that meets it: nested teams are off by default, and OpenMP's way out
  /// is to make one loop of the two.
  template <class Map>
  static uint64_t sumNested(uint64_t n, const Map& map) {
    if (!options.tuned) return sum(n, [&](uint64_t i) { return sum(n, [&](uint64_t j) { return map(i, j); }); });
    uint64_t sum = 0;
#pragma omp parallel for collapse(2) reduction(+ : sum)
    for (uint64_t i = 0; i < n; i++) {
      for (uint64_t j = 0; j < n; j++) sum += map(i, j);
    }
    return sum;
  }
  /// One team for all phases, with the barriers that end its loops.
  template <class Body>
  static void phases(uint64_t count, uint64_t n, const Body& body) {
#pragma omp parallel
    for (uint64_t phase = 0; phase < count; phase++) {
#pragma omp for schedule(static)
      for (uint64_t i = 0; i < n; i++) body(phase, i, i + 1);
    }
  }
  template <class Body>
  static void tiles(size_t side, size_t tile, const Body& body) {
#pragma omp parallel for collapse(2)
    for (size_t row = 0; row < side; row += tile) {
      for (size_t column = 0; column < side; column += tile) {
        body(row, std::min(row + tile, side), column, std::min(column + tile, side));
      }
    }
  }

  /// A region runs on all threads, which it starts when there are none.
  static void begin(unsigned workers) {
    unsigned ran = 0;
#pragma omp parallel num_threads(workers) reduction(+ : ran)
    ran++;
    if (ran != workers) fail("a region has run on " + std::to_string(ran) + " threads");
  }
  static void end() {
    omp_pause_resource_all(omp_pause_hard);
    // It has bound this thread, and takes what that may use for the whole machine when it begins anew.
    if (options.pin) unpinThisThread();
  }
};

/// The variables that the runtime reads when it starts.
std::vector<std::pair<std::string, std::string>> settings() {
  std::vector<std::pair<std::string, std::string>> settings = {
      {"OMP_NUM_THREADS", std::to_string(options.workers)},
      {"OMP_DYNAMIC", "false"},
      {"OMP_STACKSIZE", std::to_string(workerStack >> 20) + "M"},
  };
  if (options.tuned) settings.push_back({"OMP_WAIT_POLICY", "active"});
  if (options.pin) {
    std::string places;
    for (unsigned worker = 0; worker < options.workers; worker++) {
      places += (worker > 0 ? ",{" : "{") + std::to_string(cpuOf(worker)) + "}";
    }
    settings.push_back({"OMP_PLACES", places});
    settings.push_back({"OMP_PROC_BIND", "close"});
  }
  return settings;
}

}  // namespace

int main(int count, char** arguments) {
  readCommandLine(count, arguments);
  beginAgain(arguments, settings());
  staticFamily<OpenMP>({1000, 0});
  serve(PEER_NAME, PEER_VERSION,
        forkFamilies<OpenMP>() + loopFamilies<OpenMP>() + guidedFamilies<OpenMP>() + tileFamilies<OpenMP>() +
            startFamilies<OpenMP>() + quietFamilies());
}

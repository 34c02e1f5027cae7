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
    uint64_t results[mostBranches];
    for (uint64_t i = first; i + 1 < last; i++) {
#pragma omp task default(shared) firstprivate(i)
      results[i - first] = f(i);
    }
    uint64_t sum = f(last - 1);
#pragma omp taskwait
    for (uint64_t i = first; i + 1 < last; i++) sum += results[i - first];
    return sum;
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
  template <class Op, class Map>
  static uint64_t reduce(uint64_t n, const Map& map) {
    uint64_t result = 0;
    if constexpr (Op::isSum) {
#pragma omp parallel for reduction(+ : result)
      for (uint64_t i = 0; i < n; i++) result += map(i);
    } else {
#pragma omp parallel for reduction(^ : result)
      for (uint64_t i = 0; i < n; i++) result ^= map(i);
    }
    return result;
  }
  template <class Op, class Map>
  static uint64_t reduceTailed(uint64_t n, const Map& map) {
    static_assert(!Op::isSum);
    uint64_t result = 0;
#pragma omp parallel for schedule(dynamic) reduction(^ : result)
    for (uint64_t i = 0; i < n; i++) result ^= map(i);
    return result;
  }
  /// As written, the inner loop runs on the thread that meets it: nested teams are off by default, and OpenMP's way out
  /// is to make one loop of the two.
  template <class Op, class Map>
  static uint64_t reduceNested(uint64_t n, const Map& map) {
    static_assert(!Op::isSum);
    uint64_t result = 0;
    if (options.tuned) {
#pragma omp parallel for collapse(2) reduction(^ : result)
      for (uint64_t i = 0; i < n; i++) {
        for (uint64_t j = 0; j < n; j++) result ^= map(i, j);
      }
      return result;
    }
#pragma omp parallel for reduction(^ : result)
    for (uint64_t i = 0; i < n; i++) result ^= reduce<Op>(n, [&](uint64_t j) { return map(i, j); });
    return result;
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
  serve(PEER_NAME, PEER_VERSION, forkFamilies<OpenMP>() + loopFamilies<OpenMP>() + quietFamilies());
}

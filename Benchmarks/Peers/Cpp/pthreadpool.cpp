// pthreadpool: loops alone.
#include <pthreadpool.h>
#include <atomic>
#include <memory>
#include "peer.h"

using namespace peers;

namespace {

pthreadpool_t pool;

/// One accumulator a thread.
template <class Op>
class Accumulators {
 public:
  void add(uint64_t value) {
    uint64_t& mine = cells_[threadNumber()].value;
    mine = Op()(mine, value);
  }
  uint64_t total() const {
    uint64_t total = 0;
    for (const Cell& cell : cells_) total = Op()(total, cell.value);
    return total;
  }

 private:
  struct alignas(128) Cell {
    uint64_t value = 0;
  };
  std::vector<Cell> cells_ = std::vector<Cell>(options.workers + 16);
};

struct PthreadPool {
  template <class Body>
  static void staticRange(uint64_t n, const Body& body) {
    const size_t tile = (n + options.workers - 1) / options.workers;
    auto call = [](void* context, size_t first, size_t count) {
      (*static_cast<const Body*>(context))(uint64_t(first), uint64_t(first + count));
    };
    pthreadpool_parallelize_1d_tile_1d(pool, call, const_cast<Body*>(&body), n, tile, 0);
  }
  template <class Body>
  static void dynamicLoop(uint64_t n, const Body& body) {
    auto call = [](void* context, size_t i) { (*static_cast<const Body*>(context))(uint64_t(i)); };
    pthreadpool_parallelize_1d(pool, call, const_cast<Body*>(&body), n, 0);
  }
  template <class Op, class Map>
  static uint64_t reduceByTiles(uint64_t n, size_t tile, const Map& map) {
    struct Context {
      const Map& map;
      Accumulators<Op> results;
    } context = {map, {}};
    auto call = [](void* pointer, size_t first, size_t count) {
      auto& context = *static_cast<Context*>(pointer);
      uint64_t result = 0;
      for (uint64_t i = first; i < first + count; i++) result = Op()(result, context.map(i));
      context.results.add(result);
    };
    pthreadpool_parallelize_1d_tile_1d(pool, call, &context, n, tile, 0);
    return context.results.total();
  }
  /// Its plain loop calls a function for each iteration; its users make tiles for small ones, and choose their size.
  template <class Op, class Map>
  static uint64_t reduce(uint64_t n, const Map& map) {
    return reduceByTiles<Op>(n, options.tuned ? std::max<size_t>(1, n / (8 * options.workers)) : 1, map);
  }
  template <class Op, class Map>
  static uint64_t reduceTailed(uint64_t n, const Map& map) {
    return reduceByTiles<Op>(n, 1, map);
  }
  /// A loop inside of a loop would wait for itself; there are loops over two dimensions instead.
  template <class Op, class Map>
  static uint64_t reduceNested(uint64_t n, const Map& map) {
    struct Context {
      const Map& map;
      Accumulators<Op> results;
    } context = {map, {}};
    auto call = [](void* pointer, size_t i, size_t j) {
      auto& context = *static_cast<Context*>(pointer);
      context.results.add(context.map(i, j));
    };
    pthreadpool_parallelize_2d(pool, call, &context, n, n, 0);
    return context.results.total();
  }
  template <class Body>
  static void phases(uint64_t count, uint64_t n, const Body& body) {
    for (uint64_t phase = 0; phase < count; phase++) {
      staticRange(n, [&](uint64_t lo, uint64_t hi) { body(phase, lo, hi); });
    }
  }
};

/// Every thread takes one iteration, binds itself and waits for the others.
void pin() {
  struct Context {
    std::atomic<unsigned> arrived = 0;
  } context;
  auto call = [](void* pointer, size_t i) {
    auto& context = *static_cast<Context*>(pointer);
    pinThisThread(cpuOf(unsigned(i)));
    context.arrived.fetch_add(1);
    while (context.arrived.load() < options.workers) sched_yield();
  };
  pthreadpool_parallelize_1d(pool, call, &context, options.workers, 0);
}

}  // namespace

int main(int count, char** arguments) {
  readCommandLine(count, arguments);
  beginAgain(arguments, {});
  pool = pthreadpool_create(options.workers);
  if (pool == nullptr) fail("pthreadpool_create failed");
  if (options.pin) pin();
  staticFamily<PthreadPool>({1000, 0});
  serve("pthreadpool", PEER_VERSION, loopFamilies<PthreadPool>() + quietFamilies());
  pthreadpool_destroy(pool);
}

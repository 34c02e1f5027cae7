// pthreadpool: loops alone.
#include <pthreadpool.h>
#include <atomic>
#include <latch>
#include "peer.h"

using namespace peers;

namespace {

pthreadpool_t pool;

/// A sum to which each thread of the pool adds on a line of its own. Nobody else is numbered, so there are no others.
class SharedSum {
 public:
  void add(uint64_t value) { cells_.at(threadNumber()).value += value; }
  uint64_t total() const {
    uint64_t total = 0;
    for (const Cell& cell : cells_) total += cell.value;
    return total;
  }

 private:
  struct alignas(128) Cell {
    uint64_t value = 0;
  };
  std::vector<Cell> cells_ = std::vector<Cell>(options.workers + 1);
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
  template <class Body>
  static void forEach(uint64_t n, const Body& body) {
    if (!options.tuned) return dynamicLoop(n, body);
    auto call = [](void* context, size_t first, size_t count) {
      for (uint64_t i = first; i < first + count; i++) (*static_cast<const Body*>(context))(i);
    };
    pthreadpool_parallelize_1d_tile_1d(pool, call, const_cast<Body*>(&body), n, tileOf(n), 0);
  }

  /// Its plain loop calls a function for each iteration; its users make tiles for small ones, and choose their size.
  static size_t tileOf(uint64_t n) { return options.tuned ? std::max<size_t>(1, n / (8 * options.workers)) : 1; }

  /// What its functions are handed: a map, and where what it gives is added up.
  template <class Map>
  struct Summing {
    const Map& map;
    SharedSum sum;
  };

  template <class Map>
  static uint64_t sumByTiles(uint64_t n, size_t tile, const Map& map) {
    Summing<Map> summing = {map, {}};
    auto call = [](void* context, size_t first, size_t count) {
      auto& summing = *static_cast<Summing<Map>*>(context);
      uint64_t sum = 0;
      for (uint64_t i = first; i < first + count; i++) sum += summing.map(i);
      summing.sum.add(sum);
    };
    pthreadpool_parallelize_1d_tile_1d(pool, call, &summing, n, tile, 0);
    return summing.sum.total();
  }
  template <class Map>
  static uint64_t sum(uint64_t n, const Map& map) {
    return sumByTiles(n, tileOf(n), map);
  }
  template <class Map>
  static uint64_t sumTailed(uint64_t n, const Map& map) {
    return sumByTiles(n, 1, map);
  }
  /// A loop inside of a loop would wait for itself; there are loops over two dimensions instead.
  template <class Map>
  static uint64_t sumNested(uint64_t n, const Map& map) {
    Summing<Map> summing = {map, {}};
    auto call = [](void* context, size_t row, size_t column, size_t rows, size_t columns) {
      auto& summing = *static_cast<Summing<Map>*>(context);
      uint64_t sum = 0;
      for (uint64_t i = row; i < row + rows; i++) {
        for (uint64_t j = column; j < column + columns; j++) sum += summing.map(i, j);
      }
      summing.sum.add(sum);
    };
    // Tuned: as many tiles as in the other loops, each of whole rows.
    pthreadpool_parallelize_2d_tile_2d(pool, call, &summing, n, n, tileOf(n), options.tuned ? n : 1, 0);
    return summing.sum.total();
  }
  template <class Body>
  static void phases(uint64_t count, uint64_t n, const Body& body) {
    for (uint64_t phase = 0; phase < count; phase++) {
      staticRange(n, [&](uint64_t lo, uint64_t hi) { body(phase, lo, hi); });
    }
  }
  template <class Body>
  static void tiles(size_t side, size_t tile, const Body& body) {
    auto call = [](void* context, size_t row, size_t column, size_t rows, size_t columns) {
      (*static_cast<const Body*>(context))(row, row + rows, column, column + columns);
    };
    pthreadpool_parallelize_2d_tile_2d(pool, call, const_cast<Body*>(&body), side, side, tile, tile, 0);
  }

  static inline pthreadpool_t started;
  /// Every thread takes one iteration and waits for the others.
  static void begin(unsigned workers) {
    started = pthreadpool_create(workers);
    if (started == nullptr) fail("pthreadpool_create failed");
    std::latch all(workers);
    auto call = [](void* latch, size_t) { static_cast<std::latch*>(latch)->arrive_and_wait(); };
    pthreadpool_parallelize_1d(started, call, &all, workers, 0);
  }
  static void end() { pthreadpool_destroy(started); }
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
  serve("pthreadpool", PEER_VERSION,
        loopFamilies<PthreadPool>() + tileFamilies<PthreadPool>() + startFamilies<PthreadPool>() + quietFamilies());
  pthreadpool_destroy(pool);
}

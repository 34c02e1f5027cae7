// The loop families. `R` is the runtime:
//
//   R::staticRange(n, body)      body(lo, hi) over parts of 0..<n, divided beforehand, one part a worker
//   R::dynamicLoop(n, body)      body(i), handed out one at a time
//   R::forEach(n, body)          body(i): the loop that its users would write without a word about schedules
//   R::sum(n, map)               the sum of map(i), in the same way
//   R::sumTailed(n, map)         the same for iterations of very unequal length
//   R::sumNested(n, map)         the same of map(i, j) over n * n
//   R::sumGuided(n, map)         the same by its guided schedule, where there is one
//   R::phases(count, n, body)    body(phase, lo, hi): `staticRange` again and again
#pragma once

#include <atomic>
#include <memory>
#include <vector>
#include "arithmetic.h"
#include "crowd.h"
#include "measure.h"
#include "options.h"

namespace peers {

struct SerialLoops {
  template <class Body>
  static void staticRange(uint64_t n, Body body) {
    body(uint64_t(0), n);
  }
  template <class Body>
  static void dynamicLoop(uint64_t n, Body body) {
    for (uint64_t i = 0; i < n; i++) body(i);
  }
  template <class Body>
  static void forEach(uint64_t n, Body body) {
    dynamicLoop(n, body);
  }
  template <class Map>
  static uint64_t sum(uint64_t n, Map map) {
    uint64_t sum = 0;
    for (uint64_t i = 0; i < n; i++) sum += map(i);
    return sum;
  }
  template <class Map>
  static uint64_t sumTailed(uint64_t n, Map map) {
    return sum(n, map);
  }
  template <class Map>
  static uint64_t sumGuided(uint64_t n, Map map) {
    return sum(n, map);
  }
  template <class Map>
  static uint64_t sumNested(uint64_t n, Map map) {
    return sum(n, [=](uint64_t i) { return sum(n, [=](uint64_t j) { return map(i, j); }); });
  }
  template <class Body>
  static void phases(uint64_t count, uint64_t n, Body body) {
    for (uint64_t phase = 0; phase < count; phase++) body(phase, uint64_t(0), n);
  }
  template <class Body>
  static void tiles(size_t side, size_t tile, Body body) {
    for (size_t row = 0; row < side; row += tile) {
      for (size_t column = 0; column < side; column += tile) {
        body(row, std::min(row + tile, side), column, std::min(column + tile, side));
      }
    }
  }
};

/// Numbers threads in the order in which they first ask, from 1.
inline uint16_t threadNumber() {
  static std::atomic<uint16_t> last = 0;
  static thread_local uint16_t number = 0;
  if (number == 0) number = last.fetch_add(1, std::memory_order_relaxed) + 1;
  return number;
}

/// A counter for each iteration of a region, on lines of its own; and which thread ran it in each region. The notes are
/// read when all regions are over, so that the check does not move lines between the workers.
class Tallies {
 public:
  Tallies(uint64_t iterations, uint64_t regions) : tallies_(iterations) {
    for (Tally& tally : tallies_) {
      tally.notes = std::make_unique<uint16_t[]>(regions + 2 * line);
      tally.threads = tally.notes.get() + line;
    }
  }
  void count(uint64_t iteration) {
    Tally& tally = tallies_[iteration];
    uint64_t count = tally.count + 1;
    keep(count);  // so that no compiler adds up several regions
    tally.count = count;
  }
  void count(uint64_t iteration, uint64_t region) {
    count(iteration);
    tallies_[iteration].threads[region] = threadNumber();
  }
  uint64_t sum() const {
    uint64_t sum = 0;
    for (const Tally& tally : tallies_) sum += tally.count;
    return sum;
  }
  /// Regions whose iterations were all run by different threads.
  uint64_t shared(uint64_t regions) const {
    uint64_t shared = 0;
    std::vector<uint16_t> threads(tallies_.size());
    for (uint64_t region = 0; region < regions; region++) {
      for (size_t i = 0; i < threads.size(); i++) threads[i] = tallies_[i].threads[region];
      std::sort(threads.begin(), threads.end());
      shared += std::adjacent_find(threads.begin(), threads.end()) == threads.end();
    }
    return shared;
  }

 private:
  static constexpr size_t line = 128 / sizeof(uint16_t);
  struct alignas(128) Tally {
    uint64_t count = 0;
    uint16_t* threads = nullptr;
    std::unique_ptr<uint16_t[]> notes;
  };
  std::vector<Tally> tallies_;
};

// MARK: Regions

template <class R>
void staticRegion(Tallies& tallies, uint64_t region) {
  R::staticRange(options.workers, [&tallies, region](uint64_t lo, uint64_t hi) {
    for (uint64_t i = lo; i < hi; i++) tallies.count(i, region);
  });
}

template <class R>
Answer staticFamily(Request request) {
  Tallies tallies(options.workers, request.size);
  Answer answer = timed([&] {
    for (uint64_t region = 0; region < request.size; region++) staticRegion<R>(tallies, region);
    return uint64_t(0);
  });
  answer.result = tallies.sum();
  answer.keys = " both=" + std::to_string(tallies.shared(request.size));
  return answer;
}

/// Regions that come one by one, after some quiet.
template <class R, uint64_t quietNanoseconds>
Answer quietFamily(Request request) {
  Tallies tallies(options.workers, request.size);
  Laps laps(request.size);
  for (uint64_t region = 0; region < request.size; region++) {
    nap(quietNanoseconds);
    laps.time([&] { staticRegion<R>(tallies, region); });
  }
  Answer answer = laps.answer(tallies.sum());
  answer.keys += " both=" + std::to_string(tallies.shared(request.size));
  return answer;
}

template <class R>
Answer dynamicFamily(Request request) {
  const uint64_t iterations = 2 * options.workers;
  Tallies tallies(iterations, 0);
  return timed([&] {
    for (uint64_t region = 0; region < request.size; region++) {
      R::dynamicLoop(iterations, [&tallies](uint64_t i) { tallies.count(i); });
    }
    return tallies.sum();
  });
}

/// Regions that eight threads from outside ask for at the same time.
template <class R>
Answer crowdFamily(Request request) {
  std::vector<Tallies> tallies;
  for (uint64_t member = 0; member < Crowd::size; member++) tallies.emplace_back(options.workers, 0);
  Crowd crowd([&](uint64_t member) {
    for (uint64_t region = 0; region < request.size / Crowd::size; region++) {
      R::staticRange(options.workers, [&mine = tallies[member]](uint64_t lo, uint64_t hi) {
        for (uint64_t i = lo; i < hi; i++) mine.count(i);
      });
    }
  });
  Answer answer = timed([&] {
    crowd.begin();
    crowd.join();
    return uint64_t(0);
  });
  for (const Tallies& mine : tallies) answer.result += mine.sum();
  return answer;
}

// MARK: Work in the loop

template <class R>
Answer grainFamily(Request request) {
  return timed([&] {
    return R::sum(request.size, [=](uint64_t i) { return work(i, request.repeats); });
  });
}

template <class R>
Answer tailedFamily(Request request) {
  return timed([&] {
    return R::sumTailed(request.size, [=](uint64_t i) { return work(i, tailedRounds(i, request.repeats)); });
  });
}

template <class R>
Answer guidedFamily(Request request) {
  return timed([&] {
    return R::sumGuided(request.size, [=](uint64_t i) { return work(i, tailedRounds(i, request.repeats)); });
  });
}

template <class R>
Answer nestedFamily(Request request) {
  return timed([&] {
    return R::sumNested(request.size,
                        [=](uint64_t i, uint64_t j) { return work(i * request.size + j, request.repeats); });
  });
}

template <class R>
Answer reduceFamily(Request request) {
  return timed([&] { return R::sum(request.size, [](uint64_t i) { return singleRnd(i); }); });
}

// MARK: Stencil

constexpr size_t gridSide = 512;

inline void relaxRow(const uint64_t* __restrict from, uint64_t* __restrict to) {
  for (size_t j = 1; j + 1 < gridSide; j++) {
    to[j] = (4 * from[j] + from[j - gridSide] + from[j + gridSide] + from[j + 1] + from[j - 1]) >> 3;
  }
}

/// Jacobi's method on a grid of whole numbers; each phase reads what the one before has written.
template <class R>
Answer stencilFamily(Request request) {
  std::vector<uint64_t> grid(gridSide * gridSide);
  for (size_t i = 0; i < grid.size(); i++) grid[i] = rnd(i) >> 8;
  std::vector<uint64_t> other = grid;
  uint64_t* grids[] = {grid.data(), other.data()};
  Answer answer = timed([&] {
    R::phases(request.size, gridSide - 2, [&grids](uint64_t phase, uint64_t lo, uint64_t hi) {
      const uint64_t* from = grids[phase % 2];
      uint64_t* to = grids[(phase + 1) % 2];
      for (uint64_t row = lo + 1; row <= hi; row++) relaxRow(from + row * gridSide, to + row * gridSide);
    });
    return uint64_t(0);
  });
  for (size_t i = 0; i < grid.size(); i++) answer.result += grids[request.size % 2][i];
  return answer;
}

}  // namespace peers

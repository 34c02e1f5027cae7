// Jobs that threads from outside hand in. `R` is the runtime: `R::submit(job)` queues a job and returns; it is called
// between `R::openQueue()` and `R::closeQueue()`, which let a runtime have as many workers as slots then, because the
// caller does not work.
#pragma once

#include <array>
#include <atomic>
#include <semaphore>
#include "crowd.h"
#include "loops.h"
#include "measure.h"

namespace peers {

/// Counts jobs, each thread on lines of its own. Threads whose numbers fall together still count right.
class JobCount {
 public:
  void add() { counts_[threadNumber() % counts_.size()].jobs.fetch_add(1, std::memory_order_relaxed); }
  uint64_t sum() const {
    uint64_t sum = 0;
    for (const Count& count : counts_) sum += count.jobs.load(std::memory_order_relaxed);
    return sum;
  }
  /// Looks from time to time, rather than all the time: the CPU is for the workers.
  void awaitSum(uint64_t expected) const {
    while (sum() < expected) nap(20'000);
  }

 private:
  struct alignas(128) Count {
    std::atomic<uint64_t> jobs = 0;
  };
  std::array<Count, 128> counts_;
};

template <class R>
struct OpenQueue {
  OpenQueue() { R::openQueue(); }
  ~OpenQueue() { R::closeQueue(); }
};

template <class R>
Answer submitFamily(Request request) {
  OpenQueue<R> open;
  JobCount count;
  return timed([&] {
    for (uint64_t job = 0; job < request.size; job++) R::submit([&count] { count.add(); });
    count.awaitSum(request.size);
    return count.sum();
  });
}

template <class R>
Answer submitByEightFamily(Request request) {
  OpenQueue<R> open;
  JobCount count;
  Crowd producers([&](uint64_t producer) {
    const uint64_t share = request.size / Crowd::size + (producer < request.size % Crowd::size);
    for (uint64_t job = 0; job < share; job++) R::submit([&count] { count.add(); });
  });
  return timed([&] {
    producers.begin();
    count.awaitSum(request.size);
    return count.sum();
  });
}

/// One job at a time, waited for.
template <class R>
Answer latencyFamily(Request request) {
  OpenQueue<R> open;
  Laps laps(request.size);
  for (uint64_t job = 0; job < request.size; job++) {
    laps.time([] {
      std::binary_semaphore done(0);
      R::submit([&done] { done.release(); });
      done.acquire();
    });
  }
  return laps.answer(request.size);
}

/// How long it takes until a job begins in a pool that has been quiet.
template <class R>
Answer wakeFamily(Request request) {
  OpenQueue<R> open;
  Laps laps(request.size);
  for (uint64_t job = 0; job < request.size; job++) {
    nap(20'000'000);
    std::binary_semaphore done(0);
    uint64_t begun = 0;
    uint64_t submitted = now();
    R::submit([&done, &begun] {
      begun = now();
      done.release();
    });
    done.acquire();
    laps.add(begun - submitted);
  }
  return laps.answer(request.size);
}

}  // namespace peers

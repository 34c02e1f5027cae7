// Jobs that threads from outside hand in. `R` is the runtime: `R::submit(job)` queues a job and returns, `R::submitMany(n,
// job)` queues one n times; they are called between `R::openQueue()` and `R::closeQueue()`, which let a runtime have as
// many workers as slots then, because the caller does not work.
#pragma once

#include <array>
#include <atomic>
#include <numeric>
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

/// In batches, which a runtime may hand in at once.
template <class R>
Answer submitBatchFamily(Request request) {
  constexpr uint64_t batch = 1000;
  OpenQueue<R> open;
  JobCount count;
  return timed([&] {
    for (uint64_t done = 0; done < request.size; done += batch) {
      R::submitMany(std::min(batch, request.size - done), [&count] { count.add(); });
    }
    count.awaitSum(request.size);
    return count.sum();
  });
}

/// What one of the crowd's producers hands in of so many jobs.
inline uint64_t shareOf(uint64_t jobs, uint64_t producer) {
  return jobs / Crowd::size + (producer < jobs % Crowd::size);
}

template <class R>
Answer submitByEightFamily(Request request) {
  OpenQueue<R> open;
  JobCount count;
  Crowd producers([&](uint64_t producer) {
    const uint64_t share = shareOf(request.size, producer);
    for (uint64_t job = 0; job < share; job++) R::submit([&count] { count.add(); });
  });
  return timed([&] {
    producers.begin();
    count.awaitSum(request.size);
    return count.sum();
  });
}

/// One job at a time, waited for; the result is how many have run.
template <class R>
uint64_t submitAndWait(Laps& laps, uint64_t jobs) {
  uint64_t ran = 0;
  for (uint64_t job = 0; job < jobs; job++) {
    laps.time([&ran] {
      std::binary_semaphore done(0);
      R::submit([&done, &ran] {
        ran++;
        done.release();
      });
      done.acquire();
    });
  }
  return ran;
}

template <class R>
Answer latencyFamily(Request request) {
  OpenQueue<R> open;
  Laps laps(request.size);
  const uint64_t ran = submitAndWait<R>(laps, request.size);
  return laps.answer(ran);
}

/// The same by eight threads at a time.
template <class R>
Answer latencyOfEightFamily(Request request) {
  OpenQueue<R> open;
  std::array<Laps, Crowd::size> laps;
  std::array<uint64_t, Crowd::size> ran;
  Crowd producers([&](uint64_t producer) {
    ran[producer] = submitAndWait<R>(laps[producer], shareOf(request.size, producer));
  });
  Answer answer = timed([&] {
    producers.begin();
    producers.join();
    return std::accumulate(ran.begin(), ran.end(), uint64_t(0));
  });
  Laps all;
  for (const Laps& mine : laps) all.add(mine);
  answer.keys = all.keys();
  return answer;
}

/// How long it takes until a job begins in a pool that has been quiet.
template <class R>
Answer wakeFamily(Request request) {
  OpenQueue<R> open;
  Laps laps(request.size);
  uint64_t ran = 0;
  for (uint64_t job = 0; job < request.size; job++) {
    nap(20'000'000);
    std::binary_semaphore done(0);
    uint64_t begun = 0;
    uint64_t submitted = now();
    R::submit([&done, &begun, &ran] {
      begun = now();
      ran++;
      done.release();
    });
    done.acquire();
    laps.add(begun - submitted);
  }
  return laps.answer(ran);
}

}  // namespace peers

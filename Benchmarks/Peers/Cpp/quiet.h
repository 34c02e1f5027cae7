// What a pool costs while there is little to do.
#pragma once

#include "loops.h"

namespace peers {

/// Time without work, after a rest in which the workers may have gone to sleep.
inline Answer idleFamily(Request request) {
  nap(300'000'000);
  return timed([&] {
    nap(request.size * 1'000'000);
    return uint64_t(0);
  });
}

/// Rounds of `work` that take so long on this thread now.
inline uint64_t roundsIn(uint64_t nanoseconds) {
  constexpr uint64_t rounds = 1'000'000;
  uint64_t begin = now(), x = work(1, rounds);
  keep(x);
  return rounds * nanoseconds / std::max<uint64_t>(now() - begin, 1);
}

/// A hundredth of one CPU's time: every 10 ms, by the clock, a loop with 100 us of work in all.
template <class R>
Answer dutyFamily(Request request) {
  constexpr uint64_t period = 10'000'000, iterations = 16;
  const uint64_t rounds = request.repeats != 0 ? request.repeats : roundsIn(100'000 / iterations);
  return timed([&] {
    uint64_t result = 0, begin = now();
    for (uint64_t at = 0; at < request.size * 1'000'000; at += period) {
      if (uint64_t passed = now() - begin; passed < at) nap(at - passed);
      result += R::sum(iterations, [=](uint64_t i) { return work(i, rounds); });
    }
    if (uint64_t passed = now() - begin; passed < request.size * 1'000'000) nap(request.size * 1'000'000 - passed);
    return result;
  });
}

}  // namespace peers

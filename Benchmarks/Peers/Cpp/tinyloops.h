// Loops too short to be shared: what is asked of a runtime is to stay out of the way. `R::forEach(n, body)` is the loop that
// its users would write without a word about schedules.
#pragma once

#include "loops.h"

namespace peers {

template <class R, uint64_t iterations>
Answer tinyFamily(Request request) {
  std::vector<uint64_t> cells(iterations);
  for (uint64_t i = 0; i < iterations; i++) cells[i] = rnd(i);
  uint64_t count = iterations;
  keep(count);  // or the serial loop would be unrolled as no user's is
  Answer answer = timed([&, at = cells.data()] {
    for (uint64_t loop = 0; loop < request.size; loop++) {
      R::forEach(count, [at, rounds = request.repeats](uint64_t i) { at[i] = work(at[i], rounds); });
    }
    return uint64_t(0);
  });
  for (uint64_t cell : cells) answer.result += cell;
  return answer;
}

}  // namespace peers

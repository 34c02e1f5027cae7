// What it takes to make a pool. `R::begin(workers)` makes one and returns when each of its workers has run something;
// `R::end()` ends it, and returns when its threads have ended.
#pragma once

#include <latch>
#include "measure.h"
#include "options.h"

namespace peers {

/// SIZE workers, REPEATS times; the time is that of one making. The first is not counted: it loads what stays loaded.
template <class R>
Answer startFamily(Request request) {
  const uint64_t times = request.repeats > 0 ? request.repeats : 10;
  R::begin(unsigned(request.size));
  R::end();
  Laps laps(times);
  for (uint64_t time = 0; time < times; time++) {
    laps.time([&] { R::begin(unsigned(request.size)); });
    R::end();
  }
  Answer answer = laps.answer(request.size);
  answer.nanoseconds = laps.middle();
  return answer;
}

}  // namespace peers

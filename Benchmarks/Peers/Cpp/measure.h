// Clocks, what a run is asked, and what it answers.
#pragma once

#include <time.h>
#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace peers {

struct Request {
  uint64_t size = 0;
  uint64_t repeats = 0;
};

struct Answer {
  uint64_t nanoseconds = 0;
  uint64_t result = 0;
  uint64_t cpu = 0;
  std::string keys;  // " KEY=VALUE" each
};

inline uint64_t readClock(clockid_t clock) {
  timespec time;
  clock_gettime(clock, &time);
  return uint64_t(time.tv_sec) * 1'000'000'000 + uint64_t(time.tv_nsec);
}
inline uint64_t now() { return readClock(CLOCK_MONOTONIC); }
inline uint64_t processTime() { return readClock(CLOCK_PROCESS_CPUTIME_ID); }

inline void nap(uint64_t nanoseconds) {
  timespec time = {time_t(nanoseconds / 1'000'000'000), long(nanoseconds % 1'000'000'000)};
  nanosleep(&time, nullptr);
}

inline uint64_t median(std::vector<uint64_t> values) {
  if (values.empty()) return 0;
  auto middle = values.begin() + values.size() / 2;
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// Times `body`, which returns the result.
template <class Body>
Answer timed(Body body) {
  Answer answer;
  uint64_t cpu = processTime(), begin = now();
  answer.result = body();
  answer.nanoseconds = now() - begin;
  answer.cpu = processTime() - cpu;
  return answer;
}

/// Many short parts, timed one by one. The CPU time is that of all that lies between the first and the last, since what
/// a pool burns while it is left alone is part of its price (and since asking for it costs as much as a short part).
class Laps {
 public:
  explicit Laps(uint64_t expected = 0) : cpu_(processTime()) { laps_.reserve(expected); }
  template <class Body>
  void time(Body body) {
    uint64_t begin = now();
    body();
    laps_.push_back(now() - begin);
  }
  void add(uint64_t nanoseconds) { laps_.push_back(nanoseconds); }
  void add(const Laps& others) { laps_.insert(laps_.end(), others.laps_.begin(), others.laps_.end()); }
  Answer answer(uint64_t result) const {
    Answer answer;
    answer.cpu = processTime() - cpu_;
    for (uint64_t lap : laps_) answer.nanoseconds += lap;
    answer.result = result;
    answer.keys = keys();
    return answer;
  }
  uint64_t middle() const { return median(laps_); }
  std::string keys() const { return " median=" + std::to_string(middle()); }

 private:
  uint64_t cpu_;
  std::vector<uint64_t> laps_;
};

}  // namespace peers

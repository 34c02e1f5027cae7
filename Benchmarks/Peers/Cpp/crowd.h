// Threads that belong to no runtime.
#pragma once

#include <cstdint>
#include <latch>
#include <thread>
#include <vector>
#include "options.h"

namespace peers {

/// Eight threads that stand ready and begin together.
class Crowd {
 public:
  static constexpr uint64_t size = 8;

  /// Returns when all of them wait for `begin`; then each runs `body(member)`.
  template <class Body>
  explicit Crowd(Body body) {
    for (uint64_t member = 0; member < size; member++) {
      threads_.emplace_back([this, body, member] {
        if (options.pin) unpinThisThread();  // what it has from the thread that starts it
        ready_.count_down();
        start_.wait();
        body(member);
      });
    }
    ready_.wait();
  }
  void begin() { start_.count_down(); }
  void join() {
    for (std::jthread& thread : threads_) thread.join();
  }

 private:
  std::latch ready_{size}, start_{1};
  std::vector<std::jthread> threads_;  // joined before the latches end
};

}  // namespace peers

// The deque and the injector of Pinwheel's core by themselves: on threads of their own, an owner and a thief, each bound to
// a CPU; the pool sleeps. So they depend on no setting, and stand in the default one alone.
#pragma once

#include <atomic>
#include <thread>
#include "peer.h"

namespace peers {

inline pw_entry entryOf(uint64_t number) {
  void* word = reinterpret_cast<void*>(number);
  return {word, word, word};
}
inline uint64_t numberOf(const pw_entry& entry) { return reinterpret_cast<uint64_t>(entry.first); }

class Deque {
 public:
  explicit Deque(uint64_t entries) {
    bool filled = pw_deque_init(&deque_, 64);
    for (uint64_t i = 0; i < entries; i++) filled = filled && pw_deque_push(&deque_, entryOf(i));
    if (!filled) fail("no memory for a deque");
  }
  ~Deque() { pw_deque_destroy(&deque_); }
  pw_deque* operator&() { return &deque_; }

 private:
  pw_deque deque_;
};

/// Owner: push and pop, above `deep` entries.
template <uint64_t deep>
Answer pairFamily(Request request) {
  const Bound bound(0);
  Deque deque(deep);
  return timed([&] {
    uint64_t pairs = 0;
    for (uint64_t i = 0; i < request.size; i++) {
      pw_entry entry;
      pairs += pw_deque_push(&deque, entryOf(i)) && pw_deque_take(&deque, 0, &entry) && numberOf(entry) == i;
    }
    return pairs;
  });
}

/// A thief takes all that was asked for; meanwhile the owner does nothing, or pushes and pops at its end.
template <bool busy>
Answer stealFamily(Request request) {
  constexpr uint64_t remain = 1000;  // so that owner and thief never meet
  Deque deque(request.size + remain);
  std::atomic<bool> ready = false, over = false;
  const Bound bound(0);
  Answer answer;
  std::jthread thief([&] {
    const Bound bound(1);
    while (!ready.load(std::memory_order_acquire)) pw_pause();
    answer = timed([&] {
      uint64_t taken = 0;
      while (taken < request.size) {
        pw_entry entry;
        if (pw_deque_steal(&deque, nullptr, &entry) != PW_STEAL_TAKEN) continue;
        if (numberOf(entry) != taken) fail("a wrong entry was stolen");
        taken++;
      }
      return taken;
    });
    over.store(true, std::memory_order_release);
  });
  ready.store(true, std::memory_order_release);
  while (busy && !over.load(std::memory_order_relaxed)) {
    pw_entry entry;
    if (!pw_deque_push(&deque, entryOf(0)) || !pw_deque_take(&deque, 0, &entry)) fail("an entry is gone");
  }
  thief.join();
  return answer;
}

inline Answer injectorFamily(Request request) {
  const Bound bound(0);
  pw_injector injector;
  pw_injector_init(&injector);
  Answer answer = timed([&] {
    uint64_t pairs = 0;
    for (uint64_t i = 0; i < request.size; i++) {
      pw_entry entry;
      pairs += pw_injector_push(&injector, entryOf(i), false) == PW_PUSHED && pw_injector_pop(&injector, &entry) &&
               numberOf(entry) == i;
    }
    return pairs;
  });
  pw_injector_destroy(&injector);
  return answer;
}

inline Families dequeFamilies() {
  if (options.tuned) return {};
  return {
      {"deque.pair.empty", pairFamily<0>, {}},     {"deque.pair.deep", pairFamily<1000>, {}},
      {"deque.steal.idle", stealFamily<false>, {}}, {"deque.steal.busy", stealFamily<true>, {}},
      {"injector.pair", injectorFamily, {}},
  };
}

}  // namespace peers

// Two threads and three cache lines: what a loop over two workers takes at least.
#include <stdlib.h>
#include "CBenchmarkSystem.h"

#define LINE __attribute__((aligned(128)))
#define END UINT64_MAX

struct bench_calls {
  uint64_t asked LINE;
  uint64_t answered LINE;
  volatile uint64_t captures[4] LINE;
  volatile uint64_t sum LINE;
};

bench_calls *bench_calls_create(void) {
  bench_calls *calls = aligned_alloc(128, sizeof *calls);
  if (calls != NULL) *calls = (bench_calls){0};
  return calls;
}

void bench_calls_destroy(bench_calls *calls) { free(calls); }

static inline void pause_briefly(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("isb" ::: "memory");
#endif
}

void bench_calls_answer(bench_calls *calls) {
  uint64_t served = 0, asked;
  for (;; served = asked) {
    // Acquire: the captures are those of this call. Pairs with the release in `bench_calls_make`.
    while ((asked = __atomic_load_n(&calls->asked, __ATOMIC_ACQUIRE)) == served) pause_briefly();
    if (asked == END) return;
    for (int i = 0; i < 4; i++) calls->sum += calls->captures[i];
    // Release: who made the call may write its captures anew. Pairs with the acquire in `bench_calls_make`.
    __atomic_store_n(&calls->answered, asked, __ATOMIC_RELEASE);
  }
}

uint64_t bench_calls_make(bench_calls *calls, uint64_t count) {
  uint64_t begin = bench_now(), last = __atomic_load_n(&calls->asked, __ATOMIC_RELAXED); // own
  for (uint64_t end = last + count; last < end;) {
    last += 1;
    for (int i = 0; i < 4; i++) calls->captures[i] = last;
    // Release, and acquire; pair with those in `bench_calls_answer`.
    __atomic_store_n(&calls->asked, last, __ATOMIC_RELEASE);
    while (__atomic_load_n(&calls->answered, __ATOMIC_ACQUIRE) != last) pause_briefly();
  }
  return bench_now() - begin;
}

bool bench_calls_are_right(const bench_calls *calls) {
  uint64_t made = calls->answered;
  return made > 0 && calls->sum == 4 * (made * (made + 1) / 2);
}

// Release; pairs with the acquire in `bench_calls_answer`.
void bench_calls_end(bench_calls *calls) { __atomic_store_n(&calls->asked, END, __ATOMIC_RELEASE); }

// The one header that sees <atomic_ops.h>: every atomic operation of the core, named, with the order it really gives.
//
// Each use is a *site*: its first argument is a token that names the line (PW_CAS(steal_word, &slot->word, old, new)).
// In the shipped build the token vanishes. The explorer (Tests/CPinwheelExplorer) defines PW_ATOMIC_OVERRIDE to a
// header of its own before it includes the core's sources, and there the token says which order to weaken in a mutant.
//
// What AO_* give with clang and gcc builtins (libatomic_ops 7.6), checked against the emitted code:
//
//   name              AO operation                    order given
//   PW_LOAD           AO_load                         relaxed
//   PW_LOAD_ACQUIRE   AO_load_acquire                 acquire
//   PW_STORE          AO_store                        relaxed
//   PW_STORE_RELEASE  AO_store_release                release
//   PW_CAS            AO_compare_and_swap_full        acq_rel on success, acquire on failure (not seq_cst)
//   PW_ADD            AO_fetch_and_add_full           seq_cst read-modify-write (no fence for other locations)
//   PW_FENCE          AO_nop_full                     seq_cst fence
//   PW_FENCE_LOADS    AO_nop_read                     seq_cst fence between loads (AO_nop_full but on x86)
//
// PW_FENCE_LOADS takes the loads before it, and with them what other threads have stored, to come before the loads after it
// in the one order of all fences; but says nothing of what its own thread has stored since its last PW_FENCE or successful
// update. On x86 that is for nothing: loads keep their order, and a store is seen by all other threads at the same time (Sewell
// et al.: x86-TSO, CACM 2010). The explorer knows both fences apart.
//
// Store-load ordering between two locations (Dekker) therefore always takes a PW_FENCE: no "full" operation above
// replaces it outside x86.
#ifndef PINWHEEL_PW_ATOMIC_H
#define PINWHEEL_PW_ATOMIC_H

#include <stdbool.h>
#include <stdint.h>
#include <atomic_ops.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Linkage of the core's functions. The explorer compiles the whole core as one translation unit and makes it static.
#ifndef PW_API
#define PW_API
#endif

#define PW_LIKELY(x) __builtin_expect(!!(x), 1)
#define PW_UNLIKELY(x) __builtin_expect(!!(x), 0)

// Counters for people: relaxed, one writer, and nothing depends on them. Not sites, so the explorer does not branch on
// them.
#define PW_TALLY(p) AO_store((p), AO_load(p) + 1)
#define PW_TALLY_READ(p) AO_load(p)

// Settings that change while the pool runs, and looks at its size that are hints: a thread may act by an old value for a
// while. The acquire shows it what was made before. Not sites either.
#define PW_SET(p, v) AO_store_release((p), (AO_t)(v))

#ifdef PW_ATOMIC_OVERRIDE
#include PW_ATOMIC_OVERRIDE
#else

#define PW_SETTING(p) AO_load_acquire(p)

#define PW_LOAD(site, p) AO_load(p)
#define PW_LOAD_ACQUIRE(site, p) AO_load_acquire(p)
#define PW_STORE(site, p, v) AO_store((p), (AO_t)(v))
#define PW_STORE_RELEASE(site, p, v) AO_store_release((p), (AO_t)(v))
#define PW_CAS(site, p, expected, desired) AO_compare_and_swap_full((p), (AO_t)(expected), (AO_t)(desired))
#define PW_ADD(site, p, delta) AO_fetch_and_add_full((p), (AO_t)(delta))
#define PW_FENCE(site) AO_nop_full()
#if defined(__x86_64__)
#define PW_FENCE_LOADS(site) AO_nop_read()
#else
#define PW_FENCE_LOADS(site) AO_nop_full()
#endif

/// Plain (non-atomic) payload that one thread writes and another reads after synchronising. The explorer checks that
/// no such pair races.
#define PW_READ(p) (*(p))
#define PW_WRITE(p, v) (*(p) = (v))

/// Sleep while the low half of the word at `p` equals the low half of `value`, at most `ns` nanoseconds (0: no bound).
/// May return early. Wakes go by address: `PW_FUTEX_WAKE` wakes at most `n` sleepers.
#define PW_FUTEX_WAIT(site, p, value, ns) pw_futex_wait((p), (AO_t)(value), (ns))
#define PW_FUTEX_WAKE(site, p, n) pw_futex_wake((p), (n))

/// A breath in a spin loop.
#define PW_PAUSE() pw_pause()

static inline void pw_pause(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("isb" ::: "memory");
#else
  __asm__ volatile("" ::: "memory");
#endif
}

#endif // PW_ATOMIC_OVERRIDE

PW_API void pw_futex_wait(volatile AO_t *word, AO_t value, uint64_t nanoseconds);
PW_API void pw_futex_wake(volatile AO_t *word, int count);

#ifdef __cplusplus
}
#endif

#endif

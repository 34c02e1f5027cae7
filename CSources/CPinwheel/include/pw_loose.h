// Loose jobs: the growable Chase-Lev deque of a slot, the injector for outside threads, and the scope that counts them.
#ifndef PINWHEEL_PW_LOOSE_H
#define PINWHEEL_PW_LOOSE_H

#include "pw_baton.h"

#ifdef __cplusplus
extern "C" {
#endif

/// One queued loose job: two payload words (a Swift closure) and the object that it belongs to. With the low bit of
/// `tag` set the entry is a *ticket*: a reference to that object, which knows what to run, or that nothing is left.
typedef struct pw_entry {
  void *first;
  void *second;
  void *tag;
} pw_entry;

#define PW_TICKET ((uintptr_t)1)

/// An entry as it lies in a buffer. The words are atomic because a thief may read one that is being overwritten: its
/// CAS on `top` then fails and what it read is dropped.
typedef struct pw_cell {
  AO_t first, second, tag;
} pw_cell;

typedef struct pw_buffer {
  struct pw_buffer *older; // outgrown, kept for thieves that still read it; freed with the deque
  AO_t mask;
  pw_cell cells[];
} pw_buffer;

/// Chase and Lev's deque (SPAA 2005), orders after Lê et al. (PPoPP 2013): owner at the bottom, thieves at the top.
typedef struct pw_deque {
  // One line: a take reads `top` after it has written `bottom`, and a thief reads all three before its CAS, so on lines
  // apart each of both would wait for two where now it waits for one.
  AO_t bottom;
  AO_t top;
  AO_t buffer;
  pw_buffer *lent; // a buffer that is not the deque's to free, or NULL
} pw_deque;

typedef enum pw_steal { PW_STEAL_EMPTY, PW_STEAL_LOST, PW_STEAL_TAKEN } pw_steal;

PW_API bool pw_deque_init(pw_deque *deque, AO_t capacity);
/// Of a deque and a buffer that are all zero: with that buffer first, which stays the caller's.
PW_API void pw_deque_begin(pw_deque *deque, pw_buffer *buffer, AO_t capacity);
PW_API void pw_deque_destroy(pw_deque *deque);
/// Owner. False when memory to grow was refused: nothing was queued. The entry comes in registers: every store here is
/// waited for by the fence of the take that follows.
PW_API bool pw_deque_push_words(pw_deque *deque, void *first, void *second, void *tag);
static inline bool pw_deque_push(pw_deque *deque, pw_entry entry) {
  return pw_deque_push_words(deque, entry.first, entry.second, entry.tag);
}
/// Owner. Makes room, so that the next `count` pushes cannot fail. False when memory was refused.
PW_API bool pw_deque_reserve(pw_deque *deque, uint64_t count) __attribute__((noinline));
/// Owner. Takes the newest entry above `mark` (an earlier `pw_deque_mark`).
PW_API bool pw_deque_take(pw_deque *deque, AO_t mark, pw_entry *entry);
/// Any thread. With `only` set, takes the oldest entry only if it bears that tag.
PW_API pw_steal pw_deque_steal(pw_deque *deque, void *only, pw_entry *entry);
PW_API bool pw_deque_is_empty(pw_deque *deque);
/// Owner. Where the deque ends now.
static inline AO_t pw_deque_mark(pw_deque *deque) {
  return PW_LOAD(deque_mark, &deque->bottom); // relaxed; own
}

struct pw_block;

/// An unbounded queue for any number of producers and consumers, in linked blocks (the design of crossbeam's SegQueue).
typedef struct pw_injector {
  AO_t head, head_block;
  AO_t pad[14];
  AO_t tail, tail_block;
} pw_injector;

PW_API void pw_injector_init(pw_injector *injector);
PW_API void pw_injector_destroy(pw_injector *injector);
typedef enum pw_push_result { PW_PUSHED, PW_PUSH_CLOSED, PW_PUSH_NO_MEMORY } pw_push_result;
/// Any thread. `always` queues even when the injector is closed (for entries that only change place). The entry comes in
/// registers: through memory, words that were just stored one by one are loaded in pairs, which waits for the stores.
PW_API pw_push_result pw_injector_push_words(
    pw_injector *injector, void *first, void *second, void *tag, bool always);
static inline pw_push_result pw_injector_push(pw_injector *injector, pw_entry entry, bool always) {
  return pw_injector_push_words(injector, entry.first, entry.second, entry.tag, always);
}
/// Queues the entry `count` times, with one reservation however many they are: all of them, or none.
PW_API pw_push_result pw_injector_push_many(pw_injector *injector, pw_entry entry, uint64_t count);
PW_API bool pw_injector_pop(pw_injector *injector, pw_entry *entry);
PW_API bool pw_injector_is_empty(pw_injector *injector);
/// From now on pushes are refused; what was pushed before stays. Returns false if it was closed already.
PW_API bool pw_injector_close(pw_injector *injector);
PW_API bool pw_injector_is_closed(pw_injector *injector);

/// Counts a scope's unfinished jobs, and holds those that could not go to a deque as they are.
typedef struct pw_scope {
  AO_t word; // unfinished << 1 | its opener sleeps
  pw_injector outbox;
  pw_baton *baton; // of its pool, or NULL
} pw_scope;

PW_API void pw_scope_init(pw_scope *scope);
PW_API void pw_scope_destroy(pw_scope *scope);
/// A job has ended (or was cancelled). The last touch of the scope by the job that ends it.
PW_API void pw_scope_leave(pw_scope *scope);

#ifdef __cplusplus
}
#endif

#endif

// One function for each macro of pw_atomic.h's table, to look at what the compiler makes of it; and the inline halves
// of fork and join, which no file of the core contains.
#include "CPinwheel.h"

AO_t probe_PW_LOAD(AO_t *p) { return PW_LOAD(probe, p); }
AO_t probe_PW_LOAD_ACQUIRE(AO_t *p) { return PW_LOAD_ACQUIRE(probe, p); }
void probe_PW_STORE(AO_t *p, AO_t value) { PW_STORE(probe, p, value); }
void probe_PW_STORE_RELEASE(AO_t *p, AO_t value) { PW_STORE_RELEASE(probe, p, value); }
bool probe_PW_CAS(AO_t *p, AO_t expected, AO_t desired) { return PW_CAS(probe, p, expected, desired); }
AO_t probe_PW_ADD(AO_t *p, AO_t delta) { return PW_ADD(probe, p, delta); }
void probe_PW_FENCE(void) { PW_FENCE(probe); }
void probe_PW_FENCE_LOADS(void) { PW_FENCE_LOADS(probe); }

// Counters are relaxed: a load and a store.
void hot_tally(pw_slot *slot) { PW_COUNT(slot, parks); }
AO_t hot_tally_read(pw_slot *slot) { return PW_TALLY_READ(&slot->counters.parks); }

void hot_push(pw_slot *slot, pw_pool *pool, pw_frame *frame, pw_code code, void *context) {
  pw_push(slot, pool, frame, code, context);
}
bool hot_is_fed(pw_pool *pool) { return pw_is_fed(pool); }
bool hot_pop(pw_frame *frame) { return pw_pop_private(frame); }

// Inline in the headers and called by Swift alone.
bool probe_flag_set(AO_t *flag) { return pw_flag_set(flag); }

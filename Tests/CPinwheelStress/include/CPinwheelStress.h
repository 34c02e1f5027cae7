// What the stress program needs of C: the allocator's figures, and a thread-local.
#ifndef PINWHEEL_CPINWHEELSTRESS_H
#define PINWHEEL_CPINWHEELSTRESS_H

#include <stddef.h>

/// The bytes that malloc has given out, in all arenas; 0 where a sanitizer has replaced malloc.
size_t stress_bytes_in_use(void);
/// What the calling thread has set last, or NULL.
void *stress_here(void);
void stress_set_here(void *here);
/// A number that no other living thread has; never 0.
size_t stress_thread(void);

#endif

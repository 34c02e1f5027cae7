// What the probe needs of libc and Swift cannot reach: fork, the allocator's figures, a thread's stack; and a count of
// all allocations of the process.
#ifndef PINWHEEL_CPINWHEELPROBE_H
#define PINWHEEL_CPINWHEELPROBE_H

#include <stddef.h>

/// fork(2).
int probe_fork(void);
/// The bytes that malloc has given out.
size_t probe_bytes_in_use(void);
/// The size of the calling thread's stack, or 0.
size_t probe_stack_size(void);
/// How often any thread has allocated since the process began.
long probe_allocations(void);

#endif

// What the core asks of Linux: CPU affinity with sets of any size, the CPU one runs on, time.
#ifndef PINWHEEL_PW_SYSTEM_H
#define PINWHEEL_PW_SYSTEM_H

#include "pw_atomic.h"

#ifdef __cplusplus
extern "C" {
#endif

/// CPU sets are arrays of `uint64_t` words, CPU n at bit n % 64 of word n / 64, of any length (sched_setaffinity(2)).
/// Returns 0 or an errno value.
PW_API int pw_affinity_set(const uint64_t *words, uint32_t count);
/// Fills `words` with the calling thread's affinity; grows nothing: EINVAL when the kernel's set is larger.
PW_API int pw_affinity_get(uint64_t *words, uint32_t count);
/// The CPU that the calling thread runs on now, or -1.
PW_API int pw_current_cpu(void);
/// Has the calling thread go on on one of these CPUs, if its affinity has some of them, which stays what it is: from there
/// the kernel may move it again. Of `count` words, at most PW_MOST_CPUS / 64. Three system calls.
PW_API void pw_move_thread(const uint64_t *words, uint32_t count);
/// Names the calling thread; Linux keeps 15 bytes.
PW_API void pw_set_thread_name(const char *name);
/// The calling thread's id, as the kernel knows it.
PW_API int pw_thread_id(void);
/// Whether a thread of this process waits for something in the kernel. True as well if that cannot be told.
PW_API bool pw_thread_is_asleep(int id);
/// Gives the kernel back what the calling thread's stack has of pages below its own frames: those of another thread that the
/// C library has kept the stack of, and of a huge page that was touched at its upper end. From here on the thread's own
/// touch puts each page on the node that it runs on, in small pages. To be called where it is bound to run.
PW_API void pw_forget_stack(void);
/// Monotonic nanoseconds.
PW_API uint64_t pw_now(void);
/// The same by the CPU's own counter, where that runs evenly: some 10 ns a look instead of up to 50, or of a system call
/// where the kernel's clock source is a slow one. For durations; between two CPUs one may come out as less than nothing.
/// Nothing may depend on it but speed.
PW_API uint64_t pw_quick_now(void);
/// Called before the first `pw_quick_now`, by any number of threads.
PW_API void pw_begin_clock(void);

#ifdef __cplusplus
}
#endif

#endif

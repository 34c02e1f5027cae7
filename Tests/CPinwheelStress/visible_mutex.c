// Swift's Mutex, seen by ThreadSanitizer.
//
// The uncontended paths of Synchronization.Mutex are inlined into the program and instrumented with it. The contended
// ones are not: they lie in the Swift runtime, where the kernel hands the lock over (FUTEX_LOCK_PI), and
// ThreadSanitizer takes what the lock guards for a race. So they are wrapped here, and the order that the lock gives is
// said. Nothing is suppressed.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>

#define SWIFT __attribute__((swiftcall))
#define CONTEXT __attribute__((swift_context))
#define LOCK_SLOW "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK_SLOW "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

void __tsan_acquire(void *address);
void __tsan_release(void *address);

SWIFT void stress_lock_slow(uint32_t thread, CONTEXT void *mutex) __asm__(LOCK_SLOW);
SWIFT void stress_unlock_slow(CONTEXT void *mutex) __asm__(UNLOCK_SLOW);

typedef SWIFT void lock_slow(uint32_t thread, CONTEXT void *mutex);
typedef SWIFT void unlock_slow(CONTEXT void *mutex);

SWIFT void stress_lock_slow(uint32_t thread, CONTEXT void *mutex) {
  ((lock_slow *)dlsym(RTLD_NEXT, LOCK_SLOW))(thread, mutex);
  __tsan_acquire(mutex);
}

SWIFT void stress_unlock_slow(CONTEXT void *mutex) {
  __tsan_release(mutex);
  ((unlock_slow *)dlsym(RTLD_NEXT, UNLOCK_SLOW))(mutex);
}

#endif
#endif

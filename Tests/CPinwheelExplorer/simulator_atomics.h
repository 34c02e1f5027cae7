// The atomics header's other half: every site of the core, redefined onto the simulator.
#ifndef PX_SIMULATOR_ATOMICS_H
#define PX_SIMULATOR_ATOMICS_H

#include "simulator.h"

/// One static record a use: its name, where it is, and what the mutant at work does to it.
#define PX_SITE(site, kind)                                                                                            \
  ({                                                                                                                   \
    static px_site px_site_here = {.name = #site, .file = __FILE_NAME__, .line = __LINE__, .operation = (kind)};       \
    &px_site_here;                                                                                                     \
  })

#define PW_SETTING(p) px_setting(p)

#define PW_LOAD(site, p) px_load(PX_SITE(site, PX_OP_LOAD), (p))
#define PW_LOAD_ACQUIRE(site, p) px_load(PX_SITE(site, PX_OP_LOAD_ACQUIRE), (p))
#define PW_STORE(site, p, v) px_store(PX_SITE(site, PX_OP_STORE), (p), (size_t)(v))
#define PW_STORE_RELEASE(site, p, v) px_store(PX_SITE(site, PX_OP_STORE_RELEASE), (p), (size_t)(v))
#define PW_CAS(site, p, expected, desired)                                                                             \
  px_compare_and_swap(PX_SITE(site, PX_OP_CAS), (p), (size_t)(expected), (size_t)(desired))
#define PW_ADD(site, p, delta) px_add(PX_SITE(site, PX_OP_ADD), (p), (size_t)(delta))
#define PW_FENCE(site) px_fence(PX_SITE(site, PX_OP_FENCE))
#define PW_FENCE_LOADS(site) px_fence(PX_SITE(site, PX_OP_FENCE_LOADS))

// The address is evaluated once, as in the shipped build.
#define PW_READ(p)                                                                                                     \
  ({                                                                                                                   \
    __typeof__(p) px_read_from = (p);                                                                                  \
    px_plain(PX_SITE(plain_read, PX_OP_PLAIN_READ), (const volatile void *)px_read_from);                              \
    *px_read_from;                                                                                                     \
  })
#define PW_WRITE(p, v)                                                                                                 \
  ({                                                                                                                   \
    __typeof__(p) px_write_to = (p);                                                                                   \
    px_plain(PX_SITE(plain_write, PX_OP_PLAIN_WRITE), (const volatile void *)px_write_to);                             \
    (void)(*px_write_to = (v));                                                                                        \
  })

#define PW_FUTEX_WAIT(site, p, value, ns) px_futex_wait(PX_SITE(site, PX_OP_WAIT), (p), (size_t)(value), (ns))
#define PW_FUTEX_WAKE(site, p, n) px_futex_wake(PX_SITE(site, PX_OP_WAKE), (p), (n))
#define PW_PAUSE() px_pause(PX_SITE(pause, PX_OP_PAUSE))

#endif

// Who is near whom on the machine: in what order thieves look at others, and who is woken first (near.c).
#ifndef PINWHEEL_PW_NEAR_H
#define PINWHEEL_PW_NEAR_H

#include "pw_atomic.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Levels of nearness at most: the slot itself, and six of those that share its core, its second cache, its last one, its
/// memory node, are on nodes near that one (at two distances), share its package, its pool. Few machines have more; whoever
/// says them leaves out the outermost.
#define PW_LEVELS 7

// An interval of the row: whether its members share a core << 32 | end << 16 | begin. 0: none.
#define PW_LEVEL(begin, end) ((AO_t)(end) << 16 | (begin))
#define PW_LEVEL_BEGIN(level) ((uint32_t)(level) & 0xffff)
#define PW_LEVEL_END(level) ((uint32_t)(level) >> 16)
#define PW_LEVEL_IS_CORE ((AO_t)1 << 32)

/// Where a slot stands. All of it, like the row, is a hint: old, or half old and half new, it costs time and no more.
typedef struct pw_near {
  AO_t level[PW_LEVELS]; // each inside of the next; the first is the slot's own place in the row; 0 behind the last
} pw_near;

#ifdef __cplusplus
}
#endif

#endif

// How a loop's chunks lie in its indices.
#ifndef PINWHEEL_PW_BOUNDS_H
#define PINWHEEL_PW_BOUNDS_H

#include <stdint.h>

/// Where chunks begin and end, in indices: chunk k at lower + k * each + min(k, extra), and the last one ends at lower +
/// count. All zero: the chunks are the indices. Signed bounds wrap and come out right.
typedef struct pw_bounds {
  uint64_t lower, count, each, extra, chunks;
} pw_bounds;

static inline uint64_t pw_bound(pw_bounds bounds, uint64_t chunk) {
  if (bounds.count == 0) return chunk;
  if (chunk == bounds.chunks) return bounds.lower + bounds.count;
  return bounds.lower + chunk * bounds.each + (chunk < bounds.extra ? chunk : bounds.extra);
}

#endif

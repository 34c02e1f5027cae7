// The nodes of the trees that "UTS: An Unbalanced Tree Search Benchmark" (Olivier et al., LCPC 2006) publishes: SHA-1
// decides how many children one has. The hash is nettle's (Debian: nettle-dev), for the peers in all languages.
#ifndef PINWHEEL_CTREEHASH_H
#define PINWHEEL_CTREEHASH_H

#include <arpa/inet.h>
#include <nettle/sha1.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/// The digest, as numbers.
typedef struct bench_node {
  uint32_t words[5];
} bench_node;

static inline void bench_put(uint8_t *place, uint32_t word) {
  word = htonl(word);
  memcpy(place, &word, sizeof word);
}

/// The digest of a block's first `count` bytes, fewer than 32, with zeros behind them. (Padding: FIPS 180-4, 5.1.1.)
static inline bench_node bench_digest(uint8_t block[64], uint32_t count) {
  block[count] = 0x80;
  block[63] = (uint8_t)(count * 8);
  bench_node node = {{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0}};
  nettle_sha1_compress(node.words, block);
  return node;
}

static inline bench_node bench_tree_root(uint32_t seed) {
  uint8_t block[64] = {0};
  bench_put(block + 16, seed);
  return bench_digest(block, 20);
}

static inline bench_node bench_tree_child(bench_node parent, uint32_t index) {
  uint8_t block[64] = {0};
  for (int i = 0; i < 5; i++) bench_put(block + 4 * i, parent.words[i]);
  bench_put(block + 20, index);
  return bench_digest(block, 24);
}

/// With a probability of 0.124875, as T3 has it: the number's lower 31 bits, over 2^31.
static inline bool bench_tree_has_children(bench_node node) { return (node.words[4] & 0x7fffffff) < 268167021; }

#endif

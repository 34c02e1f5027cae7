// What the targets in C share: reading the input, refusing memory, and failing in a way that the fuzzer notices.
#ifndef FUZZ_H
#define FUZZ_H

#include <stdio.h>
#include <stdlib.h>
#include "internal.h"

#define MUST(condition) ((condition) ? (void)0 : fuzz_fail(__FILE__, __LINE__, #condition))

static inline _Noreturn void fuzz_fail(const char *file, int line, const char *condition) {
  fprintf(stderr, "%s:%d: not so: %s\n", file, line, condition);
  abort();
}

typedef struct fuzz_input {
  const uint8_t *next;
  size_t left;
} fuzz_input;

/// The next byte; zeroes when there is none.
static inline uint8_t fuzz_byte(fuzz_input *input) {
  if (input->left == 0) return 0;
  input->left -= 1;
  return *input->next++;
}

/// From now on the core is given no memory (or is again).
void fuzz_refuse_memory(bool refuse);
bool fuzz_memory_was_refused(void);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif

// The core's allocations: compiled with malloc and calloc renamed to these, which refuse when a target says so.
#include "fuzz.h"

static bool refusing;

void fuzz_refuse_memory(bool refuse) { refusing = refuse; }
bool fuzz_memory_was_refused(void) { return refusing; }

void *fuzz_malloc(size_t size);
void *fuzz_calloc(size_t count, size_t size);

void *fuzz_malloc(size_t size) { return refusing ? NULL : malloc(size); }
void *fuzz_calloc(size_t count, size_t size) { return refusing ? NULL : calloc(count, size); }

// Sequences of operations on the injector, on one thread, against a queue.
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz_input input = {data, size};
  pw_injector injector;
  pw_injector_init(&injector);
  pw_entry entry;
  uintptr_t in = 0, out = 0; // the queue holds the numbers from `out` up to `in`
  bool closed = false;
  while (input.left > 0 && in < 20000) {
    uint8_t operation = fuzz_byte(&input);
    switch (operation % 8) {
    case 0:
    case 1:
    case 2: {
      bool always = operation % 8 == 2;
      for (int times = operation >> 3; times >= 0; times--) {
        entry = (pw_entry){(void *)(in + 1), (void *)~in, (void *)in};
        pw_push_result result = pw_injector_push(&injector, entry, always);
        if (closed && !always) {
          MUST(result == PW_PUSH_CLOSED);
        } else if (result == PW_PUSH_NO_MEMORY) {
          MUST(fuzz_memory_was_refused());
          break;
        } else {
          MUST(result == PW_PUSHED);
          in += 1;
        }
      }
      break;
    }
    case 3:
    case 4:
      for (int times = operation >> 3; times >= 0; times--) {
        bool popped = pw_injector_pop(&injector, &entry);
        MUST(popped == (out < in));
        if (!popped) break;
        MUST(entry.first == (void *)(out + 1) && entry.second == (void *)~out && entry.tag == (void *)out);
        out += 1;
      }
      break;
    case 5:
      if (operation >> 3 == 31) { // rarely: most sequences should stay open
        MUST(pw_injector_close(&injector) == !closed);
        closed = true;
      }
      break;
    default: fuzz_refuse_memory(operation >> 3 & 1);
    }
    MUST(pw_injector_is_empty(&injector) == (in == out));
    MUST(pw_injector_is_closed(&injector) == closed);
  }
  fuzz_refuse_memory(false);
  if (size % 2 == 0) {
    while (pw_injector_pop(&injector, &entry)) MUST(entry.tag == (void *)out++);
    MUST(in == out);
  }
  pw_injector_destroy(&injector); // with what is left in it; the sanitizer looks for leaks
  return 0;
}

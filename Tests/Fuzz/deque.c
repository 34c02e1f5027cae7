// Sequences of operations on the loose deque, by owner and thief in turn on one thread, against an array.
#include "fuzz.h"

#define MOST 4096

typedef struct model {
  uintptr_t tags[MOST];
  AO_t top, bottom; // counted from 0
} model;

static void *payload(AO_t index) { return (void *)(index * 3 + 1); }

static void expect(pw_entry entry, model *model, AO_t index) {
  MUST(entry.first == payload(index) && entry.second == (void *)~index && (uintptr_t)entry.tag == model->tags[index]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz_input input = {data, size};
  static model model;
  model.top = model.bottom = 0;
  pw_deque deque;
  pw_entry entry;
  uint8_t shape = fuzz_byte(&input);
  MUST(pw_deque_init(&deque, (AO_t)2 << (shape % 4)));
  // Indices wrap, some day.
  AO_t base = shape & 0x80 ? -(AO_t)(shape & 0x7f) : 0, mark = base;
  deque.top = deque.bottom = base;

  while (input.left > 0) {
    uint8_t operation = fuzz_byte(&input);
    uintptr_t tag = 2 + 2 * (operation >> 6);
    switch (operation % 8) {
    case 0:
    case 1:
    case 2: { // the owner pushes, one or many
      for (int times = operation % 8 == 2 ? operation >> 3 : 1; times > 0 && model.bottom < MOST; times--) {
        entry = (pw_entry){payload(model.bottom), (void *)~model.bottom, (void *)tag};
        if (!pw_deque_push(&deque, entry)) {
          MUST(fuzz_memory_was_refused()); // and nothing was queued
          break;
        }
        model.tags[model.bottom++] = tag;
      }
      break;
    }
    case 3: { // the owner takes the newest above its mark
      bool taken = pw_deque_take(&deque, mark, &entry);
      bool there = model.bottom > model.top && (intptr_t)(base + model.bottom - mark) > 0;
      MUST(taken == there);
      if (!taken) break;
      // The last entry is taken as a thief would, from the top.
      if (model.bottom - model.top == 1) expect(entry, &model, model.top++);
      else expect(entry, &model, --model.bottom);
      break;
    }
    case 4: // the mark goes to the bottom, or away
      mark = operation & 8 ? base : pw_deque_mark(&deque);
      MUST(!(operation & 8) ? mark == base + model.bottom : true);
      break;
    case 5: // a thief steals the oldest
    case 6: { // or, if it bears a tag, that
      void *only = operation % 8 == 6 ? (void *)tag : NULL;
      pw_steal steal = pw_deque_steal(&deque, only, &entry);
      bool there = model.bottom > model.top && (only == NULL || model.tags[model.top] == tag);
      MUST(steal == (there ? PW_STEAL_TAKEN : PW_STEAL_EMPTY)); // nobody else is there to lose against
      if (there) expect(entry, &model, model.top++);
      break;
    }
    default: fuzz_refuse_memory(operation >> 3 & 1);
    }
    MUST(pw_deque_is_empty(&deque) == (model.top == model.bottom));
  }
  while (pw_deque_steal(&deque, NULL, &entry) == PW_STEAL_TAKEN) expect(entry, &model, model.top++);
  MUST(model.top == model.bottom); // nothing was lost
  fuzz_refuse_memory(false);
  pw_deque_destroy(&deque);
  return 0;
}

// Loose entries with a payload each, and what their takers must find: whole entries, each once, with the payload that
// was written before it was queued.
#ifndef PX_LOOSE_ENTRIES_H
#define PX_LOOSE_ENTRIES_H

enum { ENTRIES = 8 };
static size_t payloads[ENTRIES];
static size_t results[ENTRIES];
static int taken[ENTRIES];

#define TAG ((void *)16)

static pw_entry make(size_t i) {
  PW_WRITE(&payloads[i], i + 1);
  return (pw_entry){&payloads[i], (void *)(uintptr_t)(i + 1), TAG};
}

static void consume(pw_entry entry) {
  size_t i = (size_t)((size_t *)entry.first - payloads);
  px_note("takes entry", i);
  px_require(i < ENTRIES && (uintptr_t)entry.second == i + 1 && entry.tag == TAG, "a torn entry");
  px_require(taken[i]++ == 0, "entry %zu taken twice", i);
  px_require(PW_READ(&payloads[i]) == i + 1, "old payload of entry %zu", i);
  PW_WRITE(&results[i], i + 1);
}

static void reset_entries(void) {
  memset(payloads, 0, sizeof payloads);
  memset(taken, 0, sizeof taken);
  memset(results, 0, sizeof results);
  px_name(payloads, sizeof payloads, "payloads", -1);
}

static void require_all_taken(int count) {
  for (int i = 0; i < count; i++) px_require(taken[i] == 1, "entry %d taken %d times", i, taken[i]);
}

#endif

// Where a worker's thread is bound to run. The kernel keeps that, but for two threads that may both want to change it: the
// one that places the workers anew, and the worker, which for a while goes by the process's own affinity and then wants
// its own back, as that is by then.
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include "internal.h"
#include "pin.h"

struct pw_pin {
  pthread_mutex_t lock; // guards the rest; held for one system call
  bool is_lent;         // its thread goes by the process's affinity
  bool is_bound;        // to those; else it may merely not leave them
  uint32_t words;       // of `cpus`; 0: nobody has said where it runs
  uint64_t cpus[PW_MOST_CPUS / 64];
};

PW_API pw_pin *pw_pin_create(void) {
  pw_pin *pin = calloc(1, sizeof *pin);
  if (pin != NULL) pthread_mutex_init(&pin->lock, NULL);
  return pin;
}

PW_API void pw_pin_destroy(pw_pin *pin) {
  pthread_mutex_destroy(&pin->lock);
  free(pin);
}

PW_API int pw_pin_set(pw_pin *pin, pthread_t thread, const uint64_t *words, uint32_t count, bool bound) {
  if (count > PW_MOST_CPUS / 64) count = PW_MOST_CPUS / 64;
  pthread_mutex_lock(&pin->lock);
  size_t size = (size_t)count * sizeof *words;
  int refused = pin->is_lent ? 0 : pthread_setaffinity_np(thread, size, (const cpu_set_t *)words);
  if (refused == 0) {
    memcpy(pin->cpus, words, size);
    pin->words = count;
    pin->is_bound = bound;
  }
  pthread_mutex_unlock(&pin->lock);
  return refused;
}

PW_API void pw_pin_note(pw_pin *pin, const uint64_t *words, uint32_t count) {
  if (count > PW_MOST_CPUS / 64) count = PW_MOST_CPUS / 64;
  memcpy(pin->cpus, words, (size_t)count * sizeof *words);
  pin->words = count;
  pin->is_bound = true;
}

PW_API void pw_pin_follow(pw_pin *pin) {
  pthread_mutex_lock(&pin->lock);
  if (pin->is_bound) pw_affinity_set(pin->cpus, pin->words);
  pthread_mutex_unlock(&pin->lock);
}

PW_API int pw_pin_get(pthread_t thread, uint64_t *words, uint32_t count) {
  memset(words, 0, (size_t)count * sizeof *words);
  return pthread_getaffinity_np(thread, (size_t)count * sizeof *words, (cpu_set_t *)words);
}

PW_API int pw_pin_look(pw_pin *pin, pthread_t thread, uint64_t *words, uint32_t count) {
  pthread_mutex_lock(&pin->lock);
  int refused = 0;
  if (!pin->is_lent || pin->words == 0) {
    refused = pw_pin_get(thread, words, count);
  } else if (pin->words > count) {
    refused = EINVAL;
  } else {
    memset(words, 0, (size_t)count * sizeof *words);
    memcpy(words, pin->cpus, (size_t)pin->words * sizeof *words);
  }
  pthread_mutex_unlock(&pin->lock);
  return refused;
}

PW_API bool pw_pin_lend(pw_pin *pin) {
  pthread_mutex_lock(&pin->lock);
  pin->is_lent = true;
  bool bound = pin->is_bound;
  pthread_mutex_unlock(&pin->lock);
  return bound;
}

PW_API void pw_pin_take_back(pw_pin *pin) {
  pthread_mutex_lock(&pin->lock);
  pin->is_lent = false;
  if (pin->words != 0) pw_affinity_set(pin->cpus, pin->words);
  pthread_mutex_unlock(&pin->lock);
}

PW_API bool pw_pin_is_bound_in_child(const pw_pin *pin) { return pin->is_bound; }

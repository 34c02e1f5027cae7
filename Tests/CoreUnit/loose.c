// The loose deque and the injector by themselves.
#include "unit.h"

static pw_entry numbered(uint64_t number) { return (pw_entry){(void *)(number + 1), (void *)~number, NULL}; }

static uint64_t number_of(pw_entry entry) {
  uint64_t number = (uint64_t)entry.first - 1;
  CHECK((uint64_t)entry.second == ~number); // not torn
  return number;
}

void deque_in_order(void) {
  pw_deque deque;
  CHECK(pw_deque_init(&deque, 2));
  unit_tally tally = unit_tally_make(100);
  pw_entry entry;
  CHECK(pw_deque_is_empty(&deque) && pw_deque_steal(&deque, NULL, &entry) == PW_STEAL_EMPTY);
  for (uint64_t i = 0; i < 100; i++) CHECK(pw_deque_push(&deque, numbered(i)));
  for (uint64_t i = 0; i < 50; i++) { // the oldest for thieves, the newest for the owner
    CHECK(pw_deque_steal(&deque, NULL, &entry) == PW_STEAL_TAKEN && number_of(entry) == i);
    unit_tally_mark(&tally, number_of(entry));
    CHECK(pw_deque_take(&deque, deque.top, &entry) && number_of(entry) == 99 - i);
    unit_tally_mark(&tally, number_of(entry));
  }
  CHECK(pw_deque_is_empty(&deque) && !pw_deque_take(&deque, deque.top, &entry));
  unit_tally_check(&tally);
  pw_deque_destroy(&deque);
}

void deque_above_a_mark(void) {
  pw_deque deque;
  CHECK(pw_deque_init(&deque, 2));
  pw_entry entry;
  for (uint64_t i = 0; i < 5; i++) CHECK(pw_deque_push(&deque, numbered(i)));
  AO_t mark = pw_deque_mark(&deque);
  CHECK(pw_deque_push(&deque, numbered(5)));
  CHECK(pw_deque_take(&deque, mark, &entry) && number_of(entry) == 5);
  CHECK(!pw_deque_take(&deque, mark, &entry)); // what lies below is left
  CHECK(pw_deque_take(&deque, mark - 1, &entry) && number_of(entry) == 4);
  pw_deque_destroy(&deque);
}

void deque_by_tag(void) {
  pw_deque deque;
  int ours, theirs;
  CHECK(pw_deque_init(&deque, 2));
  pw_entry entry = {NULL, NULL, &ours};
  CHECK(pw_deque_push(&deque, entry));
  CHECK(pw_deque_steal(&deque, &theirs, &entry) == PW_STEAL_EMPTY);
  CHECK(pw_deque_steal(&deque, &ours, &entry) == PW_STEAL_TAKEN && entry.tag == &ours);
  pw_deque_destroy(&deque);
}

// MARK: Thieves

typedef struct raid {
  pw_deque deque;
  unit_tally tally;
  atomic_bool over;
} raid;

static void steal_until_over(void *argument, uint32_t index) {
  raid *raid = argument;
  (void)index;
  while (!atomic_load(&raid->over)) {
    pw_entry entry;
    if (pw_deque_steal(&raid->deque, NULL, &entry) == PW_STEAL_TAKEN) unit_tally_mark(&raid->tally, number_of(entry));
  }
}

void deque_with_thieves(void) {
  uint64_t random = unit.seed;
  for (uint32_t round = 0; round < 4 * unit.scale; round++) {
    raid raid = {.tally = unit_tally_make(3000)};
    CHECK(pw_deque_init(&raid.deque, 2)); // grows under the thieves' eyes
    unit_threads *thieves = unit_start(unit.threads - 1, steal_until_over, &raid);
    for (uint64_t number = 0; number < raid.tally.count;) {
      uint64_t burst = 1 + unit_random(&random) % 40;
      for (; burst > 0 && number < raid.tally.count; burst--) CHECK(pw_deque_push(&raid.deque, numbered(number++)));
      pw_entry entry;
      // Down to the last entry as a rule: that is where owner and thieves meet.
      for (uint64_t takes = unit_random(&random) % 60; takes > 0; takes--) {
        if (pw_deque_take(&raid.deque, raid.deque.top, &entry)) unit_tally_mark(&raid.tally, number_of(entry));
      }
    }
    while (!pw_deque_is_empty(&raid.deque)) PW_PAUSE();
    atomic_store(&raid.over, true);
    unit_join(thieves);
    unit_tally_check(&raid.tally);
    pw_deque_destroy(&raid.deque);
  }
}

// MARK: Injector

void injector_in_order(void) {
  pw_injector injector;
  pw_injector_init(&injector);
  pw_entry entry;
  CHECK(pw_injector_is_empty(&injector) && !pw_injector_pop(&injector, &entry));
  uint64_t in = 0, out = 0, random = unit.seed;
  while (out < 1000) { // many blocks of 63
    uint64_t pushes = unit_random(&random) % 100, pops = unit_random(&random) % 100;
    for (; pushes > 0; pushes--) CHECK(pw_injector_push(&injector, numbered(in++), false) == PW_PUSHED);
    for (; pops > 0 && out < in; pops--) CHECK(pw_injector_pop(&injector, &entry) && number_of(entry) == out++);
    CHECK(pw_injector_is_empty(&injector) == (in == out));
  }
  pw_injector_destroy(&injector); // with entries left in it
}

typedef struct traffic {
  pw_injector injector;
  unit_tally tally;
  uint32_t producers, each;
  atomic_uint left;
} traffic;

static void produce_or_consume(void *argument, uint32_t index) {
  traffic *traffic = argument;
  if (index < traffic->producers) {
    for (uint32_t i = 0; i < traffic->each; i++) {
      CHECK(pw_injector_push(&traffic->injector, numbered(index * traffic->each + i), false) == PW_PUSHED);
    }
    return;
  }
  uint64_t *next = calloc(traffic->producers, sizeof *next);
  CHECK(next != NULL);
  while (atomic_load(&traffic->left) > 0) {
    pw_entry entry;
    if (!pw_injector_pop(&traffic->injector, &entry)) continue;
    uint64_t number = number_of(entry), producer = number / traffic->each;
    CHECK(producer < traffic->producers && number % traffic->each >= next[producer]); // first in, first out
    next[producer] = number % traffic->each + 1;
    unit_tally_mark(&traffic->tally, number);
    atomic_fetch_sub(&traffic->left, 1);
  }
  free(next);
}

void injector_producers_and_consumers(void) {
  uint32_t producers = unit.threads / 2, each = 1500;
  for (uint32_t round = 0; round < 2 * unit.scale; round++) {
    traffic traffic = {.tally = unit_tally_make(producers * each), .producers = producers, .each = each,
                       .left = producers * each};
    pw_injector_init(&traffic.injector);
    unit_join(unit_start(unit.threads, produce_or_consume, &traffic));
    CHECK(pw_injector_is_empty(&traffic.injector));
    unit_tally_check(&traffic.tally);
    pw_injector_destroy(&traffic.injector);
  }
}

typedef struct closing {
  pw_injector injector;
  atomic_uint accepted, closed_by;
} closing;

static void push_until_closed(void *argument, uint32_t index) {
  closing *closing = argument;
  if (index == 0) unit_nap(200000);
  if (index == 0 && pw_injector_close(&closing->injector)) atomic_fetch_add(&closing->closed_by, 1);
  while (pw_injector_push(&closing->injector, numbered(index), false) == PW_PUSHED) {
    atomic_fetch_add(&closing->accepted, 1);
  }
}

void injector_closed(void) {
  closing closing = {.accepted = 0};
  pw_injector_init(&closing.injector);
  unit_join(unit_start(unit.threads, push_until_closed, &closing));
  CHECK(closing.closed_by == 1 && pw_injector_is_closed(&closing.injector) && !pw_injector_close(&closing.injector));
  CHECK(pw_injector_push(&closing.injector, numbered(0), true) == PW_PUSHED); // that only changes place
  uint32_t popped = 0;
  pw_entry entry;
  while (pw_injector_pop(&closing.injector, &entry)) popped += 1;
  CHECK(popped == closing.accepted + 1);
  atomic_fetch_add(&unit_jobs_run, popped);
  pw_injector_destroy(&closing.injector);
}

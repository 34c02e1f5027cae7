// Batches: many entries queued with one reservation, and workers woken for all of them.
//
// Promises: all entries of a batch are taken exactly once, also where it fills blocks; a closed queue takes all of a
// batch or none; and as many jobs run at once as there are workers for them.
#include "core_unit.h"
#include "clients.h"
#include "sleep_jobs.h"

enum { BATCHES = 3 };

static pw_injector queue;
static size_t contents[BATCHES + 1];
static int taken[BATCHES + 1], pushed[BATCHES + 1];

static void reset_queue(void) {
  world_reset_threads();
  memset(contents, 0, sizeof contents);
  memset(taken, 0, sizeof taken);
  memset(pushed, 0, sizeof pushed);
  pw_injector_init(&queue);
  px_name(&queue, sizeof queue, "queue", -1);
}

static void push(size_t batch, size_t count) {
  PW_WRITE(&contents[batch], batch);
  pw_entry entry = {NULL, NULL, &contents[batch]};
  pw_push_result result = count == 1 ? pw_injector_push(&queue, entry, false) : pw_injector_push_many(&queue, entry, count);
  px_require(result != PW_PUSH_NO_MEMORY, "no memory");
  if (result == PW_PUSHED) pushed[batch] = (int)count;
}

static bool pop(void) {
  pw_entry entry;
  if (!pw_injector_pop(&queue, &entry)) return false;
  size_t batch = PW_READ((size_t *)entry.tag);
  px_note("takes one of", batch);
  taken[batch] += 1;
  return true;
}

static void check_queue(void) {
  while (pop()) {}
  for (int i = 1; i <= BATCHES; i++) px_require(taken[i] == pushed[i], "%d of batch %d taken, %d pushed", taken[i], i, pushed[i]);
  pw_injector_destroy(&queue);
  world_require_nothing_leaks();
}

/// Blocks have three cells here: five entries after one fill the rest of a block, a whole one, and none of the next.
static void two_batches(int thread) {
  if (thread == 0) {
    push(1, 1);
    push(2, 5);
  } else {
    for (int i = 0; i < 4; i++) pop();
  }
}

/// One consumer moves on to a block whose contents another one takes.
static void two_consumers(int thread) {
  if (thread == 0) {
    push(1, 5);
  } else {
    for (int i = 0; i < 3; i++) pop();
  }
}

/// A batch that takes the last cell of a block: who comes to the next one must know how much of it there is.
static void reset_last_cell(void) {
  reset_queue();
  push(1, 1);
  push(2, 1);
}

static void last_cell(int thread) {
  if (thread == 0) {
    push(3, 2);
  } else {
    for (int i = 0; i < (thread == 1 ? 3 : 2); i++) pop();
  }
}

/// The last cell of a block is read while the batch before it has yet to be written: the block stays until it has been.
static void unwritten(int thread) {
  if (thread == 0) {
    push(1, 2);
  } else if (thread == 1) {
    push(2, 1);
    pop();
  } else {
    pop();
    pop();
  }
}

static void racing_batches(int thread) {
  push((size_t)thread + 1, thread == 0 ? 4 : 2);
  pop();
}

static void closed_batch(int thread) {
  if (thread == 0) {
    push(1, 7);
  } else {
    pw_injector_close(&queue);
    while (pop()) {}
    px_require(pw_injector_is_closed(&queue), "open again");
  }
}

/// What is refused leaves nothing behind.
static void reset_refused(void) {
  reset_queue();
  px_allow_allocations(2);
}

static void refused_batch(int thread) {
  if (thread == 0) {
    PW_WRITE(&contents[1], 1);
    pw_push_result result = pw_injector_push_many(&queue, (pw_entry){NULL, NULL, &contents[1]}, 9);
    px_require(result == PW_PUSH_NO_MEMORY, "memory was not refused");
  } else {
    pop();
  }
}

// MARK: In a pool

static void run_ticket(void *first, void *second, void *object, bool ticket) {
  (void)first, (void)second, (void)object;
  px_require(ticket, "not a ticket");
  use(pw_current());
  PW_ADD(client_finish, &finished, 1);
  PW_FUTEX_WAKE(client_finish_wake, &finished, PX_THREADS);
}

/// Each job waits for all others: each needs a worker of its own.
static void run_together(void *first, void *second, void *object, bool ticket) {
  run_ticket(first, second, object, ticket);
  wait_until_finished((AO_t)world->made);
}

static void reset_together(uint32_t workers) {
  reset_for(workers, 0, run_together);
  world_lay_down(world, 0);
}

/// One worker, which may be on its way to sleep.
static void reset_one(void) { reset_for(1, 0, run_ticket); }

static void submit_to_one(int thread) {
  if (thread == 0) {
    pw_worker_run(&world_slots[0]);
    return;
  }
  px_require(pw_submit_many(world, NULL, &finished, 2) == PW_PUSHED, "not queued");
  wait_until_finished(2);
  pw_pool_stop(world);
}

static void reset_two(void) { reset_together(2); }
static void reset_four(void) { reset_together(4); }

static void submit_batch(int thread) {
  if ((uint32_t)thread < world->made) {
    world_run_from_sleep(&world_slots[thread]);
    return;
  }
  px_require(pw_submit_many(world, pw_current(), &finished, world->made) == PW_PUSHED, "not queued");
  wait_until_finished((AO_t)world->made);
  pw_pool_stop(world);
}

/// From a worker, into its own deque, whose buffer of two grows for it.
static void run_nested(void *first, void *second, void *object, bool ticket) {
  if (object == &inputs) {
    px_require(pw_submit_many(world, pw_current(), &finished, 3) == PW_PUSHED, "not queued");
    return;
  }
  run_ticket(first, second, object, ticket);
}

static void reset_nested(void) { reset_for(2, 0, run_nested); }

static void submit_nested(int thread) {
  if (thread < 2) {
    pw_worker_run(&world_slots[thread]);
    return;
  }
  px_require(pw_submit(world, NULL, &inputs) == PW_PUSHED, "not queued");
  wait_until_finished(3);
  pw_pool_stop(world);
}

static const px_client clients[] = {
  {"batch_queue", 2, reset_queue, two_batches, check_queue, .quick = {2, 1}, .full = {3, 1}},
  {"batch_race", 2, reset_queue, racing_batches, check_queue, .quick = {2, 1}, .full = {3, 1}},
  {"batch_two_consumers", 3, reset_queue, two_consumers, check_queue, .quick = {2, 0}, .full = {2, 1}},
  {"batch_last_cell", 3, reset_last_cell, last_cell, check_queue, .quick = {2, 0}, .full = {2, 1}},
  {"batch_unwritten", 3, reset_queue, unwritten, check_queue, .quick = {2, 0}, .full = {3, 0}},
  {"batch_closed", 2, reset_queue, closed_batch, check_queue, .quick = {2, 1}, .full = {3, 2}},
  {"batch_refused", 2, reset_refused, refused_batch, check_queue, .quick = {2, 1}, .full = {2, 1}},
  {"batch_one", 2, reset_one, submit_to_one, check, .quick = {2, 1}, .full = {3, 1}},
  {"batch_two", 3, reset_two, submit_batch, check, .quick = {1, 0}, .full = {1, 1}},
  {"batch_four", 5, reset_four, submit_batch, check, .quick = {-1, 0}, .full = {-1, 0}},
  {"batch_nested", 3, reset_nested, submit_nested, check, .quick = {1, 0}, .full = {1, 0}},
};

PX_GROUP(batch, clients);

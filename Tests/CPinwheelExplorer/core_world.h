// What the explored core runs in: a pool of a few slots, one virtual thread a slot, and stand-ins for the kernel.

enum { WORLD_JOBS = 8 };

static pw_pool *world;
static pw_slot *world_slots;

static __attribute__((unused)) void world_name(pw_pool *pool) {
  for (uint32_t i = 0; i < pool->made; i++) {
    pw_slot *slot = &pool->slots[i];
    px_name(&slot->gate, sizeof slot->gate, "gate", (int)i);
    px_name(&slot->word, sizeof slot->word, "word", (int)i);
    px_name(&slot->wait, sizeof slot->wait, "wait", (int)i);
    px_name(&slot->floor, sizeof slot->floor, "floor", (int)i);
    px_name(&slot->tag, sizeof slot->tag, "tag", (int)i);
    px_name(&slot->news, sizeof slot->news, "news", (int)i);
    px_name(&slot->seat, sizeof slot->seat, "seat", (int)i);
    px_name(&slot->slice, sizeof slot->slice, "slice", (int)i);
    px_name(&slot->region, sizeof slot->region, "region", (int)i);
    px_name(&slot->team_arrived, sizeof slot->team_arrived, "arrived", (int)i);
    px_name(&slot->team_released, sizeof slot->team_released, "released", (int)i);
    px_name(&slot->team_missing, sizeof slot->team_missing, "missing", (int)i);
    px_name(&slot->deque, sizeof slot->deque, "deque", (int)i);
    px_name(slot->jobs, slot->capacity * sizeof *slot->jobs, "jobs", (int)i);
  }
  px_name(&pool->idle, sizeof pool->idle, "idle", -1);
  px_name(&pool->idle_seats, sizeof pool->idle_seats, "idle_seats", -1);
  px_name(&pool->roster, sizeof pool->roster, "roster", -1);
  px_name(&pool->injector, sizeof pool->injector, "injector", -1);
}

/// A pool that may grow to `most`, all of whose slots have been made; `count` of them are wanted.
static __attribute__((unused)) pw_pool *world_pool_of(
    uint32_t count, uint32_t most, uint32_t capacity, pw_run_entry_fn run_entry) {
  pw_pool *pool = pw_pool_create(count, most, capacity, 0, 1, run_entry);
  px_require(pool != NULL, "no pool");
  pool->starting = 0;
  while (pool->made < most) {
    px_require(pw_pool_make_slot(pool), "no slot");
    pw_slot_begin(pool, pool->made - 1);
  }
  for (uint32_t i = 0; i < most; i++) pool->slots[i].random = i + 1;
  world_name(pool);
  return pool;
}

static __attribute__((unused)) pw_pool *world_pool(uint32_t count, uint32_t capacity, pw_run_entry_fn run_entry) {
  return world_pool_of(count, count, capacity, run_entry);
}

/// Every virtual thread begins without a slot.
static __attribute__((unused)) void world_reset_threads(void) {
  pw_this_thread = (pw_thread){.slot = &nobody};
  px_thread_local(&pw_this_thread, sizeof pw_this_thread);
}

/// A pool of `count` slots in which everybody works and nothing is queued; thread i holds slot i.
static __attribute__((unused)) void world_reset_pool(pw_pool *pool) {
  world = pool;
  world_slots = world->slots;
  for (uint32_t i = 0; i < pool->made; i++) {
    pw_slot *slot = &world_slots[i];
    px_thread_local_begins(&pw_this_thread, (int)i, &(pw_thread){.slot = slot, .chain = slot->chain});
  }
}

static __attribute__((unused)) void world_reset_capacity(uint32_t count, uint32_t capacity, pw_run_entry_fn run_entry) {
  world_reset_threads();
  world_reset_pool(world_pool(count, capacity, run_entry));
}

static __attribute__((unused)) void world_reset(uint32_t count, pw_run_entry_fn run_entry) {
  world_reset_capacity(count, WORLD_JOBS, run_entry);
}

/// As the Swift layer forks and joins (Closures.swift).
static __attribute__((unused)) void world_fork_in(pw_pool *pool, pw_frame *frame, pw_code run, void *context) {
  pw_fork(pool, frame, run, context);
}

static __attribute__((unused)) void world_fork(pw_frame *frame, pw_code run, void *context) {
  pw_fork(world, frame, run, context);
}

/// True if the job ran here.
static __attribute__((unused)) bool world_join(pw_frame *frame, pw_code run, void *context) {
  bool here = pw_pop_private(frame);
  if (here) {
    pw_call_job(run, context, frame);
  } else if (pw_join_exposed(frame)) {
    here = true;
    pw_call_job(run, context, frame);
    pw_end_join(frame);
  }
  return here;
}

/// A forked job, as the Swift compiler would make it.
#define WORLD_JOB(name, context)                                                                                       \
  static __attribute__((unused)) SWIFT void name(pw_frame *world_frame __attribute__((unused)), CONTEXT void *context)
/// A loop's body.
#define WORLD_CHUNKS(name, first, last, context) \
  static SWIFT void name(uint64_t first, uint64_t last __attribute__((unused)), CONTEXT void *context)

/// A member's body; the slot is what it is called with.
#define WORLD_MEMBER(name, slot, context) static SWIFT bool name(pw_slot *slot, CONTEXT void *context)

/// A top-level loop on a slot, one chunk at a time, with whoever is idle.
static __attribute__((unused)) bool world_region(pw_slot *slot, pw_code run, void *context, uint64_t chunks) {
  pw_pace pace = pw_pace_begin(PW_DEAL_EACH, 0);
  return pw_region_run(slot, run, context, &(pw_bounds){0}, 0, chunks, &pace, pw_worth_of(0, slot->pool->made - 1, 0));
}

static __attribute__((unused)) void world_require_empty_stacks(void) {
  for (uint32_t i = 0; i < world->made; i++) {
    pw_slot *slot = &world_slots[i];
    px_require(slot->split == 0, "slot %u's stack is not empty", i);
    const pw_thread *thread = px_thread_local_of(&pw_this_thread, (int)i);
    px_require(thread->chain.top == NULL && thread->chain.private_jobs == 0, "thread %u's chain is not empty", i);
    px_require(PW_TAIL(slot->word) == PW_SPLIT(slot->word), "slot %u still exposes jobs", i);
  }
}

/// In setup: the slot's worker is a sleeper or a searcher.
static __attribute__((unused)) void world_count_idle(pw_slot *slot, AO_t seat, AO_t count) {
  slot->seat = seat;
  slot->pool->idle += count;
  slot->pool->idle_seats[0] |= (AO_t)1 << slot->id;
}

/// The workers of slots `first` and up lie asleep, or are about to; those below are about to begin.
static __attribute__((unused)) void world_lay_down(pw_pool *pool, uint32_t first) {
  pool->starting = first;
  for (uint32_t i = first; i < pool->made; i++) world_count_idle(&pool->slots[i], PW_SEAT_ASLEEP, PW_SLEEPER);
}

/// A worker's life from when it lies asleep.
static __attribute__((unused)) void world_run_from_sleep(pw_slot *slot) {
  pw_set_current(slot);
  if (!pw_await_seat(slot, false)) pw_start_searching(slot);
  work_until_stop(slot);
  pw_end_searching(slot);
}

/// Frees a pool, as if its workers had been joined.
static __attribute__((unused)) void world_destroy(pw_pool *pool) {
  for (uint32_t i = 0; i < pool->made; i++) px_require(pool->slots[i].jobs_deep == 0, "slot %u runs jobs", i);
  pw_pool_destroy(pool);
}

static __attribute__((unused)) void world_require_nothing_leaks(void) {
  px_require(px_heap_leftover() == NULL, "%p is never freed", px_heap_leftover());
}

// MARK: Stand-ins

PW_API void pw_remember_process(void) {}
PW_API void pw_baton_destroy(__attribute__((unused)) pw_baton *baton) {}
_Noreturn PW_API void pw_lost_in_fork(void) { abort(); }
_Noreturn PW_API void pw_returned_in_fork(void) { abort(); }

PW_API int pw_current_cpu(void) { return 0; }
PW_API bool pw_is_worker_thread(void) { return false; }
PW_API void pw_move_thread(__attribute__((unused)) const uint64_t *words, __attribute__((unused)) uint32_t count) {}

/// A client's own time. Time stands still without it.
static __attribute__((unused)) uint64_t (*world_clock)(void);

PW_API uint64_t pw_now(void) { return world_clock ? world_clock() : 1; }

PW_API uint64_t pw_quick_now(void) { return pw_now(); }
PW_API void pw_begin_clock(void) {}

/// Waits go to sleep at once; those that find that they can't take turns with others.
PW_API bool pw_spin_more(pw_spin *spin, uint64_t spin_ns) {
  (void)spin_ns;
  if (spin->rounds++ > 0) PW_PAUSE();
  return false;
}

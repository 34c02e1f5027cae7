// What the explored core runs in: a pool of a few slots in static memory, one virtual thread a slot, and stand-ins for
// what touches the kernel or Swift.

enum { WORLD_SLOTS = 4, WORLD_JOBS = 8 };

static pw_pool world;
static pw_slot world_slots[WORLD_SLOTS];
static pw_job world_jobs[WORLD_SLOTS][WORLD_JOBS];
static uint32_t world_ids[WORLD_SLOTS][2 * WORLD_SLOTS];
static pw_slot *world_held[PX_THREADS];

/// A pool of `count` slots in which everybody works and nothing is queued.
static __attribute__((unused)) void world_reset(uint32_t count, pw_run_entry_fn run_entry) {
  memset(&world, 0, sizeof world);
  memset(world_slots, 0, sizeof world_slots);
  memset(world_jobs, 0, sizeof world_jobs);
  memset(world_held, 0, sizeof world_held);
  world.count = count;
  world.slots = world_slots;
  world.run_entry = run_entry;
  pw_injector_init(&world.injector);
  for (uint32_t i = 0; i < count; i++) {
    pw_slot *slot = &world_slots[i];
    slot->jobs = world_jobs[i];
    slot->capacity = WORLD_JOBS;
    slot->pool = &world;
    slot->chain.enough = PW_ENOUGH;
    slot->id = i;
    slot->random = i + 1;
    slot->gate = count > 1 ? 0 : (AO_t)&world;
    slot->posted = world_ids[i];
    slot->sleepers = slot->posted + WORLD_SLOTS;
    pw_deque_init(&slot->deque, 2);
    world_held[i] = slot;
    px_name(&slot->gate, sizeof slot->gate, "gate", (int)i);
    px_name(&slot->word, sizeof slot->word, "word", (int)i);
    px_name(&slot->wait, sizeof slot->wait, "wait", (int)i);
    px_name(&slot->floor, sizeof slot->floor, "floor", (int)i);
    px_name(&slot->tag, sizeof slot->tag, "tag", (int)i);
    px_name(&slot->news, sizeof slot->news, "news", (int)i);
    px_name(&slot->seat, sizeof slot->seat, "seat", (int)i);
    px_name(&slot->deque, sizeof slot->deque, "deque", (int)i);
    px_name(world_jobs[i], sizeof world_jobs[i], "jobs", (int)i);
  }
  px_name(&world.idle, sizeof world.idle, "idle", -1);
  px_name(&world.stopping, sizeof world.stopping, "stopping", -1);
  px_name(&world.injector, sizeof world.injector, "injector", -1);
}

/// As the Swift layer forks and joins.
static __attribute__((unused)) void world_fork(pw_slot *slot, pw_frame *frame, void (*run)(void *), void *context) {
  pw_push(slot, slot->pool, frame, (pw_code)run, context);
}

static __attribute__((unused)) void world_join(pw_slot *slot, pw_frame *frame, void (*run)(void *), void *context) {
  if (pw_join(slot, frame)) run(context);
}

static __attribute__((unused)) void world_require_empty_stacks(void) {
  for (uint32_t i = 0; i < world.count; i++) {
    pw_slot *slot = &world_slots[i];
    px_require(slot->chain.top == NULL && slot->chain.private_jobs == 0 && slot->split == 0, "slot %u's stack is not empty", i);
    px_require(PW_TAIL(slot->word) == PW_SPLIT(slot->word), "slot %u still exposes jobs", i);
  }
}

// MARK: Stand-ins

/// The one accessor of the thread-local.
PW_API pw_slot *pw_current(void) { return world_held[px_current()]; }
PW_API void pw_set_current(pw_slot *slot) { world_held[px_current()] = slot; }
PW_API pw_slot *pw_held(pw_pool *pool) {
  (void)pool;
  return pw_current();
}

/// A closure is a C function and its argument.
PW_API void pw_call_job(pw_code code, void *context, pw_frame *frame) {
  (void)frame;
  ((void (*)(void *))code)(context);
}
PW_API void pw_push_outside(pw_pool *pool, pw_frame *frame, pw_code code, void *context) {
  (void)pool, (void)frame, (void)code, (void)context;
  px_require(false, "a fork on a slot of another pool");
}

PW_API void pw_call_chunks(pw_code code, void *context, uint64_t first, uint64_t last) {
  ((void (*)(void *, uint64_t, uint64_t))code)(context, first, last);
}

PW_API bool pw_pool_is_forked(pw_pool *pool) {
  (void)pool;
  return false;
}

PW_API int pw_current_cpu(void) { return 0; }

/// Time stands still.
PW_API uint64_t pw_now(void) { return 1; }

/// Waits go to sleep at once; those that find that they can't take turns with others.
PW_API bool pw_spin_more(pw_spin *spin, uint64_t spin_ns) {
  (void)spin_ns;
  if (spin->rounds++ > 0) PW_PAUSE();
  return false;
}

// Sequences of operations on a strict stack, by its owner and a thief in turn on one thread, against an array.
#include "fuzz.h"

#define SWIFT __attribute__((swiftcall))
#define CONTEXT __attribute__((swift_context))
#define MOST 256

typedef enum where { PRIVATE, EXPOSED, HELD, RUN } where; // HELD: stolen, not begun

typedef struct forked {
  pw_frame frame;
  where where;
  int runs;
} forked;

static forked jobs[MOST];
static int count; // those not joined

static SWIFT void run(pw_frame *frame, CONTEXT void *context) {
  MUST(context == frame); // each job's own
  ((forked *)frame)->runs += 1;
}

/// What the word and the chain say, against what the operations should have made of it.
static void check(pw_slot *owner) {
  AO_t tail = PW_TAIL(owner->word), split = PW_SPLIT(owner->word), stolen = 0;
  MUST(split == owner->split && split <= (AO_t)count && split <= owner->capacity && tail <= split);
  pw_frame *frame = pw_this_thread.chain.top;
  for (int i = count; i-- > 0; frame = frame->older) {
    MUST(frame == &jobs[i].frame);
    bool is_exposed = (AO_t)i < split; // I3: the oldest, in order
    MUST((frame->context == PW_NOT_HERE) == is_exposed);
    MUST(is_exposed == (jobs[i].where != PRIVATE));
    if (is_exposed) MUST(owner->jobs[i].frame == frame);
    stolen += jobs[i].where >= HELD;
    if ((AO_t)i < tail) MUST(jobs[i].where >= HELD);
  }
  MUST(frame == NULL && stolen == tail);
  MUST(pw_depth(owner) == (AO_t)count);
}

/// After an operation that may have moved the split: what is exposed now.
static void note_split(pw_slot *owner) {
  for (int i = 0; i < count; i++) {
    if (jobs[i].where < HELD) jobs[i].where = (AO_t)i < PW_SPLIT(owner->word) ? EXPOSED : PRIVATE;
  }
}

static void run_held(pw_slot *owner, pw_slot *thief, int index) {
  pw_set_current(thief); // for the time, this thread works with that slot
  pw_run_stolen(thief, &owner->jobs[index]);
  pw_set_current(owner);
  jobs[index].where = RUN;
  MUST(jobs[index].runs == 1 && pw_is_done(&owner->jobs[index].state));
}

static void join(pw_slot *owner, pw_slot *thief) {
  forked *job = &jobs[count - 1];
  AO_t split = owner->split;
  bool was_private = job->where == PRIVATE;
  bool mine = pw_pop(owner, &job->frame);
  MUST(mine == (job->where < HELD));
  if (was_private) MUST(owner->split == split);
  if (mine) {
    job->runs += 1;
  } else {
    if (job->where == HELD) run_held(owner, thief, count - 1); // else the join would wait for ever
    pw_join_stolen(owner, &job->frame);
    MUST(owner->split == split - 1 && owner->jobs[count - 1].state == PW_EMPTY);
  }
  MUST(job->runs == 1);
  count -= 1;
  note_split(owner);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz_input input = {data, size};
  uint8_t shape = fuzz_byte(&input);
  pw_pool *pool = pw_pool_create(2, 2, 1 + shape % 16, 0, 1, NULL);
  MUST(pool != NULL);
  pw_slot *owner = pw_pool_slot(pool, 0), *thief = pw_pool_slot(pool, 1);
  pw_set_current(owner);
  if (shape & 0x80) owner->word = ~(PW_EPOCH_ONE - 1); // the epoch wraps at the next bump
  if (shape & 0x40) owner->gate = (AO_t)pool;          // nobody asks at first
  count = 0;
  while (input.left > 0) {
    uint8_t operation = fuzz_byte(&input);
    switch (operation % 8) {
    case 0:
    case 1:
    case 2:
      for (int times = 1 + (operation >> 3) % 8; times > 0 && count < MOST; times--) {
        forked *job = &jobs[count++];
        *job = (forked){.where = PRIVATE};
        pw_push(owner, pool, &job->frame, (pw_code)run, job);
      }
      note_split(owner);
      break;
    case 3:
      for (int times = 1 + (operation >> 3) % 8; times > 0 && count > 0; times--) join(owner, thief);
      break;
    case 4:
      pw_expose(owner);
      note_split(owner);
      break;
    case 5: { // a thief takes the oldest, and runs it now or later
      AO_t tail = PW_TAIL(owner->word);
      pw_job *job;
      pw_steal steal = pw_strict_steal(owner, thief->request, &job);
      bool there = (int)tail < count && jobs[tail].where == EXPOSED;
      MUST(steal == (there ? PW_STEAL_TAKEN : PW_STEAL_EMPTY));
      if (!there) {
        MUST(owner->gate != PW_GATE_SHUT && owner->gate < PW_GATE_EAGER); // it has asked for work
        break;
      }
      MUST(job == &owner->jobs[tail] && job->frame == &jobs[tail].frame);
      jobs[tail].where = HELD;
      if (operation & 8) run_held(owner, thief, (int)tail);
      break;
    }
    case 6: { // one of the jobs that were stolen and not begun
      for (int i = 0; i < count; i++) {
        if (jobs[i].where != HELD) continue;
        run_held(owner, thief, i);
        break;
      }
      break;
    }
    default: { // an old look at the word fails once the epoch has moved
      AO_t look = owner->word;
      pw_job *job;
      pw_end_of_job(owner);
      if (PW_TAIL(look) < PW_SPLIT(look)) MUST(pw_strict_steal_from(owner, look, thief->request, &job) == PW_STEAL_LOST);
    }
    }
    check(owner);
  }
  while (count > 0) join(owner, thief);
  MUST(pw_this_thread.chain.top == NULL && owner->split == 0 && PW_TAIL(owner->word) == 0);
  pw_set_current(NULL);
  pw_pool_destroy(pool);
  return 0;
}

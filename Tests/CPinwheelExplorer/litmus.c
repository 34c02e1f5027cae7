// Litmus tests: does the simulator show the weak behaviours that RC11 allows, and only those?
//
// A client whose outcome is forbidden must pass; its mutants, and the clients named `..._allowed`, must break.
#include <string.h>
#define PW_ATOMIC_OVERRIDE "../../../Tests/CPinwheelExplorer/simulator_atomics.h"
#include "../../CSources/CPinwheel/include/pw_atomic.h"
#include "clients.h"

static volatile AO_t x, y, z;
static size_t payload;
static size_t seen[PX_THREADS][2];

static void reset(void) {
  x = y = z = 0;
  payload = 0;
  memset(seen, 0, sizeof seen);
  px_name(&x, sizeof x, "x", -1);
  px_name(&y, sizeof y, "y", -1);
  px_name(&z, sizeof z, "z", -1);
  px_name(&payload, sizeof payload, "payload", -1);
}

// MARK: Message passing

static void message_passing(int thread) {
  if (thread == 0) {
    PW_WRITE(&payload, 42);
    PW_STORE_RELEASE(mp_publish, &x, 1);
  } else if (PW_LOAD_ACQUIRE(mp_look, &x)) {
    size_t got = PW_READ(&payload);
    px_require(got == 42, "read %zu", got);
  }
}

/// The same with fences and relaxed accesses.
static void message_passing_fences(int thread) {
  if (thread == 0) {
    PW_WRITE(&payload, 42);
    PW_FENCE(mpf_release);
    PW_STORE(mpf_publish, &x, 1);
  } else if (PW_LOAD(mpf_look, &x)) {
    PW_FENCE(mpf_acquire);
    px_require(PW_READ(&payload) == 42, "old payload");
  }
}

// MARK: Store buffering

static void store_buffering(int thread) {
  PW_STORE_RELEASE(sb_store, thread == 0 ? &x : &y, 1);
  PW_FENCE(sb_fence);
  seen[thread][0] = PW_LOAD_ACQUIRE(sb_load, thread == 0 ? &y : &x);
}

/// A compare-and-swap between the two, as "full" as it is called, orders nothing for other locations.
static void store_buffering_cas_allowed(int thread) {
  PW_STORE_RELEASE(sbc_store, thread == 0 ? &x : &y, 1);
  PW_CAS(sbc_cas, &z, 99, 100);
  seen[thread][0] = PW_LOAD_ACQUIRE(sbc_load, thread == 0 ? &y : &x);
}

static void store_buffering_check(void) {
  px_require(seen[0][0] || seen[1][0], "both read 0");
}

// MARK: Two writes each to two locations, in opposite order

static void crossing_writes(int thread, bool fences) {
  PW_STORE_RELEASE(ww_first, thread == 0 ? &x : &y, 1);
  if (fences) PW_FENCE(ww_fence);
  PW_STORE_RELEASE(ww_second, thread == 0 ? &y : &x, 2);
}

static void crossing_writes_fences(int thread) { crossing_writes(thread, true); }
static void crossing_writes_allowed(int thread) { crossing_writes(thread, false); }

static void crossing_writes_check(void) { px_require(x == 2 || y == 2, "both first writes came last"); }

// MARK: Independent reads of independent writes

static void independent_reads(int thread, bool fences) {
  if (thread < 2) {
    PW_STORE_RELEASE(iriw_store, thread == 0 ? &x : &y, 1);
    return;
  }
  seen[thread][0] = PW_LOAD_ACQUIRE(iriw_first, thread == 2 ? &x : &y);
  if (fences) PW_FENCE(iriw_fence);
  seen[thread][1] = PW_LOAD_ACQUIRE(iriw_second, thread == 2 ? &y : &x);
}

static void independent_reads_fences(int thread) { independent_reads(thread, true); }
static void independent_reads_allowed(int thread) { independent_reads(thread, false); }

static void independent_reads_check(void) {
  bool disagree = seen[2][0] == 1 && seen[2][1] == 0 && seen[3][0] == 1 && seen[3][1] == 0;
  px_require(!disagree, "the readers disagree about which store came first");
}

// MARK: Fences of loads

/// Of independent reads, a fence of loads is enough.
static void independent_reads_loads(int thread) {
  if (thread < 2) {
    PW_STORE_RELEASE(iriwl_store, thread == 0 ? &x : &y, 1);
    return;
  }
  seen[thread][0] = PW_LOAD_ACQUIRE(iriwl_first, thread == 2 ? &x : &y);
  PW_FENCE_LOADS(iriwl_fence);
  seen[thread][1] = PW_LOAD_ACQUIRE(iriwl_second, thread == 2 ? &y : &x);
}

/// As between a thief and an owner: one stores and looks, and the other looks twice.
static void read_to_write(int thread) {
  if (thread == 0) {
    PW_STORE_RELEASE(rwc_other, &x, 1);
  } else if (thread == 1) {
    seen[1][0] = PW_LOAD_ACQUIRE(rwc_first, &x);
    PW_FENCE_LOADS(rwc_loads);
    seen[1][1] = PW_LOAD_ACQUIRE(rwc_second, &y);
  } else {
    PW_STORE_RELEASE(rwc_store, &y, 1);
    PW_FENCE(rwc_fence);
    seen[2][0] = PW_LOAD_ACQUIRE(rwc_look, &x);
  }
}

static void read_to_write_check(void) {
  px_require(seen[1][0] == 0 || seen[1][1] == 1 || seen[2][0] == 1, "x is set before y, and y before x");
}

/// A store may come to others after the loads that follow such a fence.
static void store_buffering_loads_allowed(int thread) {
  PW_STORE_RELEASE(sbl_store, thread == 0 ? &x : &y, 1);
  if (thread == 0) PW_FENCE_LOADS(sbl_loads);
  else PW_FENCE(sbl_fence);
  seen[thread][0] = PW_LOAD_ACQUIRE(sbl_load, thread == 0 ? &y : &x);
}

/// An update may not.
static void update_buffering_loads(int thread) {
  if (thread == 0) {
    PW_ADD(ubl_update, &x, 1);
    PW_FENCE_LOADS(ubl_loads);
  } else {
    PW_STORE_RELEASE(ubl_store, &y, 1);
    PW_FENCE(ubl_fence);
  }
  seen[thread][0] = PW_LOAD_ACQUIRE(ubl_load, thread == 0 ? &y : &x);
}

// MARK: Coherence

static void coherence(int thread) {
  if (thread == 0) {
    PW_STORE(co_first, &x, 1);
    PW_STORE(co_second, &x, 2);
  } else {
    seen[thread][0] = PW_LOAD(co_early, &x);
    seen[thread][1] = PW_LOAD(co_late, &x);
    px_require(seen[thread][0] <= seen[thread][1], "went back from %zu to %zu", seen[thread][0], seen[thread][1]);
  }
}

// MARK: Counters

static void cas_counter(int thread) {
  (void)thread;
  for (;;) {
    AO_t old = PW_LOAD(counter_load, &x);
    if (PW_CAS(counter_cas, &x, old, old + 1)) return;
  }
}

static void add_counter(int thread) {
  (void)thread;
  PW_ADD(counter_add, &x, 1);
}

static void counter_check(void) { px_require(x == 3, "counted to %zu", (size_t)x); }

// MARK: Release sequences

/// Thread 2 reads what thread 1's update wrote; that carries thread 0's release on.
static void release_sequence(int thread) {
  if (thread == 0) {
    PW_WRITE(&payload, 42);
    PW_STORE_RELEASE(rs_publish, &x, 1);
  } else if (thread == 1) {
    PW_ADD(rs_update, &x, 1);
  } else if (PW_LOAD_ACQUIRE(rs_look, &x) == 2) {
    px_require(PW_READ(&payload) == 42, "old payload");
  }
}

/// A plain store by the same thread ends the sequence (C++20).
static void release_sequence_store_allowed(int thread) {
  if (thread == 0) {
    PW_WRITE(&payload, 42);
    PW_STORE_RELEASE(rss_publish, &x, 1);
    PW_STORE(rss_again, &x, 2);
  } else if (PW_LOAD_ACQUIRE(rss_look, &x) == 2) {
    (void)PW_READ(&payload);
  }
}

static void release_sequence_check(void) {}

// MARK: Locks and memory

static void spin_lock(int thread) {
  while (!PW_CAS(lock_take, &x, 0, 1)) PW_PAUSE();
  PW_WRITE(&payload, PW_READ(&payload) + 1);
  PW_STORE_RELEASE(lock_free, &x, 0);
  (void)thread;
}

static void spin_lock_check(void) { px_require(payload == 3, "%zu sections", payload); }

/// Both wait for the other to go first.
static void livelock(int thread) {
  while (!PW_LOAD_ACQUIRE(livelock_look, thread == 0 ? &y : &x)) PW_PAUSE();
  PW_STORE_RELEASE(livelock_go, thread == 0 ? &x : &y, 1);
}

static volatile AO_t *box;

static void reset_box(void) {
  reset();
  box = px_allocate(8, sizeof *box);
  px_name(box, sizeof *box, "box", -1);
}

/// Thread 0 frees the box when it is told that thread 1 is done with it: too early, if thread 1 tells first.
static void freed_box(int thread) {
  if (thread == 0) {
    while (!PW_LOAD_ACQUIRE(box_look, &x)) PW_PAUSE();
    px_release((void *)(uintptr_t)box);
  } else {
    if (px_fault("tell_first")) PW_STORE_RELEASE(box_tell_early, &x, 1);
    PW_ADD(box_use, box, 1);
    PW_STORE_RELEASE(box_tell, &x, 1);
  }
}

/// Thread 0 makes a box and hands it over.
static void new_box(int thread) {
  if (thread == 0) {
    volatile AO_t *made = px_allocate(16, sizeof *made);
    PW_STORE(box_fill, made, 42);
    PW_STORE_RELEASE(box_publish, &x, made);
  } else {
    volatile AO_t *found = (volatile AO_t *)PW_LOAD_ACQUIRE(box_find, &x);
    if (found) px_require(PW_LOAD(box_see, found) == 42, "an empty box");
  }
}

static void plain_store(int thread) {
  if (thread == 0) PW_STORE(ps_store, &x, 1);
  if (thread == 1) x = 7;
  (void)PW_LOAD(ps_load, &x);
}

static const px_client clients[] = {
  {"message_passing", 2, reset, message_passing, NULL, .quick = {2, 3}, .full = {2, 3}},
  {"message_passing_fences", 2, reset, message_passing_fences, NULL, .quick = {2, 3}, .full = {2, 3}},
  {"store_buffering", 2, reset, store_buffering, store_buffering_check, .quick = {2, 3}, .full = {2, 3}},
  {"store_buffering_cas_allowed", 2, reset, store_buffering_cas_allowed, store_buffering_check, .quick = {2, 3}, .full = {2, 3}},
  {"crossing_writes", 2, reset, crossing_writes_fences, crossing_writes_check, .quick = {2, 3}, .full = {2, 3}},
  {"crossing_writes_allowed", 2, reset, crossing_writes_allowed, crossing_writes_check, .quick = {2, 3}, .full = {2, 3}},
  {"independent_reads", 4, reset, independent_reads_fences, independent_reads_check, .quick = {2, 3}, .full = {2, 3}},
  {"independent_reads_allowed", 4, reset, independent_reads_allowed, independent_reads_check, .quick = {2, 3}, .full = {2, 3}},
  {"independent_reads_loads", 4, reset, independent_reads_loads, independent_reads_check, .quick = {2, 3}, .full = {2, 3}},
  {"read_to_write", 3, reset, read_to_write, read_to_write_check, .quick = {2, 3}, .full = {2, 3}},
  {"store_buffering_loads_allowed", 2, reset, store_buffering_loads_allowed, store_buffering_check, .quick = {2, 3}, .full = {2, 3}},
  {"update_buffering_loads", 2, reset, update_buffering_loads, store_buffering_check, .quick = {2, 3}, .full = {2, 3}},
  {"coherence", 3, reset, coherence, NULL, .quick = {2, 3}, .full = {2, 3}},
  {"cas_counter", 3, reset, cas_counter, counter_check, .quick = {2, 3}, .full = {2, 3}},
  {"add_counter", 3, reset, add_counter, counter_check, .quick = {2, 3}, .full = {2, 3}},
  {"release_sequence", 3, reset, release_sequence, NULL, .quick = {2, 3}, .full = {2, 3}},
  {"release_sequence_store_allowed", 2, reset, release_sequence_store_allowed, release_sequence_check, .quick = {2, 3}, .full = {2, 3}},
  {"spin_lock", 3, reset, spin_lock, spin_lock_check, .quick = {2, 3}, .full = {2, 3}},
  {"livelock", 2, reset, livelock, NULL, .quick = {2, 3}, .full = {2, 3}},
  {"freed_box", 2, reset_box, freed_box, NULL, .quick = {2, 3}, .full = {2, 3}},
  {"new_box", 2, reset, new_box, NULL, .quick = {2, 3}, .full = {2, 3}},
  {"plain_store", 2, reset, plain_store, NULL, .quick = {2, 3}, .full = {2, 3}},
};

PX_GROUP(litmus, clients);

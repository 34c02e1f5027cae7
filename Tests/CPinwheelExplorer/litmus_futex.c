// The futex of the simulator: sleeping, waking, and wake-ups that get lost.
#define PW_ATOMIC_OVERRIDE "../../../Tests/CPinwheelExplorer/simulator_atomics.h"
#include "../../CSources/CPinwheel/include/pw_atomic.h"
#include "clients.h"

static volatile AO_t word, job, sleeping;
static size_t payload;
static int awake;

static void reset(void) {
  word = job = sleeping = 0;
  payload = 0;
  awake = 0;
  px_name(&word, sizeof word, "word", -1);
  px_name(&job, sizeof job, "job", -1);
  px_name(&sleeping, sizeof sleeping, "sleeping", -1);
}

/// The word itself says what is waited for.
static void one_shot(int thread) {
  if (thread == 0) {
    PW_WRITE(&payload, 42);
    PW_STORE_RELEASE(shot_set, &word, 1);
    PW_FUTEX_WAKE(shot_wake, &word, 1);
  } else {
    while (!PW_LOAD_ACQUIRE(shot_look, &word)) PW_FUTEX_WAIT(shot_wait, &word, 0, 0);
    px_require(PW_READ(&payload) == 42, "old payload");
  }
}

/// The same with a limit on the time.
static void one_shot_limited(int thread) {
  if (thread == 0) {
    PW_STORE_RELEASE(limited_set, &word, 1);
    PW_FUTEX_WAKE(limited_wake, &word, 1);
  } else {
    while (!PW_LOAD_ACQUIRE(limited_look, &word)) PW_FUTEX_WAIT(limited_wait, &word, 0, 1000);
  }
}

/// Announce, look again, sleep; against publish, look for sleepers, wake: store buffering with a futex behind it.
static void event(int thread) {
  if (thread == 0) {
    PW_STORE_RELEASE(event_publish, &job, 1);
    PW_FENCE(event_publish_fence);
    if (PW_LOAD(event_sleepers, &sleeping)) {
      PW_ADD(event_signal, &word, 1);
      PW_FUTEX_WAKE(event_wake, &word, 1);
    }
    return;
  }
  while (!PW_LOAD_ACQUIRE(event_first_look, &job)) {
    AO_t epoch = PW_LOAD_ACQUIRE(event_epoch, &word);
    PW_STORE_RELEASE(event_announce, &sleeping, 1);
    PW_FENCE(event_announce_fence);
    bool nothing = px_fault("no_second_look") || !PW_LOAD_ACQUIRE(event_second_look, &job);
    if (nothing) PW_FUTEX_WAIT(event_wait, &word, epoch, 0);
    PW_STORE(event_withdraw, &sleeping, 0);
  }
}

/// Two sleepers, and only one of them is woken.
static void two_sleepers(int thread) {
  if (thread == 0) {
    PW_STORE_RELEASE(pair_set, &word, 1);
    PW_FUTEX_WAKE(pair_wake, &word, px_fault("wake_one") ? 1 : 2);
  } else {
    while (!PW_LOAD_ACQUIRE(pair_look, &word)) PW_FUTEX_WAIT(pair_wait, &word, 0, 0);
    awake++;
  }
}

static void two_sleepers_check(void) { px_require(awake == 2, "%d awake", awake); }

/// A wait that may return early and is not in a loop.
static void hasty(int thread) {
  if (thread == 0) {
    PW_STORE_RELEASE(hasty_set, &word, 1);
    PW_FUTEX_WAKE(hasty_wake, &word, 1);
  } else {
    if (!PW_LOAD_ACQUIRE(hasty_look, &word)) PW_FUTEX_WAIT(hasty_wait, &word, 0, 0);
    px_require(PW_LOAD_ACQUIRE(hasty_second_look, &word) == 1, "woken for nothing");
  }
}

static const px_client clients[] = {
  {"futex_one_shot", 2, reset, one_shot, NULL, .quick = {2, 3}, .full = {2, 3}},
  {"futex_one_shot_limited", 2, reset, one_shot_limited, NULL, .quick = {2, 3}, .full = {2, 3}},
  {"futex_event", 2, reset, event, NULL, .quick = {2, 3}, .full = {2, 3}},
  {"futex_two_sleepers", 3, reset, two_sleepers, two_sleepers_check, .quick = {2, 3}, .full = {2, 3}},
  {"futex_hasty", 2, reset, hasty, NULL, .quick = {2, 3}, .full = {2, 3}},
};

PX_GROUP(futex, clients);

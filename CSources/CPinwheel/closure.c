// Swift closures as two words, and the thread-local. The one file that needs clang (swiftcall, swift_context).
//
// A Swift function value that is passed as an argument arrives as two words in ordinary argument registers: the code
// and its context. Code that takes the context in the Swift context register can then be called through a `swiftcall`
// pointer. Sources/Pinwheel/Closures.swift declares these functions with @_silgen_name; ClosureTests checks the
// convention on the running machine.
#include "internal.h"

#define SWIFT __attribute__((swiftcall))
#define CONTEXT __attribute__((swift_context))

/// What a thread that holds no slot works with: it belongs to no pool. A fork then needs one test, not two.
static pw_slot nobody;
PW_API _Thread_local pw_thread pw_this_thread = {.slot = &nobody};

PW_API PW_LOOP_PATH pw_slot *pw_current(void) { return pw_this_thread.slot != &nobody ? pw_this_thread.slot : NULL; }

PW_API PW_LOOP_PATH void pw_set_current(pw_slot *slot) {
  if (pw_this_thread.slot != &nobody) pw_this_thread.slot->chain = pw_this_thread.chain;
  pw_this_thread.slot = slot != NULL ? slot : &nobody;
  pw_this_thread.chain = pw_this_thread.slot->chain;
}

/// A guest goes.
static PW_LOOP_PATH void leave_visit(pw_slot *slot) {
  pw_pool *pool = slot->pool;
  pw_leave(slot);
  PW_BATON_LEAVE(pool);
}

PW_API PW_LOOP_PATH pw_slot *pw_begin_visit(pw_pool *pool) {
  if (pw_holds(pool) || pw_this_thread.refused == pool) return NULL;
  PW_BATON_ENTER(pool);
  pw_slot *slot = pw_enter(pool);
  if (slot != NULL) return slot;
  if (pw_this_thread.refused != NULL) { // one at a time: calls inside will ask again
    PW_BATON_LEAVE(pool);
    return NULL;
  }
  pw_this_thread.refused = pool;
  return PW_REFUSED;
}

PW_API PW_LOOP_PATH void pw_end_visit(pw_slot *visit) {
  if (visit == PW_REFUSED) {
    pw_pool *pool = pw_this_thread.refused;
    pw_this_thread.refused = NULL;
    PW_BATON_LEAVE(pool);
  } else if (visit != NULL) {
    leave_visit(visit);
  }
}

PW_API pw_pool *pw_refuse(pw_pool *pool) {
  pw_pool *before = pw_this_thread.refused;
  pw_this_thread.refused = pool;
  return before;
}

PW_API void pw_offer_baton(void) {
  pw_slot *slot = pw_current();
  if (slot != NULL) PW_AT(slot->pool, PW_AT_USER);
  else if (pw_this_thread.refused != NULL) PW_AT(pw_this_thread.refused, PW_AT_USER);
}

PW_API void pw_begin_aside(pw_aside *aside, pw_pool *pool) {
  *aside = (pw_aside){pool, pw_this_thread.asides};
  pw_this_thread.asides = aside;
}

PW_API void pw_end_aside(pw_aside *aside) { pw_this_thread.asides = aside->outer; }

PW_API bool pw_is_inside(pw_pool *pool) {
  for (pw_aside *aside = pw_this_thread.asides; aside != NULL; aside = aside->outer) {
    if (aside->pool == pool) return true;
  }
  return pw_this_thread.refused == pool || pw_held(pool) != NULL;
}

PW_API pw_slot *pw_held(pw_pool *pool) {
  pw_slot *slot = pw_current();
  while (slot != NULL && slot->pool != pool) slot = slot->outer;
  return slot;
}

PW_API void pw_call_job(pw_code code, void *context, pw_frame *frame) {
  ((SWIFT void (*)(pw_frame *, CONTEXT void *))code)(frame, context);
}

PW_API PW_LOOP_PATH void pw_call_part(pw_code code, void *context, uint64_t lower, uint64_t upper) {
  (void)((SWIFT bool (*)(uint64_t, uint64_t, CONTEXT void *))code)(lower, upper, context);
}

PW_API bool pw_call_member(pw_code code, void *context, pw_slot *slot) {
  return ((SWIFT bool (*)(pw_slot *, CONTEXT void *))code)(slot, context);
}

/// Forks: pushes the closure on the strict stack of the slot that this thread holds in the pool.
PW_API SWIFT void pw_fork(pw_pool *pool, pw_frame *frame, pw_code code, void *context) {
  pw_push(pw_this_thread.slot, pool, frame, code, context);
}

PW_API void pw_push_outside(pw_pool *pool, pw_frame *frame, pw_code code, void *context) {
  pw_slot *visit = pw_begin_visit(pool);
  if (pw_is_guest(visit)) {
    visit->visit = frame;
    pw_link(frame, code, context);
    pw_expose(visit); // also where nobody asks: so that its join goes the way that ends the visit
    return;
  }
  frame->context = PW_NOT_HERE;
  frame->code = NULL;
  frame->older = (pw_frame *)visit; // for `pw_end_join`: in no chain, the field is free
}

PW_API bool pw_join_exposed(pw_frame *frame) {
  if (frame->code != NULL) PW_AT(pw_this_thread.slot->pool, PW_AT_JOIN);
  if (frame->code == NULL || pw_join(pw_this_thread.slot, frame)) return true;
  pw_end_join(frame);
  return false;
}

PW_API void pw_end_join(pw_frame *frame) {
  if (frame->code == NULL) {
    pw_end_visit((pw_slot *)frame->older);
  } else if (pw_this_thread.slot->visit == frame) {
    pw_this_thread.slot->visit = NULL;
    leave_visit(pw_this_thread.slot);
  }
}

PW_API bool pw_abandon(pw_frame *frame) {
  if (pw_pop_private(frame)) return true;
  if (!pw_join_exposed(frame)) return false;
  pw_end_join(frame);
  return true;
}

static SWIFT void part_entry(pw_frame *frame, CONTEXT void *part) {
  (void)frame;
  pw_run_part(part);
}
PW_API pw_code pw_part_code(void) { return (pw_code)part_entry; }

/// Runs a loop over the closure (UInt64, UInt64) -> Void. True if it was offered to others.
PW_API PW_LOOP_PATH SWIFT bool pw_loop_fork(pw_pool *pool, pw_loop *loop, pw_code code, void *context) {
  return pw_loop_run(pool, loop, code, context);
}

/// The same over the closure (Range<Int>) -> Void: the same registers, and what comes back is for nobody.
PW_API PW_LOOP_PATH SWIFT bool pw_loop_fork_ranges(pw_pool *pool, pw_loop *loop, pw_code code, void *context) {
  return pw_loop_run(pool, loop, code, context);
}

/// What tells this loop's site from others, for both kinds.
PW_API PW_LOOP_PATH SWIFT pw_code pw_loop_site(pw_code code, void *context) {
  (void)context;
  return code;
}
PW_API PW_LOOP_PATH SWIFT pw_code pw_loop_site_ranges(pw_code code, void *context) { return pw_loop_site(code, context); }

PW_API PW_LOOP_PATH void *pw_loop_observer(void) { return pw_this_thread.observer; }
PW_API void pw_set_loop_observer(void *object) { pw_this_thread.observer = object; }

/// The words of a closure that may outlive the call, and with them the reference that it is passed with.
typedef struct pw_words {
  pw_code code;
  void *context;
} pw_words;
PW_API SWIFT pw_words pw_closure_words(pw_code code, void *context) { return (pw_words){code, context}; }

/// Runs a team over the closure (pw_slot *) -> Bool. False when the slot serves a region already, or in a forked child.
PW_API SWIFT bool pw_team_fork(pw_slot *slot, uint64_t most, pw_code code, void *context) {
  return pw_team_run(slot, code, context, most);
}

// Loose jobs in the pool: spawning into a scope, submitting, and the scope's wait.
#include "internal.h"

PW_API void pw_scope_init(pw_scope *scope) {
  scope->word = 0;
  scope->baton = NULL;
  pw_injector_init(&scope->outbox);
}

PW_API void pw_scope_destroy(pw_scope *scope) { pw_injector_destroy(&scope->outbox); }

PW_API void pw_scope_leave(pw_scope *scope) {
  pw_baton *baton = scope->baton;
  // seq_cst, release needed; pairs with the acquire in scope_wait: the job's effects are visible. The last touch.
  // redundant acquire: who leaves reads nothing more of the scope.
  AO_t old = PW_ADD(scope_leave, &scope->word, -(AO_t)2);
  if (old != (2 | 1)) return;
  PW_BATON_WAKE(baton, &scope->word, 1);
  PW_FUTEX_WAKE(scope_wake, &scope->word, 1);
}

/// Queues an entry for whoever is free.
static pw_push_result queue_entry(pw_pool *pool, pw_slot *slot, pw_entry entry) {
  pw_push_result result = PW_PUSHED;
  PW_BATON_ENTER(pool);
  // A guest's slot goes back to its worker when the call ends, with an empty deque: its submissions are everybody's.
  if (slot != NULL && !slot->is_guest && !pw_injector_is_closed(&pool->injector)) {
    if (!pw_deque_push(&slot->deque, entry)) result = PW_PUSH_NO_MEMORY;
  } else {
    result = pw_injector_push(&pool->injector, entry, false);
  }
  if (result == PW_PUSHED) {
    PW_FENCE(submit_fence); // seq_cst; pairs with the sleepers' fence (pw_seat_lie_down)
    pw_notify(pool, slot);
    PW_AT(pool, PW_AT_QUEUE);
  }
  PW_BATON_LEAVE(pool);
  return result;
}

PW_API pw_push_result pw_submit(pw_pool *pool, pw_slot *slot, void *object) {
  return queue_entry(pool, slot, (pw_entry){NULL, NULL, (void *)((uintptr_t)object | PW_TICKET)});
}

PW_API pw_push_result pw_execute(pw_pool *pool, pw_slot *slot, void *first, void *second) {
  return queue_entry(pool, slot, (pw_entry){first, second, NULL});
}

PW_API pw_push_result pw_submit_many(pw_pool *pool, pw_slot *slot, void *object, uint64_t count) {
  if (count > pw_most_queued()) return PW_PUSH_NO_MEMORY;
  pw_entry entry = {NULL, NULL, (void *)((uintptr_t)object | PW_TICKET)};
  pw_push_result result = PW_PUSHED;
  PW_BATON_ENTER(pool);
  if (slot != NULL && !slot->is_guest && !pw_injector_is_closed(&pool->injector)) { // as in submit
    if (pw_deque_reserve(&slot->deque, count)) {
      for (uint64_t i = 0; i < count; i++) pw_deque_push(&slot->deque, entry);
    } else {
      result = PW_PUSH_NO_MEMORY;
    }
  } else {
    result = pw_injector_push_many(&pool->injector, entry, count);
  }
  if (result == PW_PUSHED) {
    PW_FENCE(submit_many_fence); // seq_cst; pairs with the sleepers' fence (pw_seat_lie_down)
    pw_notify_many(pool, slot, count);
    PW_AT(pool, PW_AT_QUEUE);
  }
  PW_BATON_LEAVE(pool);
  return result;
}

PW_API bool pw_pool_leftover(pw_pool *pool, pw_entry *entry) { return pw_injector_pop(&pool->injector, entry); }

/// A job of the scope has been queued: its opener may have to wake up for it, or somebody else.
static void spawned(pw_pool *pool, pw_slot *slot, pw_scope *scope) {
  // seq_cst; pairs with the sleepers' fence (seat.c), and with the opener's last look in scope_wait: that finds the
  // job, or we find that it sleeps. (What the count's add saw is too old for that: the job was not queued yet.)
  PW_FENCE(spawn_fence);
  AO_t word = PW_LOAD(spawn_look, &scope->word); // relaxed, after the fence; the CAS confirms
  while (word & 1) {
    // acq_rel; pairs with `scope_register`: the bit goes, so that an opener on its way to sleep finds another word.
    // redundant: the job itself is published by its push, and the opener looks for it when it is awake.
    if (PW_CAS(spawn_unregister, &scope->word, word, word - 1)) {
      PW_BATON_WAKE(PW_BATON_OF(pool), &scope->word, 1);
      PW_FUTEX_WAKE(spawn_wake, &scope->word, 1);
      break;
    }
    word = PW_LOAD(spawn_look_again, &scope->word); // relaxed; the CAS confirms
  }
  pw_notify(pool, slot);
  PW_AT(pool, PW_AT_QUEUE);
}

PW_API bool pw_spawn_here(pw_slot *slot, pw_scope *scope, pw_entry entry) {
  // Counted before it can run (I10). seq_cst; pairs with leave.
  // redundant: who runs the job has it from the push, which releases the count too.
  PW_ADD(spawn_here_count, &scope->word, 2);
  if (PW_UNLIKELY(!pw_deque_push(&slot->deque, entry))) {
    PW_ADD(spawn_here_uncount, &scope->word, -(AO_t)2); // seq_cst; pairs with leave. redundant: nothing was queued.
    return false;
  }
  spawned(slot->pool, slot, scope);
  return true;
}

PW_API pw_push_result pw_spawn_elsewhere(pw_pool *pool, pw_slot *slot, pw_scope *scope, pw_entry entry, void *ticket) {
  PW_BATON_ENTER(pool);
  // Counted before it can run (I10). seq_cst; pairs with leave.
  // redundant: who runs the job has it from the push, which releases the count too.
  PW_ADD(spawn_elsewhere_count, &scope->word, 2);
  if (pw_injector_push(&scope->outbox, entry, true) != PW_PUSHED) {
    PW_ADD(spawn_elsewhere_uncount, &scope->word, -(AO_t)2); // seq_cst; pairs with leave. redundant: nothing was queued.
    PW_BATON_LEAVE(pool);
    return PW_PUSH_NO_MEMORY;
  }
  pw_entry others = {NULL, NULL, (void *)((uintptr_t)ticket | PW_TICKET)};
  // In a forked child nobody draws tickets, and the injector may have been caught in the middle of a push.
  bool ticketed = !pw_pool_is_forked(pool) && pw_injector_push(&pool->injector, others, false) == PW_PUSHED;
  spawned(pool, slot, scope);
  PW_BATON_LEAVE(pool);
  return ticketed ? PW_PUSHED : PW_PUSH_CLOSED;
}

PW_API pw_opened pw_scope_open(pw_slot *slot, void *tag) {
  pw_opened opened = {.outer_tag = slot->scope, .mark = pw_deque_mark(&slot->deque)};
  slot->scope = tag;
  return opened;
}

/// One job of the scope, from wherever it is queued.
static bool run_one(pw_pool *pool, pw_slot *slot, pw_scope *scope, void *tag, AO_t mark) {
  pw_entry entry;
  if (slot != NULL) {
    while (pw_deque_take(&slot->deque, mark, &entry)) {
      if (entry.tag == tag) {
        pw_run_loose(slot, entry);
        return true;
      }
      // A submission made inside the scope: not ours to run here, and in the way. It moves to where anyone finds it.
      if (pw_injector_push(&pool->injector, entry, true) != PW_PUSHED) {
        pw_run_loose(slot, entry); // no memory to move it: rather run it than lose it
        return true;
      }
      PW_FENCE(moved_fence); // seq_cst; pairs with the sleepers' fence (pw_seat_lie_down)
      pw_notify(pool, slot);
    }
  }
  if (pw_injector_pop(&scope->outbox, &entry)) {
    if (slot != NULL) pw_run_loose(slot, entry);
    else pool->run_entry(entry.first, entry.second, tag, false);
    return true;
  }
  if (slot == NULL) return false;
  for (uint32_t i = 1, reach = pw_pool_reach(pool); i < reach; i++) {
    pw_slot *other = &pool->slots[(slot->id + i) % reach];
    PW_COUNT(slot, steals_tried);
    if (pw_deque_steal(&other->deque, tag, &entry) == PW_STEAL_TAKEN) {
      PW_COUNT(slot, steals_won);
      pw_run_loose(slot, entry);
      return true;
    }
    // relaxed; pairs with publish_job, confirmed by `leap_condition`: a slot that runs a job of this scope may have
    // forked some of it.
    if (PW_LOAD(scope_tag, &other->tag) == (AO_t)tag && pw_leap(slot, &other->tag, ~(AO_t)0, (AO_t)tag, other->id)) return true;
  }
  return false;
}

PW_API void pw_scope_wait(pw_pool *pool, pw_slot *slot, pw_scope *scope, void *tag, pw_opened opened) {
  pw_spin spin = {0, 0};
  for (;;) {
    PW_AT(pool, PW_AT_WAIT);
    // acquire; pairs with leave: what the jobs did is visible.
    AO_t word = PW_LOAD_ACQUIRE(scope_look, &scope->word);
    if (word >> 1 == 0) break;
    // In a child that was forked inside of the scope, other threads' part of it, and what they were about to do to its
    // queue, is not here.
    if (PW_UNLIKELY(!opened.in_child && pw_pool_is_forked(pool))) pw_lost_in_fork();
    if (run_one(pool, slot, scope, tag, opened.mark)) {
      spin = (pw_spin){0, 0};
      continue;
    }
    if (!(word & 1)) {
      if (pw_spin_more(&spin, pw_spin_ns(pool))) continue;
      // acq_rel; pairs with leave, whose add sees the bit or fails this CAS; then once more round for the last look,
      // whose fences (in pop and steal) pair with the one in `spawned`.
      // redundant: the bit carries nothing; those fences order it before the look.
      PW_CAS(scope_register, &scope->word, word, word | 1);
      continue;
    }
    // A spawn that our last look missed has taken the bit away, or will: then this returns at once, or is woken.
    if (slot != NULL) PW_COUNT(slot, parks);
    if (!PW_BATON_SLEEP(PW_BATON_OF(pool), &scope->word, word, 0)) PW_FUTEX_WAIT(scope_sleep, &scope->word, word, 0);
  }
  if (slot == NULL) return;
  slot->scope = opened.outer_tag;
}

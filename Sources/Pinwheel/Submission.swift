import CPinwheel
import Synchronization

/// What has been submitted to a pool and ends once: its state word, and those who wait for it.
///
/// An implementation detail that shows because ``SubmittedJob`` and ``BatchHandle`` build on it.
public class Submission: LooseObject, @unchecked Sendable {
  // SAFETY: all but the state word is constant, or guarded; the word is touched by the core's atomic operations only.
  private var state: Int = 0
  private var address: UnsafeMutablePointer<Int>?
  let pool: OpaquePointer
  /// Kept here, since the pool may be gone when somebody asks.
  private let forkGeneration = pw_fork_generation()
  /// If the pool is deterministic: then a wait takes part in its schedule, also when the pool has gone.
  private let deterministic: CorePool?
  private let awaiting = Mutex<[CheckedContinuation<Void, Never>]?>([])

  init(_ core: CorePool) {
    pool = core.pointer
    deterministic = core.baton != nil ? core : nil
    super.init()
    address = withUnsafeMutablePointer(to: &state) { $0 }
  }

  /// SAFETY: as for ``ScopeJobs``: a stored property's address, touched by the C core's atomic operations only.
  final var stateWord: UnsafeMutablePointer<Int> { address.unsafelyUnwrapped }

  /// Whether the work has ended, with a value or an error.
  ///
  /// In a deterministic pool, work that has not ended gets a chance to run first, so that asking again and again ends.
  public final var isDone: Bool {
    if pw_is_done(stateWord) { return true }
    guard let baton = deterministic?.baton else { return false }
    pw_baton_enter(baton)
    pw_baton_at(baton, PW_AT_USER)
    pw_baton_leave(baton)
    return pw_is_done(stateWord)
  }

  /// Runs what nobody has started, on the slot that this thread holds in the pool, or on a thread without one.
  func runUnstarted(on slot: OpaquePointer?) {}

  /// Returns when the work has ended.
  @usableFromInline
  final func waitForEnd() {
    if pw_is_done(stateWord) { return }
    if forkGeneration != pw_fork_generation() {
      // The workers are not here. What nobody had begun runs now; what one of them had begun never ends.
      runUnstarted(on: nil)
      if !pw_is_done(stateWord) { pw_lost_in_fork() }
    } else if let slot = pw_current(), pw_holds(pool) {
      runUnstarted(on: slot)
      pw_wait_submitted(slot, stateWord)
    } else {
      let baton = deterministic?.baton
      pw_baton_enter(baton)
      // On another pool's thread: run it rather than sleep, since that pool's workers may wait for this one's.
      if pw_current() != nil { runUnstarted(on: nil) }
      pw_wait_for_turn(baton, stateWord)
      pw_baton_leave(baton)
    }
  }

  /// Suspends the task until the work has ended.
  final func ended() async {
    // The task may be away for long, and come back on another thread.
    if let baton = deterministic?.baton, !pw_is_done(stateWord) { pw_baton_let_go(baton) }
    await withCheckedContinuation { continuation in
      let isOver = awaiting.withLock { waiting in
        waiting?.append(continuation)
        return waiting == nil
      }
      if isOver { continuation.resume() }
    }
  }

  /// The slot that this thread holds in the pool, or nil.
  final var heldSlot: OpaquePointer? { pw_holds(pool) ? pw_current() : nil }

  /// Runs `body`, a part of the work, on a thread that holds no slot.
  final func aside(_ body: () -> Void) {
    // The job is inside of its pool here too: one that ended it would wait for those who wait for the job.
    var aside = pw_aside()
    withUnsafeMutablePointer(to: &aside) { aside in
      pw_begin_aside(aside, pool)
      body()
      pw_end_aside(aside)
    }
  }

  /// The work has ended, and what it has made is where those find it who are told now.
  final func end(on slot: OpaquePointer?) {
    pw_submitted_finish(slot, stateWord)
    // In a forked child no task's thread is left to resume; one of them may even hold the lock.
    if forkGeneration != pw_fork_generation() { return }
    // A thread without a slot has woken nobody who waits for a turn.
    if slot == nil, let baton = deterministic?.baton { pw_baton_wake(baton, stateWord, .max) }
    let waiting = awaiting.withLock { waiting in
      defer { waiting = nil }
      return waiting ?? []
    }
    for continuation in waiting { continuation.resume() }
  }
}

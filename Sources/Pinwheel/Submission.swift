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
  /// As long as the pool is there: see `aside`.
  private let core: Unmanaged<CorePool>
  /// Threads without a slot of the pool that are about to begin a part of the work.
  private let entering = Atomic<Int>(0)
  /// Kept here, since the pool may be gone when somebody asks.
  private let forkGeneration = pw_fork_generation()
  /// If the pool is deterministic: then a wait takes part in its schedule, also when the pool has gone.
  private let deterministic: CorePool?
  private let awaiting = Mutex<[CheckedContinuation<Void, Never>]?>([])

  init(_ core: CorePool) {
    pool = core.pointer
    self.core = .passUnretained(core)
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

  /// Runs a part of the work that `claim` finds, if there is any, on a thread that holds no slot.
  ///
  /// The pool's shutdown waits for it, though no worker runs it. For that the pool must know of it before the last ticket
  /// is drawn. Each part that is claimed here makes one ticket void, and whoever draws that waits until `entering` is zero.
  final func aside<Part>(_ claim: () -> Part?, _ run: (Part) -> Void) {
    // Relaxed: published by the claim, which releases.
    entering.add(1, ordering: .relaxed)
    guard let part = claim() else {
      entering.subtract(1, ordering: .relaxed)
      return letEnter()
    }
    // SAFETY: the pool does not end before a ticket that is now void has been drawn, nor that draw before `entering` is
    // zero. A forked child has no workers to wait for it; there the pool may be gone.
    let core = forkGeneration == pw_fork_generation() ? core.takeUnretainedValue() : nil
    core?.begin(aside: self)
    entering.subtract(1, ordering: .releasing)
    // The job is inside of its pool here too: one that ended it would wait for those who wait for the job.
    var aside = pw_aside()
    withUnsafeMutablePointer(to: &aside) { aside in
      pw_begin_aside(aside, pool)
      run(part)
      pw_end_aside(aside)
    }
    core?.end(aside: self)
  }

  /// A ticket is void. Waits for the few instructions until whoever has claimed its part has said so to the pool.
  final func letEnter() {
    // Acquire, as a batch's `claim`; pairs with the claim: the count is as new.
    if pw_is_done(stateWord) { return }
    // In a child who was about to enter is not there.
    if forkGeneration != pw_fork_generation() { return }
    var rounds: UInt32 = 0
    while entering.load(ordering: .acquiring) != 0 { pw_wait_briefly(&rounds) }
  }

  /// Returns when the work has ended, on the thread that shuts the pool down.
  final func awaitAside() { pw_wait_for_turn(deterministic?.baton, stateWord) }

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

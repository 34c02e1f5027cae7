import CPinwheel
import Glibc
import PinwheelTopology
import Synchronization

/// One worker's thread, from its start to its end.
struct Worker: @unchecked Sendable {
  // SAFETY: `slot` points into the memory of `core`, which the worker keeps alive; until the core's loop begins nobody
  // else writes to the slot. It is begun where the worker is bound to run, so that its memory lies there.
  let index: Int
  let slot: OpaquePointer
  let core: CorePool
  /// Where the pool's first workers meet; nil: it has come later, and stands aside at first.
  let gate: StartGate?
  let pin: OpaquePointer
  /// The CPUs to be pinned on; nil: wherever the process may run.
  let place: CPUSet?
  let configuration: PoolConfiguration
  /// Where one that has come later waits for whoever starts it to have seen to its scheduling; nil: it need not wait.
  let hold: Hold?

  func run() {
    if let hold, hold.isAbandoned.withLock({ $0 }) { return }
    Thread.setName(configuration.name, index: index)
    pw_watch_stack(UInt32(index))
    defer { pw_unwatch_stack() }
    pw_mark_worker_thread(pin)
    if let gate {
      let own = WorkerThread(handle: pthread_self(), pin: pin, place: place, reach: place)
      let refusal = place.flatMap { Affinity.pin(own, to: $0, isBound: true) }
      let seating = Seating(allowed: Affinity.current(of: pthread_self()), refusal: refusal)
      pw_forget_stack()
      pw_slot_begin(core.pointer, UInt32(index))
      guard gate.arrive(worker: index, seating: seating) else { return }
    } else {
      pw_pin_follow(pin)
      pw_forget_stack()
      pw_slot_begin(core.pointer, UInt32(index))
    }
    // In a deterministic pool: in turn, from here to the end.
    pw_baton_attend(core.baton, UInt32(index))
    defer { pw_baton_retire(core.baton) }
    // In the hooks, calls of the pool run on this thread alone: it has no seat yet, or no more.
    pw_refuse(core.pointer)
    configuration.onWorkerStart?(index)
    pw_refuse(nil)
    if gate != nil { pw_worker_run(slot) } else { pw_late_worker_run(slot) }
    // For good: destructors of thread-locals, which run later still, may call the pool too, and must not wait for this
    // thread.
    pw_refuse(core.pointer)
    configuration.onWorkerStop?(index)
  }
}

/// What a worker found when it sat down.
struct Seating: Sendable {
  /// The CPUs that the kernel lets it run on.
  var allowed: CPUSet
  /// The `errno` of a pin that was refused.
  var refusal: Int32?
}

/// Keeps threads from beginning, for as long as whoever starts them has it locked. If they are not needed then, they end.
final class Hold: Sendable {
  let isAbandoned = Mutex(false)
}

/// Holds the workers until all of them have started, so that a start that fails half-way leaves nothing behind.
///
/// Nobody is woken but by what it waits for, and not while the lock is held, on which it would go to sleep again: each wake-up
/// is a good part of what a start takes.
final class StartGate: @unchecked Sendable {
  // SAFETY: `mutex` guards the rest; all three are heap memory of their own, as pthread wants.
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let isDecided = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private let allHaveCome = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var seatings: [Seating?]
  private var missing: Int
  private var opensByItself = false
  private enum Verdict { case none, open, abandoned }
  private var verdict = Verdict.none

  init(count: Int) {
    seatings = Array(repeating: nil, count: count)
    missing = count
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(isDecided, nil)
    pthread_cond_init(allHaveCome, nil)
  }

  deinit {
    pthread_cond_destroy(allHaveCome)
    pthread_cond_destroy(isDecided)
    pthread_mutex_destroy(mutex)
    allHaveCome.deallocate()
    isDecided.deallocate()
    mutex.deallocate()
  }

  private func locked<R>(_ body: () -> R) -> R {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return body()
  }

  /// A worker has sat down. Waits for the verdict: true to work, false to end at once.
  func arrive(worker: Int, seating: Seating) -> Bool {
    let (isLast, opens) = locked {
      seatings[worker] = seating
      missing -= 1
      let isLast = missing == 0
      if isLast && opensByItself { verdict = .open }
      return (isLast, isLast && opensByItself)
    }
    if opens { pthread_cond_broadcast(isDecided) }
    if isLast { pthread_cond_signal(allHaveCome) }
    if opens { return true }
    return locked {
      while verdict == .none { pthread_cond_wait(isDecided, mutex) }
      return verdict == .open
    }
  }

  /// All threads are there, and nothing can fail any more. Waits until all have sat down.
  ///
  /// - Parameter opens: The last one to do so lets all of them in; else `open` does.
  func waitForAll(opens: Bool) -> [Seating] {
    let (found, isLate) = locked {
      opensByItself = opens
      let isLate = opens && missing == 0
      while missing > 0 { pthread_cond_wait(allHaveCome, mutex) }
      return (seatings.compactMap { $0 }, isLate)
    }
    if isLate { decide(.open) }
    return found
  }

  func open() { decide(.open) }
  func abandon() { decide(.abandoned) }

  /// The first verdict holds.
  private func decide(_ decided: Verdict) {
    let isNews = locked {
      if verdict != .none { return false }
      verdict = decided
      return true
    }
    if isNews { pthread_cond_broadcast(isDecided) }
  }
}

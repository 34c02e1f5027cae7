import CPinwheel
import Synchronization

extension ThreadPool {
  /// A set of jobs that ends together: made by ``ThreadPool/scope(throwing:_:)`` and its shorter
  /// forms, and meant to be used until that call returns.
  ///
  /// A scope may be used from any thread, also from inside its own jobs. Nobody waits for what is spawned into a copy
  /// that is kept beyond the call: such a job runs at once on the thread that spawns it, and what it throws is lost.
  public final class Scope<Failure: Error>: ScopeJobs, @unchecked Sendable {
    // SAFETY: the base class's fields are either set once or guarded; see there.

    /// Adds a job that cannot throw. It may start at once on another worker, and runs at the latest when the scope
    /// ends.
    ///
    /// - Cost: with the running of the job some 1000 instructions, and one allocation, for the closure; if a worker sleeps
    ///   and none is searching, a wake-up. If memory for the queue is refused the job runs here.
    /// - Blocks: never.
    @inlinable
    public func spawn(_ job: consuming @escaping @Sendable () -> Void) where Failure == Never {
      add(LooseWords(consume job))
    }

    /// Adds a job that may throw. The first error of a scope cancels the jobs that have not started.
    @inlinable
    public func spawn(_ job: consuming @escaping @Sendable () throws -> Void) where Failure == any Error {
      add(LooseWords(consume job))
    }

    /// Adds a job that may throw `Failure`. (One allocation more than the others: the closure is wrapped.)
    @_disfavoredOverload
    @inlinable
    public func spawn(_ job: @escaping @Sendable () throws(Failure) -> Void) {
      add(LooseWords({ () throws -> Void in try job() }))
    }
  }
}

/// The jobs of a scope, whatever they throw: counted by the C core, their first error kept.
///
/// An implementation detail that shows because ``ThreadPool/Scope`` builds on it.
public class ScopeJobs: LooseObject {
  /// How the call stands, and its first error with it.
  private enum Phase: UInt8, AtomicRepresentable {
    /// Nothing has failed.
    case open
    /// Something has, and keeps its error now.
    case failing
    /// The error is kept.
    case failed
    /// The call has returned. Who has a copy of the scope still may spawn: on its own thread.
    case ended
  }

  /// Kept alive: a copy of the scope may outlive its pool.
  private let core: CorePool
  private var pool: OpaquePointer { core.pointer }
  private var raw = pw_scope()
  private var address: UnsafeMutablePointer<pw_scope>?
  /// Written by whoever moves the phase on to `failing`, once; read when the phase says that it has been. No lock: a
  /// child that is forked while another thread held one could not end the scope.
  private var firstError: (any Error)?
  private let phase = Atomic<Phase>(.open)

  init(core: CorePool) {
    self.core = core
    super.init()
    address = withUnsafeMutablePointer(to: &raw) { $0 }
    pw_scope_init(counted)
    counted.pointee.baton = core.baton
  }

  deinit { pw_scope_destroy(counted) }

  /// SAFETY: a stored property of a class instance has one address for the instance's life. It is taken once, before
  /// anybody else knows the instance; from then on only the C core, which uses atomic operations, touches what lies
  /// there.
  private var counted: UnsafeMutablePointer<pw_scope> { address.unsafelyUnwrapped }

  private var tag: UnsafeMutableRawPointer { Unmanaged.passUnretained(self).toOpaque() }

  @usableFromInline
  func add(_ words: LooseWords) {
    if phase.load(ordering: .acquiring) == .ended { return attempt(words.take()) }
    let entry = pw_entry(first: words.first, second: words.second, tag: tag)
    let held = pw_current()
    let slot = held.flatMap { pw_holds(pool) ? $0 : nil }
    if let slot, pw_scope_is_innermost(slot, tag) {
      // Inside of the call, which does not end meanwhile.
      if pw_spawn_here(slot, counted, entry) { return }
    } else {
      let ticket = Unmanaged<LooseObject>.passRetained(self)
      switch pw_spawn_elsewhere(pool, slot, counted, entry, ticket.toOpaque()) {
      case PW_PUSHED: return runWhatIsLate()
      case PW_PUSH_CLOSED:
        ticket.release()
        return runWhatIsLate()
      default: ticket.release()
      }
    }
    attempt(words.take())  // memory was refused: rather late than never
  }

  /// A job has been queued. If the call has returned meanwhile nobody is left to look for it but this thread.
  private func runWhatIsLate() {
    // seq_cst; pairs with the fence in `end`: that finds the job, or this finds that the call has ended.
    atomicMemoryFence(ordering: .sequentiallyConsistent)
    if phase.load(ordering: .relaxed) == .ended { while runOne() {} }
  }

  private func attempt(_ job: LooseWords.Body) {
    switch phase.load(ordering: .relaxed) {
    case .failing, .failed: return
    case .open, .ended: do { try job() } catch { fail(error) }
    }
  }

  private func fail(_ error: any Error) {
    guard phase.compareExchange(expected: .open, desired: .failing, ordering: .relaxed).exchanged else { return }
    firstError = error
    // Release; pairs with the exchange in `end`. If the call has ended (and this was none of its jobs) nobody asks.
    _ = phase.compareExchange(expected: .failing, desired: .failed, ordering: .releasing)
  }

  override func run(_ words: LooseWords) {
    attempt(words.take())
    pw_scope_leave(counted)
  }

  override func runTicket() { _ = runOne() }

  /// Runs a job from the scope's own queue. False: there is none; the opener may have run it already.
  private func runOne() -> Bool {
    var entry = pw_entry()
    guard pw_scope_take(counted, &entry) else { return false }
    if let slot = pw_current(), pw_holds(pool) {
      pw_run_spawned(slot, entry)
    } else {
      run(LooseWords(first: entry.first, second: entry.second))
    }
    return true
  }

  /// Runs `body`, then the jobs, and throws the first error of all.
  func conduct<R>(_ body: () throws -> R) throws -> R {
    let visit = pw_begin_visit(pool)
    defer { pw_end_visit(visit) }
    let slot = pw_holds(pool) ? pw_current() : nil
    var opened = slot.map { pw_scope_open($0, tag) } ?? pw_opened()
    opened.in_child = pw_pool_is_forked(pool)
    let result: Result<R, any Error>
    do { result = .success(try body()) } catch {
      result = .failure(error)
      fail(error)
    }
    pw_scope_wait(pool, slot, counted, tag, opened)
    if end(), let error = firstError { throw error }
    return try result.get()
  }

  /// The call is over. True: with an error, which is kept.
  private func end() -> Bool {
    // Acquire; pairs with `fail`.
    let last = phase.exchange(.ended, ordering: .acquiringAndReleasing)
    // seq_cst; pairs with the fence in `runWhatIsLate`. A job that was spawned after the wait's last look, by a thread that
    // was none of the scope's.
    atomicMemoryFence(ordering: .sequentiallyConsistent)
    while runOne() {}
    return last == .failed
  }
}

// The forms of `scope` differ in what their jobs may throw; the compiler prefers the first that fits.
// swift-format-ignore: AmbiguousTrailingClosureOverload
extension ThreadPool {
  /// Runs `body`, which may spawn jobs that cannot throw, and returns when all of them have ended.
  ///
  /// ```swift
  /// pool.scope { s in
  ///   for file in files { s.spawn { index(file) } }
  /// }
  /// ```
  ///
  /// - Cost: one allocation for the scope, one a spawn.
  /// - Blocks: until the last job has ended; meanwhile the caller runs jobs of this scope and what they forked, only.
  /// - On a pool that is shut down or forked, and when every slot is busy, the caller runs the jobs itself.
  public func scope<R>(_ body: (borrowing Scope<Never>) -> R) -> R {
    let scope = Scope<Never>(core: crew.core)
    do { return try scope.conduct { body(scope) } } catch { switch error as! Never {} }
  }

  /// Runs `body`, which may spawn jobs that throw, and returns when all of them have ended.
  ///
  /// The first error wins: jobs that have not started are cancelled, those that run finish, and the call throws it.
  // swift-format-ignore: AmbiguousTrailingClosureOverload
  @_disfavoredOverload
  public func scope<R>(_ body: (borrowing Scope<any Error>) throws -> R) throws -> R {
    let scope = Scope<any Error>(core: crew.core)
    return try scope.conduct { try body(scope) }
  }

  /// Runs `body`, which may spawn jobs that throw `Failure`, and returns when all of them have ended.
  ///
  /// The first error wins: jobs that have not started are cancelled, those that run finish, and the call throws it.
  public func scope<R, Failure: Error>(
    throwing: Failure.Type, _ body: (borrowing Scope<Failure>) throws(Failure) -> R
  ) throws(Failure) -> R {
    let scope = Scope<Failure>(core: crew.core)
    do {
      return try scope.conduct { try body(scope) }
    } catch {
      // Every error of this scope came through `spawn` or `body`, which throw nothing else.
      throw error as! Failure
    }
  }
}

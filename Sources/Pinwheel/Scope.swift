import CPinwheel
import Synchronization

extension ThreadPool {
  /// A set of jobs that ends together: made by ``ThreadPool/scope(throwing:_:)`` and its shorter
  /// forms, and valid until that call returns.
  ///
  /// A scope may be used from any thread, also from inside its own jobs.
  public final class Scope<Failure: Error>: ScopeJobs, @unchecked Sendable {
    // SAFETY: the base class's fields are either set once or guarded; see there.

    /// Adds a job that cannot throw. It may start at once on another worker, and runs at the latest when the scope
    /// ends.
    ///
    /// - Cost: about 30 ns; one allocation for the closure. If memory for the queue is refused the job runs here.
    /// - Blocks: never.
    @inlinable
    public func spawn(_ job: @escaping @Sendable () -> Void) where Failure == Never { add(LooseWords(job)) }

    /// Adds a job that may throw. The first error of a scope cancels the jobs that have not started.
    @inlinable
    public func spawn(_ job: @escaping @Sendable () throws -> Void) where Failure == any Error { add(LooseWords(job)) }

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
  @usableFromInline let pool: OpaquePointer
  private var raw = pw_scope()
  private var address: UnsafeMutablePointer<pw_scope>?
  /// Written by whoever cancels, which only the first to fail does; read when the last job has left, which publishes
  /// it. No lock: a child that is forked while another thread held one could not end the scope.
  private var firstError: (any Error)?
  private let cancelled = Atomic<Bool>(false)

  init(pool: OpaquePointer) {
    self.pool = pool
    super.init()
    address = withUnsafeMutablePointer(to: &raw) { $0 }
    pw_scope_init(counted)
    counted.pointee.baton = pw_pool_baton(pool)
  }

  deinit { pw_scope_destroy(counted) }

  /// SAFETY: a stored property of a class instance has one address for the instance's life. It is taken once, before
  /// anybody else knows the instance; from then on only the C core, which uses atomic operations, touches what lies
  /// there.
  private var counted: UnsafeMutablePointer<pw_scope> { address.unsafelyUnwrapped }

  private var tag: UnsafeMutableRawPointer { Unmanaged.passUnretained(self).toOpaque() }

  @usableFromInline
  func add(_ words: LooseWords) {
    let entry = pw_entry(first: words.first, second: words.second, tag: tag)
    let held = pw_current()
    let slot = held.flatMap { pw_holds(pool) ? $0 : nil }
    if let slot, pw_scope_is_innermost(slot, tag) {
      if pw_spawn_here(slot, counted, entry) { return }
    } else {
      let ticket = Unmanaged<LooseObject>.passRetained(self)
      switch pw_spawn_elsewhere(pool, slot, counted, entry, ticket.toOpaque()) {
      case PW_PUSHED: return
      case PW_PUSH_CLOSED: return ticket.release()
      default: ticket.release()
      }
    }
    attempt(words.take())  // memory was refused: rather late than never
  }

  private func attempt(_ job: LooseWords.Body) {
    if cancelled.load(ordering: .relaxed) { return }
    do { try job() } catch { fail(error) }
  }

  private func fail(_ error: any Error) {
    if cancelled.exchange(true, ordering: .relaxed) { return }
    firstError = error
  }

  override func run(_ words: LooseWords) {
    attempt(words.take())
    pw_scope_leave(counted)
  }

  override func runTicket() {
    var entry = pw_entry()
    // The opener may have run it already; then the ticket is void.
    guard pw_scope_take(counted, &entry) else { return }
    if let slot = pw_current(), pw_holds(pool) {
      pw_run_spawned(slot, entry)
    } else {
      run(LooseWords(first: entry.first, second: entry.second))
    }
  }

  /// Runs `body`, then the jobs, and throws the first error of all.
  func conduct<R>(_ body: () throws -> R) throws -> R {
    let visit = pw_begin_visit(pool)
    defer { pw_end_visit(visit) }
    let slot = pw_holds(pool) ? pw_current() : nil
    var opened = slot.map { pw_scope_open($0, tag) } ?? pw_opened()
    opened.in_child = pw_pool_is_forked(pool)
    var result: R?
    do { result = try body() } catch { fail(error) }
    pw_scope_wait(pool, slot, counted, tag, opened)
    if let error = firstError { throw error }
    // No error, so the body returned.
    return result.unsafelyUnwrapped
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
    let scope = Scope<Never>(pool: core)
    do { return try scope.conduct { body(scope) } } catch { switch error as! Never {} }
  }

  /// Runs `body`, which may spawn jobs that throw, and returns when all of them have ended.
  ///
  /// The first error wins: jobs that have not started are cancelled, those that run finish, and the call throws it.
  // swift-format-ignore: AmbiguousTrailingClosureOverload
  @_disfavoredOverload
  public func scope<R>(_ body: (borrowing Scope<any Error>) throws -> R) throws -> R {
    let scope = Scope<any Error>(pool: core)
    return try scope.conduct { try body(scope) }
  }

  /// Runs `body`, which may spawn jobs that throw `Failure`, and returns when all of them have ended.
  ///
  /// The first error wins: jobs that have not started are cancelled, those that run finish, and the call throws it.
  public func scope<R, Failure: Error>(
    throwing: Failure.Type, _ body: (borrowing Scope<Failure>) throws(Failure) -> R
  ) throws(Failure) -> R {
    let scope = Scope<Failure>(pool: core)
    do {
      return try scope.conduct { try body(scope) }
    } catch {
      // Every error of this scope came through `spawn` or `body`, which throw nothing else.
      throw error as! Failure
    }
  }
}

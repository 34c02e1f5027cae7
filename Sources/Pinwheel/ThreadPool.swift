import CPinwheel

/// A pool of pinned worker threads that share forked work by stealing.
///
/// ```swift
/// let pool = try ThreadPool()
/// let (left, right) = pool.join({ sort(a) }, { sort(b) })
/// pool.parallelFor(0..<image.height) { y in shade(y) }
/// let answer = try pool.submit { crunch() }.wait()
/// ```
///
/// A pool of N workers has N *slots*. A thread from outside that calls `join`, a loop or `scope` takes a slot for the
/// time of the call, and that slot's worker stands down, so that never more than N threads compute. If no slot stands
/// idle the call runs on its caller alone; it does not wait for a busy one, so pools may call each other without
/// deadlock.
///
/// A wait runs only what it waits for, never unrelated work (the core's README has the table).
///
/// All members may be called from any thread. Dropping the last reference shuts the pool down.
public final class ThreadPool: @unchecked Sendable {
  // SAFETY: both fields are constant; what they point to is made for many threads.

  /// For whoever changes its settings and must not have the last reference to the pool itself, which ends it.
  package let crew: Crew

  /// The C core's pool, kept alive by `crew`: here as well, because every fork reads it.
  @usableFromInline
  let core: OpaquePointer

  /// Starts a pool and returns when its workers are pinned and ready.
  ///
  /// - Parameter configuration: how many workers, where they sit, how they wait. The default reads `PINWHEEL_*`.
  /// - Throws: ``PoolError`` for a setting that is not allowed, a machine without a usable CPU, or a thread, memory or a
  ///   scheduling class that was refused; no thread is left behind.
  /// - Cost: 120 to 230 µs a worker for two that are bound, 50 for 64; the first pool of a process also reads the machine (3 to 15 ms).
  public init(_ configuration: PoolConfiguration = .environment) throws(PoolError) {
    crew = try Crew.start(configuration)
    core = crew.core.pointer
    crew.open()
  }

  /// A pool with workers that have come.
  init(_ crew: Crew) {
    self.crew = crew
    core = crew.core.pointer
    crew.open()
  }

  deinit { crew.end() }

  /// How many workers the pool is to have by now: its slots, the one that an outside caller takes included. May change at
  /// any time (``apply(_:)``); what somebody still runs beyond that number is its last job for the moment.
  public var workerCount: Int { Int(pw_pool_workers(core)) }

  /// Where each worker sits by now, and why. If the kernel takes CPUs away it moves workers to what is left, and this
  /// goes on saying where they were put until ``refresh()`` looks again.
  public var placement: Placement { crew.placement }

  /// How the workers wait for work by now, and everybody for each other's: what was asked for, and what the CPUs allow.
  public var waiting: Waiting { crew.waiting }

  /// The slot that the calling thread holds in this pool: on a worker its index (from ``workerCount`` on if it finishes
  /// what it runs in a pool that has shrunk), on an outside thread that is inside a
  /// call the index of the slot it took; nil elsewhere, and where a call runs on its caller alone: if no slot was free, or
  /// in a loop that is known to be too short to be worth taking one.
  public var currentWorker: Int? { pw_held(core).map { Int(pw_slot_id($0)) } }

  /// Whether the pool runs jobs on its workers.
  public enum State: Sendable, Hashable {
    /// Jobs run on workers.
    case running
    /// `shutdown()` was called: `join`, loops, `map`, `reduce`, `scope` and `team` run on their caller, `submit` throws.
    case shutDown
    /// This process is a child made by `fork(2)`: as shut down. In a child forked inside of a job or a call, a wait for
    /// what another thread was at ends the process with a message.
    case forked
  }

  /// Whether the pool runs jobs on its workers. May change at any time.
  public var state: State {
    if pw_pool_is_forked(core) { return .forked }
    return pw_pool_is_closed(core) ? .shutDown : .running
  }

  /// Runs every job that was submitted, ends the workers, and returns when their threads are gone.
  ///
  /// A submitted job that its waiter runs on a worker of another pool is waited for, too.
  ///
  /// Jobs that other threads submit meanwhile are refused (``PoolError/shutDown``). A second call returns at once if
  /// the first has ended, else waits for it. Outside callers that hold a slot are waited for.
  ///
  /// - Throws: ``PoolError/shutdownFromInside`` from inside a job of this pool.
  public func shutdown() throws(PoolError) {
    if pw_is_inside(core) { throw .shutdownFromInside }
    crew.shutDown()
  }
}

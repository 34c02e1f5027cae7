import CPinwheel

extension PoolConfiguration {
  /// How a pool behaves that replays a schedule: see ``PoolConfiguration/determinism``.
  public struct Determinism: Hashable, Sendable {
    /// How long a job may sleep in the kernel, on a lock or in a system call, while it is its turn. Then the pool
    /// concludes that it waits for one of those who wait for their turn, ends the replay
    /// (``PoolEvent/replayEnded(_:)``) and lets all of them run. A job that computes may take ten times as long. At
    /// least a millisecond. Default: 1 s.
    public var patience: Duration

    /// With this much patience; for less than a millisecond it is a millisecond.
    public init(patience: Duration = .seconds(1)) { self.patience = patience }
  }
}

extension ThreadPool {
  /// What a deterministic pool has decided so far.
  public struct Replay: Hashable, Sendable {
    /// The seed that decided.
    public var seed: UInt64
    /// How many workers it decided about.
    public var workers: Int
    /// How often it was decided who runs next.
    public var schedulingPoints: Int
    /// A hash of all decisions, and of what was done in between as far as the pool saw it. Equal in two runs that went
    /// the same way.
    public var fingerprint: UInt64
    /// Why the seed no longer decides; nil as long as it does.
    public var end: End?

    /// Whether the same seed replays this run from its beginning to here.
    public var isExact: Bool { end == nil }

    /// Why the seed of a deterministic pool no longer decides who runs. The pool goes on as an ordinary one.
    public enum End: Hashable, Sendable {
      /// A worker, or (nil) the thread that called last from outside, slept for longer than
      /// ``PoolConfiguration/Determinism/patience`` while it was its turn and others had work to do.
      case blocked(worker: Int?)
      /// Two threads from outside were inside calls of the pool at the same time: who comes first is the system's
      /// choice.
      case severalCallers
      /// A thread from outside came back, after an `await`, and the workers never ran out of work.
      case neverAtRest
    }
  }
}

extension ThreadPool.Replay.End: CustomStringConvertible {
  public var description: String {
    let cause =
      switch self {
      case .blocked(let worker?): "worker \(worker) was blocked while it was its turn"
      case .blocked(nil): "the calling thread was blocked while it was its turn"
      case .severalCallers: "several threads called the pool at the same time"
      case .neverAtRest: "the workers never ran out of work while a thread waited to come in"
      }
    return "the replay has ended: \(cause); from here on the schedule is the system's, and the seed does not repeat it"
  }

  init?(_ raw: pw_replay_end, player: UInt32, workers: Int) {
    switch raw {
    case PW_REPLAY_BLOCKED: self = .blocked(worker: player < workers ? Int(player) : nil)
    case PW_REPLAY_CROWDED: self = .severalCallers
    case PW_REPLAY_NEVER_AT_REST: self = .neverAtRest
    default: return nil
    }
  }
}

/// Passes the end of a replay on to the user.
final class ReplayObserver: Sendable {
  private let workers: Int
  private let onEvent: (@Sendable (PoolEvent) -> Void)?

  init(workers: Int, _ onEvent: (@Sendable (PoolEvent) -> Void)?) {
    self.workers = workers
    self.onEvent = onEvent
  }

  /// Makes the core's pool deterministic. The observer must live as long as the pool. False: memory was refused.
  func watch(_ pool: OpaquePointer, seed: UInt64, _ determinism: PoolConfiguration.Determinism) -> Bool {
    let patience = max(determinism.patience, .milliseconds(1)).nanoseconds
    // SAFETY: the context is this object, which `CorePool` keeps for as long as it keeps the pool.
    return pw_baton_create(
      pool, seed, patience,
      { context, end, player in
        guard let context else { return }
        Unmanaged<ReplayObserver>.fromOpaque(context).takeUnretainedValue().ended(end, player)
      }, Unmanaged.passUnretained(self).toOpaque())
  }

  private func ended(_ end: pw_replay_end, _ player: UInt32) {
    if let end = ThreadPool.Replay.End(end, player: player, workers: workers) { onEvent?(.replayEnded(end)) }
  }
}

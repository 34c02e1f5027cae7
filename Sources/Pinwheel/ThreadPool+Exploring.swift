extension ThreadPool {
  /// What trying many seeds has shown, when none of them failed.
  public struct Exploration: Hashable, Sendable {
    /// How many seeds were tried.
    public var seeds = 0
    /// How many different schedules they gave. Far fewer than seeds: the program has few, or too few scheduling points.
    public var schedules = 0
    /// The seeds whose replay ended early: what they ran was not all theirs to decide.
    public var inexactSeeds: [UInt64] = []
  }

  /// The seed under which something failed, and how to see it again.
  public struct SeedFailure: Error {
    /// What had been decided when it failed, the seed and the number of workers among it.
    public var replay: Replay
    /// What was thrown.
    public var underlying: any Error
  }

  /// Runs `body` once for each seed, each time with a deterministic pool of its own, until it throws.
  ///
  /// ```swift
  /// try ThreadPool.exploring(seeds: 0..<200, workers: 4) { pool in
  ///   let bank = Bank(balance: 100)
  ///   pool.join({ bank.withdraw(100) }, { bank.withdraw(100) })
  ///   if bank.balance < 0 { throw Overdrawn() }
  /// }
  /// ```
  ///
  /// The error says which seed it was: `ThreadPool.deterministic(seed: 17, workers: 4)` does the same again. A body
  /// that traps ends the process, and nothing can say more; let it print `pool.replay?.seed` first.
  ///
  /// - Parameters:
  ///   - seeds: What to try, in this order.
  ///   - workers: How many workers each pool has.
  ///   - patience: See ``PoolConfiguration/Determinism/patience``.
  ///   - body: What to try; called on this thread. The pool is shut down, and what was submitted has run, before the
  ///     next seed's turn.
  /// - Throws: ``SeedFailure`` with the first error of `body`, or ``PoolError`` if a pool could not be made.
  @discardableResult
  public static func exploring(
    seeds: some Sequence<UInt64>, workers: Int = 4, patience: Duration = .seconds(1),
    _ body: (ThreadPool) throws -> Void
  ) throws -> Exploration {
    var exploration = Exploration()
    var fingerprints: Set<UInt64> = []
    for seed in seeds {
      let pool = try ThreadPool.deterministic(seed: seed, workers: workers, patience: patience)
      do { try body(pool) } catch {
        // Taken before the pool ends: the caller may want to compare it with that of another run.
        guard let replay = pool.replay else { throw error }
        throw SeedFailure(replay: replay, underlying: error)
      }
      try pool.shutdown()
      exploration.seeds += 1
      if let replay = pool.replay {
        fingerprints.insert(replay.fingerprint)
        if !replay.isExact { exploration.inexactSeeds.append(seed) }
      }
    }
    exploration.schedules = fingerprints.count
    return exploration
  }
}

extension ThreadPool.SeedFailure: CustomStringConvertible {
  public var description: String {
    let again = "ThreadPool.deterministic(seed: \(replay.seed), workers: \(replay.workers))"
    let caution = replay.end.map { " (\($0))" } ?? ""
    return "seed \(replay.seed) fails: \(underlying); to see it again: \(again)\(caution)"
  }
}

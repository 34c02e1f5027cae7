import CPinwheel

extension ThreadPool {
  /// What the holder of one slot has done since the pool started.
  ///
  /// Nothing is counted on the private fork path: a join that nobody steals leaves no trace here.
  public struct Counters: Sendable, Hashable, Codable {
    /// Times that forked jobs were made visible to thieves.
    public var exposures = 0
    /// Looks at a victim. Those that are neither won nor lost found nothing.
    public var stealsTried = 0
    /// Looks that brought a job.
    public var stealsWon = 0
    /// Looks at a job that another thief was faster to take.
    public var stealsLost = 0
    /// Spawned and submitted jobs run.
    public var looseRun = 0
    /// Times that the thread slept for want of work, or in a wait.
    public var parks = 0
    /// Sleepers woken.
    public var wakes = 0
    /// Jobs taken from the queue of outside threads.
    public var injectorTakes = 0
    /// Shares of other slots' slices taken in a parallel loop.
    public var loopShares = 0
  }

  /// The counters of each slot that has ever had a worker: as many as ``workerCount``, or more in a pool that has shrunk.
  /// Read while they count: each is right for some recent moment, not all for the same.
  public var counters: [Counters] {
    (0..<Int(pw_pool_made(core))).map { index in
      let raw = pw_slot_counters(pw_pool_slot(core, UInt32(index)))
      return Counters(
        exposures: Int(raw.exposures), stealsTried: Int(raw.steals_tried), stealsWon: Int(raw.steals_won),
        stealsLost: Int(raw.steals_lost), looseRun: Int(raw.loose_run), parks: Int(raw.parks), wakes: Int(raw.wakes),
        injectorTakes: Int(raw.injector_takes), loopShares: Int(raw.region_shares))
    }
  }
}

#if Logging
  public import Logging
  public import Pinwheel
  import Synchronization

  extension PoolConfiguration {
    /// Has what a pool says go to a logger of swift-log's, too.
    ///
    /// ```swift
    /// var configuration = PoolConfiguration.environment
    /// configuration.log(to: Logger(label: "com.example.app.pool"))
    /// let pool = try ThreadPool(configuration)
    /// // info: pool started: 8 workers (auto: one for each of 8 usable cores), places cores, bind close, wait passive
    /// ```
    ///
    /// A pool logs **one line when it starts**, at the level `info`, or `warning` if something is not as asked for; the
    /// line's metadata has `pool`, `workers`, `bound` (which bound decided how many), `places`, `bind`, `wait` and
    /// `warnings`. What comes later, such as a setting of a reloaded file that is refused, is a line of level `warning`
    /// each; that the pool has followed a change of the machine is one of level `info`. A pool that just works logs
    /// nothing more: neither forks nor loops know of the logger.
    ///
    /// ``PoolConfiguration/onEvent`` is kept and called first; set it before, since assigning it later takes the
    /// logger's place. The logger is called on the thread that starts the pool, and later on whichever thread has
    /// something to say.
    ///
    /// - Parameter logger: Where to; its own level decides what is kept.
    public mutating func log(to logger: Logger) {
      let (before, lines) = (onEvent, StartLines())
      onEvent = { event in
        before?(event)
        lines.log(event, to: logger)
      }
    }
  }

  /// Keeps what a start line has told from being told again.
  private final class StartLines: Sendable {
    private let told = Mutex<[PoolEvent]>([])

    func log(_ event: PoolEvent, to logger: Logger) {
      if case .started(let start) = event {
        told.withLock { $0 += start.warnings }
        let level = start.warnings.isEmpty ? Logger.Level.info : .warning
        logger.log(level: level, "pool started: \(start)", metadata: start.metadata)
        return
      }
      let isNew = told.withLock { told in
        guard let index = told.firstIndex(of: event) else { return true }
        told.remove(at: index)
        return false
      }
      // That the pool has followed the machine is as it should be; what is not as asked for since is an event of its own.
      let level = if case .changed = event { Logger.Level.info } else { Logger.Level.warning }
      if isNew { logger.log(level: level, "\(event)") }
    }
  }

  extension ThreadPool.Start {
    fileprivate var metadata: Logger.Metadata {
      var metadata: Logger.Metadata = [
        "pool": .string(name), "workers": .stringConvertible(workers), "bound": .string(workerCountReason),
        "places": .string(places), "bind": .string(bind.rawValue), "wait": .string(waiting.policy.rawValue),
      ]
      if !warnings.isEmpty { metadata["warnings"] = .array(warnings.map { .string($0.description) }) }
      return metadata
    }
  }
#endif

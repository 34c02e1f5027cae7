public import Pinwheel

extension BenchReport {
  /// A report without results: the machine, and where a pool with this configuration puts its workers. Starts such a
  /// pool, and two small ones to time a cache line between the CPUs of two of its workers.
  ///
  /// - Throws: `PoolError` if a pool cannot start, `TopologyError` if the machine cannot be loaded.
  public init(describing configuration: PoolConfiguration) throws {
    self.init(machine: try MachineFacts.current())
    let pool = try ThreadPool(configuration)
    let (callerAllowed, _) = pool.join({ ProcText.allowedCPUsOfThisThread() }, {})
    let placement = pool.placement
    try pool.shutdown()

    self.callerAllowed = callerAllowed
    settings = configuration.settings.map { "\($0.name) \($0.value) (\($0.origin))" }
    warnings = placement.warnings.map(\.description) + (pool.waiting.warning.map { [$0.description] } ?? [])
    seats = placement.seats.map {
      Seat(worker: $0.worker, place: $0.place.description, allowed: $0.allowed.description, reason: $0.reason)
    }
    if let (first, second) = CacheLineLatency.pair(among: placement.seats.map { Array($0.place) }) {
      cacheLine = try CacheLineLatency.measure(between: first, and: second)
    }
  }
}

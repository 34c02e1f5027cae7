public import PinwheelTopology

extension ThreadPool {
  /// What a pool is like when it starts, for a line in a log: see ``PoolEvent/started(_:)``.
  ///
  /// Its description is that line, without the warnings:
  /// `8 workers (auto: one for each of 8 usable cores), places cores, bind close, wait passive`.
  public struct Start: Hashable, Sendable {
    /// What the names of the pool's threads begin with.
    public var name: String
    /// How many workers there are.
    public var workers: Int
    /// Which bound decided how many, for people.
    public var workerCountReason: String
    /// What workers may be bound to, as one would write it: `cores(4)`.
    public var places: String
    /// How they are bound.
    public var bind: Binding
    /// How they wait.
    public var waiting: Waiting
    /// What is not as asked for. Each comes as an event of its own right after this one.
    public var warnings: [PoolEvent]

    init(_ configuration: PoolConfiguration, _ placement: Placement, _ waiting: Waiting) {
      name = configuration.name
      workers = placement.seats.count
      workerCountReason = placement.workerCountReason
      places = SettingKey.places.text(configuration)
      bind = configuration.bind
      self.waiting = waiting
      warnings =
        configuration.warnings.map { .configuration($0) } + placement.warnings.map { .placement($0) }
        + [waiting.warning].compactMap { $0.map { .waiting($0) } }
    }
  }
}

extension ThreadPool.Start: CustomStringConvertible {
  public var description: String {
    let bound = bind == .none ? "bind none" : "places \(places), bind \(bind.rawValue)"
    return "\(workers) \(workers == 1 ? "worker" : "workers") (\(workerCountReason)), \(bound), wait "
      + waiting.policy.rawValue
  }
}

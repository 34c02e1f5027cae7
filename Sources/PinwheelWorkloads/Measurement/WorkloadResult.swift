/// What runs a workload.
public enum Engine: String, Codable, Sendable, CaseIterable {
  case serial, pool, dispatch, taskGroup

  /// The engines that a pool is compared with.
  public static let peers: [Engine] = [.dispatch, .taskGroup]

  /// As in a table's header.
  public var title: String {
    switch self {
    case .serial: "serial"
    case .pool: "pool"
    case .dispatch: "Dispatch"
    case .taskGroup: "TaskGroup"
    }
  }
}

/// One engine's runs of one workload.
public struct EngineResult: Codable, Sendable, Equatable {
  public var engine: Engine
  /// The size it ran, in the workload's unit.
  public var size: Int
  /// Operations of a run of that size.
  public var operations: Int
  /// Seconds for a run.
  public var seconds: SampleSummary

  public init(engine: Engine, size: Int, operations: Int, seconds: SampleSummary) {
    (self.engine, self.size, self.operations, self.seconds) = (engine, size, operations, seconds)
  }

  /// Seconds for an operation.
  public var perOperation: SampleSummary { seconds.divided(by: Double(operations)) }
}

/// One workload's runs with all engines.
public struct WorkloadResult: Codable, Sendable, Equatable {
  public var name: String
  public var summary: String
  public var operation: String
  public var sizeUnit: String
  public var engines: [EngineResult]
  /// Jobs that a worker took from another, on average over the pool's runs.
  public var stealsPerRun: Double

  public init(
    name: String, summary: String, operation: String, sizeUnit: String, engines: [EngineResult], stealsPerRun: Double
  ) {
    (self.name, self.summary, self.operation, self.sizeUnit) = (name, summary, operation, sizeUnit)
    (self.engines, self.stealsPerRun) = (engines, stealsPerRun)
  }

  /// The runs of one engine, if it ran.
  public subscript(engine: Engine) -> EngineResult? { engines.first { $0.engine == engine } }

  /// How many times as long as the pool another engine takes for an operation: above one, the pool is ahead.
  public func advantage(over engine: Engine) -> Double? {
    guard let pool = self[.pool], let other = self[engine] else { return nil }
    return other.perOperation.median / pool.perOperation.median
  }

  /// The spread of the engine that varies most.
  public var largestSpread: Double { engines.map(\.seconds.spread).max() ?? 0 }
}

public import PinwheelTopology

/// Something a pool tells its owner through ``PoolConfiguration/onEvent``. The library itself prints nothing.
///
/// The description is a sentence for people. More cases may come: switch with a `default`.
public enum PoolEvent: Hashable, Sendable {
  /// The pool's workers are on their places. Comes before anything else that the pool has to say, and is no cause for
  /// concern; what is, comes as events of its own, too.
  case started(ThreadPool.Start)
  /// A setting that was ignored.
  case configuration(ConfigurationWarning)
  /// Workers that don't sit as asked for.
  case placement(PlacementWarning)
  /// Idle workers that don't spin as asked for.
  case waiting(WaitWarning)
  /// The pool has followed a change of the machine (``ThreadPool/refresh()``), or of its file (a `ConfigurationWatch`).
  case changed(ThreadPool.Change)
  /// Settings, or a change of the machine, that the pool could not follow by itself: it goes on as before. Told once, until
  /// it succeeds or fails in another way.
  case notApplied(PoolError)
  /// The schedule of a deterministic pool is from now on the operating system's, and its seed will not replay it.
  case replayEnded(ThreadPool.Replay.End)
}

extension PoolEvent: CustomStringConvertible {
  public var description: String {
    switch self {
    case .started(let start): start.description
    case .configuration(let warning): warning.description
    case .placement(let warning): warning.description
    case .waiting(let warning): warning.description
    case .changed(let change): change.description
    case .notApplied(let error): "the pool goes on as before: \(error)"
    case .replayEnded(let end): end.description
    }
  }
}

/// Something in the settings that is probably a mistake but does no harm.
public enum ConfigurationWarning: Hashable, Sendable {
  /// An environment variable bears the prefix `PINWHEEL_` but no setting reads it. A warning, not an error, because
  /// orchestrators put variables of such names into a process for reasons of their own.
  case unknownVariable(String, suggestion: String?)
  /// Something was asked of a pool that runs (``ThreadPool/apply(_:)``) that is fixed when it starts.
  case fixedWhileRunning(String)
  /// Places were chosen but ``PoolConfiguration/bind`` is `none`, so that nobody is bound to them.
  case placesWithoutBinding(String)
  /// Workers were to take one CPU of their place each but ``PoolConfiguration/bind`` is `none`, so that they have none.
  case orderWithoutBinding(String)
}

extension ConfigurationWarning: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unknownVariable(let name, let suggestion):
      "\(printable(name)) is ignored: no setting has this name" + (suggestion.map { " (did you mean \($0)?)" } ?? "")
    case .fixedWhileRunning(let setting):
      "\(setting) is ignored: it is fixed when a pool starts"
    case .placesWithoutBinding(let places):
      "places=\(places) has no effect: bind is none; close or spread would bind workers to them"
    case .orderWithoutBinding(let order):
      "order=\(order) has no effect: bind is none; close or spread would give workers places"
    }
  }
}

/// What to ask a machine for: how many workers, and by which rules they get their CPUs.
///
/// ```swift
/// var request = PlacementRequest(workers: .auto, places: .cores, bind: .close)
/// request.smt = .one
/// request.reserve = .cpus([0])
/// let plan = try machine.plan(request)
/// ```
///
/// The rules apply in this order, each to what the one before has left of ``Machine/usable``: ``reserve``, ``kinds``,
/// ``smt``, ``ranks``; then ``places`` (the first ``limit`` of them), ``bind`` and ``order``.
public struct PlacementRequest: Sendable, Hashable {
  /// How many workers.
  public var workers: WorkerCount
  /// What a worker may be bound to.
  public var places: Places
  /// How many of the places to use, from the first on, as in OpenMP's `cores(4)`; nil: all of them.
  public var limit: Int?
  /// How workers are spread over places.
  public var bind: Binding
  /// Which CPU of its place a worker takes.
  public var order: OrderInPlace = .float
  /// Which kinds of CPU to use, on machines that mix several.
  public var kinds: CPUKindChoice = .all
  /// How many hardware threads of a core to use.
  public var smt: SMTChoice = .all
  /// The CPUs to leave to others.
  public var reserve: Reservation = .nothing
  /// Whether a process that is one of several ranks on this machine keeps to its share.
  public var ranks: RankPolicy = .auto

  /// The cores that others have claimed: the last rule that takes CPUs away. See ``Machine/plan(_:beside:)``.
  var claims: [CoreClaim] = []
  /// The cores that the pool has claimed itself, if it can't claim others; nil: it can. Comes last as well.
  package var claimed: CPUSet?
  /// Whether workers that are not bound keep to as many cores as there are workers, for others to have the rest. After all
  /// rules, since the number of workers follows from what those leave.
  var keepsToCores = false
  /// How many workers there are at most if they are counted, and not asked for by number.
  var mostCounted = PlacementPlan.mostCounted

  /// A request with the rules that are asked for most; the others are their defaults until they are assigned.
  public init(
    workers: WorkerCount = .auto, places: Places = .cores, bind: Binding = .none, limit: Int? = nil
  ) {
    self.workers = workers
    self.places = places
    self.bind = bind
    self.limit = limit
  }
}

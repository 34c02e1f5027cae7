import CPinwheel
import PinwheelTopology
import Synchronization

/// What a crew goes by at the moment.
struct CrewState: Sendable {
  var configuration: PoolConfiguration
  var machine: Machine
  /// Of all workers, also of those that are in arenas.
  var plan: PlacementPlan
  var placement: ThreadPool.Placement
  var waiting: ThreadPool.Waiting
  var claims: CoreClaims
}

/// The state of a crew, which many threads read and forks go on beside.
///
/// It is written with forks held off, but read without: a thread that forks may find the lock taken by one that reads, and
/// in the child nobody ever gives it back. Nobody writes there either, so a child reads without it. (Holding off forks for
/// a look would have it wait for pools that start, some of which look themselves.)
final class GuardedCrewState: @unchecked Sendable {
  // SAFETY: `value` is written under the lock, with forks held off, and read under it, or in a forked child, which finds it
  // whole and has nobody who writes.
  private let core: OpaquePointer
  private let lock = Mutex(())
  private var value: CrewState

  init(_ value: CrewState, of core: OpaquePointer) {
    self.value = value
    self.core = core
  }

  func read<R>(_ body: (CrewState) -> R) -> R {
    if pw_pool_is_forked(core) { return body(value) }
    return lock.withLock { _ in body(value) }
  }

  /// Returns what it was before. The caller holds off forks.
  func replace(with new: CrewState) -> CrewState {
    lock.withLock { _ in
      defer { value = new }
      return value
    }
  }
}

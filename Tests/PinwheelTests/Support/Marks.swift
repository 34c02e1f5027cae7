import Pinwheel
import Synchronization

/// One flag a worker: *this worker waits*. Unrelated work that meets a raised flag has been run inside a wait.
final class Marks: Sendable {
  private let flags: Mutex<[Bool]>
  private let trespasses = Atomic<Int>(0)

  init(_ pool: ThreadPool) { flags = Mutex(Array(repeating: false, count: pool.workerCount)) }

  func set(_ worker: Int?, _ waits: Bool) {
    if let worker { flags.withLock { $0[worker] = waits } }
  }

  /// Called by unrelated work, on whatever worker it runs.
  func visit(_ worker: Int?) {
    if let worker, flags.withLock({ $0[worker] }) { trespasses.add(1, ordering: .relaxed) }
  }

  /// How much unrelated work was run inside a wait.
  var trespassCount: Int { trespasses.load(ordering: .acquiring) }
}

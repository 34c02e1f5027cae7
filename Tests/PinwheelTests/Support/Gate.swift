import Glibc
import Synchronization
import Testing

/// Blocks threads until enough have arrived. A wait that lasts half a minute is an issue of the test, not a hang.
final class Gate: Sendable {
  private let missing: Atomic<Int>

  init(_ arrivals: Int = 1) { missing = Atomic(arrivals) }

  func arrive() { missing.subtract(1, ordering: .acquiringAndReleasing) }

  var isOpen: Bool { missing.load(ordering: .acquiring) <= 0 }

  /// Polls, so that any thread may arrive from any state and nothing of the pool's own is relied on.
  @discardableResult
  func wait(_ what: String, location: SourceLocation = #_sourceLocation) -> Bool {
    for _ in 0..<300_000 {
      if isOpen { return true }
      usleep(100)
    }
    Issue.record("gave up waiting for \(what)", sourceLocation: location)
    return false
  }
}

/// Waits until `condition` holds; an issue if it does not for so long.
@discardableResult
func eventually(
  _ what: String, seconds: Int = 30, _ condition: () -> Bool, location: SourceLocation = #_sourceLocation
) -> Bool {
  for _ in 0..<(seconds * 10_000) {
    if condition() { return true }
    usleep(100)
  }
  Issue.record("never came true: \(what)", sourceLocation: location)
  return false
}

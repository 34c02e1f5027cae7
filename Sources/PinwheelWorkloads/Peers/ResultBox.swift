internal import Synchronization

/// A place for a result that another thread computes, for engines whose calls return nothing.
final class ResultBox<Value: Sendable>: Sendable {
  private let content = Mutex<Value?>(nil)

  func set(_ value: Value) { content.withLock { $0 = value } }
  func take() -> Value? { content.withLock { $0.take() } }
}

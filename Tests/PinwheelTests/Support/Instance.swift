import Synchronization

/// Counts instances: how many were made, and how many are left.
final class Ledger: Sendable {
  private let madeCount = Atomic<Int>(0)
  private let liveCount = Atomic<Int>(0)

  var made: Int { madeCount.load(ordering: .acquiring) }
  var live: Int { liveCount.load(ordering: .acquiring) }

  func make() -> Instance { Instance(self) }

  fileprivate func began() {
    madeCount.add(1, ordering: .relaxed)
    liveCount.add(1, ordering: .relaxed)
  }
  fileprivate func ended() { liveCount.subtract(1, ordering: .releasing) }
}

/// Something that must be destroyed exactly once.
final class Instance: Sendable {
  private let ledger: Ledger

  fileprivate init(_ ledger: Ledger) {
    self.ledger = ledger
    ledger.began()
  }

  deinit { ledger.ended() }
}

/// An error that owns an instance, and says who threw it.
struct Oops: Error {
  var name: String
  var instance: Instance?

  init(_ name: String, _ instance: Instance? = nil) {
    self.name = name
    self.instance = instance
  }
}

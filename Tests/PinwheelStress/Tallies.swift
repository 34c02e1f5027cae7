import Synchronization

/// Counts, one a job. All relaxed, so that they order nothing that the pool itself ought to order.
final class Tallies: @unchecked Sendable {
  // SAFETY: the memory is this instance's from its start to its end, and only atomic operations touch it in between.
  private let cells: UnsafeMutablePointer<Atomic<UInt32>>
  let count: Int

  init(_ count: Int) {
    self.count = count
    cells = .allocate(capacity: count)
    for index in 0..<count { (cells + index).initialize(to: Atomic(0)) }
  }

  deinit {
    cells.deinitialize(count: count)
    cells.deallocate()
  }

  func add(_ index: Int, _ more: UInt32 = 1) { cells[index].add(more, ordering: .relaxed) }

  subscript(_ index: Int) -> Int { Int(cells[index].load(ordering: .relaxed)) }

  var sum: Int { (0..<count).reduce(0) { $0 + self[$1] } }
}

/// Plain memory for what jobs return: each writes its own cell, whoever has waited for them all reads. ThreadSanitizer
/// sees whether the wait orders the two.
final class Cells: @unchecked Sendable {
  // SAFETY: the memory is this instance's; each cell has one writer, and its reader waits for that writer.
  private let cells: UnsafeMutableBufferPointer<UInt64>

  init(_ count: Int) {
    cells = .allocate(capacity: count)
    cells.initialize(repeating: 0)
  }

  deinit { cells.deallocate() }

  subscript(_ index: Int) -> UInt64 {
    get { cells[index] }
    set { cells[index] = newValue }
  }

  var values: [UInt64] { Array(cells) }
}

/// How many boxes and errors are alive.
final class Census: Sendable {
  private let count = Atomic<Int>(0)
  var living: Int { count.load(ordering: .acquiring) }
  fileprivate func began() { count.add(1, ordering: .relaxed) }
  fileprivate func ended() { count.subtract(1, ordering: .releasing) }
}

/// Something that must be destroyed exactly once.
final class Token: Sendable {
  private let census: Census
  init(_ census: Census) {
    self.census = census
    census.began()
  }
  deinit { census.ended() }
}

/// The error of the job `id`.
struct Oops: Error {
  var id: Int
  var token: Token
}

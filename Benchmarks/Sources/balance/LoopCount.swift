import CBenchmarkSystem
import PeerKit
import Pinwheel

/// What the participants of one loop did, in counts: those do not depend on how fast the machine is.
struct LoopCount {
  /// What the busiest participant had to do, in nanoseconds of work and of taking chunks.
  var busiest: Double
  /// Chunks of all participants.
  var chunks: Int

  /// What it costs to take a chunk: a cache-line round trip, which is what it takes at most nearly always.
  static let chunkNanoseconds = 100.0

  /// Of a loop whose indices all take the same time.
  init(_ report: LoopReport, each nanoseconds: Double) {
    busiest =
      report.shares.map { Double($0.items) * nanoseconds + Double($0.chunks) * Self.chunkNanoseconds }.max() ?? 0
    chunks = report.chunkCount
  }

  /// Of a loop whose indices were counted by who ran them: the busiest is charged with its share of the chunks, or with
  /// all that any participant took.
  init(_ report: LoopReport, busiestWork: Double) {
    let most = report.shares.map(\.chunks).max() ?? 0
    busiest = busiestWork + Double(most) * Self.chunkNanoseconds
    chunks = report.chunkCount
  }
}

/// The work of a loop's indices, and who has done how much of it.
struct WorkLedger: Sendable {
  /// Rounds of ``Arithmetic/work(_:rounds:)`` of each index.
  let rounds: SharedView<UInt64>
  /// What each thread has done, a padded line each.
  private let done: SharedView<UInt64>
  private static let (threads, line) = (1024, 16)

  /// Calls `body` with a ledger of indices that take so many rounds.
  static func with<R>(_ rounds: [UInt64], _ body: (WorkLedger) throws -> R) rethrows -> R {
    try SharedBuffer<UInt64>.with(rounds.count, of: 0) { view in
      for (index, count) in rounds.enumerated() { view[index] = count }
      return try SharedBuffer<UInt64>.with(threads * line, of: 0) { done in
        try body(WorkLedger(rounds: view, done: done))
      }
    }
  }

  /// Does an index's work and enters it.
  @inline(__always)
  func run(_ index: Int) {
    let count = rounds[index]
    _ = bench_opaque(Arithmetic.work(UInt64(index), rounds: Int(count)))
    done[Int(bench_thread_number()) % Self.threads * Self.line] += count
  }

  /// What the busiest thread has done, and what all have; they are zero then.
  func close() -> (most: UInt64, all: UInt64) {
    var (most, all): (UInt64, UInt64) = (0, 0)
    for thread in 0..<Self.threads {
      let count = done[thread * Self.line]
      done[thread * Self.line] = 0
      (most, all) = (max(most, count), all + count)
    }
    return (most, all)
  }
}

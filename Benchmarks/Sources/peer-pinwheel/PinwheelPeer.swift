import PeerKit
import Pinwheel

/// Pinwheel as its users have it: a pool, nothing else. Tuned: workers never park, and a loop over iterations that
/// differ much deals them out one by one.
@main
enum PinwheelPeer {
  static func main() {
    Peer.main(name: "pinwheel") { options in
      let runtime = try PinwheelRuntime(options, workers: options.workers)
      var table = FamilyTable(everythingOf: runtime)
      table.addTiles(runtime)
      // Workers that never park would be in the way of another pool's.
      if !options.isTuned {
        table.addStart(
          { workers in
            do { return try PinwheelRuntime(options, workers: workers) } catch { Peer.fail("\(error)") }
          },
          end: { runtime in
            do { try runtime.pool.shutdown() } catch { Peer.fail("\(error)") }
          })
      }
      return table
    }
  }
}

final class PinwheelRuntime: ForkJoinRuntime, TiledRuntime, SubmissionRuntime {
  let pool: ThreadPool
  let isTuned: Bool

  init(_ options: PeerOptions, workers: Int) throws(PoolError) {
    var configuration = PoolConfiguration(workers: .exactly(workers), bind: options.pins ? .close : .none)
    if options.isTuned { configuration.wait = .active }
    pool = try ThreadPool(configuration)
    isTuned = options.isTuned
  }

  var workers: Int { pool.workerCount }

  @inline(__always)
  func join<A: Sendable, B: Sendable, E: Error>(
    _ a: @Sendable () throws(E) -> A, _ b: @Sendable () throws(E) -> B
  ) throws(E) -> (A, B) {
    try pool.join(a, b)
  }

  /// Children of a node, whose numbers may be added up in any grouping.
  @inline(__always)
  func forkSum<R: FixedWidthInteger & BitwiseCopyable & Sendable, E: Error>(
    _ count: Int, _ body: @Sendable (Int) throws(E) -> R
  ) throws(E) -> R {
    try pool.reduce(regrouping: 0..<count, identity: 0, combine: { $0 &+ $1 }, body)
  }

  @inline(__always)
  func staticLoop(_ count: Int, _ body: @Sendable (Range<Int>) -> Void) {
    pool.parallelFor(chunks: 0..<count, schedule: .static, body)
  }

  @inline(__always)
  func dynamicLoop(_ count: Int, _ body: @Sendable (Int) -> Void) {
    pool.parallelFor(0..<count, schedule: .dynamic(grain: 1), body)
  }

  @inline(__always)
  func defaultLoop(_ count: Int, _ body: @Sendable (Range<Int>) -> Void) {
    pool.parallelFor(chunks: 0..<count, body)
  }

  @inline(__always)
  func unevenLoop(_ count: Int, _ body: @Sendable (Range<Int>) -> Void) {
    pool.parallelFor(chunks: 0..<count, schedule: isTuned ? .dynamic(grain: 1) : .auto, body)
  }

  @inline(__always)
  func guidedLoop(_ count: Int, _ body: @Sendable (Range<Int>) -> Void) {
    pool.parallelFor(chunks: 0..<count, schedule: .guided(grain: 1), body)
  }

  @inline(__always)
  func tiles(_ side: Int, tile: Int, _ body: @Sendable (_ rows: Range<Int>, _ columns: Range<Int>) -> Void) {
    pool.parallelFor(tilesOfRows: 0..<side, columns: 0..<side, tile: (tile, tile), body)
  }

  @inline(__always)
  func sum(_ count: Int, _ map: @Sendable (Int) -> UInt64) -> UInt64 {
    pool.reduce(0..<count, identity: 0, combine: { $0 &+ $1 }, map)
  }

  @inline(__always)
  func phases(_ phases: Int, _ count: Int, _ body: @Sendable (_ phase: Int, Range<Int>) -> Void) {
    pool.team { member in
      for phase in 0..<phases {
        body(phase, member.slice(of: 0..<count))
        member.barrier()
      }
    }
  }

  @inline(__always)
  func submit(_ job: consuming @escaping @Sendable () -> Void) {
    do { try pool.execute(consume job) } catch { Peer.fail("a job was refused: \(error)") }
  }

  func submit(count: Int, _ job: @escaping @Sendable () -> Void) {
    do { try pool.submit(count: count) { _ in job() } } catch { Peer.fail("a batch was refused: \(error)") }
  }

  @inline(__always)
  func submitAndWait(_ job: consuming @escaping @Sendable () -> Void) {
    do { try pool.submit(consume job).wait() } catch { Peer.fail("a job was refused: \(error)") }
  }
}

import PeerKit
import Pinwheel

/// Pinwheel as its users have it: a pool, nothing else. Tuned: workers never park, and a loop over iterations that
/// differ much deals them out one by one.
@main
enum PinwheelPeer {
  static func main() {
    Peer.main(name: "pinwheel") { options in
      var configuration = PoolConfiguration(
        workers: .exactly(options.workers), bind: options.pins ? .close : .none)
      if options.isTuned { configuration.wait = .active }
      let runtime = PinwheelRuntime(pool: try ThreadPool(configuration), isTuned: options.isTuned)
      var table = FamilyTable()
      table.addForkJoin(runtime)
      table.addLoops(runtime)
      table.addSubmission(runtime)
      return table
    }
  }
}

struct PinwheelRuntime: ForkJoinRuntime, LoopRuntime, SubmissionRuntime {
  let pool: ThreadPool
  let isTuned: Bool

  var workers: Int { pool.workerCount }

  @inline(__always)
  func join<A: Sendable, B: Sendable>(_ a: @Sendable () -> A, _ b: @Sendable () -> B) -> (A, B) { pool.join(a, b) }

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
  func submit(_ job: @escaping @Sendable () -> Void) {
    // Refused only where memory is; then the job still has to run, or the run would never end.
    do { try pool.submit(job) } catch { job() }
  }

  func submitAndWait() {
    do { try pool.submit {}.wait() } catch { return }
  }
}

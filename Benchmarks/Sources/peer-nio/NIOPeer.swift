#if NIO
  import CBenchmarkSystem
  import NIOPosix
  import PeerKit

  /// SwiftNIO's thread pool, which is made for blocking work: jobs, and loops by waiting for jobs. It has no fork, since
  /// a job that waits for another blocks its thread.
  @main
  enum NIOPeer {
    static func main() {
      Peer.main(name: "nio") { options in
        let runtime = NIORuntime(options, workers: options.workers)
        runtime.dynamicLoop(64 * options.workers) { _ in }
        var table = FamilyTable()
        table.addLoops(runtime)
        table.addSubmission(runtime)
        // A loop inside a job of the pool would wait for threads that wait for it.
        table["loop.nested"] = nil
        if !options.isTuned {
          table.addStart(
            { NIORuntime(options, workers: $0) },
            end: { runtime in
              do { try runtime.pool.syncShutdownGracefully() } catch { Peer.fail("\(error)") }
            })
        }
        return table
      }
    }
  }

  /// All threads of the pool work; the caller sleeps. Tuned: a loop is cut into fewer jobs.
  struct NIORuntime: LoopRuntime, SubmissionRuntime {
    let pool: NIOThreadPool
    let isTuned: Bool

    init(_ options: PeerOptions, workers: Int) {
      let cpus = Peer.usableCPUs
      // Bound only if there is a CPU for each.
      pool =
        options.pins && workers <= cpus.count
        ? NIOThreadPool(pinnedCPUIDs: Array(cpus.prefix(workers))) : NIOThreadPool(numberOfThreads: workers)
      pool.start()
      isTuned = options.isTuned
    }

    var workers: Int { pool.numberOfThreads }

    @inline(__always)
    private func inJobs(_ count: Int, _ parts: Int, _ body: @Sendable (Range<Int>) -> Void) {
      let parts = min(count, parts)
      guard parts > 0 else { return }
      withoutActuallyEscaping(body) { body in
        let loan = Loan(body)
        let gate = Gate(parts)
        for part in 0..<parts {
          pool.submit { _ in
            loan.call(Strides.part(part, of: parts, count))
            gate.leave()
          }
        }
        gate.wait()
        loan.end()
      }
    }

    @inline(__always)
    func staticLoop(_ count: Int, _ body: @Sendable (Range<Int>) -> Void) { inJobs(count, workers, body) }

    @inline(__always)
    func dynamicLoop(_ count: Int, _ body: @Sendable (Int) -> Void) {
      inJobs(count, count) { for index in $0 { body(index) } }
    }

    @inline(__always)
    func defaultLoop(_ count: Int, _ body: @Sendable (Range<Int>) -> Void) {
      inJobs(count, (isTuned ? 4 : 16) * workers, body)
    }

    @inline(__always)
    func unevenLoop(_ count: Int, _ body: @Sendable (Range<Int>) -> Void) { inJobs(count, 64 * workers, body) }

    @inline(__always)
    func sum(_ count: Int, _ map: @Sendable (Int) -> UInt64) -> UInt64 {
      SharedSum.with { sum in
        defaultLoop(count) { range in sum.add(range.reduce(0) { $0 &+ map($1) }) }
      }
    }

    @inline(__always)
    func submit(_ job: @escaping @Sendable () -> Void) {
      pool.submit { state in
        guard case .active = state else { Peer.fail("a job was refused: the pool is \(state)") }
        job()
      }
    }

    func submitAndWait(_ job: @escaping @Sendable () -> Void) {
      let gate = Gate(1)
      submit {
        job()
        gate.leave()
      }
      gate.wait()
    }
  }

  /// A closure lent to jobs, which the pool may keep for a while after they have run.
  private final class Loan: @unchecked Sendable {
    // SAFETY: set once and cleared once, before the first and after the last job has used it: a gate is between.
    private var body: (@Sendable (Range<Int>) -> Void)?

    init(_ body: @escaping @Sendable (Range<Int>) -> Void) { self.body = body }

    @inline(__always)
    func call(_ range: Range<Int>) { body?(range) }

    func end() { body = nil }
  }

  /// Opens when as many have left as were let in.
  private final class Gate: Sendable {
    private let words = SharedBuffer<UInt64>(2, of: 0)
    private let count: UInt64

    init(_ count: Int) { self.count = UInt64(count) }

    func leave() {
      if words.view.add(0, 1) == count { words.view.post(1) }
    }

    func wait() { words.view.await(1) }
  }
#else
  import PeerKit

  /// Without its trait there is no such peer.
  @main
  enum NIOPeer {
    static func main() {
      Peer.main(name: "nio") { _ in throw PeerFailure("built without the trait NIO") }
    }
  }
#endif

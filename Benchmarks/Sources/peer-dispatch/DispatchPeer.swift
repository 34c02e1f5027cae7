import Dispatch
import PeerKit
import Synchronization

/// Dispatch: `concurrentPerform` for forks and loops, a concurrent queue for jobs.
///
/// It has a thread a CPU and no setting for that, so the peer confines itself to as many CPUs. It cannot bind threads.
/// Tuned: loops in strides, as the manual of `dispatch_apply` advises for short bodies, and the global queue.
@main
enum DispatchPeer {
  static func main() {
    Peer.main(name: "dispatch") { options in
      if options.workers > Peer.usableCPUs.count { return nil }
      try Peer.confine(to: options.workers)
      let runtime = DispatchRuntime(workers: options.workers, isTuned: options.isTuned)
      // So that the threads exist.
      runtime.dynamicLoop(64 * options.workers) { _ in }
      return FamilyTable(everythingOf: runtime)
    }
  }
}

final class DispatchRuntime: ForkJoinRuntime, LoopRuntime, SubmissionRuntime {
  let workers: Int
  let isTuned: Bool
  private let queue: DispatchQueue

  init(workers: Int, isTuned: Bool) {
    self.workers = workers
    self.isTuned = isTuned
    queue = isTuned ? .global(qos: .userInteractive) : DispatchQueue(label: "peer", attributes: .concurrent)
  }

  @inline(__always)
  func join<A: Sendable, B: Sendable, E: Error>(
    _ a: @Sendable () throws(E) -> A, _ b: @Sendable () throws(E) -> B
  ) throws(E) -> (A, B) {
    let (first, second) = (Place<Result<A, E>>(), Place<Result<B, E>>())
    DispatchQueue.concurrentPerform(iterations: 2) { index in
      if index == 0 { first.set(Result(catching: a)) } else { second.set(Result(catching: b)) }
    }
    return (try first.take().get(), try second.take().get())
  }

  /// All at once rather than by halves.
  @inline(__always)
  func forkSum<R: FixedWidthInteger & BitwiseCopyable & Sendable, E: Error>(
    _ count: Int, _ body: @Sendable (Int) throws(E) -> R
  ) throws(E) -> R {
    let failure = Mutex(E?.none)
    let sum = SharedBuffer<R>.with(count, of: 0) { results in
      DispatchQueue.concurrentPerform(iterations: count) { index in
        do throws(E) { results[index] = try body(index) } catch { failure.withLock { $0 = error } }
      }
      return (0..<count).reduce(0) { $0 &+ results[$1] }
    }
    if let error = failure.withLock({ $0 }) { throw error }
    return sum
  }

  @inline(__always)
  func staticLoop(_ count: Int, _ body: @Sendable (Range<Int>) -> Void) {
    inStrides(count, parts: workers, body)
  }

  @inline(__always)
  func dynamicLoop(_ count: Int, _ body: @Sendable (Int) -> Void) {
    DispatchQueue.concurrentPerform(iterations: count) { body($0) }
  }

  @inline(__always)
  func defaultLoop(_ count: Int, _ body: @Sendable (Range<Int>) -> Void) {
    if isTuned { return inStrides(count, parts: 16 * workers, body) }
    DispatchQueue.concurrentPerform(iterations: count) { body($0..<($0 + 1)) }
  }

  @inline(__always)
  func unevenLoop(_ count: Int, _ body: @Sendable (Range<Int>) -> Void) {
    DispatchQueue.concurrentPerform(iterations: count) { body($0..<($0 + 1)) }
  }

  @inline(__always)
  func sum(_ count: Int, _ map: @Sendable (Int) -> UInt64) -> UInt64 {
    let parts = min(count, 16 * workers)
    return SharedBuffer<UInt64>.with(parts, of: 0) { sums in
      DispatchQueue.concurrentPerform(iterations: parts) { part in
        sums[part] = Strides.part(part, of: parts, count).reduce(0) { $0 &+ map($1) }
      }
      return (0..<parts).reduce(0) { $0 &+ sums[$1] }
    }
  }

  @inline(__always)
  private func inStrides(_ count: Int, parts: Int, _ body: @Sendable (Range<Int>) -> Void) {
    let parts = min(count, parts)
    DispatchQueue.concurrentPerform(iterations: parts) { body(Strides.part($0, of: parts, count)) }
  }

  @inline(__always)
  func submit(_ job: @escaping @Sendable () -> Void) { queue.async(execute: job) }

  func submitAndWait(_ job: @escaping @Sendable () -> Void) {
    let group = DispatchGroup()
    queue.async(group: group, execute: job)
    group.wait()
  }
}

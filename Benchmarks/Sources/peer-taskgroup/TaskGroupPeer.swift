import CBenchmarkSystem
import PeerKit
import PeerProtocol

/// Swift's structured concurrency: `async let` and task groups on the default executor.
///
/// It has a thread a CPU and no setting for that, so the peer confines itself to as many CPUs. There is nothing to tune.
/// A family's whole timed part is one task, as it would be in a program of tasks.
@main
enum TaskGroupPeer {
  static func main() {
    Peer.main(name: "taskgroup") { options in
      if options.isTuned || options.workers > Peer.usableCPUs.count { return nil }
      try Peer.confine(to: options.workers)
      let tasks = TaskRuntime(workers: options.workers)
      // So that the threads exist.
      _ = wait { await tasks.forkSum(64 * options.workers) { _ in 0 } }
      var table = FamilyTable()
      tasks.addForkJoin(to: &table)
      tasks.addLoops(to: &table)
      table.addSubmission(tasks)
      return table
    }
  }
}

/// Runs a task and blocks this thread, which is none of the executor's, until it has ended.
func wait<R: Sendable>(_ body: @escaping @Sendable () async -> R) -> R {
  let (place, done) = (Place<R>(), SharedBuffer<UInt64>(1, of: 0))
  Task.detached(priority: .userInitiated) {
    place.set(await body())
    done.view.post(0)
  }
  done.view.await(0)
  return place.take()
}

/// The clocks around a part of a task.
func timed<R: Sendable>(_ body: () async -> R) async -> (result: R, span: Span) {
  let running = RunningSpan()
  let result = await body()
  return (result, running.end())
}

struct TaskRuntime: SubmissionRuntime {
  let workers: Int

  /// A child task for each number, and the sum of what they return.
  func forkSum(_ count: Int, _ body: @escaping @Sendable (Int) async -> UInt64) async -> UInt64 {
    await withTaskGroup(of: UInt64.self) { group in
      for index in 0..<count { group.addTask { await body(index) } }
      var sum: UInt64 = 0
      for await part in group { sum &+= part }
      return sum
    }
  }

  /// A child task for each part.
  func loop(_ count: Int, parts: Int, _ body: @escaping @Sendable (Range<Int>) -> Void) async {
    let parts = min(count, parts)
    await withDiscardingTaskGroup { group in
      for part in 0..<parts { group.addTask { body(Strides.part(part, of: parts, count)) } }
    }
  }

  func submit(_ job: @escaping @Sendable () -> Void) { Task.detached(operation: job) }

  /// A group of child tasks, in a task of its own.
  func submit(count: Int, _ job: @escaping @Sendable () -> Void) {
    Task.detached {
      await withDiscardingTaskGroup { group in
        for _ in 0..<count { group.addTask(operation: job) }
      }
    }
  }

  func submitAndWait(_ job: @escaping @Sendable () -> Void) {
    let done = SharedBuffer<UInt64>(1, of: 0)
    Task.detached {
      job()
      done.view.post(0)
    }
    done.view.await(0)
  }
}

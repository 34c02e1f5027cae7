import CPinwheel
import Glibc
import PinwheelTopology
import Synchronization
import Testing

@testable import Pinwheel

/// The CPUs of the machine that tests run on; none if it is described by hwloc's environment, and so not there.
private let realCPUs: CPUSet = {
  guard let machine = try? Machine.current(), machine.source == .real else { return [] }
  return machine.usable
}()

/// What is known of where a thread is.
struct WorkerThreadTests {
  private let here = CPUSet([0])
  private let there = CPUSet([1])
  private let all = CPUSet(0..<4)

  private func withThread(place: CPUSet?, reach: CPUSet?, _ body: (inout WorkerThread) -> Void) throws {
    let pin = try #require(pw_pin_create())
    defer { pw_pin_destroy(pin) }
    var thread = WorkerThread(handle: pthread_self(), pin: pin, place: place, reach: reach)
    body(&thread)
  }

  @Test func aThreadIsToldOnce() throws {
    try withThread(place: nil, reach: nil) { thread in
      #expect(!thread.isElsewhere(than: nil, within: all))
      #expect(thread.isElsewhere(than: here, within: all))
      thread.note(here, within: all, isRefused: false)
      #expect(!thread.isElsewhere(than: here, within: all) && thread.isElsewhere(than: there, within: all))
      #expect(thread.isElsewhere(than: nil, within: all))
      thread.note(nil, within: all, isRefused: false)
      #expect(!thread.isElsewhere(than: nil, within: all) && thread.isElsewhere(than: nil, within: here))
    }
  }

  /// It counted as done, and so the worker stayed on its old place for good.
  @Test func anUnpinThatIsRefusedIsTriedAgain() throws {
    try withThread(place: here, reach: here) { thread in
      thread.note(nil, within: all, isRefused: true)
      #expect(thread.isElsewhere(than: nil, within: all))
      thread.note(there, within: all, isRefused: true)
      #expect(thread.isElsewhere(than: there, within: all) && thread.isElsewhere(than: nil, within: all))
      #expect(thread.place == nil && thread.reach == here)
    }
  }

  /// A worker that has come late is where it has gone by itself, also if the change that it came for failed.
  @Test func aThreadThatHasComeLateIsSomewhere() throws {
    try withThread(place: nil, reach: here) { thread in
      #expect(thread.isElsewhere(than: nil, within: all) && thread.isElsewhere(than: here, within: all))
    }
  }
}

extension PoolTests {
  /// Where the kernel has workers run that nobody counts on at the moment.
  @Suite(.enabled(if: realCPUs.count > 1, "one CPU is everywhere"))
  struct SpareWorkerTests {
    private func settings(_ workers: Int, bind: Binding = .close) -> PoolConfiguration {
      PoolConfiguration(workers: .exactly(workers), places: .threads, bind: bind)
    }

    /// It stayed on the one CPU that it was made for.
    @Test func aThreadOfAChangeThatFailedIsNotBoundForEver() throws {
      let pool = try makePool(2)
      let plan = try settings(3).plan(on: Machine.current())
      // As far as a change comes of which a later thread is refused.
      try pool.crew.startThreads(for: plan, binds: true, hold: Hold())
      let spare = pool.crew.threads.withLock { $0[2] }
      eventually("the thread goes to its place") { Affinity.current(of: spare.handle) == plan.seats[2].place }
      try pool.apply(settings(3, bind: .none))
      #expect(Affinity.current(of: spare.handle) == realCPUs)
    }

    /// Setting a worker free while it went by the process's affinity was forgotten: it kept what the process had.
    @Test func aWorkerThatIsSetFreeWhileItsPinIsLentGoesWhereItMay() throws {
      let first = CPUSet([try #require(realCPUs.first)])
      let others = realCPUs.subtracting(first)
      let seen = Mutex<[CPUSet]>([])
      onThreads(1) { _ in
        guard let pin = pw_pin_create() else { return }
        defer { pw_pin_destroy(pin) }
        pw_remember_process()
        pw_mark_worker_thread(pin)
        let me = WorkerThread(handle: pthread_self(), pin: pin, place: nil, reach: nil)
        var own = pw_thread_attributes()
        #expect(Affinity.pin(me, to: first, isBound: true) == nil)
        pw_adopt_process_attributes(&own)
        #expect(Affinity.pin(me, to: others, isBound: false) == nil)
        let (lent, its) = (Affinity.current(of: pthread_self()), Affinity.current(of: me))
        pw_restore_thread_attributes(&own)
        let after = Affinity.current(of: pthread_self())
        seen.withLock { $0 = [lent, its, after] }
      }
      #expect(seen.withLock { $0 } == [realCPUs, others, others])
    }

    /// Who finishes something on a thread that stands aside keeps off the arena's CPUs, and its children do not have to.
    @Test func childrenOfAWorkerThatStandsAsideGetTheProcessesCPUs() throws {
      let machine = try Machine.current()
      let node = try #require(machine.nodes.first { machine.cpus(ofNode: $0).intersection(realCPUs).count > 1 })
      let pool = try ThreadPool(PoolConfiguration(workers: .threads, places: .threads, bind: .close))
      let workers = pool.workerCount
      let running = Gate(workers)
      let goOn = Gate()
      let looks = try (0..<workers).map { _ in
        try pool.submit {
          running.arrive()
          goOn.wait("the test to lend the workers")
          return (
            Affinity.current(of: pthread_self()),
            ThreadPool.withProcessAttributes { Affinity.current(of: pthread_self()) }
          )
        }
      }
      running.wait("all workers to be busy")
      let arena = try pool.arena(of: node)
      let reach = pool.placement.seats.reduce(realCPUs.subtracting(machine.cpus(ofNode: node))) { $0.union($1.place) }
      goOn.arrive()
      for look in looks {
        let (own, childs) = look.wait()
        #expect(own.isSubset(of: reach))
        #expect(childs == realCPUs)
      }
      withExtendedLifetime(arena) {}
    }
  }
}

import CPinwheel
import Glibc
import PinwheelTopology
import Synchronization
import Testing

@testable import Pinwheel

/// Whether workers can be bound here, two of them to CPUs of their own.
private let hasTwoCPUs: Bool = {
  guard let machine = try? Machine.current(), machine.source == .real else { return false }
  return machine.usable.count > 1
}()

extension PoolTests {
  /// Threads from outside that are bound to a worker's place for the time of a call.
  @Suite(.enabled(if: hasTwoCPUs, "takes two CPUs"))
  struct CallerTests {
    private var own: CPUSet { Affinity.current(of: pthread_self()) }

    /// Two workers, each on a CPU of its own.
    private func boundPool(_ binding: Binding = .close) throws -> ThreadPool {
      try ThreadPool(PoolConfiguration(workers: .exactly(2), places: .threads, bind: binding))
    }

    /// On a thread of its own: the test runner's may be others' in between.
    private func onOwnThread(_ body: @escaping @Sendable () throws -> Void) {
      onThreads(1) { _ in #expect(throws: Never.self) { try body() } }
    }

    @Test func theCallerIsBoundToTheSeatsPlace() throws {
      let pool = try boundPool()
      let places = pool.placement.seats.map(\.place)
      onOwnThread {
        let before = own
        #expect(pool.withCallerBound { own } == places[0])
        #expect(own == before)
        for worker in 0..<2 {
          let (cpus, current) = pool.withCallerBound(to: worker) { (own, Int(pw_current_cpu())) }
          #expect(cpus == places[worker] && places[worker].contains(current))
          #expect(own == before)
        }
      }
    }

    // Members that share a CPU sleep at every barrier until the other has had its turn.
    @Test func membersOfATeamShareNoCPU() throws {
      for workers in [2, 8] {
        let pool = try ThreadPool(PoolConfiguration(workers: .exactly(workers), places: .threads, bind: .close))
        let places = pool.placement.seats.map(\.place)
        onOwnThread {
          let before = own
          var (pairs, apart) = (0, 0)
          eventually("nobody comes") {
            let met = Mutex<[UInt32]>([])
            pool.team(upTo: 2) { _ in
              if let slot = pw_current() { met.withLock { $0.append(pw_slot_id(slot)) } }
            }
            #expect(own == before)
            let slots = met.withLock(\.self)
            if slots.count == 2 {
              pairs += 1
              apart += places[Int(slots[0])].intersection(places[Int(slots[1])]).isEmpty ? 1 : 0
            }
            return pairs == 50
          }
          // A worker that is on its way to its seat at that moment cannot be had; then another comes.
          #expect(apart > 25)
        }
      }
    }

    // A caller that was woken on the CPU of the member that woke it stayed there: both shared one CPU for the rest of the
    // team, and a stencil took four times as long.
    @Test func aCallerThatHasSleptGoesOnAtItsSeatsPlace() throws {
      var configuration = PoolConfiguration(workers: .exactly(2), places: .threads, bind: .close)
      configuration.spin = .zero
      let pool = try ThreadPool(configuration)
      let places = pool.placement.seats.map(\.place)
      onOwnThread {
        let before = own
        // The kernel may move it again at once, above all where other threads want its CPU.
        eventually("a caller that has slept stays where it was woken") {
          let trials = Atomic<Int>(0)
          let home = Atomic<Int>(0)
          for _ in 0..<400 where trials.load(ordering: .relaxed) < 40 {  // now and then nobody comes
            pool.team { member in
              guard member.count == 2, let slot = pw_current() else { return }
              let place = places[Int(pw_slot_id(slot))]
              let isCaller = own == before
              if isCaller {
                let elsewhere = before.subtracting(place).affinityMask
                pw_move_thread(elsewhere, UInt32(elsewhere.count))
              } else {
                usleep(1000)  // the caller sleeps meanwhile
              }
              member.barrier()
              if isCaller {
                trials.add(1, ordering: .relaxed)
                home.add(place.contains(Int(pw_current_cpu())) ? 1 : 0, ordering: .relaxed)
              }
            }
          }
          return home.load(ordering: .relaxed) > 30
        }
        #expect(own == before)
      }
    }

    @Test func anErrorRestoresTheAffinity() throws {
      let pool = try boundPool()
      onOwnThread {
        let before = own
        #expect(throws: Oops.self) {
          try pool.withCallerBound(to: 1) { () throws(Oops) in
            #expect(own != before)
            throw Oops("body")
          }
        }
        #expect(own == before)
      }
    }

    @Test func nestedCallsRestoreWhatWasAround() throws {
      let (pool, other) = (try boundPool(), try boundPool())
      let places = pool.placement.seats.map(\.place)
      onOwnThread {
        let before = own
        pool.withCallerBound(to: 1) {
          pool.withCallerBound(to: 0) {
            #expect(own == places[0])
            other.withCallerBound(to: 1) { #expect(own == places[1]) }
            pool.withCallerBound(to: 2) { #expect(own == places[0]) }
            #expect(own == places[0])
          }
          #expect(own == places[1])
        }
        #expect(own == before)
      }
    }

    /// The thread had asked for fewer CPUs than there are: it has those again, not all.
    @Test func aNarrowerAffinityComesBack() throws {
      let pool = try boundPool()
      let places = pool.placement.seats.map(\.place)
      onOwnThread {
        let mask = places[1].affinityMask
        try #require(pw_affinity_set(mask, UInt32(mask.count)) == 0)
        #expect(pool.withCallerBound(to: 0) { own } == places[0])
        #expect(own == places[1])
      }
    }

    @Test func withoutBoundWorkersNothingChanges() throws {
      let pool = try boundPool(.none)
      let elsewhere = try makePool(on: "package:2 [numa] core:4 pu:1")
      onOwnThread {
        let before = own
        #expect(pool.withCallerBound { own } == before)
        #expect(elsewhere.withCallerBound { own } == before, "on a machine that is not there")
      }
    }

    @Test func onAWorkerNothingChanges() throws {
      let (pool, other) = (try boundPool(), try boundPool())
      try pool.submit {
        let before = own
        for pool in [pool, other] {
          for worker in 0..<2 { #expect(pool.withCallerBound(to: worker) { own } == before) }
        }
        // It goes by the process's affinity there, and by its own again afterwards.
        ThreadPool.withProcessAttributes {
          let process = own
          #expect(pool.withCallerBound(to: 1) { own } == process)
        }
        #expect(own == before)
      }.wait()
    }

    @Test func inAWorkersHooksNothingChanges() throws {
      let other = try boundPool()
      let hooks = Counter()
      var configuration = PoolConfiguration(workers: .exactly(2), places: .threads, bind: .close)
      configuration.onWorkerStart = { worker in
        hooks.add(1)
        let before = Affinity.current(of: pthread_self())
        #expect(other.withCallerBound(to: 1 - worker) { Affinity.current(of: pthread_self()) } == before)
        // As refused as it was.
        #expect(other.withCallerBound { other.join({ 1 }, { 2 }).1 } == 2)
      }
      try ThreadPool(configuration).shutdown()
      #expect(hooks.value == 2)
    }

    @Test func insideOfACallNothingChanges() throws {
      let pool = try boundPool()
      onOwnThread {
        let before = own
        pool.scope { _ in
          // Also if no worker was idle, and the call runs on its caller alone.
          #expect(pool.withCallerBound(to: 0) { own } == before && pool.withCallerBound(to: 1) { own } == before)
        }
        #expect(pool.withCallerBound(to: 1) { own } == pool.placement.seats[1].place)
      }
    }

    @Test(arguments: [-1, 2, 4096, Int.max, Int.min])
    func aNumberOutOfRangeChangesNothing(worker: Int) throws {
      let pool = try boundPool()
      onOwnThread {
        let before = own
        #expect(pool.withCallerBound(to: worker) { own } == before)
        #expect(own == before)
      }
    }

    @Test func afterShutdownNothingChanges() throws {
      let pool = try boundPool()
      try pool.shutdown()
      onOwnThread {
        let before = own
        #expect(pool.withCallerBound(to: 1) { own } == before)
      }
    }

    @Test(arguments: [0, 1])
    func callsTakeThatWorkersSlot(worker: Int) throws {
      let pool = try boundPool()
      onOwnThread {
        pool.withCallerBound(to: worker) {
          // A worker that has just become idle may still be on its way to its seat, and then another's is taken.
          eventually("a join takes the slot") { pool.join({ pool.currentWorker }, {}).0 == worker }
          eventually("a loop takes the slot") {
            let caller = pthread_self()
            let took = Counter()
            pool.parallelFor(0..<2, schedule: .static) { _ in
              if pthread_equal(pthread_self(), caller) != 0, pool.currentWorker == worker { took.add(1) }
              usleep(100)
            }
            return took.value > 0
          }
        }
      }
    }

    @Test func aChangeMeanwhileLeavesTheCallerWhereItIs() throws {
      let pool = try boundPool()
      let places = pool.placement.seats.map(\.place)
      onOwnThread {
        let before = own
        try pool.withCallerBound(to: 1) {
          try pool.apply(PoolConfiguration(workers: .exactly(1), places: .threads, bind: .close))
          #expect(own == places[1])
          #expect(pool.map(0..<100) { $0 } == Array(0..<100))
          #expect(pool.withCallerBound(to: 1) { own } == places[1], "there is no such worker any more")
          try pool.apply(PoolConfiguration(workers: .exactly(2), bind: Binding.none))
          #expect(pool.withCallerBound { own } == places[1], "nobody is bound any more")
          #expect(own == places[1])
        }
        #expect(own == before)
      }
    }

    @Test func manyThreadsAreBoundAtOnce() throws {
      let pool = try boundPool()
      let places = pool.placement.seats.map(\.place)
      onThreads(8) { thread in
        let before = Affinity.current(of: pthread_self())
        for round in 0..<50 {
          let worker = (thread + round) % 2
          let sum = pool.withCallerBound(to: worker) {
            #expect(Affinity.current(of: pthread_self()) == places[worker])
            return pool.reduce(0..<100, identity: 0, combine: +) { $0 }
          }
          #expect(sum == 4950)
        }
        #expect(Affinity.current(of: pthread_self()) == before)
      }
    }
  }
}

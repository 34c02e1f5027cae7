import Glibc
import Pinwheel
import PinwheelTopology
import Synchronization
import Testing

extension PoolTests {
  /// Teams: who is a member, what a barrier promises, and how bodies end.
  @Suite
  struct TeamTests {
    /// Each member sees its neighbours' numbers of the phase before, and nothing newer or older.
    @Test(arguments: workerCounts)
    func phasesFollowEachOther(workers: Int) throws {
      let pool = try makePool(workers)
      for _ in 0..<5 {
        let phase = (0..<workers).map { _ in Atomics() }
        let size = Atomic<Int>(0)
        let members = Mutex([Int](repeating: 0, count: workers))
        pool.team(upTo: workers) { member in
          members.withLock { $0[member.index] += 1 }
          size.store(member.count, ordering: .relaxed)
          for step in 1...20 {
            phase[member.index].value.store(step, ordering: .relaxed)
            member.barrier()
            for other in 0..<member.count {
              let seen = phase[other].value.load(ordering: .relaxed)
              if seen != step { Issue.record("member \(other) is in phase \(seen), not \(step)") }
            }
            member.barrier()
          }
        }
        let count = size.load(ordering: .relaxed)
        #expect((1...workers).contains(count))
        #expect(members.withLock { $0 } == (0..<workers).map { $0 < count ? 1 : 0 })
      }
    }

    /// A range may hold more indices than `Int.max`.
    @Test(arguments: workerCounts)
    func slicesOfTheLongestRange(workers: Int) throws {
      let pool = try makePool(workers)
      for range in [Int.min..<Int.max, -1..<Int.max, Int.min..<1, 3..<3, 5..<12] {
        let slices = Mutex<[Int: Range<Int>]>([:])
        pool.team(upTo: workers) { member in
          let slice = member.slice(of: range)
          slices.withLock { $0[member.index] = slice }
        }
        let all = slices.withLock { $0.sorted { $0.key < $1.key }.map(\.value) }
        var next = range.lowerBound
        for slice in all {
          #expect(slice.lowerBound == next)
          next = slice.upperBound
        }
        #expect(next == range.upperBound)
        let lengths = all.map { UInt(bitPattern: $0.upperBound &- $0.lowerBound) }
        #expect((lengths.max() ?? 0) - (lengths.min() ?? 0) <= 1)
      }
    }

    /// A two-array stencil, against the same in order.
    @Test(arguments: workerCounts)
    func stencil(workers: Int) throws {
      let pool = try makePool(workers)
      let count = 500
      let steps = 30
      var expected = (0..<count).map { Double($0 % 7) }
      for _ in 0..<steps {
        let old = expected
        for i in 1..<count - 1 { expected[i] = (old[i - 1] + old[i] + old[i + 1]) / 3 }
      }
      let cells = UnsafeMutableBufferPointer<Double>.allocate(capacity: 2 * count)
      defer { cells.deallocate() }
      for i in 0..<count { cells[i] = Double(i % 7) }
      for i in [0, count - 1] { cells[count + i] = cells[i] }
      // SAFETY: each member writes its own slice, and reads others' after a barrier.
      nonisolated(unsafe) let shared = cells
      pool.team(upTo: workers) { member in
        for step in 0..<steps {
          let (from, to) = step % 2 == 0 ? (0, count) : (count, 0)
          for i in member.slice(of: 1..<count - 1) {
            shared[to + i] = (shared[from + i - 1] + shared[from + i] + shared[from + i + 1]) / 3
          }
          member.barrier()
        }
      }
      #expect(Array(cells[(steps % 2) * count..<(steps % 2) * count + count]) == expected)
    }

    @Test func slicesAreTheWholeRange() throws {
      let pool = try makePool(3)
      for range in [0..<0, 0..<1, -5..<2, 7..<1000, 0..<Int.max, (Int.min / 2)..<(Int.max / 2)] {
        let slices = Mutex<[Int: Range<Int>]>([:])
        pool.team(upTo: 3) { member in
          let slice = member.slice(of: range)
          slices.withLock { $0[member.index] = slice }
        }
        let inOrder = slices.withLock { found in (0..<found.count).compactMap { found[$0] } }
        #expect(inOrder.first?.lowerBound == range.lowerBound)
        #expect(inOrder.last?.upperBound == range.upperBound)
        for (one, next) in zip(inOrder, inOrder.dropFirst()) { #expect(one.upperBound == next.lowerBound) }
        let lengths = inOrder.map(\.count)
        #expect((lengths.max() ?? 0) - (lengths.min() ?? 0) <= 1)
      }
    }

    /// All idle workers come, and all run at the same time: each waits for all others without a barrier.
    @Test(arguments: [2, 8])
    func idleWorkersAllCome(workers: Int) throws {
      let pool = try makeSettledPool(workers)
      // A worker may be on its way to its seat, or have lost its CPU for longer than the call waits.
      eventually("a team of all") {
        let together = Atomic<Int>(0)
        let size = Atomic<Int>(0)
        pool.team(upTo: workers) { member in
          size.store(member.count, ordering: .relaxed)
          together.add(1, ordering: .relaxed)
          for _ in 0..<100_000 where together.load(ordering: .relaxed) < member.count {
            usleep(100)
            ThreadPool.schedulingPoint()
          }
          if together.load(ordering: .relaxed) < member.count { Issue.record("a member never began") }
        }
        return size.load(ordering: .relaxed) == workers
      }
    }

    /// Many workers on few CPUs: a barrier would wait for each of them to have its turn.
    @Test func noMoreMembersThanCPUsUnlessAskedFor() throws {
      let pool = try makeSettledPool(64)
      let cpus = pool.placement.seats.reduce(CPUSet()) { $0.union($1.place) }.count
      let most = Atomic<Int>(0)
      for _ in 0..<20 { pool.team { member in most.max(member.count, ordering: .relaxed) } }
      #expect((1...min(cpus, 64)).contains(most.load(ordering: .relaxed)))
      eventually("more members than CPUs") {
        pool.team(upTo: 64) { member in most.max(member.count, ordering: .relaxed) }
        return most.load(ordering: .relaxed) > min(cpus, 63)
      }
    }

    /// Idle workers that share CPUs do not spin; members of a team that has a CPU for each do. Counted, not timed: who
    /// sleeps at a barrier has parked.
    @Test func membersThatAllRunSpinAtBarriers() throws {
      var configuration = PoolConfiguration(workers: .exactly(64))
      configuration.spin = .milliseconds(200)  // longer than a thread that has lost its CPU is without it
      let pool = try ThreadPool(configuration)
      guard (2..<64).contains(pool.placement.seats.reduce(CPUSet()) { $0.union($1.place) }.count) else { return }
      #expect(pool.waiting.spin == .zero)
      let parks: @Sendable () -> Int = { pool.counters.reduce(0) { $0 + $1.parks } }
      let phases = 400
      // A round counts if somebody came. Idle workers park now and then, too.
      let spun = (0..<50).contains { _ in
        let members = Atomic<Int>(0)
        let before = Atomic<Int>(0)
        let after = Atomic<Int>(0)
        pool.team(upTo: 2) { member in
          member.barrier()
          if member.index == 0 {
            members.store(member.count, ordering: .relaxed)
            before.store(parks(), ordering: .relaxed)
          }
          for _ in 0..<phases {
            if member.index == 1 { usleep(50) }  // so the other one has to wait
            member.barrier()
          }
          if member.index == 0 { after.store(parks(), ordering: .relaxed) }
        }
        let slept = after.load(ordering: .relaxed) - before.load(ordering: .relaxed)
        return members.load(ordering: .relaxed) == 2 && slept < phases / 20
      }
      #expect(spun, "members sleep at barriers")
    }

    @Test func atMostSoManyMembers() throws {
      let pool = try makeSettledPool(4)
      for most in [Int.min, 0, 1, 2, 3, 100] {
        let ran = Counter()
        let size = Atomic<Int>(0)
        pool.team(upTo: most) { member in
          ran.add(1)
          size.store(member.count, ordering: .relaxed)
          member.barrier()
        }
        #expect(ran.value == size.load(ordering: .relaxed))
        #expect(ran.value <= max(most, 1))
      }
    }

    @Test(arguments: workerCounts)
    func theFirstErrorIsThrownAndNobodyIsStuck(workers: Int) throws {
      let pool = try makePool(workers)
      for failing in 0..<min(workers, 4) {
        let sawIt = Counter()
        let size = Atomic<Int>(0)
        let ledger = Ledger()
        do {
          try pool.team(upTo: workers) { member in
            size.store(member.count, ordering: .relaxed)
            try member.barrier()
            if member.index == failing { throw Oops("member \(failing)", ledger.make()) }
            do { try member.barrier() } catch {
              sawIt.add(1)
              #expect((error as? Oops)?.name == "member \(failing)")
              // A member that goes on regardless is told again.
              #expect(throws: Oops.self) { try member.barrier() }
              throw error
            }
          }
          #expect(failing >= size.load(ordering: .relaxed))
        } catch {
          #expect((error as? Oops)?.name == "member \(failing)")
          #expect(sawIt.value == size.load(ordering: .relaxed) - 1)
        }
        #expect(ledger.live == 0)
      }
    }

    @Test func errorsKeepTheirType() throws {
      let pool = try makePool(2)
      do throws(Oops) {
        try pool.team(throwing: Oops.self) { member throws(Oops) in
          try member.barrier()
          throw Oops("all")
        }
        Issue.record("nothing was thrown")
      } catch {
        #expect(error.name == "all")
      }
    }

    /// A body that returns early keeps nobody waiting, whoever it is.
    @Test(arguments: workerCounts)
    func membersMayEndEarly(workers: Int) throws {
      let pool = try makePool(workers)
      let phases = Counter()
      for leaver in 0..<min(workers, 3) {
        pool.team(upTo: workers) { member in
          for step in 0..<10 {
            if member.index == leaver && step == 3 { return }
            member.barrier()
            phases.add(1)
          }
        }
      }
      #expect(phases.value > 0)
    }

    /// Inside of a loop, of a team, and on a pool that has ended there is one member.
    @Test func nestedTeamsAreAlone() throws {
      let pool = try makePool(4)
      let sizes = Mutex<Set<Int>>([])
      @Sendable func note(_ pool: ThreadPool) {
        pool.team(upTo: 4) { member in
          member.barrier()
          _ = sizes.withLock { $0.insert(member.count) }
        }
      }
      pool.parallelFor(0..<8, schedule: .static) { _ in note(pool) }
      pool.team(upTo: 4) { member in
        note(pool)
        member.barrier()
      }
      try pool.shutdown()
      note(pool)
      #expect(sizes.withLock { $0 } == [1])
    }

    /// Members may use the pool: what they fork, spawn and submit is run by somebody.
    @Test(arguments: workerCounts)
    func membersMayCallThePool(workers: Int) throws {
      let pool = try makePool(workers)
      let ran = Counter()
      let members = Counter()
      try pool.team(upTo: workers) { member in
        members.add(1)
        #expect(fib(pool, 12) == 144)
        try member.barrier()
        pool.parallelFor(0..<10) { _ in ran.add(1) }
        pool.scope { s in for _ in 0..<10 { s.spawn { ran.add(1) } } }
        #expect(try pool.submit { 7 }.wait() == 7)
        try member.barrier()
        if member.index == 0 { #expect(ran.value == 20 * member.count) }
      }
      #expect(ran.value == 20 * members.value)
    }

    /// Teams of several threads at a time share the workers out; loops and jobs in between find theirs.
    @Test func teamsFromManyThreads() throws {
      let pool = try makePool(4)
      let barriers = Counter()
      onThreads(4) { _ in
        for _ in 0..<50 {
          pool.team(upTo: 4) { member in
            for _ in 0..<5 { member.barrier() }
            if member.index == 0 { barriers.add(5) }
          }
          pool.parallelFor(0..<10) { _ in }
        }
      }
      #expect(barriers.value == 4 * 50 * 5)
    }

    /// A team in a deterministic pool has the same members and order each time.
    @Test func teamsReplay() throws {
      func run(seed: UInt64) throws -> (order: [Int], fingerprint: UInt64?) {
        let pool = try ThreadPool.deterministic(seed: seed, workers: 3, patience: .seconds(2))
        let order = Mutex<[Int]>([])
        for _ in 0..<3 {
          pool.team { member in
            for _ in 0..<3 {
              order.withLock { $0.append(member.index) }
              member.barrier()
            }
          }
        }
        #expect(pool.replay?.isExact == true)
        return (order.withLock { $0 }, pool.replay?.fingerprint)
      }
      let one = try run(seed: 5)
      #expect(one.order.count > 9)  // more than a member
      #expect(try run(seed: 5) == one)
      let others = try (6..<16).map { try run(seed: $0).order }
      #expect(Set(others).count > 1)
    }

    private final class Atomics: Sendable { let value = Atomic<Int>(0) }
  }
}

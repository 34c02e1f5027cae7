import Glibc
import Pinwheel
import Synchronization
import Testing

extension PoolTests {
  /// The hooks around a worker's life, and what its thread is like.
  @Suite
  struct HookTests {
    @Test(arguments: workerCounts)
    func areCalledOnceAWorkerOnItsThread(workers: Int) throws {
      let hook = Hook()
      let pool = try makePool(workers) {
        $0.onWorkerStart = { hook.start($0) }
        $0.onWorkerStop = { hook.stop($0) }
      }
      // A worker's jobs run on the thread that its hook ran on.
      for _ in 0..<100 {
        try pool.submit { [unowned pool] in
          let thread = UInt(pthread_self())
          let worker = pool.currentWorker
          #expect(hook.thread(of: worker) == thread)
        }
      }
      try pool.shutdown()
      #expect(hook.calls.value == 2 * workers)
      #expect(hook.startedThreads == hook.stoppedThreads)
      #expect(Set(hook.startedThreads.keys) == Set(0..<workers))
      #expect(Set(hook.startedThreads.values).count == workers)
    }

    /// Workers that nothing has to come before are let in early; these are not.
    @Test func comeAfterTheEventThatThePoolHasStarted() throws {
      for _ in 0..<20 {
        let hasBegun = Atomic<Bool>(false)
        let wasFirst = Atomic<Bool>(false)
        let pool = try makePool(4) {
          $0.onWorkerStart = { _ in hasBegun.store(true, ordering: .releasing) }
          $0.onEvent = { event in
            guard case .started = event else { return }
            usleep(1000)  // time enough for a hook that does not wait
            wasFirst.store(!hasBegun.load(ordering: .acquiring), ordering: .relaxed)
          }
        }
        try pool.shutdown()
        #expect(hasBegun.load(ordering: .relaxed) && wasFirst.load(ordering: .relaxed))
      }
    }

    private final class Hook: Sendable {
      private let started = Mutex<[Int: UInt]>([:])
      private let stopped = Mutex<[Int: UInt]>([:])
      let calls = Counter()

      func start(_ worker: Int) {
        calls.add(1)
        started.withLock { $0[worker] = UInt(pthread_self()) }
      }
      func stop(_ worker: Int) {
        calls.add(1)
        stopped.withLock { $0[worker] = UInt(pthread_self()) }
      }
      func thread(of worker: Int?) -> UInt? { worker.flatMap { worker in started.withLock { $0[worker] } } }
      var startedThreads: [Int: UInt] { started.withLock { $0 } }
      var stoppedThreads: [Int: UInt] { stopped.withLock { $0 } }
    }

    /// One worker's hook takes its time; the others sleep, and must be woken for what is submitted meanwhile.
    @Test(arguments: workerCounts.filter { $0 > 1 })
    func aSlowStartHookDoesNotHoldUpTheOthers(workers: Int) throws {
      let release = Gate()
      let pool = try makePool(workers) {
        $0.spin = .zero
        $0.onWorkerStart = { if $0 == 0 { release.wait("the test to let the hook go") } }
      }
      defer { release.arrive() }
      usleep(100_000)  // the others have gone to sleep by now
      let handle = try pool.submit { 5 }
      #expect(eventually("the job runs on another worker", seconds: 2) { handle.isDone })
    }

    @Test func threadNamesShowTheIndexIn15Bytes() throws {
      for (name, expected) in [
        ("pinwheel", "pinwheel-1"), ("a-rather-long-name", "a-rather-long-1"), ("", "-1"),
        ("ünïcödé-näme", "ünïcödé-n-1"),
      ] {
        let names = Mutex<[String]>([])
        let pool = try makePool(2) { $0.name = name }
        // Both workers at once, so that each is asked.
        let both = Gate(2)
        let jobs = try (0..<2).map { _ in
          try pool.submit { [unowned pool] in
            both.arrive()
            both.wait("both workers")
            return (pool.currentWorker, firstLine(of: "/proc/thread-self/comm"))
          }
        }
        for (worker, comm) in jobs.map({ $0.wait() }) {
          #expect(comm.utf8.count <= 15)
          if worker == 1 { #expect(comm == expected) }
          names.withLock { $0.append(comm) }
        }
        #expect(names.withLock { Set($0).count } == 2)
      }
    }

    /// Signals stay with the application's threads. (Which ones do not: `signal-masks` in a process of its own.)
    @Test func workersLeaveSignalsToTheApplication() throws {
      let pool = try makePool(1)
      let blocked = try pool.submit {
        var mask = sigset_t()
        pthread_sigmask(SIG_BLOCK, nil, &mask)
        return [SIGINT, SIGTERM, SIGUSR1, SIGALRM].allSatisfy { sigismember(&mask, $0) == 1 }
      }
      #expect(blocked.wait())
    }
  }
}

#if Tools
  import Foundation
  import Pinwheel
  import PinwheelConfiguration
  import Synchronization
  import Testing

  private let limitPermitsEveryNice: Bool = {
    var limit = rlimit()
    return getrlimit(__rlimit_resource_t(__RLIMIT_NICE.rawValue), &limit) == 0 && limit.rlim_cur >= 40
  }()

  /// The calling thread has no capability any more (`capset(2)`, which no header of glibc's declares).
  private func giveUpPrivilege() -> Bool {
    typealias Call = @convention(c) (UnsafeMutablePointer<UInt32>, UnsafeMutablePointer<UInt32>) -> Int32
    guard let address = dlsym(nil, "capset") else { return false }
    // SAFETY: that is its type: a version (3) and a thread (0: this one), and two times three sets of 32.
    let capset = unsafeBitCast(address, to: Call.self)
    var header: [UInt32] = [0x2008_0522, 0]
    var sets = [UInt32](repeating: 0, count: 6)
    return capset(&header, &sets) == 0
  }

  /// A file that changes while a pool goes by it.
  @Suite(.timeLimit(.minutes(1)))
  struct WatchTests {
    private final class Said: Sendable {
      private let said = Mutex<[PoolEvent]>([])
      func add(_ event: PoolEvent) {
        // That the pool has started is said before there is a watch.
        if case .started = event { return }
        said.withLock { $0.append(event) }
      }
      var values: [PoolEvent] { said.withLock { $0 } }
    }

    private func eventually(_ what: String, _ condition: () -> Bool) {
      for _ in 0..<5000 {
        if condition() { return }
        usleep(2000)
      }
      Issue.record("never came true: \(what)")
    }

    private func follow(
      _ yaml: String, options: [String: String] = [:],
      _ body: (ThreadPool, StoredFile, Said, ConfigurationWatch) throws -> Void
    ) throws {
      let file = try StoredFile(yaml)
      let said = Said()
      var configuration = try PoolConfiguration(file: file.path, options: options, environment: [:])
      configuration.onEvent = { said.add($0) }
      let pool = try ThreadPool(configuration)
      let watch = try ConfigurationWatch(
        file: file.path, for: pool, options: options, environment: [:], every: .milliseconds(10))
      try body(pool, file, said, watch)
      #expect(try pool.submit { 7 }.wait() == 7)
    }

    @Test func whatIsWrittenIsApplied() throws {
      try follow("pinwheel: {workers: 2}") { pool, file, said, _ in
        try file.write("pinwheel: {workers: 3, spin: 1ms}")
        eventually("three workers") { pool.workerCount == 3 && pool.configuration.spin == .milliseconds(1) }
        eventually("it is told") { said.values.contains { $0.description == "3 workers instead of 2" } }
        try file.replace("pinwheel: {workers: 1}")
        eventually("one worker") { pool.workerCount == 1 }
      }
    }

    /// A mistyped path was never found out.
    @Test(arguments: [nil, "pinwheel: {workers: banana}"])
    func aMistakeFromBeforeTheWatchIsTold(text: String?) throws {
      let file = try StoredFile(text ?? "")
      if text == nil { #expect(unlink(file.path) == 0) }
      let said = Said()
      var configuration = PoolConfiguration()
      configuration.workers = .exactly(2)
      configuration.onEvent = { said.add($0) }
      let pool = try ThreadPool(configuration)
      let watch = try ConfigurationWatch(file: file.path, for: pool, environment: [:], every: .milliseconds(10))
      eventually("the mistake is told") { !said.values.isEmpty }
      usleep(50_000)
      let begin = "the pool goes on as before: \(file.path):"
      #expect(said.values.map { $0.description.hasPrefix(begin) } == [true])
      try file.replace("pinwheel: {spin: 3ms}")
      eventually("the spin") { pool.configuration.spin == .milliseconds(3) }
      watch.stop()
    }

    @Test func aMistakeIsToldOnceAndTheOldSettingsStay() throws {
      try follow("pinwheel: {workers: 2}") { pool, file, said, _ in
        try file.write("pinwheel: {workers: banana}")
        eventually("the mistake is told") { !said.values.isEmpty }
        usleep(100_000)
        let descriptions = said.values.map(\.description)
        #expect(
          descriptions == [
            "the pool goes on as before: \(file.path):1:21: workers=banana: not a worker count; "
              + "allowed: auto, cores, threads or a number from 1 to 4096"
          ])
        #expect(pool.workerCount == 2)
        #expect(unlink(file.path) == 0)
        eventually("the loss is told") { said.values.count == 2 }
        #expect(pool.workerCount == 2)
        try file.write("pinwheel: {workers: 4}")
        eventually("four workers") { pool.workerCount == 4 }
      }
    }

    /// What the kernel refuses is the file's author's to hear, as a mistake is.
    @Test(.enabled(if: !limitPermitsEveryNice, "RLIMIT_NICE permits every nice value"))
    func aNiceValueThatIsRefusedIsToldOnceAndTheOldSettingsStay() throws {
      let outcome = Mutex<Result<Void, any Error>?>(nil)
      // Threads that this one starts are refused it, too, whoever runs the tests.
      let thread = Thread {
        let result = Result {
          try #require(giveUpPrivilege())
          try follow("pinwheel: {workers: 2, nice: 3}") { pool, file, said, _ in
            try file.write("pinwheel: {workers: 3, nice: -20}")
            eventually("the refusal is told") { !said.values.isEmpty }
            usleep(100_000)
            let told = said.values.map(\.description)
            #expect(told.count == 1)
            let start = "the pool goes on as before: \(file.path):1:30: nice=-20: refused by the kernel: "
            let lacks = "Permission denied; it takes CAP_SYS_NICE, which this process does not have"
            #expect(told.first?.hasPrefix(start + lacks) == true)
            #expect(pool.workerCount == 2 && pool.configuration.nice == 3)
            try file.write("pinwheel: {workers: 4}")
            eventually("four workers") { pool.workerCount == 4 }
            #expect(pool.configuration.nice == 3)
          }
        }
        outcome.withLock { $0 = result }
      }
      thread.start()
      eventually("the thread ends") { outcome.withLock { $0 != nil } }
      try outcome.withLock { $0 }?.get()
    }

    @Test func theCommandLineGoesOnWinning() throws {
      try follow("pinwheel: {workers: 2}", options: ["workers": "3"]) { pool, file, _, _ in
        try file.write("pinwheel: {workers: 1, spin: 2ms}")
        eventually("the spin") { pool.configuration.spin == .milliseconds(2) }
        #expect(pool.workerCount == 3)
      }
    }

    /// Each reload began with nothing, and so workers were unbound, and the pool no longer followed the machine.
    @Test func whatTheProgramSetGoesOnWinning() throws {
      try follow("pinwheel: {workers: 2}") { pool, file, _, _ in
        var configuration = pool.configuration
        configuration.bind = .close
        configuration.follow = .seconds(3600)
        try pool.apply(configuration)
        try file.write("pinwheel: {workers: 1, bind: spread, spin: 3ms}")
        eventually("the spin") { pool.configuration.spin == .milliseconds(3) }
        #expect(pool.configuration.bind == .close && pool.configuration.follow == .seconds(3600))
        #expect(pool.workerCount == 1)
        // The file gets no less of a say the second time.
        try file.write("pinwheel: {workers: 2, spin: 4ms}")
        eventually("the spin") { pool.configuration.spin == .milliseconds(4) && pool.workerCount == 2 }
        #expect(pool.configuration.bind == .close)
      }
    }

    /// The thread that looks waited for ever for somebody to write.
    @Test func aFIFOIsAMistake() throws {
      try follow("pinwheel: {workers: 2}") { pool, file, said, watch in
        #expect(unlink(file.path) == 0 && mkfifo(file.path, 0o600) == 0)
        eventually("the mistake is told") {
          said.values.last?.description
            == "the pool goes on as before: \(file.path): the file can't be read: it is no plain file"
        }
        try file.replace("pinwheel: {workers: 1}")
        eventually("one worker") { pool.workerCount == 1 }
        // Nor does it have to be replaced for the end of the watch.
        #expect(unlink(file.path) == 0 && mkfifo(file.path, 0o600) == 0)
        usleep(50_000)
        watch.stop()
      }
    }

    /// The thread that looks had less stack than the parser takes for this, and the process ended.
    @Test(arguments: [650, 10_000, 1 << 20])
    func bracketsWithoutEndAreAMistake(count: Int) throws {
      try follow("pinwheel: {workers: 2}") { pool, file, said, _ in
        try file.write(String(repeating: "[", count: count))
        eventually("the mistake is told") { !said.values.isEmpty }
        #expect(pool.workerCount == 2)
      }
    }

    /// Who looked at the file had the last reference to the pool, and with it waited for its jobs; one of those waited for
    /// the end of the watch.
    @Test func aJobMayEndTheWatchThatOutlivesThePool() throws {
      final class Stage: Sendable {
        let isLooking = Atomic(false)
        let isEnding = Atomic(false)
        let hasEnded = Atomic(false)
        let isDropped = Atomic(false)
        private let left = Mutex<() -> Bool>({ true })
        init() {}
        func follow(_ pool: ThreadPool) {
          let isThere: @Sendable () -> Bool = { [weak pool] in pool != nil }
          left.withLock { $0 = isThere }
        }
        var hasPool: Bool { left.withLock { $0 }() }
      }
      let file = try StoredFile("pinwheel: {workers: 2}")
      let stage = Stage()
      var configuration = try PoolConfiguration(file: file.path, environment: [:])
      configuration.onEvent = { event in
        guard case .notApplied = event else { return }
        // In the midst of a look. Until the last reference but that of whoever looks, if there is one, has gone.
        stage.isLooking.store(true, ordering: .sequentiallyConsistent)
        eventually("the pool is dropped") { stage.isDropped.load(ordering: .sequentiallyConsistent) || !stage.hasPool }
      }
      var pool: ThreadPool? = try ThreadPool(configuration)
      let watch = try ConfigurationWatch(file: file.path, for: try #require(pool), every: .milliseconds(10))
      pool.map(stage.follow)
      try pool?.execute {
        eventually("the watch looks") { stage.isLooking.load(ordering: .sequentiallyConsistent) }
        stage.isEnding.store(true, ordering: .sequentiallyConsistent)
        watch.stop()
        stage.hasEnded.store(true, ordering: .sequentiallyConsistent)
      }
      try file.write("pinwheel: {workers: banana}")
      eventually("the job ends the watch") { stage.isEnding.load(ordering: .sequentiallyConsistent) }
      let last = Mutex(pool)
      pool = nil
      let dropper = Thread {
        last.withLock { $0 = nil }
        stage.isDropped.store(true, ordering: .sequentiallyConsistent)
      }
      dropper.start()
      eventually("the job ends") { stage.hasEnded.load(ordering: .sequentiallyConsistent) }
      eventually("the pool has gone") { stage.isDropped.load(ordering: .sequentiallyConsistent) }
    }

    @Test func itEnds() throws {
      try follow("pinwheel: {workers: 2}") { pool, file, said, watch in
        watch.stop()
        watch.stop()
        try file.write("pinwheel: {workers: 3}")
        usleep(50_000)
        #expect(pool.workerCount == 2 && said.values.isEmpty)
      }
      // With the pool, too, which it does not keep alive: nobody is left to be told.
      let file = try StoredFile("pinwheel: {workers: 2}")
      let said = Said()
      var configuration = try PoolConfiguration(file: file.path, environment: [:])
      configuration.onEvent = { said.add($0) }
      var pool: ThreadPool? = try ThreadPool(configuration)
      let watch = try ConfigurationWatch(file: file.path, for: try #require(pool), every: .milliseconds(10))
      try file.write("pinwheel: {workers: apple}")
      eventually("the mistake is told") { said.values.count == 1 }
      weak let left = pool
      pool = nil
      eventually("the pool has gone") { left == nil }
      try file.write("pinwheel: {workers: banana}")
      usleep(100_000)
      watch.stop()
      #expect(said.values.count == 1)
    }
  }
#endif

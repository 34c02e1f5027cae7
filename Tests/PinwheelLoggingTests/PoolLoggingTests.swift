#if Logging
  import Logging
  import PinwheelLogging
  import Synchronization
  import Testing

  @testable import Pinwheel

  /// Keeps lines instead of printing them.
  private final class Lines: Sendable {
    struct Line {
      var level: Logger.Level
      var message: String
      var metadata: Logger.Metadata
    }
    private let kept = Mutex<[Line]>([])

    var all: [Line] { kept.withLock { $0 } }

    func logger() -> Logger { Logger(label: "pool", factory: { _ in Handler(lines: self) }) }

    private struct Handler: LogHandler {
      let lines: Lines
      var metadata: Logger.Metadata = [:]
      var logLevel = Logger.Level.trace

      subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
      }

      func log(event: LogEvent) {
        let line = Line(level: event.level, message: "\(event.message)", metadata: event.metadata ?? [:])
        lines.kept.withLock { $0.append(line) }
      }
    }
  }

  @Suite(.timeLimit(.minutes(1)))
  struct PoolLoggingTests {
    @Test func aQuietStartIsOneLine() throws {
      let lines = Lines()
      var configuration = PoolConfiguration(workers: .exactly(1))
      configuration.name = "crew"
      configuration.log(to: lines.logger())
      let pool = try ThreadPool(configuration)
      pool.parallelFor(0..<1000) { _ in }
      try pool.shutdown()
      let line = try #require(lines.all.first)
      #expect(lines.all.count == 1)
      #expect(line.level == .info)
      #expect(line.message.hasPrefix("pool started: 1 worker (1 asked for), bind none, wait "))
      #expect(line.metadata["pool"] == "crew")
      #expect(line.metadata["workers"]?.description == "1")
      #expect(line.metadata["bound"] == "1 asked for")
      #expect(line.metadata["places"] == "cores")
      #expect(line.metadata["bind"] == "none")
      #expect(line.metadata["wait"] == "passive")
      #expect(line.metadata["warnings"] == nil)
    }

    /// Warnings of the start stand in its line, and are not told a second time.
    @Test func aStartWithWarningsIsOneLineToo() throws {
      let lines = Lines()
      var configuration = PoolConfiguration(workers: .exactly(1))
      configuration.places = .sockets
      configuration.log(to: lines.logger())
      try ThreadPool(configuration).shutdown()
      let line = try #require(lines.all.first)
      #expect(lines.all.count == 1)
      #expect(line.level == .warning)
      guard case .array(let warnings)? = line.metadata["warnings"] else {
        Issue.record("no warnings in \(line.metadata)")
        return
      }
      #expect(
        warnings.map(\.description)
          == ["places=sockets has no effect: bind is none; close or spread would bind workers to them"])
    }

    /// A pool started twice from one configuration says it twice.
    @Test func everyPoolHasItsLine() throws {
      let lines = Lines()
      var configuration = PoolConfiguration(workers: .exactly(1))
      configuration.places = .sockets
      configuration.log(to: lines.logger())
      for _ in 0..<2 { try ThreadPool(configuration).shutdown() }
      #expect(lines.all.map(\.level) == [.warning, .warning])
    }

    @Test func laterEventsAreLinesOfTheirOwn() {
      let lines = Lines()
      var configuration = PoolConfiguration()
      configuration.log(to: lines.logger())
      let event = PoolEvent.configuration(.unknownVariable("PINWHEEL_X", suggestion: nil))
      configuration.onEvent?(event)
      #expect(lines.all.map(\.level) == [.warning])
      #expect(lines.all.map(\.message) == [event.description])
    }

    /// It was a warning, which on a machine whose quota is changed often woke people up.
    @Test func followingTheMachineIsNoWarning() {
      let lines = Lines()
      var configuration = PoolConfiguration()
      configuration.log(to: lines.logger())
      let change = ThreadPool.Change(
        workerCount: 2, previousWorkerCount: 1, movedWorkers: [], arenas: [], lostCPUs: [], gainedCPUs: [1], quota: nil,
        previousQuota: nil, ignored: [])
      for event in [PoolEvent.changed(change), .notApplied(.outOfMemory)] { configuration.onEvent?(event) }
      #expect(lines.all.map(\.level) == [.info, .warning])
      #expect(lines.all.first?.message == "CPUs 1 have come; 2 workers instead of 1")
    }

    @Test func theProgramsOwnObserverIsKept() throws {
      let (lines, observed) = (Lines(), Observed())
      var configuration = PoolConfiguration(workers: .exactly(1))
      configuration.onEvent = { observed.add($0) }
      configuration.log(to: lines.logger())
      try ThreadPool(configuration).shutdown()
      #expect(observed.events.count == 1)
      #expect(lines.all.count == 1)
    }

    private final class Observed: Sendable {
      private let kept = Mutex<[PoolEvent]>([])
      var events: [PoolEvent] { kept.withLock { $0 } }
      func add(_ event: PoolEvent) { kept.withLock { $0.append(event) } }
    }
  }
#endif

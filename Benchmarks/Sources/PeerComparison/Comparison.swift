internal import PeerProtocol

/// Asks peers in turn, and keeps what they answer.
///
/// Every contestant is a process that stands still while others are measured. Within a round all of them run once, so
/// that what changes slowly on a machine hits all alike. For one thread.
package final class Comparison {
  package let options: Options
  package private(set) var problems: [String] = []
  let roundsPerNanosecond: Double
  private let programs: [Program]
  /// Between which CPUs crossings are measured; fewer than two: not at all.
  let cpus: [Int]
  private var processes: [Contestant: PeerProcess] = [:]
  private var missing: Set<Contestant> = []
  private var failures: [Contestant: Int] = [:]
  private let onStep: (String) -> Void

  /// A peer's program.
  package struct Program: Sendable, Hashable {
    package var peer: String
    package var path: String
    /// The same program with the standard library in it, for its memory; nil if there is none.
    package var staticPath: String?
    package init(peer: String, path: String, staticPath: String? = nil) {
      (self.peer, self.path, self.staticPath) = (peer, path, staticPath)
    }
  }

  /// A process that has failed so often in a comparison is not started again.
  private static let mostFailures = 3

  /// - Parameters:
  ///   - programs: Who is compared.
  ///   - cpus: Those that they run on.
  ///   - onStep: Told what is about to run.
  package init(
    _ programs: [Program], _ options: Options, roundsPerNanosecond: Double, cpus: [Int] = [],
    onStep: @escaping (String) -> Void = { _ in }
  ) {
    (self.programs, self.options, self.cpus, self.onStep) = (programs, options, cpus, onStep)
    self.roundsPerNanosecond = roundsPerNanosecond
  }

  /// Ends all processes.
  package func end() {
    for process in processes.values { process.end() }
    processes = [:]
  }

  /// The versions that peers have told.
  package private(set) var versions: [String: String] = [:]

  /// Everyone, in every setting.
  package var contestants: [Contestant] { contestants(in: Setting.all(workers: options.workers)) }

  func contestants(in settings: [Setting]) -> [Contestant] {
    settings.flatMap { setting in
      programs.map { Contestant(peer: $0.peer, workers: setting.workers, isTuned: setting.isTuned) }
    }
  }

  // MARK: One run

  /// What one run gave.
  struct Run {
    var measured: Measured
    var seconds: Double { Double(measured.nanoseconds) / 1e9 }
    /// CPU seconds a second; nil if the peer does not tell.
    var cpus: Double? { measured.cpu.map { Double($0) / 1e9 / max(seconds, 1e-9) } }
  }

  /// Runs a family; nil if the contestant cannot, or has failed, which becomes a problem of the report.
  func run(
    _ contestant: Contestant, _ family: Family, size: Int, isSerial: Bool = false, expecting truth: UInt64? = nil,
    atMost seconds: Double = 0
  ) -> Run? {
    let request = request(family, size, for: contestant, isSerial: isSerial)
    do throws(PeerError) {
      guard let process = try process(of: contestant) else { return nil }
      let answer = try process.ask(request, deadline: deadline(family, size, seconds))
      return try judge(answer, of: contestant, to: request, truth)
    } catch {
      note(error, of: contestant)
      return nil
    }
  }

  /// Runs the serial program of several contestants at once; nil if one of them cannot, or has failed.
  func runSerialTogether(
    _ contestants: [Contestant], _ family: Family, size: Int, expecting truth: UInt64?, atMost seconds: Double
  ) -> [Run]? {
    var asked: [(Contestant, Request, PeerProcess)] = []
    var runs: [Run] = []
    for contestant in contestants {
      do throws(PeerError) {
        // Starting one takes a while: all are started before the first is asked.
        guard let process = try process(of: contestant) else { return nil }
        asked.append((contestant, request(family, size, for: contestant, isSerial: true), process))
      } catch {
        note(error, of: contestant)
        return nil
      }
    }
    asked = asked.filter { contestant, request, process in
      do throws(PeerError) {
        try process.begin(request)
        return true
      } catch {
        note(error, of: contestant)
        return false
      }
    }
    for (contestant, request, process) in asked {
      do throws(PeerError) {
        let answer = try process.finish(request, deadline: deadline(family, size, seconds))
        if let run = try judge(answer, of: contestant, to: request, truth) { runs.append(run) }
      } catch {
        note(error, of: contestant)
      }
    }
    return runs.count == contestants.count ? runs : nil
  }

  /// The peak memory, in bytes, of a process that starts, runs this once and has done nothing else; nil if that fails.
  func memory(
    of path: String, as contestant: Contestant, _ family: Family, size: Int, expecting truth: UInt64?
  ) -> Int? {
    let request = request(family, size, for: contestant, isSerial: false)
    do throws(PeerError) {
      guard
        let process = try PeerProcess.start(path, as: contestant, pins: options.pins, deadline: options.deadline)
      else { return nil }
      defer { process.end() }
      let answer = try process.ask(request, deadline: deadline(family, size, options.slowest))
      return try judge(answer, of: contestant, to: request, truth).flatMap { _ in process.peakMemory }
    } catch {
      report(error.description)
      return nil
    }
  }

  private func request(_ family: Family, _ size: Int, for contestant: Contestant, isSerial: Bool) -> Request {
    let repeats = repeats(of: family, for: contestant)
    return isSerial
      ? .serial(family: family.name, size: size, repeats: repeats)
      : .run(family: family.name, size: size, repeats: repeats)
  }

  private func deadline(_ family: Family, _ size: Int, _ seconds: Double) -> Double {
    options.deadline + 10 * seconds + 2 * family.pauses(size)
  }

  private func judge(
    _ answer: Answer, of contestant: Contestant, to request: Request, _ truth: UInt64?
  ) throws(PeerError) -> Run? {
    switch answer {
    case .ok(let measured):
      if let truth, measured.result != truth {
        throw PeerError.wrongResult(
          peer: contestant.name, request: request.line, expected: truth, got: measured.result)
      }
      return Run(measured: measured)
    case .unsupported: return nil
    case .error(let reason):
      throw PeerError.failed(peer: contestant.name, request: request.line, reason: reason)
    case let other:
      throw PeerError.garbled(peer: contestant.name, request: request.line, answer: other.line)
    }
  }

  /// The second number of a request.
  func repeats(of family: Family, for contestant: Contestant) -> Int? {
    family.workNanoseconds.map { nanoseconds in
      Int((nanoseconds * roundsPerNanosecond).rounded())
    }
  }

  /// The process of a contestant, started if there is none; nil if there cannot be one.
  private func process(of contestant: Contestant) throws(PeerError) -> PeerProcess? {
    if let process = processes[contestant] { return process }
    guard !missing.contains(contestant), let program = programs.first(where: { $0.peer == contestant.peer }) else {
      return nil
    }
    onStep("starting \(contestant.name)")
    let process: PeerProcess?
    do throws(PeerError) {
      process = try PeerProcess.start(
        program.path, as: contestant, pins: options.pins, deadline: options.deadline)
    } catch {
      missing.insert(contestant)
      throw error
    }
    processes[contestant] = process
    if let process { versions[contestant.peer] = process.version } else { missing.insert(contestant) }
    return process
  }

  /// Ends a contestant's process: the next question starts a new one.
  func retire(_ contestant: Contestant) {
    processes[contestant]?.end()
    processes[contestant] = nil
  }

  /// Reports an error. After a hang, an end or nonsense the process is gone; it gets a new one for the next family.
  private func note(_ error: PeerError, of contestant: Contestant) {
    problems.append(error.description)
    onStep("problem: \(error.description)")
    switch error {
    case .wrongResult, .failed: break
    case .notStarted: missing.insert(contestant)
    case .hung, .died, .garbled:
      retire(contestant)
      failures[contestant, default: 0] += 1
      if failures[contestant, default: 0] >= Self.mostFailures {
        missing.insert(contestant)
        problems.append("\(contestant.name) is left out: it failed \(Self.mostFailures) times")
      }
    }
  }

  func program(of peer: String) -> Program? { programs.first { $0.peer == peer } }

  /// Adds to what went wrong.
  func report(_ problem: String) { problems.append(problem) }

  func step(_ text: String) { onStep(text) }
}

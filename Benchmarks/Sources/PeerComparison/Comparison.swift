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
  private var processes: [Contestant: PeerProcess] = [:]
  private var missing: Set<Contestant> = []
  private var failures: [Contestant: Int] = [:]
  private let onStep: (String) -> Void

  /// A peer's program.
  package struct Program: Sendable, Hashable {
    package var peer: String
    package var path: String
    package init(peer: String, path: String) { (self.peer, self.path) = (peer, path) }
  }

  /// A process that has failed so often in a comparison is not started again.
  private static let mostFailures = 3

  /// - Parameters:
  ///   - programs: Who is compared.
  ///   - onStep: Told what is about to run.
  package init(
    _ programs: [Program], _ options: Options, roundsPerNanosecond: Double,
    onStep: @escaping (String) -> Void = { _ in }
  ) {
    (self.programs, self.options, self.onStep) = (programs, options, onStep)
    self.roundsPerNanosecond = roundsPerNanosecond
  }

  /// Ends all processes.
  package func end() {
    for process in processes.values { process.end() }
    processes = [:]
  }

  /// The versions that peers have told.
  package var versions: [String: String] {
    var versions: [String: String] = [:]
    for process in processes.values { versions[process.contestant.peer] = process.version }
    return versions
  }

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
  }

  /// Runs a family; nil if the contestant cannot, or has failed, which becomes a problem of the report.
  func run(
    _ contestant: Contestant, _ family: Family, size: Int, isSerial: Bool = false, expecting truth: UInt64? = nil,
    atMost seconds: Double = 0
  ) -> Run? {
    let repeats = repeats(of: family, for: contestant)
    let request: Request =
      isSerial
      ? .serial(family: family.name, size: size, repeats: repeats)
      : .run(family: family.name, size: size, repeats: repeats)
    let deadline = options.deadline + 10 * seconds + 2 * family.pauses(size)
    do throws(PeerError) {
      guard let process = try process(of: contestant) else { return nil }
      switch try process.ask(request, deadline: deadline) {
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
    } catch {
      note(error, of: contestant)
      return nil
    }
  }

  /// The second number of a request.
  func repeats(of family: Family, for contestant: Contestant) -> Int? {
    family.workNanoseconds.map { nanoseconds in
      let shares = family.sharesWork ? Double(4 * contestant.workers) : 1
      return Int((nanoseconds / shares * roundsPerNanosecond).rounded())
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
    if process == nil { missing.insert(contestant) }
    return process
  }

  /// Ends a contestant's process: the next question starts a new one.
  func retire(_ contestant: Contestant) {
    processes[contestant]?.end()
    processes[contestant] = nil
  }

  /// Starts a process, ends it at once, and tells how many seconds it took until it was ready; nil if the contestant
  /// has no such setting.
  func startSeconds(_ contestant: Contestant) -> Double? {
    guard !missing.contains(contestant), let program = programs.first(where: { $0.peer == contestant.peer }) else {
      return nil
    }
    let start = ContinuousClock.now
    do throws(PeerError) {
      let process = try PeerProcess.start(
        program.path, as: contestant, pins: options.pins, deadline: options.deadline)
      guard let process else { return nil }
      let seconds = (ContinuousClock.now - start) / .seconds(1)
      process.end()
      return seconds
    } catch {
      // Runtimes that cannot have more workers than CPUs say so here.
      missing.insert(contestant)
      return nil
    }
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

  /// The peak memory of a contestant's process so far.
  func peakMemory(of contestant: Contestant) -> Int? { processes[contestant]?.peakMemory }

  /// Adds to what went wrong.
  func report(_ problem: String) { problems.append(problem) }

  func step(_ text: String) { onStep(text) }
}

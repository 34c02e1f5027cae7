internal import CBenchmarkSystem
internal import Glibc
package import PeerProtocol

/// A peer's process. It stands still but for the time of a question, so that nobody's waiting disturbs whoever is
/// measured.
///
/// For one thread.
package final class PeerProcess {
  package let contestant: Contestant
  package let version: String?
  private let process: pid_t
  private let conversation: Conversation
  private var hasEnded = false

  /// Starts a peer and returns when it is ready.
  ///
  /// - Parameters:
  ///   - path: The program.
  ///   - pins: Whether it is to bind its workers.
  ///   - deadline: Seconds for the start.
  /// - Returns: nil if the peer has no such setting.
  package static func start(
    _ path: String, as contestant: Contestant, pins: Bool, deadline: Double
  ) throws(PeerError) -> PeerProcess? {
    var arguments = [path, "--workers", "\(contestant.workers)"]
    if pins { arguments.append("--pin") }
    if contestant.isTuned { arguments.append("--tuned") }
    let (conversation, process) = try Conversation.open(arguments, with: contestant.name)
    do throws(PeerError) {
      switch try conversation.answer(to: "start", process, deadline) {
      case .unsupported:
        bench_kill(process)
        return nil
      case .ready(_, let version):
        let peer = PeerProcess(contestant, version, process, conversation)
        bench_stop(process)
        return peer
      case .error(let reason): throw PeerError.notStarted(peer: contestant.name, reason: reason)
      case let other:
        throw PeerError.garbled(peer: contestant.name, request: "start", answer: other.line)
      }
    } catch {
      bench_kill(process)
      if case .died(let peer, _, let status) = error { throw .notStarted(peer: peer, reason: status) }
      throw error
    }
  }

  private init(_ contestant: Contestant, _ version: String?, _ process: pid_t, _ conversation: Conversation) {
    (self.contestant, self.version) = (contestant, version)
    (self.process, self.conversation) = (process, conversation)
  }

  deinit { end() }

  /// Lets the peer run, asks, and stops it again.
  ///
  /// - Parameter deadline: Seconds to answer.
  /// - Throws: If no proper answer came in time; then the process is gone.
  package func ask(_ request: Request, deadline: Double) throws(PeerError) -> Answer {
    try begin(request)
    return try finish(request, deadline: deadline)
  }

  /// The first half of `ask`: the peer runs from here on, until `finish`.
  package func begin(_ request: Request) throws(PeerError) {
    guard !hasEnded else { throw .died(peer: contestant.name, request: request.line, status: "it was ended before") }
    try endingOnErrors { () throws(PeerError) in
      try conversation.requireSilence(before: request.line)
      bench_continue(process)
      conversation.say(request.line)
    }
  }

  /// Waits for the answer and stops the peer.
  package func finish(_ request: Request, deadline: Double) throws(PeerError) -> Answer {
    try endingOnErrors { () throws(PeerError) in
      let answer = try conversation.answer(to: request.line, process, deadline)
      bench_stop(process)
      return answer
    }
  }

  private func endingOnErrors<R>(_ body: () throws(PeerError) -> R) throws(PeerError) -> R {
    do throws(PeerError) {
      return try body()
    } catch {
      hasEnded = true
      bench_kill(process)
      throw error
    }
  }

  /// The most memory that the process has had in its life, in bytes (`VmHWM`); nil if the kernel does not say.
  package var peakMemory: Int? { ProcessStatus.peakMemory(of: process) }

  /// Asks the peer to end, and ends it.
  package func end() {
    guard !hasEnded else { return }
    hasEnded = true
    bench_continue(process)
    conversation.say(Request.quit.line)
    if bench_wait_for_end(process, 500_000_000) == -1 { bench_kill(process) }
  }
}

/// The two pipes to a peer.
private final class Conversation {
  private let peer: String
  private let input, output: Int32
  private var received: [UInt8] = []

  /// No answer is as long as this.
  private static let mostBytes = 1 << 16

  private init(_ peer: String, input: Int32, output: Int32) {
    (self.peer, self.input, self.output) = (peer, input, output)
  }

  deinit {
    close(input)
    close(output)
  }

  static func open(_ arguments: [String], with peer: String) throws(PeerError) -> (Conversation, pid_t) {
    var (toPeer, fromPeer): ([Int32], [Int32]) = ([0, 0], [0, 0])
    var error = bench_pipe(&toPeer)
    guard error == 0 else { throw .notStarted(peer: peer, reason: describe(error)) }
    error = bench_pipe(&fromPeer)
    guard error == 0 else {
      for end in toPeer { close(end) }
      throw .notStarted(peer: peer, reason: describe(error))
    }
    let copies = arguments.map { strdup($0) }
    defer { for copy in copies { free(copy) } }
    let process = (copies.map { UnsafePointer<CChar>($0) } + [nil]).withUnsafeBufferPointer {
      bench_spawn($0.baseAddress, toPeer[0], fromPeer[1])
    }
    close(toPeer[0])
    close(fromPeer[1])
    let conversation = Conversation(peer, input: toPeer[1], output: fromPeer[0])
    guard process > 0 else { throw .notStarted(peer: peer, reason: describe(-process)) }
    return (conversation, process)
  }

  /// What cannot be said is noticed when no answer comes.
  func say(_ line: String) {
    var rest = Array((line + "\n").utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { write(input, $0.baseAddress, $0.count) }
      if count > 0 { rest = rest.dropFirst(count) } else if errno != EINTR { return }
    }
  }

  /// Between questions a peer says nothing: else answers and questions would no longer belong together.
  func requireSilence(before request: String) throws(PeerError) {
    if received.isEmpty, !hasMore(within: 0) { return }
    if received.isEmpty, receive() == 0 { return }  // its end: found by the question
    throw .garbled(peer: peer, request: request, answer: String(decoding: received.prefix(200), as: UTF8.self))
  }

  func answer(to request: String, _ process: pid_t, _ deadline: Double) throws(PeerError) -> Answer {
    let end = bench_now() + UInt64(deadline * 1e9)
    while true {
      if let line = takeLine() {
        guard let answer = Answer(line: line) else {
          throw .garbled(peer: peer, request: request, answer: String(line.prefix(200)))
        }
        return answer
      }
      let now = bench_now()
      guard now < end, hasMore(within: (end - now) / 1_000_000 + 1) else {
        throw .hung(peer: peer, request: request, seconds: deadline)
      }
      if receive() == 0 {
        throw .died(peer: peer, request: request, status: Self.describeEnd(of: process))
      }
      if received.count > Self.mostBytes {
        throw .garbled(peer: peer, request: request, answer: String(decoding: received.prefix(200), as: UTF8.self))
      }
    }
  }

  private func takeLine() -> String? {
    guard let end = received.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
    defer { received.removeSubrange(...end) }
    return String(decoding: received[..<end], as: UTF8.self)
  }

  private func hasMore(within milliseconds: UInt64) -> Bool {
    var wanted = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
    return poll(&wanted, 1, Int32(min(milliseconds, 3_600_000))) > 0
  }

  /// Returns how much came; 0 at the end.
  private func receive() -> Int {
    var chunk = [UInt8](repeating: 0, count: 4096)
    let count = chunk.withUnsafeMutableBytes { read(output, $0.baseAddress, $0.count) }
    if count > 0 { received += chunk.prefix(count) }
    return count < 0 && errno == EINTR ? 1 : max(count, 0)
  }

  private static func describe(_ error: Int32) -> String { String(cString: strerror(error)) }

  private static func describeEnd(of process: pid_t) -> String {
    let status = bench_wait_for_end(process, 1_000_000_000)
    if status == -1 { return "it closed its output" }
    var text = [CChar](repeating: 0, count: 64)
    bench_describe_status(status, &text, Int32(text.count))
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

/// `/proc/PID/status` (see `proc(5)`).
package enum ProcessStatus {
  static func peakMemory(of process: Int32) -> Int? {
    guard let file = fopen("/proc/\(process)/status", "r") else { return nil }
    defer { fclose(file) }
    var text: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    while case let count = fread(&chunk, 1, chunk.count, file), count > 0 { text += chunk.prefix(count) }
    return peakMemory(status: String(decoding: text, as: UTF8.self))
  }

  /// In bytes.
  package static func peakMemory(status: String) -> Int? {
    for line in status.split(separator: "\n") where line.hasPrefix("VmHWM:") {
      return line.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 * 1024 }
    }
    return nil
  }
}

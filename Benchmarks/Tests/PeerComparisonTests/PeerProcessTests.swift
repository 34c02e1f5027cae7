import Foundation
import PeerProtocol
import Testing

@testable import PeerComparison

/// Tests that start processes, one after the other: a process that is being started would keep open the script that
/// another test is writing.
@Suite(.serialized)
enum ProcessTests {}

extension ProcessTests {
  /// Peers that misbehave are noticed, told apart, and gone afterwards.
  @Suite(.timeLimit(.minutes(1)))
  struct PeerProcessTests {
    private let request = Request.run(family: "sum", size: 5, repeats: nil)

    private func start(_ peer: FakePeer) throws(PeerError) -> PeerProcess? {
      try PeerProcess.start(peer.path, as: .alone("fake"), pins: false, deadline: 10)
    }

    private func error(_ peer: FakePeer, deadline: Double = 10) throws -> PeerError? {
      let process = try #require(try start(peer))
      do {
        let answer = try process.ask(request, deadline: deadline)
        Issue.record("it answered \(answer)")
        return nil
      } catch {
        // Asked again, it is still gone.
        #expect(throws: PeerError.self) { try process.ask(.list, deadline: 1) }
        return error
      }
    }

    @Test func anHonestPeerAnswersAgainAndAgain() throws {
      let process = try #require(try start(try FakePeer("fake")))
      #expect(process.version == "1")
      for _ in 0..<3 {
        #expect(
          try process.ask(request, deadline: 10)
            == .ok(Measured(nanoseconds: 1_000_000, result: 5, keys: ["cpu": 1_000_000])))
      }
      #expect(try process.ask(.list, deadline: 10) == .families(["sum"]))
      #expect(try #require(process.peakMemory) > 100_000)
    }

    @Test func aPeerStandsStillBetweenQuestions() throws {
      // It counts, ten times a second at most, as long as it may run.
      let file = FileManager.default.temporaryDirectory.appending(path: "peer-ticks-\(UUID().uuidString)")
      defer { try? FileManager.default.removeItem(at: file) }
      let peer = try FakePeer(
        "fake",
        start: "touch \(file.path); (while echo >> \(file.path); do sleep 0.01; done) & ticker=$!; echo ready fake -",
        run: "echo ok 1 2; kill $ticker")
      let process = try #require(try start(peer))
      // The subshell is a process of its own, which nobody stops; the shell that answers is the one that stands still.
      #expect(try Self.state(of: peer) == "T")
      #expect(try process.ask(request, deadline: 10) == .ok(Measured(nanoseconds: 1, result: 2)))
      #expect(try Self.state(of: peer) == "T")
    }

    /// The state letter of the process that runs that script, from `/proc`.
    private static func state(of peer: FakePeer) throws -> String? {
      for name in try FileManager.default.contentsOfDirectory(atPath: "/proc") where Int(name) != nil {
        guard let line = try? String(contentsOfFile: "/proc/\(name)/cmdline", encoding: .utf8),
          line.contains(peer.path),
          let parent = try? String(contentsOfFile: "/proc/\(name)/stat", encoding: .utf8)
        else { continue }
        let fields = parent.split(separator: " ")
        if fields.count > 3, Int(fields[3]) == Int(ProcessInfo.processInfo.processIdentifier) {
          return String(fields[2])
        }
      }
      return nil
    }

    @Test func aPeerThatHangsIsKilledAndReported() throws {
      let peer = try FakePeer("fake", run: "exec sleep 100")
      #expect(
        try error(peer, deadline: 0.3) == .hung(peer: "fake (1 worker, default)", request: "run sum 5", seconds: 0.3))
      #expect(try Self.state(of: peer) == nil)
    }

    @Test func aPeerThatDiesIsReportedWithItsStatus() throws {
      #expect(
        try error(try FakePeer("fake", run: "exit 3"))
          == .died(peer: "fake (1 worker, default)", request: "run sum 5", status: "exit status 3"))
      #expect(
        try error(try FakePeer("fake", run: "kill -SEGV $$"))
          == .died(peer: "fake (1 worker, default)", request: "run sum 5", status: "signal 11"))
    }

    @Test func nonsenseIsReported() throws {
      #expect(
        try error(try FakePeer("fake", run: "echo done in 3 ms"))
          == .garbled(peer: "fake (1 worker, default)", request: "run sum 5", answer: "done in 3 ms"))
    }

    @Test func anEndlessLineIsReported() throws {
      let peer = try FakePeer("fake", run: "yes | tr -d '\\n'")
      guard case .garbled = try error(peer) else {
        Issue.record("not noticed")
        return
      }
    }

    /// Two answers to one question, and all later answers would belong to earlier questions.
    @Test func anAnswerTooManyIsReported() throws {
      let process = try #require(try start(try FakePeer("fake", run: "printf 'ok 1 1\\nok 1 2\\n'")))
      #expect(try process.ask(request, deadline: 10) == .ok(Measured(nanoseconds: 1, result: 1)))
      #expect(
        throws: PeerError.garbled(peer: "fake (1 worker, default)", request: "run sum 5", answer: "ok 1 2\n")
      ) { try process.ask(request, deadline: 10) }
    }

    @Test func whatCannotStartSaysWhy() throws {
      #expect(throws: PeerError.notStarted(peer: "fake (1 worker, default)", reason: "No such file or directory")) {
        try PeerProcess.start("/nowhere/peer-fake", as: .alone("fake"), pins: false, deadline: 1)
      }
      #expect(throws: PeerError.notStarted(peer: "fake (1 worker, default)", reason: "no CPU left")) {
        try start(try! FakePeer("fake", start: "echo error no CPU left; exit 2"))
      }
      #expect(throws: PeerError.notStarted(peer: "fake (1 worker, default)", reason: "exit status 4")) {
        try start(try! FakePeer("fake", start: "exit 4"))
      }
    }

    @Test func aSettingThatAPeerLacksIsNoError() throws {
      #expect(try start(try FakePeer("fake", start: "echo unsupported; exit 0")) == nil)
    }

    @Test func peakMemoryIsReadFromTheStatus() {
      #expect(ProcessStatus.peakMemory(status: "Name:\tx\nVmPeak:\t 9 kB\nVmHWM:\t    1234 kB\n") == 1234 * 1024)
      #expect(ProcessStatus.peakMemory(status: "Name:\tx\n") == nil)
    }
  }
}

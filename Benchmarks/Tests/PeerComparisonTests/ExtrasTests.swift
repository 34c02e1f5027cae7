import Foundation
import Testing

@testable import PeerComparison

extension ProcessTests {
  /// What is measured beside the families: turns, and that neither a wrong result nor a failure passes.
  @Suite(.timeLimit(.minutes(2)))
  struct ExtrasTests {
    private var options: Options {
      var options = Options(workers: 2)
      (options.rounds, options.deadline, options.budget, options.isQuick) = (3, 2, 0.004, true)
      return options
    }

    private var family: Family { Family("sum", .forkJoin, "a test", per: "thing", .steps([1])) }

    /// Long enough by its own account: 0.1 s for each thing; both CPUs busy.
    private static let honest = "echo ok ${3}00000000 $3 cpu=$((2 * $3))00000000"

    /// What has been found of the family before.
    private func result(_ peers: [FakePeer]) throws -> FamilyResult {
      let rows = try peers.map { peer in
        FamilyResult.Row(
          kind: .parallel, contestant: Contestant(peer: peer.program.peer, workers: 2, isTuned: false), size: 1,
          figure: try #require(Summary([0.1])))
      }
      return FamilyResult(
        name: "sum", group: .forkJoin, summary: "", operation: "thing", figure: .time, size: 1, rows: rows)
    }

    private func comparison(_ peers: [FakePeer]) -> Comparison {
      Comparison(peers.map(\.program), options, roundsPerNanosecond: 1)
    }

    @Test func scalingTakesAllPeersAndNumbersInTurn() throws {
      let log = FileManager.default.temporaryDirectory.appending(path: "turns-\(UUID().uuidString)")
      defer { try? FileManager.default.removeItem(at: log) }
      let peers = try ["pinwheel", "other"].map {
        try FakePeer($0, run: "echo \($0)$workers >> \(log.path); \(Self.honest)", serial: Self.honest)
      }
      let comparison = comparison(peers)
      defer { comparison.end() }
      let found = comparison.measureScaling(try result(peers), family)
      #expect(comparison.problems == [])
      #expect(found.map(\.contestant.workers) == [1, 2, 64, 1, 2, 64])
      #expect(found.allSatisfy { $0.run.count == 3 })
      let turns = try String(contentsOf: log, encoding: .utf8).split(separator: "\n").map(String.init)
      // After the runs that find the size: each round has everyone once, and begins with the next.
      let all = ["pinwheel1", "pinwheel2", "pinwheel64", "other1", "other2", "other64"]
      let rounds = (0..<3).flatMap { first in all.indices.map { all[($0 + first) % all.count] } }
      #expect(Array(turns.suffix(18)) == rounds, "\(turns)")
    }

    @Test func aWrongResultInAnExtraIsReportedAndLeftOut() throws {
      let peers = [
        try FakePeer("pinwheel", run: Self.honest, serial: Self.honest),
        // Right until it has more workers than two.
        try FakePeer("liar", run: "echo ok 100000000 $(($3 + (workers > 2)))", serial: Self.honest),
      ]
      let comparison = comparison(peers)
      defer { comparison.end() }
      let found = comparison.measureScaling(try result(peers), family)
      #expect(found.filter { $0.contestant.peer == "liar" }.map(\.contestant.workers) == [1, 2])
      #expect(found.filter { $0.contestant.peer == "pinwheel" }.count == 3)
      #expect(comparison.problems == ["liar (64 workers, default) computed 2 for 'run sum 1', where 1 is right"])
    }

    /// It used to keep the rounds that went well.
    @Test func whoFailsInOneRoundIsLeftOut() throws {
      let peers = [
        try FakePeer("pinwheel", run: Self.honest, serial: Self.honest),
        try FakePeer(
          "moody", run: "n=$((n + 1)); if [ $n = 3 ]; then echo error tired; else \(Self.honest); fi",
          serial: Self.honest),
      ]
      let comparison = comparison(peers)
      defer { comparison.end() }
      let found = comparison.measureScaling(try result(peers), family)
      // With two workers the third run is of the second round, with others of the third.
      #expect(found.filter { $0.contestant.peer == "moody" }.isEmpty)
      #expect(found.filter { $0.contestant.peer == "pinwheel" }.count == 3)
      #expect(comparison.problems.count == 3)
    }

    @Test func aSlowdownIsJudgedByTheShareOfCPUThatWasLost() throws {
      // Alone the first run finds the size; then alone and beside, in turn.
      let turn = "n=$((n + 1)); if [ $n -gt 1 ] && [ $((n % 2)) = 1 ]; then"
      let peers = [
        try FakePeer(
          "pinwheel", run: "\(turn) echo ok 300000000 $3 cpu=200000000; else \(Self.honest); fi", serial: Self.honest),
        try FakePeer(
          "other", run: "\(turn) echo ok 300000000 $3 cpu=400000000; else \(Self.honest); fi", serial: Self.honest),
        try FakePeer(
          "liar", run: "\(turn) echo ok 300000000 7 cpu=400000000; else \(Self.honest); fi", serial: Self.honest),
      ]
      let comparison = comparison(peers)
      defer { comparison.end() }
      let found = comparison.measureOversubscribed(try result(peers), family)
      #expect(found.map(\.contestant.peer) == ["pinwheel", "other"])
      #expect(comparison.problems.count == 1 && comparison.problems[0].contains("liar"), "\(comparison.problems)")
      // Three times as long with a third of the CPUs, and with two thirds.
      #expect(abs(try #require(found[0].excess) - 1) < 1e-9)
      #expect(abs(try #require(found[1].excess) - 2) < 1e-9)
      #expect(found[0].alone.count == 3)
      let lines = TextReport.slowdowns(found, fair: 3)
      #expect(lines.last == "  slower by more than the CPU share lost plus a fifth: sum of other", "\(lines)")
    }

    @Test func memoryIsThatOfAProcessOfItsOwn() throws {
      let (peer, carrying) = (
        try FakePeer("pinwheel", run: Self.honest), try FakePeer("pinwheel", run: "echo ok 1 7")
      )
      var program = peer.program
      program.staticPath = peer.path
      let comparison = Comparison([program], options, roundsPerNanosecond: 1)
      defer { comparison.end() }
      let found = comparison.measureMemory(try result([peer]), family)
      #expect(found.map(\.isStatic) == [false, true])
      #expect(found.allSatisfy { $0.bytes > 100_000 })
      // One that computes something wrong has no figure.
      program.staticPath = carrying.path
      let wrong = Comparison([program], options, roundsPerNanosecond: 1)
      defer { wrong.end() }
      #expect(wrong.measureMemory(try result([peer]), family).map(\.isStatic) == [false])
      #expect(wrong.problems.count == 1)
    }

    /// Serial programs say 0.1 s alone and 0.125 s beside another; two workers are 1.5 times as fast as one.
    @Test func copiesRunAtOnceAndOursIsHeldAgainstThem() throws {
      let mark = FileManager.default.temporaryDirectory.appending(path: "copies-\(UUID().uuidString)")
      try FileManager.default.createDirectory(at: mark, withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(at: mark) }
      // Each waits for the other, if there is one: alone nobody ever comes.
      let serial = """
        touch \(mark.path)/$workers; sleep 0.2
          if [ -e \(mark.path)/1 ] && [ -e \(mark.path)/2 ]; then time=125000000; else time=100000000; fi
          sleep 0.2; rm -f \(mark.path)/$workers; echo ok $time $3
        """
      let peer = try FakePeer("pinwheel", run: "echo ok $((180000000 / (1 + workers))) $3", serial: serial)
      let comparison = comparison([peer])
      defer { comparison.end() }
      let found = try #require(comparison.measureCopies(try result([peer]), family))
      #expect(comparison.problems == [])
      #expect(abs(found.ours.median - 1.5) < 1e-6)
      #expect(abs(found.copies.median - 1.6) < 1e-6, "they did not run at once: \(found.copies)")
      #expect(abs(found.share - 1.5 / 1.6) < 1e-6)
      #expect(found.copies.count == 3)
    }
  }
}

import Foundation
import Testing

@testable import PeerComparison

extension ProcessTests {
  /// A whole comparison of peers in shell: sizes, turns, and that a wrong result does not pass.
  @Suite(.timeLimit(.minutes(2)))
  struct ComparisonTests {
    private var options: Options {
      var options = Options(workers: 1)
      (options.rounds, options.processes, options.deadline, options.budget) = (3, 1, 2, 0.004)
      return options
    }

    private func family(_ truth: Family.Truth = .serial) -> Family {
      var family = Family("sum", .forkJoin, "a test", per: "thing", .steps([1, 2, 4, 8]))
      family.truth = truth
      return family
    }

    /// A millisecond for each thing.
    private static let honest = "echo ok ${3}000000 $3 cpu=${3}000000"

    private func measure(
      _ peers: [FakePeer], _ family: Family, cpus: [Int] = [], _ change: (inout Options) -> Void = { _ in }
    ) -> (result: FamilyResult?, problems: [String]) {
      var options = options
      change(&options)
      let comparison = Comparison(peers.map(\.program), options, roundsPerNanosecond: 1, cpus: cpus)
      defer { comparison.end() }
      return (comparison.measure(family), comparison.problems)
    }

    /// Once a round, where there is another CPU.
    @Test func howFarTheCPUsAreFromEachOtherIsLookedAt() throws {
      let peers = [try FakePeer("pinwheel", run: Self.honest, serial: Self.honest)]
      let result = try #require(measure(peers, family(), cpus: usableCPUs) { $0.rounds = 2 }.result)
      #expect(result.crossing?.trip.count == (usableCPUs.count > 1 ? 2 : nil))
      #expect(result.crossing.map { $0.trip.minimum > 0 } != false)
    }

    @Test func honestPeersAreMeasuredAtTheSizeThatFitsTheBudget() throws {
      let peers = [
        try FakePeer("pinwheel", run: Self.honest, serial: Self.honest),
        try FakePeer("other", run: "echo ok $((2 * $3))000000 $3", serial: Self.honest),
      ]
      let (found, problems) = measure(peers, family())
      let result = try #require(found)
      #expect(problems == [])
      #expect(result.size == 4)
      let setting = Setting(workers: 1, isTuned: false)
      let ours = try #require(result.row("pinwheel", setting))
      let other = try #require(result.row("other", setting))
      #expect(abs(ours.figure.median - 0.001) < 1e-9)
      #expect(abs(other.figure.median - 0.002) < 1e-9)
      #expect(ours.figure.count == 3)
      #expect(other.size == 4)
      #expect(ours.cpus == 1)
      #expect(result.rows.filter { $0.kind == .serial }.count == 2)
      let duel = try #require(Scorecard.duels([result]).first)
      #expect(abs(duel.ratio - 2) < 1e-9)
    }

    /// The proof that results are compared: one of three runs of one peer is wrong by one.
    @Test func aWrongResultIsReportedAndLeftOut() throws {
      let peers = [
        try FakePeer("pinwheel", run: Self.honest, serial: Self.honest),
        try FakePeer("liar", run: "n=$((n + 1)); echo ok 1000000 $(($3 + (n > 2)))", serial: Self.honest),
      ]
      let (found, problems) = measure(peers, family())
      let result = try #require(found)
      #expect(
        problems.first == "liar (1 worker, default) computed 5 for 'run sum 4', where 4 is right", "\(problems)")
      #expect(result.row("pinwheel", Setting(workers: 1, isTuned: false)) != nil)
      #expect(result.row("liar", Setting(workers: 1, isTuned: false)) == nil)
    }

    /// Matrices took 1.25 times as long in one process as in all others, and a target was called missed.
    @Test(arguments: [1, 3])
    func anUnluckyProcessDoesNotDecide(processes: Int) throws {
      let folder = FileManager.default.temporaryDirectory.appending(path: "peer-test-\(UUID().uuidString)")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(at: folder) }
      // The first process of them takes ten times as long, whatever it is asked.
      let unlucky = "n=$(ls '\(folder.path)' | wc -l); touch '\(folder.path)'/$n; echo ready fake 1"
      let run = "if [ $n = 0 ]; then echo ok ${3}0000000 $3; else echo ok ${3}000000 $3; fi"
      let peers = [
        try FakePeer("pinwheel", run: Self.honest, serial: Self.honest),
        try FakePeer("unlucky", start: unlucky, run: run, serial: Self.honest),
      ]
      var family = family()
      family.askedSize = 4
      let (found, problems) = measure(peers, family) { ($0.rounds, $0.processes) = (5, processes) }
      #expect(problems == [])
      let row = try #require(found?.row("unlucky", Setting(workers: 1, isTuned: false)))
      #expect(row.figure.count == 5)
      #expect(abs(row.figure.median - (processes == 1 ? 0.01 : 0.001)) < 1e-9)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == processes)
    }

    /// Who does not start a second time has no row, and the others theirs.
    @Test func aPeerWhoseSecondProcessFailsIsLeftOut() throws {
      let folder = FileManager.default.temporaryDirectory.appending(path: "peer-test-\(UUID().uuidString)")
      defer { try? FileManager.default.removeItem(at: folder) }
      let once = "if mkdir '\(folder.path)' 2> /dev/null; then echo ready fake 1; else echo error tired; exit 1; fi"
      let peers = [
        try FakePeer("pinwheel", run: Self.honest, serial: Self.honest),
        try FakePeer("tired", start: once, run: Self.honest, serial: "echo unsupported"),
      ]
      let (found, problems) = measure(peers, family()) { $0.processes = 3 }
      #expect(problems == ["tired (1 worker, default) does not start: tired"])
      let result = try #require(found)
      #expect(result.rows.filter { $0.kind == .parallel }.map(\.contestant.peer) == ["pinwheel"])
    }

    @Test func ourOwnWrongResultIsReportedToo() throws {
      let peers = [
        try FakePeer("pinwheel", run: "echo ok 1000000 7", serial: Self.honest),
        try FakePeer("other", run: Self.honest, serial: Self.honest),
      ]
      let (found, problems) = measure(peers, family())
      #expect(problems.contains { $0.contains("pinwheel (1 worker, default) computed 7") }, "\(problems)")
      #expect(try #require(found).row("pinwheel", Setting(workers: 1, isTuned: false)) == nil)
    }

    @Test func aWrongSerialResultIsReported() throws {
      let peers = [
        try FakePeer("pinwheel", run: Self.honest, serial: Self.honest),
        try FakePeer("other", run: Self.honest, serial: "echo ok 1000000 0"),
      ]
      let (found, problems) = measure(peers, family())
      #expect(problems.contains { $0.contains("other (1 worker, default) computed 0 for 'serial sum") }, "\(problems)")
      #expect(try #require(found).serialRow("other") == nil)
    }

    /// What a definition says is right stands above every program, the serial one of ours included.
    @Test func aDefinitionDecidesWhereThereIsOne() throws {
      let peers = [try FakePeer("pinwheel", run: Self.honest, serial: Self.honest)]
      let (found, problems) = measure(peers, family(.known { size, workers in UInt64(size * workers + 1) }))
      #expect(found == nil)
      #expect(problems.first?.contains("where 2 is right") == true, "\(problems)")
    }

    @Test func aPeerThatHangsLeavesTheOthersAlone() throws {
      let peers = [
        try FakePeer("pinwheel", run: Self.honest, serial: Self.honest),
        try FakePeer("sleeper", run: "exec sleep 100", serial: Self.honest),
        try FakePeer("mortal", run: "exit 9", serial: Self.honest),
      ]
      let comparison = Comparison(peers.map(\.program), options, roundsPerNanosecond: 1)
      defer { comparison.end() }
      for _ in 0..<4 {
        let result = try #require(comparison.measure(family()))
        #expect(result.row("pinwheel", Setting(workers: 1, isTuned: false)) != nil)
        #expect(result.row("sleeper", Setting(workers: 1, isTuned: false)) == nil)
      }
      #expect(comparison.problems.contains { $0.hasPrefix("sleeper (1 worker, default) hung") })
      #expect(comparison.problems.contains { $0.hasPrefix("mortal (1 worker, default) died") })
      // After three times nobody asks any more.
      #expect(comparison.problems.filter { $0.hasPrefix("mortal (1 worker, default) died") }.count == 3)
      #expect(comparison.problems.contains("mortal (1 worker, default) is left out: it failed 3 times"))
    }

    @Test func aSlowPeerGetsASmallerSizeAndTheReportSaysSo() throws {
      let peers = [
        try FakePeer("pinwheel", run: Self.honest, serial: Self.honest),
        // Ten milliseconds for each thing: four are too many for four times the budget of four milliseconds.
        try FakePeer("snail", run: "echo ok ${3}0000000 $3", serial: Self.honest),
      ]
      let (found, problems) = measure(peers, family())
      let result = try #require(found)
      #expect(problems == [])
      let snail = try #require(result.row("snail", Setting(workers: 1, isTuned: false)))
      #expect(snail.size < result.size)
      #expect(abs(snail.figure.median - 0.01) < 1e-9)
      let yardsticks = Yardsticks(cacheLine: nil, wake: nil, roundsPerNanosecond: 1)
      #expect(TextReport.notes(snail, result, yardsticks).contains("too slow for more"))
    }

    @Test func whatNobodyCanRunIsNotInTheReport() throws {
      let peers = [try FakePeer("pinwheel", run: "echo unsupported", serial: "echo unsupported")]
      let (found, problems) = measure(peers, family())
      #expect(found == nil)
      #expect(problems == ["sum: no row of pinwheel"])
    }

    @Test func aFamilyWithoutARowOfOursIsAProblem() throws {
      let peers = [
        try FakePeer("pinwheel", run: "echo unsupported", serial: "echo unsupported"),
        try FakePeer("other", run: Self.honest, serial: Self.honest),
      ]
      let (found, problems) = measure(peers, family())
      #expect(try #require(found).rows.contains { $0.contestant.peer == "other" })
      #expect(problems == ["sum: no row of pinwheel"])
      // Where we are not asked for, we are not missing.
      #expect(measure([peers[1]], family()).problems == [])
    }

    /// A setting that no peer offers for a family is none of ours to miss.
    @Test func aRowOfOursIsMissedInSettingsInWhichOthersHaveOne() throws {
      var options = options
      options.workers = 2
      let untuned = "case $workers$tuned in 2--tuned) echo unsupported ;; *) \(Self.honest) ;; esac"
      func problems(_ others: String) throws -> [String] {
        let peers = [
          try FakePeer("pinwheel", start: "tuned=$3; echo ready fake 1", run: untuned, serial: Self.honest),
          try FakePeer("other", start: "tuned=$3; echo ready fake 1", run: others, serial: Self.honest),
        ]
        options.pins = false
        let comparison = Comparison(peers.map(\.program), options, roundsPerNanosecond: 1)
        defer { comparison.end() }
        _ = comparison.measure(family())
        return comparison.problems
      }
      #expect(try problems(untuned) == [])
      #expect(try problems(Self.honest) == ["sum: no row of pinwheel with 2 workers, tuned"])
    }

    @Test func aFamilyOfOneSettingIsMeasuredInOne() throws {
      var options = options
      options.workers = 2
      var family = family()
      family.isOfOneSetting = true
      let peer = try FakePeer("pinwheel", run: Self.honest, serial: Self.honest)
      let comparison = Comparison([peer.program], options, roundsPerNanosecond: 1)
      defer { comparison.end() }
      let rows = try #require(comparison.measure(family)).rows.filter { $0.kind == .parallel }
      #expect(rows.map(\.contestant.setting) == [Setting(workers: 2, isTuned: false)])
      family.isOfOneSetting = false
      #expect(try #require(comparison.measure(family)).rows.filter { $0.kind == .parallel }.count == 3)
      #expect(comparison.problems == [])
    }

    /// A peer that would need ages keeps a smaller size, all others have the one that was asked for.
    @Test func anAskedSizeIsRunWhateverTheBudget() throws {
      var family = family()
      family.askedSize = 8
      let peers = [
        try FakePeer("pinwheel", run: Self.honest, serial: Self.honest),
        try FakePeer("snail", run: "echo ok ${3}000000000 $3", serial: Self.honest),
      ]
      let (found, problems) = measure(peers, family)
      let result = try #require(found)
      #expect(problems == [])
      #expect(result.size == 8)
      #expect(result.row("pinwheel", Setting(workers: 1, isTuned: false))?.size == 8)
      #expect(try #require(result.row("snail", Setting(workers: 1, isTuned: false))).size < 8)
    }
  }
}

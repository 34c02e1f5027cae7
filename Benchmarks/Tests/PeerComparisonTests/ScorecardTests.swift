import Testing

@testable import PeerComparison

struct ScorecardTests {
  private func row(
    _ peer: String, _ samples: [Double], workers: Int = 2, complete: Double? = nil
  ) throws -> FamilyResult.Row {
    FamilyResult.Row(
      kind: .parallel, contestant: Contestant(peer: peer, workers: workers, isTuned: false), size: 1,
      figure: try #require(Summary(samples)), cpus: nil, complete: complete)
  }

  private func family(
    _ name: String, _ rows: [FamilyResult.Row], figure: Family.Figure = .time, group: Family.Group = .forkJoin
  ) -> FamilyResult {
    FamilyResult(name: name, group: group, summary: "", operation: "", figure: figure, size: 1, rows: rows)
  }

  @Test func quartilesLieBetweenNeighbours() throws {
    let summary = try #require(Summary([4, 1, 3, 2]))
    #expect(summary.median == 2.5)
    #expect((summary.lowerQuartile, summary.upperQuartile) == (1.75, 3.25))
    #expect((summary.minimum, summary.maximum, summary.count) == (1, 4, 4))
    let one = try #require(Summary([7]))
    #expect((one.lowerQuartile, one.median, one.upperQuartile) == (7, 7, 7))
    #expect(Summary([]) == nil)
  }

  @Test func theGeometricMeanOfARatioAndItsInverseIsOne() throws {
    #expect(abs(try #require(geometricMean([4, 0.25])) - 1) < 1e-12)
    #expect(abs(try #require(geometricMean([2, 8])) - 4) < 1e-12)
    #expect(geometricMean([]) == nil)
    #expect(geometricMean([1, 0]) == nil)
    #expect(geometricMean([1, .infinity]) == nil)
  }

  @Test func scoresAreMeansOfTheGroupInTheSameSetting() throws {
    let families = [
      family("a", [try row("pinwheel", [1]), try row("tbb", [2]), try row("tbb", [100], workers: 1)]),
      family("b", [try row("pinwheel", [1]), try row("tbb", [8])]),
      family("c", [try row("pinwheel", [1]), try row("rayon", [0.5])]),
      family("d", [try row("pinwheel", [1]), try row("tbb", [3])], group: .loops),
      family("e", [try row("tbb", [3])]),
    ]
    let scores = Scorecard.scores(families)
    let two = Setting(workers: 2, isTuned: false)
    #expect(scores.count == 3, "\(scores)")
    let tbb = try #require(scores.first { $0.peer == "tbb" && $0.group == .forkJoin })
    #expect(tbb.setting == two)
    #expect(abs(tbb.ratio - 4) < 1e-12)
    #expect(tbb.families == 2)
    #expect(scores.first { $0.peer == "rayon" }?.ratio == 0.5)
  }

  @Test func ourCoreStandsInWhereThePoolIsNotMeasured() throws {
    let deque = family("deque", [try row("pinwheel-c", [1]), try row("rayon", [2])], group: .deques)
    #expect(Scorecard.duels([deque]).map(\.ratio) == [2])
    let both = family("fib", [try row("pinwheel", [1]), try row("pinwheel-c", [2])])
    #expect(Scorecard.duels([both]).map(\.peer) == ["pinwheel-c"])
  }

  @Test func nextToNothingIsNotInfinitelyBetterThanNothing() throws {
    let idle = family(
      "idle", [try row("pinwheel", [0]), try row("omp", [1]), try row("tbb", [1e-6])], figure: .cpuShare)
    let duels = Scorecard.duels([idle])
    #expect(duels.first { $0.peer == "omp" }?.ratio == 1 / Scorecard.leastShare)
    #expect(duels.first { $0.peer == "tbb" }?.ratio == 1)
  }

  /// A loop that the caller runs alone is another thing than one that is shared.
  @Test func loopsThatWereNotSharedAreNotCompared() throws {
    var loops = family(
      "loop.static",
      [
        try row("pinwheel", [2], complete: 1), try row("dispatch", [1], complete: 0), try row("gomp", [4], complete: 1),
      ], group: .loops)
    #expect(Scorecard.duels([loops]).map(\.peer) == ["dispatch", "gomp"])
    loops.mustBeShared = true
    #expect(Scorecard.duels([loops]).map(\.peer) == ["gomp"])
    #expect(Scorecard.verdict([loops]).contains { $0.contains("Not compared") && $0.contains("dispatch") })
  }

  @Test func sizesThatDifferInKindAreNotCompared() throws {
    var slow = try row("tbb", [1])
    slow.size = 2
    var queens = family("nqueens", [try row("pinwheel", [2]), slow, try row("rayon", [3])])
    #expect(Scorecard.duels([queens]).map(\.peer) == ["tbb", "rayon"])
    queens.comparesSizes = false
    #expect(Scorecard.duels([queens]).map(\.peer) == ["rayon"])
  }

  /// The core by itself is ours: it can stand for us, but nobody loses against himself.
  @Test func theVerdictIsAboutOthers() throws {
    let fib = family("fib", [try row("pinwheel", [2]), try row("pinwheel-c", [1]), try row("tbb", [4])])
    #expect(Scorecard.verdict([fib]).contains("  Ahead: fib (2.00x tbb)"))
  }

  @Test func theVerdictNamesLeadsAndLosses() throws {
    let families = [
      family("won", [try row("pinwheel", [1]), try row("tbb", [3]), try row("rayon", [2])]),
      family("lost", [try row("pinwheel", [2]), try row("tbb", [1]), try row("rayon", [9])]),
      family("level", [try row("pinwheel", [1, 2, 3]), try row("tbb", [1.5, 2.5, 3.5])]),
    ]
    let verdict = Scorecard.verdict(families)
    #expect(verdict[0].hasSuffix("ahead in 1 of 3, level in 1, behind in 1."))
    #expect(verdict.contains("  Ahead: won (2.00x rayon)"))
    #expect(verdict.contains("  Level: level (tbb)"))
    #expect(verdict.contains("  Behind: lost (we take 2.00x tbb's)"))
  }

  /// A peer whose figures scatter far and wide used to stand for all others.
  @Test func aLossIsNotHiddenByAPeerThatIsLevel() throws {
    let fib = family(
      "fib",
      [
        try row("pinwheel", [2, 2.1, 2.2]), try row("gomp", [0.1, 0.2, 9]), try row("tbb", [1, 1.01, 1.02]),
        try row("rayon", [5, 5, 5]),
      ])
    let verdict = Scorecard.verdict([fib])
    #expect(verdict[0].hasSuffix("ahead in 0 of 1, level in 0, behind in 1."), "\(verdict)")
    #expect(verdict.contains("  Behind: fib (we take 2.08x tbb's)"), "\(verdict)")
    // And without the one that leads, it is level.
    var two = fib
    two.rows.removeAll { $0.contestant.peer == "tbb" }
    #expect(Scorecard.verdict([two]).contains("  Level: fib (gomp)"))
  }

  @Test func whoBurnsMoreIsToldSo() throws {
    let duty = family("duty", [try row("pinwheel", [0.4]), try row("dispatch", [0.1])], figure: .cpuShare)
    #expect(Scorecard.verdict([duty]).contains("  Behind: duty (we burn 4.00x dispatch's)"))
  }

  @Test func oneOrTwoRoundsDecideNothingWithinAQuarter() throws {
    func isLevel(_ ours: [Double], _ theirs: [Double]) throws -> Bool? {
      Scorecard.duels([family("f", [try row("pinwheel", ours), try row("tbb", theirs)])]).first?.isLevel
    }
    #expect(try isLevel([1], [1.2]) == true)
    #expect(try isLevel([1.2], [1]) == true)
    #expect(try isLevel([1, 1], [1.3, 1.3]) == false)
    #expect(try isLevel([1, 1, 1], [1.2, 1.2, 1.2]) == false)
    #expect(try isLevel([1, 1, 1], [1.04, 1.04, 1.04]) == true)
  }

  /// Nearly all is not most, and who does not count has not shown it.
  @Test func aLoopCountsAsSharedWhereNearlyAllRegionsWere() throws {
    var loops = family(
      "loop.static",
      [
        try row("pinwheel", [2], complete: 0.96), try row("gomp", [4], complete: 0.95),
        try row("omp", [4], complete: 0.94), try row("pthreadpool", [4]),
      ], group: .loops)
    loops.mustBeShared = true
    #expect(Scorecard.duels([loops]).map(\.peer) == ["gomp"])
    // Neither does the table show a ratio there.
    let lines = TextReport.table(loops, Yardsticks(cacheLine: nil, wake: nil, roundsPerNanosecond: 1))
    #expect(lines.first { $0.contains("gomp") }?.contains("2.00x") == true, "\(lines)")
    for peer in [" omp", "pthreadpool"] {
      let line = lines.first { $0.contains(peer) } ?? ""
      #expect(!line.contains("2.00x") && line.contains("not compared"), "\(line)")
    }
    // Nor may the CPUs be moved unnoticed.
    func table(_ trips: Double...) -> String {
      loops.crossing = Crossing(trips.map { .init(trip: $0 * 1e-9, bareCall: 0) })
      return TextReport.table(loops, Yardsticks(cacheLine: nil, wake: nil, roundsPerNanosecond: 1)).joined()
    }
    #expect(!table(100, 140).contains("moved"))
    #expect(table(480, 100, 53).contains("a cache line took 53.0 ns to 480 ns"))
    // Alone there is nobody to share with.
    loops.rows = [try row("pinwheel", [2], workers: 1), try row("omp", [4], workers: 1)]
    #expect(Scorecard.duels([loops]).map(\.peer) == ["omp"])
  }
}

import Pinwheel
import PinwheelWorkloads
import Testing

@Suite struct SampleSummaryTests {
  @Test func theMedianIgnoresOutliers() throws {
    let summary = try #require(SampleSummary([3, 900, 2, 4, 1]))
    #expect(summary.median == 3)
    #expect(summary.minimum == 1)
    #expect(summary.maximum == 900)
    #expect(summary.count == 5)
  }

  @Test func anEvenCountTakesTheMiddleOfTwo() throws {
    #expect(try #require(SampleSummary([4, 1, 2, 100])).median == 3)
  }

  @Test func nothingHasNoSummary() {
    #expect(SampleSummary([]) == nil)
  }

  @Test func theSpreadIsAShareAndKeepsItsValueInOtherUnits() throws {
    let summary = try #require(SampleSummary([9, 10, 12]))
    #expect(abs(summary.spread - 0.3) < 1e-12)
    #expect(abs(summary.divided(by: 7).spread - 0.3) < 1e-12)
    #expect(summary.divided(by: 2).median == 5)
    #expect(try #require(SampleSummary([0, 0])).spread == 0)
  }
}

@Suite struct SizeProbeTests {
  /// Climbs with a made-up cost and returns what was measured on the way.
  private func climb(_ sizes: [Int], budget: Double, cost: (Int) -> Double) -> (best: Int, tried: [Int]) {
    var tried: [Int] = []
    let best = SizeProbe.largest(of: sizes, budget: budget) { size in
      tried.append(size)
      return cost(size)
    }
    return (best, tried)
  }

  @Test func everySizeFits() {
    let (best, tried) = climb([1, 2, 3], budget: 10) { Double($0) }
    #expect(best == 3)
    #expect(tried == [1, 2, 3])
  }

  @Test func aSizeThatWouldOverrunIsNotRun() {
    let (best, tried) = climb([10, 100, 1000, 10_000], budget: 2) { Double($0) / 1000 }
    #expect(best == 1000)
    #expect(tried == [10, 100, 1000, 1000])
  }

  @Test func shortRunsDontForetell() {
    // A first run that is slow for want of a warm cache must not look like growth to come, nor a jump among short ones.
    let times = [1: 0.0001, 2: 0.015, 3: 0.016, 4: 0.5]
    #expect(climb([1, 2, 3, 4], budget: 2) { times[$0] ?? 9 }.best == 4)
  }

  @Test func aRunBeyondTheBudgetIsTheLastAndDoesNotCount() {
    let (best, tried) = climb([1, 2, 3], budget: 1) { $0 == 2 ? 5 : 0.001 }
    #expect(best == 1)
    #expect(tried == [1, 2, 2])
  }

  @Test func oneDisturbedRunDoesNotEndTheClimb() {
    var runs = 0
    let (best, tried) = climb([1, 2, 3, 4], budget: 1) { size in
      runs += 1
      return runs == 2 ? 7 : 0.001 * Double(size)
    }
    #expect(best == 4)
    #expect(tried == [1, 2, 2, 3, 4])
  }

  @Test func theFirstSizeIsTakenEvenIfItOverruns() {
    #expect(climb([7, 8], budget: 1) { _ in 3 }.best == 7)
  }
}

@Suite struct TextTests {
  @Test func timesHaveThreeDigitsAndAUnit() {
    #expect(QuantityText.time(3.416e-9) == "3.42 ns")
    #expect(QuantityText.time(12.34e-6) == "12.3 us")
    #expect(QuantityText.time(0.1204) == "120 ms")
    #expect(QuantityText.time(1.5) == "1.50 s")
    #expect(QuantityText.time(0) == "0.00 ns")
  }

  @Test func ratiosSharesAndCounts() {
    #expect(QuantityText.ratio(1.234) == "1.23x")
    #expect(QuantityText.ratio(9.996) == "10.0x")
    #expect(QuantityText.percent(0.126) == "13%")
    #expect(QuantityText.count(0) == "0")
    #expect(QuantityText.count(1_234_567) == "1 234 567")
    #expect(QuantityText.count(-1000) == "-1 000")
  }

  @Test func columnsAreAlignedAndLinesHaveNoTrailingSpaces() {
    var table = TextTable([("name", .left), ("n", .right), ("note", .left)])
    table.add(["a", "100", "x"])
    table.add(["longer", "7"])
    table.add(["b", "8", "y", "beyond"])
    #expect(
      table.lines == [
        "name      n  note",
        "a       100  x",
        "longer    7",
        "b         8  y",
      ])
  }

  @Test func fieldsOfProcFilesAreFound() {
    let cpuinfo = "processor\t: 0\nmodel name\t: Some CPU @ 2.0\nmodel name extra : no\nmodel name\t: Second\n"
    #expect(ProcText.processorName(cpuinfo: cpuinfo) == "Some CPU @ 2.0")
    #expect(ProcText.processorName(cpuinfo: "processor : 0\n") == nil)
    #expect(ProcText.processorName(cpuinfo: "model name\t:\n") == nil)
    #expect(ProcText.allowedCPUs(status: "Cpus_allowed:\tff\nCpus_allowed_list:\t0-3,8\n") == "0-3,8")
    #expect(ProcText.load(loadavg: "0.52 0.60 0.61 1/233 4242\n") == 0.52)
    #expect(ProcText.load(loadavg: "") == nil)
  }

  @Test func aCacheLineIsTimedBetweenTwoDifferentCPUs() {
    func pair(_ places: [[Int]]) -> [Int]? { CacheLineLatency.pair(among: places).map { [$0.0, $0.1] } }
    #expect(pair([[0], [1], [2]]) == [0, 1])
    #expect(pair([[0, 4], [0, 4]]) == [0, 4])
    #expect(pair([[3], [3], [5]]) == [3, 5])
    #expect(pair([[2, 6]]) == [2, 6])
    #expect(pair([[2], [2]]) == nil)
    #expect(pair([[]]) == nil)
    #expect(pair([]) == nil)
  }
}

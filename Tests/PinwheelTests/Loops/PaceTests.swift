import CPinwheel
import Glibc
import Testing

/// How many chunks a thread takes at a time, tried out on a clock of its own: workers that take from their slices and
/// halve those of others, in the order of that clock. What comes out is counts, the same on every machine.
@Suite
struct PaceTests {
  /// What it costs to take a batch, and to take half of somebody's slice.
  static let takeNanoseconds = 20.0
  static let stealNanoseconds = 200.0

  /// Times of indices, as running sums.
  struct Costs {
    private(set) var sums = [0.0]
    private(set) var largest = 0.0
    var count: Int { sums.count - 1 }
    var total: Double { sums[count] }

    init(_ count: Int, _ cost: (Int) -> Double) {
      sums.reserveCapacity(count + 1)
      for i in 0..<count {
        let one = cost(i)
        sums.append(sums[i] + one)
        largest = max(largest, one)
      }
    }

    func cost(_ indices: Range<Int>) -> Double { sums[indices.upperBound] - sums[indices.lowerBound] }

    /// No split can be better.
    func ideal(_ workers: Int) -> Double { max(total / Double(workers), largest) }
  }

  struct Outcome {
    var duration = 0.0
    var batches = 0
    /// Time of the indices that each worker ran.
    var work: [Double]
    var runs: [UInt8]
  }

  /// A region: `grain` indices a chunk.
  static func simulate(
    _ costs: Costs, workers: Int, dealing: pw_dealing, grain: Int = 1, each: Float = 0
  ) -> Outcome {
    let chunks = (costs.count - 1) / grain + 1
    var slices = (0..<workers).map { (lo: chunks * $0 / workers, hi: chunks * ($0 + 1) / workers) }
    var paces = (0..<workers).map { _ in pw_pace_begin(dealing.rawValue, each) }
    var clocks: [Double?] = Array(repeating: 0, count: workers)
    var outcome = Outcome(work: Array(repeating: 0, count: workers), runs: Array(repeating: 0, count: chunks))
    while let (worker, now) = clocks.enumerated().compactMap({ worker, now in now.map { (worker, $0) } })
      .min(by: { $0.1 < $1.1 })
    {
      let slice = slices[worker]
      if slice.lo < slice.hi {
        let count = Int(pw_pace_take(&paces[worker], UInt64(slice.hi - slice.lo)))
        slices[worker].lo += count
        for chunk in slice.lo..<(slice.lo + count) { outcome.runs[chunk] += 1 }
        let cost = costs.cost((slice.lo * grain)..<min((slice.lo + count) * grain, costs.count))
        outcome.work[worker] += cost
        outcome.batches += 1
        pw_pace_ran(&paces[worker], UInt64(count), UInt64(cost + takeNanoseconds))
        clocks[worker] = now + takeNanoseconds + cost
        outcome.duration = max(outcome.duration, now + takeNanoseconds + cost)
        continue
      }
      let victim = (1..<max(workers, 2)).map { (worker + $0) % workers }.first { slices[$0].lo < slices[$0].hi }
      guard let victim else {
        clocks[worker] = nil
        continue
      }
      let (lo, hi) = slices[victim]
      slices[victim].hi = lo + (hi - lo) / 2
      slices[worker] = (lo + (hi - lo) / 2, hi)
      pw_pace_moves(&paces[worker])
      clocks[worker] = now + stealNanoseconds
    }
    return outcome
  }

  /// The best that any fixed grain does.
  static func best(_ costs: Costs, workers: Int) -> Double {
    var best = Double.infinity
    var grain = 1
    while grain <= max(costs.count / workers, 1) {
      // With millions of the smallest chunks it is taking them that counts, and no simulation is needed to see it.
      if costs.count / grain <= 200_000 {
        best = min(best, simulate(costs, workers: workers, dealing: PW_DEAL_EACH, grain: grain).duration)
      }
      grain *= 2
    }
    return best
  }

  static let bodies = [0.3, 1, 10, 100, 1000, 10_000, 100_000, 1_000_000]

  @Test(arguments: [1, 2, 8, 64])
  func everyIndexRunsOnce(workers: Int) {
    let costs = Costs(10_000) { Double($0 % 7) * 100 }
    for dealing in [PW_DEAL_EACH, PW_DEAL_HALVES, PW_DEAL_EIGHTHS, PW_DEAL_TIMED] {
      let outcome = Self.simulate(costs, workers: workers, dealing: dealing)
      #expect(outcome.runs.allSatisfy { $0 == 1 })
      #expect(abs(outcome.work.reduce(0, +) - costs.total) < 1)
    }
  }

  /// From nothing known to all known, and from what is a hundred times wrong: within a tenth of the best fixed grain.
  @Test(arguments: [2, 8, 64], bodies)
  func aTimedPaceIsNearTheBestGrain(workers: Int, body: Double) {
    // Of some milliseconds a worker, as far as there are indices.
    let count = min(max(Int(4e6 / body), 16), 100_000) * workers
    let costs = Costs(count) { _ in body }
    let best = Self.best(costs, workers: workers)
    for known in [0, body, body * 100, body / 100] {
      let outcome = Self.simulate(costs, workers: workers, dealing: PW_DEAL_TIMED, each: Float(known))
      #expect(
        outcome.duration <= best * 1.1,
        "\(count) of \(body) ns, \(known) known: \(outcome.duration) in \(outcome.batches) batches, best grain \(best)")
    }
  }

  /// Costs of which few are large: Pareto's, and others that are hard to split.
  @Test(arguments: [2, 8])
  func heavyTailsAreSplitWithinAFewPercent(workers: Int) {
    var state: UInt64 = 88_172_645_463_325_252
    func uniform() -> Double {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return Double(state >> 11) / Double(1 << 53)
    }
    let shapes: [(String, (Int) -> Double)] = [
      ("Pareto 1.5", { _ in 1000 / pow(1 - uniform(), 1 / 1.5) }),
      ("Pareto 1.1", { _ in 1000 / pow(1 - uniform(), 1 / 1.1) }),
      ("one in a hundred", { _ in uniform() < 0.01 ? 100_000 : 100 }),
      ("a triangle", { Double($0) }),
      ("the other triangle", { 20_000 - Double($0) }),
      ("the last tenth", { $0 >= 18_000 ? 10_000 : 10 }),
      ("the first tenth", { $0 < 2000 ? 10_000 : 10 }),
    ]
    for (name, cost) in shapes {
      let costs = Costs(20_000, cost)
      for known in [0, costs.total / 20_000] {
        let outcome = Self.simulate(costs, workers: workers, dealing: PW_DEAL_TIMED, each: Float(known))
        let ideal = costs.ideal(workers)
        #expect(
          outcome.duration <= ideal * 1.05,
          "\(name), \(known) known: \(outcome.duration), ideal \(ideal), \(outcome.batches) batches")
        #expect((outcome.work.max() ?? 0) <= ideal * 1.05, "\(name): \(outcome.work)")
      }
    }
  }

  /// What is taken cannot be had by others any more: of a slice of which nothing is known a sixteenth at most, then a
  /// fourth of what is left.
  @Test func aBatchLeavesMostOfItsSliceToOthers() {
    for each in [0.001, 1, 1000] as [Float] {
      var pace = pw_pace_begin(PW_DEAL_TIMED.rawValue, each)
      for rest in [1, 2, 16, 17, 1000, 1 << 24] as [UInt64] {
        pw_pace_moves(&pace)
        let first = pw_pace_take(&pace, rest)
        #expect(first >= 1 && first <= max(rest / 16, 1))
        pace.last = 1 << 24
        let next = pw_pace_take(&pace, rest)
        // But for what is over before anybody could help.
        #expect(next >= 1 && next <= max(rest / 4, UInt64(500 / each), 1) && next <= rest)
      }
    }
  }

  @Test func onePreemptionIsForgottenAfterTwoBatches() {
    var pace = pw_pace_begin(PW_DEAL_TIMED.rawValue, 1)
    pace.last = 5000
    #expect(pw_pace_take(&pace, 1 << 20) == 5000)
    pw_pace_ran(&pace, 5000, 4_000_000)
    let small = pw_pace_take(&pace, 1 << 20)
    #expect(small < 10)
    pw_pace_ran(&pace, small, small)
    #expect(pw_pace_take(&pace, 1 << 20) >= 10 * small)
  }

  @Test func halvesAndEighthsLeaveNothing() {
    for dealing in [PW_DEAL_HALVES, PW_DEAL_EIGHTHS] {
      var pace = pw_pace_begin(dealing.rawValue, 0)
      for length in [1, 2, 7, 100, 33_554_431] as [UInt64] {
        var rest = length
        var batches = 0
        while rest > 0 {
          let count = pw_pace_take(&pace, rest)
          #expect(count >= 1 && count <= rest)
          rest -= count
          batches += 1
        }
        #expect(batches <= 160)
      }
    }
  }

  @Test func aLoopIsWorthAsManyAsItOutlasts() {
    func worth(_ nanoseconds: Float, _ others: UInt32, _ wake: UInt64) -> [UInt32] {
      let worth = pw_worth_of(nanoseconds, others, wake)
      return [worth.awake, worth.asleep]
    }
    #expect(worth(0, 63, 20_000) == [63, 63])  // nothing is known
    #expect(worth(400, 63, 20_000) == [0, 0])
    #expect(worth(5000, 63, 20_000) == [10, 0])
    #expect(worth(100_000, 63, 20_000) == [63, 3])
    #expect(worth(1e12, 63, 20_000) == [63, 63])
    #expect(worth(1e12, 0, 20_000) == [0, 0])
  }
}

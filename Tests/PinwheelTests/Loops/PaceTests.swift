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

  /// Times of indices.
  struct Costs {
    let count: Int
    let total: Double
    let largest: Double
    /// Running sums; empty if all cost the same.
    private let sums: [Double]

    init(_ count: Int, each: Double) {
      (self.count, total, largest, sums) = (count, Double(count) * each, each, [])
    }

    init(_ costs: [Double]) {
      var sums = [0.0]
      sums.reserveCapacity(costs.count + 1)
      for cost in costs { sums.append(sums[sums.count - 1] + cost) }
      (count, total, largest) = (costs.count, sums[costs.count], costs.max() ?? 0)
      self.sums = sums
    }

    func cost(_ first: Int, _ last: Int) -> Double {
      sums.isEmpty ? Double(last - first) * largest : sums[last] - sums[first]
    }

    /// No split can be better.
    func ideal(_ workers: Int) -> Double { max(total / Double(workers), largest) }
  }

  struct Outcome {
    var duration = 0.0
    /// The chunks that were taken at a time.
    var batches: [Range<Int>] = []
    /// Time of the indices that each worker ran.
    var work: [Double]
  }

  /// Weights in whatever proportion, also none, or more than is left: slices in order, none empty, and all of it.
  @Test func slicesOfWeightedSlotsArePartitions() {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<2000 {
      let weights = (0..<Int.random(in: 1...20, using: &random)).map { _ in UInt64.random(in: 0...5, using: &random) }
      let chunks = UInt64(weights.count) + UInt64.random(in: 0...100, using: &random)
      // Some of the weights may be others by the time of the second look.
      var left = max(weights.reduce(0, +) + UInt64.random(in: 0...5, using: &random), 2) - 2
      var lo: UInt64 = 0
      for (index, weight) in weights.enumerated() {
        let hi = pw_slice_end(lo, chunks, weight, left, UInt32(weights.count - 1 - index))
        #expect(hi > lo && hi <= chunks)
        left -= min(weight, left)
        lo = hi
      }
      #expect(lo == chunks)
    }
  }

  @Test func slicesAreAsLongAsSlotsAreFast() {
    func slices(_ weights: [UInt64], _ chunks: UInt64) -> [UInt64] {
      var left = weights.reduce(0, +)
      var lo: UInt64 = 0
      return weights.enumerated().map { index, weight in
        let hi = pw_slice_end(lo, chunks, weight, left, UInt32(weights.count - 1 - index))
        defer { (lo, left) = (hi, left - weight) }
        return hi - lo
      }
    }
    #expect(slices([3, 1], 400) == [300, 100])
    #expect(slices([1, 3, 3, 1], 1 << 24) == [1 << 21, 3 << 21, 3 << 21, 1 << 21])
    #expect(slices([1024, 614, 614], 100) == [45, 27, 28])
    #expect(slices([1, 1, 1], 10) == [3, 3, 4])
    // As many chunks as slots: one each, whatever they weigh.
    #expect(slices([1000, 1, 1, 1], 4) == [1, 1, 1, 1])
    #expect(slices([1, 1, 1, 1000], 5) == [1, 1, 1, 2])
  }

  /// Inside of another loop, where whoever wants a share is answered at the end of a batch.
  @Test func aBatchThatNobodyWaitsForGoesOnToTheEnd() {
    var pace = pw_pace_begin(PW_DEAL_TIMED.rawValue, 10)
    #expect(pw_pace_batch(&pace, 400) == pw_pace_take(&pace, 400))  // the site is known, this loop is not
    pw_pace_ran(&pace, 25, 250)
    #expect(pw_pace_take(&pace, 375) < 100)
    #expect(pw_pace_batch(&pace, 375) == 375)
    #expect(pw_pace_batch(&pace, 10_000) == 16 * 25)
    pw_pace_ran(&pace, 400, 4_000_000)  // it has become slow
    #expect(pw_pace_batch(&pace, 375) == 1)
  }

  /// A region: `grain` indices a chunk.
  static func simulate(
    _ costs: Costs, workers: Int, dealing: pw_dealing, grain: Int = 1, each: Float = 0
  ) -> Outcome {
    let chunks = (costs.count - 1) / grain + 1
    var slices = (0..<workers).map { (lo: chunks * $0 / workers, hi: chunks * ($0 + 1) / workers) }
    var paces = (0..<workers).map { _ in pw_pace_begin(dealing.rawValue, each) }
    var clocks = Array(repeating: 0.0, count: workers)
    var outcome = Outcome(work: Array(repeating: 0, count: workers))
    while true {
      var worker = 0
      for other in 1..<workers where clocks[other] < clocks[worker] { worker = other }
      let now = clocks[worker]
      if now == .infinity { return outcome }
      var (lo, hi) = slices[worker]
      var spent = takeNanoseconds
      if lo == hi {
        guard
          let victim = (1..<workers).lazy.map({ (worker + $0) % workers }).first(where: {
            slices[$0].lo < slices[$0].hi
          })
        else {
          clocks[worker] = .infinity
          continue
        }
        let (from, to) = slices[victim]
        (lo, hi) = (from + (to - from) / 2, to)
        slices[victim].hi = lo
        pw_pace_moves(&paces[worker])
        spent = stealNanoseconds
      }
      let count = Int(pw_pace_take(&paces[worker], UInt64(hi - lo)))
      slices[worker] = (lo + count, hi)
      let cost = costs.cost(lo * grain, min((lo + count) * grain, costs.count))
      outcome.work[worker] += cost
      outcome.batches.append(lo..<(lo + count))
      pw_pace_ran(&paces[worker], UInt64(count), UInt64(cost + spent))
      clocks[worker] = now + spent + cost
      outcome.duration = max(outcome.duration, clocks[worker])
    }
  }

  /// The best that any fixed grain does, of those that make at most some thousand chunks a worker: beyond that it is
  /// their number that costs.
  static func best(_ costs: Costs, workers: Int) -> Double {
    var best = Double.infinity
    var grain = 1
    while grain <= max(costs.count / workers, 1) {
      if costs.count / grain <= 2000 * workers {
        best = min(best, simulate(costs, workers: workers, dealing: PW_DEAL_EACH, grain: grain).duration)
      }
      grain *= 2
    }
    return best
  }

  static let bodies = [0.3, 1, 10, 100, 1000, 10_000, 100_000, 1_000_000]

  @Test(arguments: [2, 8, 64])
  func everyIndexRunsOnce(workers: Int) {
    let costs = Costs((0..<3000).map { Double($0 % 7) * 100 })
    for dealing in [PW_DEAL_EACH, PW_DEAL_HALVES, PW_DEAL_EIGHTHS, PW_DEAL_TIMED] {
      let outcome = Self.simulate(costs, workers: workers, dealing: dealing)
      var next = 0
      for batch in outcome.batches.sorted(by: { $0.lowerBound < $1.lowerBound }) {
        #expect(batch.lowerBound == next)
        next = batch.upperBound
      }
      #expect(next == 3000)
      #expect(abs(outcome.work.reduce(0, +) - costs.total) < 1)
    }
  }

  /// From nothing known to all known, and from what is a hundred times wrong: within a tenth of the best fixed grain.
  @Test(arguments: [2, 32], bodies)
  func aTimedPaceIsNearTheBestGrain(workers: Int, body: Double) {
    // A millisecond a worker, or 16 indices.
    let count = max(Int(1e6 / body), 16) * workers
    let costs = Costs(count, each: body)
    let best = Self.best(costs, workers: workers)
    for known in [0, body, body * 100, body / 100] {
      let outcome = Self.simulate(costs, workers: workers, dealing: PW_DEAL_TIMED, each: Float(known))
      #expect(
        outcome.duration <= best * 1.1,
        "\(count) of \(body) ns, \(known) known: \(outcome.duration) in \(outcome.batches.count) batches, best grain \(best)"
      )
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
      ("Pareto 1.1, at most a millisecond", { _ in min(1000 / pow(1 - uniform(), 1 / 1.1), 1e6) }),
      ("one in a hundred", { _ in uniform() < 0.01 ? 100_000 : 100 }),
      ("a triangle", { Double($0) }),
      ("the other triangle", { 20_000 - Double($0) }),
      ("the last tenth", { $0 >= 18_000 ? 10_000 : 10 }),
      ("the first tenth", { $0 < 2000 ? 10_000 : 10 }),
    ]
    for (name, cost) in shapes {
      let costs = Costs((0..<20_000).map(cost))
      for known in [0, costs.total / 20_000] {
        let outcome = Self.simulate(costs, workers: workers, dealing: PW_DEAL_TIMED, each: Float(known))
        let ideal = costs.ideal(workers)
        #expect(
          outcome.duration <= ideal * 1.05,
          "\(name), \(known) known: \(outcome.duration), ideal \(ideal), \(outcome.batches.count) batches")
        #expect((outcome.work.max() ?? 0) <= ideal * 1.05, "\(name): \(outcome.work)")
      }
    }
  }

  /// What is taken cannot be had by others any more: of a slice of which nothing is known a sixteenth at most, then an
  /// eighth of what is left.
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
        #expect(next >= 1 && next <= max(rest / 8, UInt64(500 / each), 1) && next <= rest)
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

import Glibc
import PeerKit
import Pinwheel

/// Whether loops are split well, judged by what each slot was given to do, not by the clock:
///
/// - the work of loops with heavy tails within 5 % of the ideal split;
/// - uniform loops within 10 % of the grain that is best by trial, from 10 ns to 1 ms an index.
///
/// `balance [auto|guided|static]` judges that schedule; settings from `PINWHEEL_*`. Exit status 1: not so.
@main
enum Balance {
  static func main() throws {
    let schedules: [String: Schedule] = ["auto": .auto, "guided": .guided(grain: 1), "static": .static]
    let arguments = CommandLine.arguments.dropFirst()
    guard arguments.count <= 1, let schedule = schedules[arguments.first ?? "auto"] else {
      print("usage: balance [auto|guided|static]")
      exit(2)
    }
    let pool = try ThreadPool(.environment)
    var bench = BalanceBench(pool: pool, schedule: schedule)
    print("\(pool.workerCount) workers, \(Int(BalanceBench.workerNanoseconds / 1e6)) ms of work for each; \(schedule)")
    print("the best of \(BalanceBench.rounds.lowerBound) to \(BalanceBench.rounds.upperBound) rounds: ", terminator: "")
    print("what else runs on a machine takes work from slots, never gives a better split")
    bench.splitHeavyTails()
    bench.sweepGrains()
    if bench.failures.isEmpty { return }
    print("\nnot so:\n" + bench.failures.map { "  \($0)" }.joined(separator: "\n"))
    exit(1)
  }
}

struct BalanceBench {
  let pool: ThreadPool
  let schedule: Schedule
  private(set) var failures: [String] = []
  private let roundsPerNanosecond = Double(LightLoad.roundsForMicroseconds(1000)) / 1e6

  /// Enough for a wake-up to be next to nothing, and short beside what a thread is given by a busy machine.
  static let workerNanoseconds = 10e6
  /// At least, and at most while what is judged is not good enough.
  static let rounds = 3...60

  init(pool: ThreadPool, schedule: Schedule) { (self.pool, self.schedule) = (pool, schedule) }

  private var total: Double { Self.workerNanoseconds * Double(pool.workerCount) }

  /// Calls `attempt` a few times, and more often until what it returns is at most `limit`.
  ///
  /// - Returns: The least of what it has returned, by `value`.
  private func best<T>(_ limit: Double, _ value: (T) -> Double, _ attempt: () -> T) -> T {
    var best = attempt()
    for round in 1..<Self.rounds.upperBound {
      if round >= Self.rounds.lowerBound, value(best) <= limit { break }
      let next = attempt()
      if value(next) < value(best) { best = next }
    }
    return best
  }

  // MARK: Heavy tails

  mutating func splitHeavyTails() {
    print(
      "\nheavy tails, 20000 indices".padded(38), "ideal".padded(10), "busiest".padded(10), "over".padded(8), "chunks")
    for shape in Shape.all {
      let rounds = shape.rounds(20_000, total: total * roundsPerNanosecond)
      let (sum, largest) = (rounds.reduce(0, +), rounds.max() ?? 0)
      let ideal = max(Double(sum) / Double(pool.workerCount), Double(largest)) / roundsPerNanosecond
      let count = WorkLedger.with(rounds) { ledger in
        best(ideal * 1.05, \.busiest) {
          let reports = pool.reporting { pool.parallelFor(0..<rounds.count, schedule: schedule) { ledger.run($0) } }
          let (most, all) = ledger.close()
          guard let report = reports.first, all == sum else {
            return LoopCount(busiest: .infinity, chunks: 0)
          }
          return LoopCount(report, busiestWork: Double(most) / roundsPerNanosecond)
        }
      }
      judge(shape.name, count, against: ideal, limit: 1.05, note: "")
    }
  }

  // MARK: The grain

  mutating func sweepGrains() {
    print("\nuniform loops".padded(38), "by trial".padded(10), "busiest".padded(10), "over".padded(8), "chunks")
    for nanoseconds in [10.0, 100, 1000, 10_000, 100_000, 1_000_000] {
      let count = Int(total / nanoseconds)
      let rounds = Int(nanoseconds * roundsPerNanosecond)
      func run(_ schedule: Schedule) -> LoopCount {
        let reports = pool.reporting {
          pool.parallelFor(0..<count, schedule: schedule) { index in
            _ = Arithmetic.work(UInt64(index), rounds: rounds)
          }
        }
        return reports.first.map { LoopCount($0, each: nanoseconds) } ?? LoopCount(busiest: .infinity, chunks: 0)
      }
      // No more chunks than some thousand a worker: beyond that their number costs more than they can gain.
      let grains = sequence(first: 1) { $0 * 4 }
        .prefix { $0 <= max(count / pool.workerCount, 1) }
        .filter { count / $0 <= 4000 * pool.workerCount }
      let ideal = total / Double(pool.workerCount)
      let trials = grains.map { grain in (grain, best(ideal * 1.01, \.busiest) { run(.dynamic(grain: grain)) }) }
      guard let (grain, byTrial) = trials.min(by: { $0.1.busiest < $1.1.busiest }) else { continue }
      let judged = best(byTrial.busiest * 1.1, \.busiest) { run(schedule) }
      judge(
        "\(count) of \(Int(nanoseconds)) ns", judged, against: byTrial.busiest, limit: 1.1,
        note: "  best by trial: \(grain) at a time")
    }
  }

  private mutating func judge(
    _ name: String, _ count: LoopCount, against best: Double, limit: Double, note: String
  ) {
    let over = "\((((count.busiest / best - 1) * 1000).rounded() / 10).clamped(to: -100...10_000)) %"
    print(
      "  \(name)".padded(37), "\(Int(best / 1000)) µs".padded(10),
      "\(Int((count.busiest / 1000).clamped(to: 0...1e12))) µs".padded(10), over.padded(8), "\(count.chunks)\(note)")
    if !(count.busiest <= best * limit) { failures.append("\(name): \(over) above, more than \(percent(limit))") }
  }

  private func percent(_ limit: Double) -> String { "\(Int(((limit - 1) * 100).rounded())) %" }
}

extension LoopCount {
  fileprivate init(busiest: Double, chunks: Int) { (self.busiest, self.chunks) = (busiest, chunks) }
}

extension Double {
  fileprivate func clamped(to range: ClosedRange<Double>) -> Double {
    Swift.min(Swift.max(self, range.lowerBound), range.upperBound)
  }
}

extension String {
  fileprivate func padded(_ width: Int) -> String {
    self + String(repeating: " ", count: Swift.max(width - count, 0))
  }
}

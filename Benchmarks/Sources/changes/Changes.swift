import CBenchmarkSystem
import Glibc
import Pinwheel

/// How long a pool under full load takes to accept other settings: the time that `ThreadPool.apply` takes to return.
///
/// `changes [WORKERS] [CHANGES]`: a pool of as many workers as CPUs, and one of WORKERS (8), which three threads keep busy,
/// and CHANGES of each kind (10000).
///
/// The caller needs a CPU as well, and the kernel may give it to others meanwhile. So for comparison the same thread
/// computes for as long as a change costs in CPU time, between two looks at the clock, under the same load. Exit status
/// 1: less than 99.9 % of the changes were accepted within 5 ms, and fewer, by one in a thousand, than of the comparison.
@main
enum Changes {
  static let limit = 5_000_000.0

  static func main() throws {
    let arguments = CommandLine.arguments.dropFirst().map { Int($0) }
    guard arguments.count <= 2, arguments.allSatisfy({ $0.map { (1...100_000).contains($0) } == true }) else {
      print("usage: changes [WORKERS] [CHANGES]")
      exit(2)
    }
    let most = arguments.first.flatMap { $0 } ?? 8
    let count = arguments.dropFirst().first.flatMap { $0 } ?? 10_000
    let cpus = Int(bench_usable_cpus(nil, 0))
    print("\(cpus) CPUs; \(count) changes of each kind, while three threads keep the pool busy")
    print("".padding(42) + "within 5 ms   median      99%  longest   CPU time   waits  preempted")
    var isSlow = false
    for workers in Set([min(cpus, most), most]).sorted() {
      for kind in Kind.allCases {
        let bench = try Bench(workers: workers)
        let (changes, idle) = try bench.run(kind, count)
        try bench.end()
        let title = "\(workers) workers, \(kind.rawValue)"
        print(changes.line(title))
        print(idle.line("  as much computing, no change"))
        if changes.fraction(within: limit) < min(0.999, idle.fraction(within: limit) - 0.001) { isSlow = true }
      }
    }
    exit(isSlow ? 1 : 0)
  }
}

/// What is changed.
enum Kind: String, CaseIterable {
  case places
  case size
  case both = "places and size"

  func settings(_ change: Int, workers: Int) -> PoolConfiguration {
    var configuration = PoolConfiguration(workers: .exactly(workers), places: .threads)
    configuration.bind = .close
    // Two places, or two sizes, in turn; in a pool of one worker there is no other size.
    if self != .size, change % 2 == 0 { configuration.bind = .spread }
    if self != .size, change % 4 < 2 { configuration.bind = .none }
    if self != .places { configuration.workers = .exactly(1 + change * 5 % workers) }
    return configuration
  }
}

/// Times of one kind of step.
struct Steps {
  var wall: [Double] = []
  var cpu = 0.0
  /// How often the thread has waited, and has been made to wait.
  var waits = 0
  var preemptions = 0

  func fraction(within limit: Double) -> Double {
    Double(wall.count { $0 <= limit }) / Double(max(wall.count, 1))
  }

  func line(_ title: String) -> String {
    let sorted = wall.sorted()
    func at(_ part: Double) -> String {
      let index = min(sorted.count - 1, Int(part * Double(sorted.count)))
      return text(sorted[index] / 1000, 6) + " us"
    }
    let each = Double(max(wall.count, 1))
    return title.padding(40) + text(100 * fraction(within: Changes.limit), 11, decimals: 2) + " %" + at(0.5) + at(0.99)
      + at(1) + text(cpu / each / 1000, 8) + " us" + text(Double(waits) / each, 8, decimals: 2)
      + text(Double(preemptions) / each, 11, decimals: 2)
  }

  private func text(_ value: Double, _ width: Int, decimals: Int = 0) -> String {
    let scale = decimals == 2 ? 100.0 : 1
    let rounded = (value * scale).rounded()
    var digits = "\(Int(rounded))"
    if decimals == 2 {
      while digits.count < 3 { digits = "0" + digits }
      digits.insert(".", at: digits.index(digits.endIndex, offsetBy: -2))
    }
    return String(repeating: " ", count: max(width - digits.count, 1)) + digits
  }
}

extension String {
  fileprivate func padding(_ width: Int) -> String { self + String(repeating: " ", count: max(width - count, 1)) }
}

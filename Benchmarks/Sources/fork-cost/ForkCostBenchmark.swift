import Glibc
import Pinwheel
import PinwheelWorkloads

/// What a fork costs, from outside of the package: `fork-cost [n] [rounds]`, settings from `PINWHEEL_*`.
@main
enum ForkCostBenchmark {
  static func main() throws {
    let words = CommandLine.arguments.dropFirst()
    let arguments = words.compactMap { Int($0) }
    guard words.count <= 2, arguments.count == words.count, arguments.allSatisfy({ $0 > 0 }) else {
      fputs("usage: fork-cost [n, default 39] [rounds, default 5]\n", stderr)
      exit(2)
    }
    let n = arguments.first ?? 39
    let rounds = arguments.dropFirst().first ?? 5

    var report = try BenchReport(describing: .environment)
    for line in report.preamble { print(line) }
    report.forkCost = try ForkCost.measure(n: n, rounds: rounds, configuration: .environment)
    print()
    for line in report.forkCostLines { print(line) }
    print("every run returned fib(\(n)) as computed by iteration")
  }
}

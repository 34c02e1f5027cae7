import Glibc
import Pinwheel
import PinwheelWorkloads

/// What a fork costs, from outside of the package: `fork-cost [n] [rounds]`, settings from `PINWHEEL_*`.
@main
enum ForkCostBenchmark {
  static func main() throws {
    let arguments = CommandLine.arguments.dropFirst().map(Int.init)
    guard arguments.count <= 2, !arguments.contains(nil) else {
      print("usage: fork-cost [n, default 39] [rounds, default 5]")
      exit(2)
    }
    let n = arguments.first.flatMap(\.self) ?? 39
    let rounds = arguments.dropFirst().first.flatMap(\.self) ?? 5

    var report = try BenchReport(describing: .environment)
    for line in report.preamble { print(line) }
    report.forkCost = try ForkCost.measure(n: n, rounds: rounds, configuration: .environment)
    print()
    for line in report.forkCostLines { print(line) }
    print("every run returned fib(\(n)) as computed by iteration")
  }
}

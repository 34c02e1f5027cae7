internal import CBenchmarkSystem
internal import Foundation

extension Report {
  /// Keys sorted, one a line. Infinities, which JSON lacks, are strings.
  package func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
  }
}

/// The CPUs that this process may use.
package var usableCPUs: [Int] {
  let count = bench_usable_cpus(nil, 0)
  var cpus = [Int32](repeating: 0, count: Int(count))
  let found = cpus.withUnsafeMutableBufferPointer { bench_usable_cpus($0.baseAddress, count) }
  return cpus.prefix(Int(min(found, count))).map(Int.init)
}

/// A Ctrl-C ends the peers too, also those that stand still.
package func endChildrenOnSignals() {
  bench_kill_children_on_signals()
}

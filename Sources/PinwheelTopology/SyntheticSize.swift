/// How large a machine a synthetic description makes up, as far as it can be told before hwloc makes it.
///
/// hwloc looks through all objects again for each object that it adds: 4096 in a row take it 4 s, 8192 half a minute.
struct SyntheticSize {
  /// The most CPUs of any machine.
  static let mostCPUs = 4096
  /// The most of one that has no more than ``mostInNarrow`` of anything in what is around it.
  static let mostCPUsOfNarrow = 16384
  static let mostInNarrow = 256

  static let allowed =
    "allowed: up to \(mostCPUs) CPUs, or \(mostCPUsOfNarrow) if no count is above \(mostInNarrow)"

  /// What the counts come to, at most `Int.max`.
  private(set) var cpus = 1
  private var largestCount = 1

  /// Counts are the numbers of `package:2 core:4 pu:2` and of `2 4 2`; attributes and memory, in brackets, have none.
  init(_ description: String) {
    var depth = 0
    for word in description.split(separator: " ") {
      if depth == 0, !word.hasPrefix("["), !word.hasPrefix("(") {
        let number = (word.split(separator: ":", maxSplits: 1).last ?? word).prefix { $0.isASCII && $0.isNumber }
        // hwloc has the say on what is no number.
        let count = number.isEmpty ? 1 : Int(number) ?? .max
        largestCount = max(largestCount, count)
        let (product, overflows) = cpus.multipliedReportingOverflow(by: count)
        cpus = overflows ? .max : product
      }
      depth += word.count { "([".contains($0) } - word.count { ")]".contains($0) }
    }
  }

  var isTooLarge: Bool {
    cpus > (largestCount > Self.mostInNarrow ? Self.mostCPUs : Self.mostCPUsOfNarrow)
  }
}

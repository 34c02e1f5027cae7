/// A set of logical CPUs, named by the operating system's numbers.
///
/// Any CPU number that Linux could give out fits (a C `int`), so machines with more than 1,024 CPUs and sparse
/// numbering need no special care. Numbers outside of that name no CPU and are left out, so that a set can be made from
/// untrusted input without a trap. The text form is the kernel's list format, as in `/sys/devices/system/cpu/online`
/// (see `cpuset(7)`, "List format").
///
/// ```swift
/// let cpus = CPUSet("0-3,8")!
/// cpus.union([9]).description   // "0-3,8-9"
/// ```
///
/// Stored as sorted runs: set algebra costs time in the number of runs, not of CPUs.
public struct CPUSet: Hashable, Sendable {
  /// The largest CPU number that is kept.
  public static let largestCPU = Int(Int32.max) - 1

  /// Sorted, disjoint, never adjacent and never empty, so that equal sets have equal runs.
  private(set) var runs: [Range<Int>]

  /// The empty set.
  public init() {
    runs = []
  }

  /// The CPUs that a sequence names, in any order, repeated or not.
  public init(_ cpus: some Sequence<Int>) {
    self.init(coalescing: cpus.compactMap { Self.run($0...$0) })
  }

  /// The CPUs of a range, at the cost of one.
  public init(_ cpus: ClosedRange<Int>) {
    runs = Self.run(cpus).map { [$0] } ?? []
  }

  /// The CPUs of a range, at the cost of one.
  public init(_ cpus: Range<Int>) {
    runs = cpus.isEmpty ? [] : Self.run(cpus.lowerBound...(cpus.upperBound - 1)).map { [$0] } ?? []
  }

  init(coalescing unsorted: [Range<Int>]) {
    runs = []
    for run in unsorted.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if let last = runs.last, run.lowerBound <= last.upperBound {
        runs[runs.count - 1] = last.lowerBound..<Swift.max(last.upperBound, run.upperBound)
      } else {
        runs.append(run)
      }
    }
  }

  /// A closed range cut down to numbers that a CPU can have; nil if none is left.
  private static func run(_ cpus: ClosedRange<Int>) -> Range<Int>? {
    let low = Swift.max(cpus.lowerBound, 0)
    let high = Swift.min(cpus.upperBound, largestCPU)
    return low <= high ? low..<(high + 1) : nil
  }
}

// MARK: - Set algebra

extension CPUSet {
  /// Whether the set names no CPU.
  public var isEmpty: Bool { runs.isEmpty }

  /// How many CPUs the set names.
  public var count: Int { runs.reduce(0) { $0 + $1.count } }

  /// The lowest CPU number.
  public var first: Int? { runs.first?.lowerBound }

  /// The highest CPU number.
  public var last: Int? { runs.last.map { $0.upperBound - 1 } }

  /// Whether the set names `cpu`. Costs the logarithm of the number of runs.
  public func contains(_ cpu: Int) -> Bool {
    // The first run that ends after the CPU is the only one that can hold it.
    var (low, high) = (0, runs.count)
    while low < high {
      let middle = (low + high) / 2
      if runs[middle].upperBound <= cpu { low = middle + 1 } else { high = middle }
    }
    return low < runs.count && runs[low].contains(cpu)
  }

  /// Whether every CPU of this set is in `other`.
  public func isSubset(of other: CPUSet) -> Bool {
    subtracting(other).isEmpty
  }

  /// The CPUs that are in either set.
  public func union(_ other: CPUSet) -> CPUSet {
    CPUSet(coalescing: runs + other.runs)
  }

  /// The CPUs that are in both sets.
  public func intersection(_ other: CPUSet) -> CPUSet {
    var common: [Range<Int>] = []
    var (mine, theirs) = (runs[...], other.runs[...])
    while let a = mine.first, let b = theirs.first {
      if a.overlaps(b) { common.append(a.clamped(to: b)) }
      if a.upperBound <= b.upperBound { mine.removeFirst() } else { theirs.removeFirst() }
    }
    return CPUSet(coalescing: common)
  }

  /// The CPUs of this set that are not in `other`.
  public func subtracting(_ other: CPUSet) -> CPUSet {
    var kept: [Range<Int>] = []
    var theirs = other.runs[...]
    for run in runs {
      var low = run.lowerBound
      while let cut = theirs.first, cut.lowerBound < run.upperBound {
        if low < cut.lowerBound { kept.append(low..<cut.lowerBound) }
        low = Swift.max(low, cut.upperBound)
        // A cut that reaches beyond this run may also cut the next one.
        if cut.upperBound > run.upperBound { break }
        theirs.removeFirst()
      }
      if low < run.upperBound { kept.append(low..<run.upperBound) }
    }
    return CPUSet(coalescing: kept)
  }
}

extension CPUSet: Sequence {
  /// The CPU numbers in ascending order.
  public func makeIterator() -> FlattenSequence<[Range<Int>]>.Iterator {
    runs.joined().makeIterator()
  }

  public var underestimatedCount: Int { count }
}

extension CPUSet: ExpressibleByArrayLiteral {
  public init(arrayLiteral cpus: Int...) {
    self.init(cpus)
  }
}

// MARK: - Text

extension CPUSet: LosslessStringConvertible {
  /// The kernel's list format: `0-3,8`; empty for the empty set.
  public var description: String {
    runs.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound - 1)" }.joined(separator: ",")
  }

  /// Reads the kernel's list format, with blanks and a final newline as the kernel prints them.
  ///
  /// - Returns: nil for anything that is not a list of numbers and ascending ranges, or names a number above
  ///   ``largestCPU``. The empty text is the empty set.
  public init?(_ list: String) {
    let text = list.trimmingBlanks
    var parsed: [Range<Int>] = []
    for item in text.isEmpty ? [] : text.split(separator: ",", omittingEmptySubsequences: false) {
      let ends = item.split(separator: "-", omittingEmptySubsequences: false).map { Self.number($0.trimmingBlanks) }
      guard ends.count <= 2, let low = ends.first ?? nil, let high = ends.last ?? nil, low <= high else { return nil }
      parsed.append(low..<(high + 1))
    }
    self.init(coalescing: parsed)
  }

  private static func number(_ digits: Substring) -> Int? {
    // Int("+1") would be accepted.
    guard digits.utf8.allSatisfy({ (48...57).contains($0) }), let number = Int(digits) else { return nil }
    return number <= largestCPU ? number : nil
  }
}

extension CPUSet: Codable {
  /// Encoded as its text, `"0-3,8"`.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }

  /// Decoded from its text, `"0-3,8"`.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let set = CPUSet(text) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "'\(text)' is not a list of CPUs such as 0-3,8")
    }
    self = set
  }
}

extension CPUSet {
  /// The mask that `sched_setaffinity(2)` takes: bit `n % 64` of word `n / 64` stands for CPU `n`, and the last word is
  /// not zero.
  public var affinityMask: [UInt64] {
    guard let last else { return [] }
    var words = [UInt64](repeating: 0, count: last / 64 + 1)
    for cpu in self { words[cpu / 64] |= 1 << UInt64(cpu % 64) }
    return words
  }
}

extension StringProtocol {
  /// Without the blanks and newlines at both ends.
  var trimmingBlanks: SubSequence {
    guard let start = firstIndex(where: { !$0.isWhitespace }), let end = lastIndex(where: { !$0.isWhitespace }) else {
      return self[endIndex...]
    }
    return self[start...end]
  }
}

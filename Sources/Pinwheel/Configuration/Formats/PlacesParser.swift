import PinwheelTopology

/// Reads the grammar of `OMP_PLACES` (OpenMP 5.2, section 21.1.6) by recursive descent:
///
/// ```
/// list         = word | word "(" count ")" | interval { "," interval }
/// interval     = place [ ":" count [ ":" stride ] ] | "!" place
/// place        = "{" cpu-interval { "," cpu-interval } "}" | cpu
/// cpu-interval = cpu [ ":" count [ ":" stride ] ] | cpu "-" cpu | "!" cpu
/// ```
///
/// `{0:4}` is CPUs 0 to 3, `{0:4:2}` is 0, 2, 4, 6, and `{0:4}:2:8` is `{0:4},{8:4}`; strides default to 1 and may be
/// negative. `!` takes the CPU or the place after it out of what stands before it. The range `0-3` is the kernel's way
/// to write it and no OpenMP. Blanks may stand anywhere between tokens.
///
/// The text may come from anywhere, so what it expands to is bounded while it expands.
struct PlacesParser {
  static let words: [(String, Places)] = [
    ("threads", .threads), ("cores", .cores), ("ll_caches", .llCaches), ("numa_domains", .numaDomains),
    ("sockets", .sockets),
  ]
  /// What others call them, to suggest ours.
  private static let synonyms: [String: String] = [
    "cpus": "threads", "pus": "threads", "hwthreads": "threads", "l3": "ll_caches", "l3cache": "ll_caches",
    "llc": "ll_caches", "caches": "ll_caches", "numa": "numa_domains", "nodes": "numa_domains",
    "numanodes": "numa_domains",
    "packages": "sockets",
  ]
  static let mostPlaces = 4096
  /// CPU numbers lie below this, and all places together hold no more than this many.
  static let mostCPUs = 65536

  private var scanner: TextScanner
  private var cpuCount = 0

  init(_ text: String) {
    scanner = TextScanner(text)
  }

  mutating func parse() throws(ValueProblem) -> PlaceSelection {
    guard let next = scanner.peek() else { throw ValueProblem("no place is named") }
    switch next {
    case UInt8(ascii: "{"), UInt8(ascii: "!"), UInt8(ascii: "0")...UInt8(ascii: "9"):
      return PlaceSelection(places: .explicit(try explicitPlaces()))
    default: return try namedPlaces()
    }
  }

  // MARK: Words

  private mutating func namedPlaces() throws(ValueProblem) -> PlaceSelection {
    let word = scanner.word()
    guard let (_, places) = Self.words.first(where: { $0.0 == word.lowercased() }) else {
      let name = word.lowercased() + (word.last?.isLetter == true ? scanner.digits() : "")
      throw ValueProblem(
        "not a kind of place",
        suggestion: word.isEmpty ? nil : Self.synonyms[name] ?? nearestWord(to: word, among: Self.words.map(\.0)))
    }
    var limit: Int?
    if scanner.accept("(") {
      limit = try count("a number of places", atMost: Self.mostPlaces)
      guard scanner.accept(")") else { throw expected("a closing parenthesis") }
    }
    guard scanner.isAtEnd() else { throw expected("the end") }
    return PlaceSelection(places: places, limit: limit)
  }

  // MARK: Places

  private mutating func explicitPlaces() throws(ValueProblem) -> [CPUSet] {
    var places: [CPUSet] = []
    repeat {
      if scanner.accept("!") {
        let excluded = try place()
        guard places.contains(excluded) else {
          throw ValueProblem("!{\(excluded)} excludes no place that stands before it")
        }
        places.removeAll { $0 == excluded }
      } else {
        try append(interval: try place(), to: &places)
      }
    } while scanner.accept(",")
    guard scanner.isAtEnd() else { throw expected("a comma or the end") }
    guard !places.isEmpty else { throw ValueProblem("every place is excluded") }
    return places
  }

  /// Appends `place`, or as many shifted copies of it as the text asks for.
  private mutating func append(interval place: CPUSet, to places: inout [CPUSet]) throws(ValueProblem) {
    let (copies, stride) = try countAndStride("a number of places", atMost: Self.mostPlaces) ?? (1, 1)
    guard places.count + copies <= Self.mostPlaces else { throw ValueProblem("more than \(Self.mostPlaces) places") }
    try reserve(place.count * (copies - 1))
    // In bounds: copies, strides and CPU numbers are all at most 65536 by now.
    let last = (copies - 1) * stride
    guard let lowest = place.first, let highest = place.last, lowest + min(last, 0) >= 0,
      highest + max(last, 0) < Self.mostCPUs
    else { throw cpuOutOfRange }
    for copy in 0..<copies { places.append(CPUSet(place.map { $0 + copy * stride })) }
  }

  private mutating func place() throws(ValueProblem) -> CPUSet {
    guard scanner.accept("{") else {
      try reserve(1)
      return [try cpu()]
    }
    var cpus = CPUSet()
    repeat {
      if scanner.accept("!") {
        let excluded = try cpu()
        guard cpus.contains(excluded) else { throw ValueProblem("!\(excluded) excludes no CPU that stands before it") }
        cpus = cpus.subtracting([excluded])
      } else {
        cpus = cpus.union(try cpuInterval())
      }
    } while scanner.accept(",")
    guard scanner.accept("}") else { throw expected("a comma or a closing brace") }
    guard !cpus.isEmpty else { throw ValueProblem("every CPU of a place is excluded") }
    return cpus
  }

  // MARK: CPUs

  private mutating func cpuInterval() throws(ValueProblem) -> CPUSet {
    let first = try cpu()
    if scanner.accept("-") {
      let last = try cpu()
      guard first <= last else { throw ValueProblem("the range \(first)-\(last) runs backwards") }
      try reserve(last - first + 1)
      return CPUSet(first...last)
    }
    let (length, stride) = try countAndStride("a number of CPUs", atMost: Self.mostCPUs) ?? (1, 1)
    try reserve(length)
    // In bounds: each factor is at most 65536.
    let last = first + (length - 1) * stride
    guard (0..<Self.mostCPUs).contains(last) else { throw cpuOutOfRange }
    return CPUSet((0..<length).map { first + $0 * stride })
  }

  private mutating func cpu() throws(ValueProblem) -> Int {
    let digits = scanner.digits()
    guard !digits.isEmpty else { throw expected("a CPU number") }
    guard let cpu = Int(digits), cpu < Self.mostCPUs else { throw cpuOutOfRange }
    return cpu
  }

  private var cpuOutOfRange: ValueProblem { ValueProblem("CPU numbers go from 0 to \(Self.mostCPUs - 1)") }

  /// Counts CPUs against the bound before they are made.
  private mutating func reserve(_ cpus: Int) throws(ValueProblem) {
    cpuCount += cpus
    if cpuCount > Self.mostCPUs { throw ValueProblem("more than \(Self.mostCPUs) CPUs in all") }
  }

  // MARK: Numbers

  /// `:count` or `:count:stride`, if either follows.
  private mutating func countAndStride(
    _ what: String, atMost most: Int
  ) throws(ValueProblem) -> (count: Int, stride: Int)? {
    guard scanner.accept(":") else { return nil }
    let length = try count(what, atMost: most)
    guard scanner.accept(":") else { return (length, 1) }
    let isNegative = scanner.accept("-")
    if !isNegative { _ = scanner.accept("+") }
    let digits = scanner.digits()
    guard !digits.isEmpty else { throw expected("a stride") }
    guard let stride = Int(digits), (1..<Self.mostCPUs).contains(stride) else {
      throw ValueProblem("strides go from 1 to \(Self.mostCPUs - 1), or from -1 down")
    }
    return (length, isNegative ? -stride : stride)
  }

  private mutating func count(_ what: String, atMost most: Int) throws(ValueProblem) -> Int {
    let digits = scanner.digits()
    guard !digits.isEmpty else { throw expected(what) }
    guard let count = Int(digits), (1...most).contains(count) else {
      throw ValueProblem("\(what) goes from 1 to \(most)")
    }
    return count
  }

  private mutating func expected(_ what: String) -> ValueProblem {
    scanner.isAtEnd()
      ? ValueProblem("\(what) is missing at the end")
      : ValueProblem("\(what) is missing at character \(scanner.position + 1)")
  }
}

import Foundation
import PinwheelTopology
import Testing

/// One machine of the zoo, as its file in `Fixtures/Zoo` describes it; the folder's README tells how to read one.
struct ZooTable: CustomStringConvertible {
  /// A request, and the place of each worker.
  struct Row: CustomStringConvertible {
    var text: String
    var request: PlacementRequest
    var rank: LocalRank?
    var seats: [CPUSet]

    var description: String { text }
  }

  var name: String
  var machine: Machine
  /// The places of each kind but `threads`, by their word.
  var places: [(word: String, places: [CPUSet])] = []
  var rows: [Row] = []

  var description: String { name }

  static func names() throws -> [String] {
    let folder = try #require(Bundle.module.resourceURL).appendingPathComponent("Fixtures/Zoo").path
    return try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".txt") }.sorted()
      .map { String($0.dropLast(4)) }
  }

  init(_ name: String) throws {
    self.name = name
    let folder = try #require(Bundle.module.resourceURL).appendingPathComponent("Fixtures/Zoo")
    let text = try String(contentsOf: folder.appendingPathComponent(name + ".txt"), encoding: .utf8)
    let lines = text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }.filter {
      !$0.hasPrefix("#")
    }

    func value(_ key: String) -> String? {
      lines.first { $0.hasPrefix(key + " ") }.map { String($0.dropFirst(key.count + 1)) }
    }
    let usable = try value("usable").map { try CPUSet(PlaceNotation.expand($0).flatMap { Array($0) }) }
    let quota = value("quota").flatMap { Double($0) }.map { CPUQuota(cpus: $0, source: "/sys/fs/cgroup/cpu.max") }
    if let description = value("synthetic") {
      machine = try Machine(synthetic: description, usable: usable, quota: quota)
    } else {
      machine = try recorded(#require(value("xml"), "\(name) names no machine"), usable: usable, quota: quota)
    }

    for line in lines {
      let sides = line.components(separatedBy: " : ")
      guard sides.count == 2 else { continue }
      let words = sides[0].split(separator: " ").map(String.init)
      let expected = try PlaceNotation.expand(sides[1].trimmingCharacters(in: .whitespaces))
      if words.first == "places" {
        places.append((words[1], expected))
      } else {
        rows.append(try Self.row(words, expected))
      }
    }
  }

  /// `cores spread 4 smt=one`: places, bind, workers, and what else the request sets.
  private static func row(_ words: [String], _ seats: [CPUSet]) throws -> Row {
    try #require(words.count >= 3, "\(words)")
    var row = Row(text: words.joined(separator: " "), request: PlacementRequest(), seats: seats)
    var place = words[0]
    if let limit = place.firstMatch(of: /\((\d+)\)$/) {
      row.request.limit = Int(limit.1)
      place.removeSubrange(limit.range)
    }
    row.request.places = try kinds[place] ?? .explicit(PlaceNotation.expand(place))
    row.request.bind = try #require(Binding(rawValue: words[1]), "\(words)")
    row.request.workers =
      switch words[2] {
      case "auto": .auto
      case "threads": .threads
      default: .exactly(try #require(Int(words[2]), "\(words)"))
      }
    for option in words.dropFirst(3) {
      let parts = option.split(separator: "=", maxSplits: 1).map(String.init)
      switch (parts[0], parts[1]) {
      case ("smt", let value): row.request.smt = try #require(SMTChoice(rawValue: value))
      case ("kinds", let value): row.request.kinds = try #require(CPUKindChoice(rawValue: value))
      case ("order", let value): row.request.order = try #require(OrderInPlace(rawValue: value))
      case ("reserve", "core_per_node"): row.request.reserve = .corePerNode
      case ("reserve", let value): row.request.reserve = .cpus(try #require(CPUSet(value)))
      case ("rank", let value):
        let numbers = value.split(separator: "/").compactMap { Int($0) }
        row.rank = LocalRank(rank: numbers[0], count: numbers[1], source: "PMI_LOCAL_RANK")
      default: Issue.record("unknown option \(option)")
      }
    }
    return row
  }

  static let kinds: [String: Places] = [
    "threads": .threads, "cores": .cores, "ll_caches": .llCaches, "numa_domains": .numaDomains, "sockets": .sockets,
  ]
}

/// Places as the tables write them: OpenMP's intervals, blanks or commas between them, and `*3` for three times the same.
///
/// `{0:3,48:3}:16:3` is 16 places, each 3 CPUs further on than the one before; `{0:40:2}` is one, with 40 even CPUs.
enum PlaceNotation {
  static func expand(_ text: String) throws -> [CPUSet] {
    var places: [CPUSet] = []
    for match in text.matches(of: /\{([^}]*)\}(?::(\d+)(?::(-?\d+))?)?(?:\*(\d+))?/) {
      let cpus = try match.1.split(separator: ",").flatMap { item -> [Int] in
        let numbers = item.split(separator: ":").compactMap { Int($0) }
        try #require((1...3).contains(numbers.count), "\(text)")
        let (count, stride) = (numbers.count > 1 ? numbers[1] : 1, numbers.count > 2 ? numbers[2] : 1)
        return (0..<count).map { numbers[0] + $0 * stride }
      }
      let (copies, stride) = (match.2.flatMap { Int($0) } ?? 1, match.3.flatMap { Int($0) } ?? 1)
      let times = match.4.flatMap { Int($0) } ?? 1
      for copy in 0..<copies {
        let place = CPUSet(cpus.map { $0 + copy * stride })
        places += Array(repeating: place, count: times)
      }
    }
    return places
  }
}

import Foundation
import PinwheelTopology
import Testing

/// A machine to draw, with the settings that bring something to see.
struct Example: CustomTestStringConvertible, Sendable {
  enum Source: Sendable {
    case synthetic(String)
    /// A recording among the fixtures of the topology's tests.
    case recorded(String)
  }

  var name: String
  var source: Source
  var request: PlacementRequest
  var usable: CPUSet?

  init(
    _ name: String, _ source: Source, workers: WorkerCount = .auto, places: Places = .cores, bind: Binding = .close,
    usable: CPUSet? = nil, _ change: (inout PlacementRequest) -> Void = { _ in }
  ) {
    self.name = name
    self.source = source
    self.usable = usable
    request = PlacementRequest(workers: workers, places: places, bind: bind)
    change(&request)
  }

  var testDescription: String { name }

  func machine() throws -> Machine {
    switch source {
    case .synthetic(let text): try Machine(synthetic: text, usable: usable)
    case .recorded(let name): try Machine(xmlFile: Self.path(of: name), usable: usable)
    }
  }

  static func path(of recording: String) -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "PinwheelTopologyTests/Fixtures/Machines/\(recording).xml").path
  }

  /// Made-up machines from 1 CPU to 2048, and every recording.
  static let all: [Example] = chosen + others

  /// The recordings that nobody has thought of settings for.
  private static var others: [Example] {
    let folder = URL(fileURLWithPath: path(of: "any")).deletingLastPathComponent()
    let files = (try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)) ?? []
    return files.filter { $0.pathExtension == "xml" }.map { $0.deletingPathExtension().lastPathComponent }
      .filter { name in !chosen.contains { $0.name == name } }.sorted().map { Example($0, .recorded($0)) }
  }

  private static let chosen: [Example] = [
    Example("one CPU", .synthetic("pu:1")),
    Example("two CPUs", .synthetic("core:2 pu:1"), bind: .none),
    Example("laptop", .synthetic("package:1 l3:1 core:4 pu:2")) {
      $0.smt = .one
      $0.reserve = .cpus([0, 1])
    },
    Example("no cores", .synthetic("pu:6"), places: .explicit([[0, 1], [3, 4]])),
    Example("long thin machine", .synthetic("package:1 core:48 pu:1"), bind: .spread),
    Example("a prime number", .synthetic("package:1 l3:1 core:37 pu:1")),
    Example("two sockets", .synthetic("package:2 numa:2 l3:2 core:4 pu:2"), workers: .exactly(5), bind: .spread),
    Example("floating in caches", .synthetic("package:2 l3:4 core:4 pu:2"), workers: .exactly(8), places: .llCaches),
    Example("all on the first", .synthetic("package:2 l3:4 core:4 pu:2"), workers: .exactly(9), bind: .primary),
    Example("128 cores", .synthetic("package:1 numa:4 l2:16 core:2 pu:1"), bind: .close),
    Example("256 CPUs", .synthetic("package:2 numa:4 l3:4 core:4 pu:2"), places: .threads, bind: .spread),
    Example("2048 CPUs", .synthetic("package:8 l3:8 core:16 pu:2"), places: .llCaches, bind: .close),
    Example("masked", .synthetic("package:2 l3:2 core:4 pu:2"), usable: CPUSet(4..<20)),
    Example("16amd64-8n2c-cpusets", .recorded("16amd64-8n2c-cpusets")),
    Example("16em64t-4s2c2t-offlines", .recorded("16em64t-4s2c2t-offlines")),
    Example("192em64t-12gr2n8c2t", .recorded("192em64t-12gr2n8c2t"), places: .numaDomains),
    Example("20s390-2g6s4c", .recorded("20s390-2g6s4c"), bind: .spread),
    Example("256ppc-8n8s4t", .recorded("256ppc-8n8s4t")),
    Example("32amd64-4s2n4c-cgroup2", .recorded("32amd64-4s2n4c-cgroup2")),
    Example("48amd64-4d2n6c-sparse", .recorded("48amd64-4d2n6c-sparse"), places: .numaDomains, bind: .spread),
    Example("8intel64-4n2t-memattrs", .recorded("8intel64-4n2t-memattrs"), places: .threads),
    Example("AMD-17h-Zen-2xEpyc-7451", .recorded("AMD-17h-Zen-2xEpyc-7451"), places: .llCaches),
    Example("Intel-CascadeLake-2xXeon6230", .recorded("Intel-CascadeLake-2xXeon6230")) { $0.reserve = .corePerNode },
    Example("hybrid-6p8e2lp", .recorded("hybrid-6p8e2lp"), places: .threads) { $0.kinds = .performance },
    Example("fakeheterocpunuma", .recorded("fakeheterocpunuma")) { $0.kinds = .performance },
  ]
}

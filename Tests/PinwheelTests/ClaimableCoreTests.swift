import Foundation
import PinwheelTopology
import Testing

@testable import Pinwheel

/// Which file stands for which core, by what the kernel says of CPUs.
struct ClaimableCoreTests {
  /// Two packages of two cores with two threads each: the kernel's files of those that are online.
  private func names(online: CPUSet, usable: CPUSet? = nil, without missing: [String] = []) throws -> [String] {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("pinwheel-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    for cpu in online {
      let topology = folder.appendingPathComponent("cpu\(cpu)/topology")
      try FileManager.default.createDirectory(at: topology, withIntermediateDirectories: true)
      let siblings = online.intersection([cpu & ~1, cpu | 1])
      let files = [
        "physical_package_id": "\(cpu / 4)", "die_id": "0", "cluster_id": "65535", "core_id": "\(cpu / 2 % 2 * 4)",
        "thread_siblings_list": "\(siblings)",
      ]
      for (name, text) in files where !missing.contains(name) {
        try Data((text + "\n").utf8).write(to: topology.appendingPathComponent(name))
      }
    }
    let machine = try Machine(synthetic: "package:2 core:2 pu:2", usable: usable ?? online)
    return ClaimableCore.all(of: machine, in: folder.path).map(\.fileName)
  }

  /// Processes that had started before and after had different names for one core, and both had it.
  @Test func aNameStaysWhenASiblingGoesOffline() throws {
    let all = try names(online: CPUSet(0..<8))
    #expect(all == ["core-0.0.65535.0", "core-0.0.65535.4", "core-1.0.65535.0", "core-1.0.65535.4"])
    #expect(try names(online: [1, 2, 5, 6]) == all)
    #expect(try names(online: CPUSet(0..<8), usable: [0, 3, 5, 6]) == all)
    #expect(try names(online: CPUSet(0..<8), usable: [3, 5]) == [all[1], all[2]])
  }

  @Test func whatTheKernelDoesNotNumberIsLeftOut() throws {
    let without = try names(online: CPUSet(0..<8), without: ["die_id", "cluster_id"])
    #expect(without == ["core-0.0", "core-0.4", "core-1.0", "core-1.4"])
    #expect(try names(online: [0, 2], without: ["core_id"]) == ["core-of-cpu-0", "core-of-cpu-2"])
  }
}

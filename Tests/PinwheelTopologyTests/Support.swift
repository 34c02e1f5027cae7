import Foundation
import Testing

@testable import PinwheelTopology

/// The path of a recorded machine.
func recordedPath(_ name: String) throws -> String {
  try #require(Bundle.module.resourceURL).appendingPathComponent("Fixtures/Machines/\(name).xml").path
}

/// A recorded machine, with the start-up mask and quota to pretend.
func recorded(_ name: String, usable: CPUSet? = nil, quota: CPUQuota? = nil) throws -> Machine {
  try Machine(xmlFile: recordedPath(name), usable: usable, quota: quota)
}

/// A folder that is there for the time of a test.
final class TemporaryFolder {
  let path: String

  init() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("pinwheel-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    path = folder.path
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }

  /// Writes a file, with the folders above it.
  @discardableResult
  func write(_ text: String, to file: String) throws -> String {
    let url = URL(fileURLWithPath: path + "/" + file)
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: url)
    return url.path
  }
}

extension Machine {
  /// A plan that uses no more than OpenMP's rules.
  func plan(workers: WorkerCount, places: Places, bind: Binding, limit: Int? = nil) throws(TopologyError)
    -> PlacementPlan
  {
    try plan(PlacementRequest(workers: workers, places: places, bind: bind, limit: limit))
  }
}

import Foundation
import PinwheelTopology

@testable import Pinwheel

/// Two NUMA nodes of four cores that are not there, on which pools claim cores as though they were, in a directory of
/// their own. The kernel may refuse to pin workers there.
final class SharedMachine: Sendable {
  let directory = FileManager.default.temporaryDirectory.appendingPathComponent("pinwheel-\(UUID().uuidString)")
  let machine: Machine

  init() throws {
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    var machine = try Machine(synthetic: "package:2 [numa] core:4 pu:1")
    machine.source = .real
    self.machine = machine
  }

  deinit { try? FileManager.default.removeItem(at: directory) }

  /// A pool of so many workers that are bound to nothing.
  func floatingPool(_ workers: WorkerCount) throws -> ThreadPool {
    var configuration = PoolConfiguration(workers: workers)
    configuration.share = .machine
    configuration.claimsDirectory = directory.path
    return ThreadPool(try Crew.start(configuration, on: machine))
  }

  /// A pool of so many workers, on these CPUs, if any are given.
  func pool(_ workers: WorkerCount, _ cpus: [Int]? = nil) throws -> ThreadPool {
    var configuration = PoolConfiguration(workers: workers, places: .cores, bind: .close)
    if let cpus { configuration.places = .explicit(cpus.map { [$0] }) }
    configuration.share = .machine
    configuration.claimsDirectory = directory.path
    return ThreadPool(try Crew.start(configuration, on: machine))
  }
}

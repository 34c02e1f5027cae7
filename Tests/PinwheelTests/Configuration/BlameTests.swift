import PinwheelTopology
import Testing

@testable import Pinwheel

/// What a plan can't do, by the settings that ask for it.
struct BlameTests {
  private func subject(_ variables: [String: String], machine: String = "package:1 core:4 pu:2") throws -> String {
    let configuration = try PoolConfiguration(environment: variables)
    let error = #expect(throws: TopologyError.self) { try configuration.plan(on: try Machine(synthetic: machine)) }
    return error.map { begin(configuration.misplaced($0), $0) } ?? ""
  }

  /// What stands before the error itself.
  private func begin(_ error: PoolError, _ own: TopologyError) -> String {
    #expect(error.description.hasSuffix(own.description))
    return String(error.description.dropLast(own.description.count))
  }

  /// The error of a pool that did not start named CPUs, and not who had asked for them.
  @Test func aPoolThatCannotBePlacedNamesItsSettings() throws {
    let configuration = try PoolConfiguration(environment: ["PINWHEEL_PLACES": "{16000}", "PINWHEEL_BIND": "close"])
    let error = #expect(throws: PoolError.self) { try ThreadPool(configuration) }
    #expect(error?.description.hasPrefix("PINWHEEL_PLACES={16000}: no CPU to place workers on") == true)
    let pool = try ThreadPool(PoolConfiguration(workers: .exactly(1)))
    let refused = #expect(throws: PoolError.self) { try pool.apply(configuration) }
    #expect(refused == error && pool.workerCount == 1)
  }

  @Test func settingsThatLeaveNoCPUAreNamed() throws {
    #expect(try subject(["PINWHEEL_PLACES": "{99}", "PINWHEEL_SPIN": "1us"]) == "PINWHEEL_PLACES={99}: ")
    #expect(try subject(["PINWHEEL_RESERVE": "0-7"]) == "PINWHEEL_RESERVE=0-7: ")
    #expect(
      try subject(["PINWHEEL_RESERVE": "0", "PINWHEEL_SMT": "one", "PINWHEEL_PLACES": "{0,3}"])
        == "PINWHEEL_SMT=one, PINWHEEL_RESERVE=0: ")
    let asked = TopologyError.noUsableCPU(asked: [0], usable: [])
    #expect(begin(PoolConfiguration().misplaced(asked), asked) == "")
  }

  @Test func settingsFromCodeAreNamedToo() {
    let configuration = PoolConfiguration(workers: .exactly(0))
    let none = TopologyError.invalidWorkerCount(0)
    #expect(begin(configuration.misplaced(none), none) == "workers=0 (set in code): ")
  }

  /// `HWLOC_SYNTHETIC` makes a pool plan for CPUs that are not there: it said that workers were bound to them.
  @Test func workersThatCannotBeBoundAreAWarning() throws {
    let machine = try Machine(synthetic: "core:2 pu:1")
    let bound = try CoreClaims.plan(PoolConfiguration(workers: .auto, bind: .close), on: machine).plan
    #expect(
      bound.warnings.map(\.description) == [
        "workers are not bound: they were placed on a synthetic machine 'core:2 pu:1', which HWLOC_* variables put in this "
          + "machine's place"
      ])
    #expect(try CoreClaims.plan(PoolConfiguration(workers: .auto), on: machine).plan.warnings.isEmpty)
  }
}

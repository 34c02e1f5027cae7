import Testing

@testable import PinwheelTopology

/// What was asked for and is not there: each was left out without a word.
@Suite("Warnings of a plan")
struct WarningTests {
  private func warnings(
    _ machine: String = "package:1 core:4 pu:1", bind: Binding = .close, _ set: (inout PlacementRequest) -> Void
  ) throws -> [String] {
    var request = PlacementRequest(workers: .exactly(1), places: .cores, bind: bind)
    set(&request)
    return try Machine(synthetic: machine).plan(request).warnings.map(\.description)
  }

  @Test("reserved CPUs that the machine does not have")
  func reservedCPUsThatAreMissing() throws {
    #expect(
      try warnings { $0.reserve = .cpus([0, 99]) } == [
        "CPU 99 is reserved, but the machine does not have it (it has 0-3)"
      ])
    #expect(
      try warnings { $0.reserve = .cpus([4, 5]) } == [
        "CPUs 4-5 are reserved, but the machine does not have them (it has 0-3)"
      ])
    #expect(try warnings { $0.reserve = .cpus([3]) } == [])
    // It has CPUs that the process may not use, which can do without being reserved.
    var request = PlacementRequest(workers: .exactly(1))
    request.reserve = .cpus([3])
    #expect(try Machine(synthetic: "core:4 pu:1", usable: [0, 1]).plan(request).warnings.isEmpty)
  }

  @Test("fewer places than so many of them")
  func fewerPlacesThanAskedFor() throws {
    let five = try warnings {
      $0.places = .sockets
      $0.limit = 5
    }
    #expect(five == ["sockets(5) asks for 5 places, and there is only 1"])
    let left = try warnings {
      $0.limit = 4
      $0.reserve = .cpus([0])
    }
    #expect(left == ["cores(4) asks for 4 places, and there are only 3"])
    #expect(try warnings { $0.limit = 4 } == [])
    #expect(try warnings(bind: .none) { $0.limit = 9 } == [])
  }

  @Test("cores that others have claimed are no missing places")
  func claimedPlacesAreThere() throws {
    let claim = CoreClaim(cpus: [0], holder: .init(process: 1, program: nil, pool: nil))
    let plan = try Machine(synthetic: "core:4 pu:1").plan(
      PlacementRequest(workers: .exactly(1), places: .cores, bind: .close, limit: 4), beside: [claim])
    #expect(plan.warnings.isEmpty)
  }

  @Test("frugal CPUs where all are alike")
  func kindsThatAreAlike() throws {
    #expect(
      try warnings { $0.kinds = .efficiency } == [
        "kinds=efficiency has no effect: all CPUs of the machine are of one kind"
      ])
    #expect(try warnings { $0.kinds = .performance } == [])
  }
}

import Testing

@testable import PinwheelTopology

/// How fast workers are beside each other, on machines that mix kinds of CPU.
@Suite("Relative speeds")
struct SpeedTests {
  /// The speeds of workers, one a core, by the first CPU of each.
  private func speeds(
    _ machine: Machine, _ adjust: (inout PlacementRequest) -> Void = { _ in }
  ) throws -> [Double] {
    var request = PlacementRequest(workers: .cores, places: .cores, bind: .close)
    adjust(&request)
    return try machine.plan(request).seats.map(\.speed)
  }

  @Test("the highest frequency of each kind, where that is all that is known")
  func frequencies() throws {
    #expect(try speeds(recorded("hybrid-8p8e")) == Array(repeating: 1, count: 8) + Array(repeating: 0.75, count: 8))
    #expect(try speeds(recorded("arm-4l3m1b")).sorted() == [0.6, 0.6, 0.6, 0.6, 0.8, 0.8, 0.8, 1])
  }

  @Test("Linux's own estimate comes before frequencies, also if they say the opposite")
  func capacities() throws {
    let machine = try recorded("fakeheterocpunuma")
    #expect(machine.relativeSpeed(of: [12]) == 1)
    #expect(machine.relativeSpeed(of: [0]) == 234.0 / 1025 && machine.relativeSpeed(of: [8]) == 234.0 / 1025)
  }

  @Test("1 where it is not known of every kind, where all are alike, and for workers bound to nothing")
  func unknown() throws {
    #expect(try Set(speeds(recorded("hybrid-6p8e2lp"))) == [1])
    #expect(try Set(speeds(Machine(synthetic: "package:2 core:4 pu:2"))) == [1])
    #expect(try Set(speeds(recorded("hybrid-8p8e")) { $0.bind = .none }) == [1])
    #expect(try recorded("hybrid-8p8e").relativeSpeed(of: [1000]) == 1)
  }

  @Test("a worker that moves among kinds has their mean")
  func mixed() throws {
    let machine = try recorded("hybrid-8p8e")
    #expect(machine.relativeSpeed(of: [0, 16]) == 0.875)
    let two = try speeds(machine) {
      $0.workers = .exactly(2)
      $0.places = .explicit([[0, 16], [17, 18]])
    }
    #expect(two == [0.875, 0.75])
    // Compared with the machine's fastest CPU, whoever works there.
    #expect(try Set(speeds(machine) { $0.kinds = .efficiency }) == [0.75])
  }

  @Test("what is no number counts as unknown")
  func nonsense() {
    let cpu = { (number: Int) in
      MachineNode(kind: "PU", osIndex: number, label: "CPU \(number)", cpus: [number])
    }
    func machine(_ capacities: [String]) -> Machine {
      Machine(
        source: .real,
        tree: MachineNode(kind: "Machine", label: "Machine", cpus: [0, 1], children: [cpu(0), cpu(1)]),
        kinds: capacities.enumerated().map {
          .init(cpus: [$0.offset], efficiency: nil, details: ["LinuxCapacity": $0.element])
        })
    }
    #expect(machine(["512", "1024"]).relativeSpeed(of: [0]) == 0.5)
    for text in ["0", "-1", "nan", "inf", "", "1e3", "512MHz", "99999999999999999999"] {
      #expect(machine([text, "1024"]).relativeSpeed(of: [0]) == 1, "\(text)")
    }
  }
}

import Pinwheel
import PinwheelTopology
import Testing

/// Order, kinds, smt, reserve, ranks, scheduling and nice as the environment gives them.
struct PolicyTextTests {
  private func message(_ key: String, _ value: String) -> String? {
    let error = #expect(throws: ConfigurationError.self) { try PoolConfiguration(environment: [key: value]) }
    return error?.description
  }

  @Test func wordsReachTheRequest() throws {
    for order in OrderInPlace.allCases {
      let configuration = try PoolConfiguration(environment: ["PINWHEEL_ORDER": order.rawValue])
      #expect(configuration.placementRequest.order == order)
    }
    for kinds in CPUKindChoice.allCases {
      let configuration = try PoolConfiguration(environment: ["PINWHEEL_KINDS": kinds.rawValue.uppercased()])
      #expect(configuration.placementRequest.kinds == kinds)
    }
    for smt in SMTChoice.allCases {
      #expect(try PoolConfiguration(environment: ["PINWHEEL_SMT": smt.rawValue]).placementRequest.smt == smt)
    }
    for ranks in RankPolicy.allCases {
      #expect(try PoolConfiguration(environment: ["PINWHEEL_RANKS": ranks.rawValue]).placementRequest.ranks == ranks)
    }
    for (text, reserve) in [
      ("none", Reservation.nothing), ("core_per_node", .corePerNode), ("0-1, 8", .cpus([0, 1, 8])), ("7", .cpus([7])),
    ] {
      #expect(try PoolConfiguration(environment: ["PINWHEEL_RESERVE": text]).placementRequest.reserve == reserve)
    }
  }

  @Test(arguments: [
    ("ORDER", "cores", "not an order", "float, cores_first, siblings_first or by_number"),
    (
      "ORDER", "core_first", "not an order (did you mean cores_first?)",
      "float, cores_first, siblings_first or by_number"
    ),
    ("KINDS", "perfomance", "not a choice of kinds (did you mean performance?)", "all, performance or efficiency"),
    ("KINDS", "p", "not a choice of kinds (did you mean performance?)", "all, performance or efficiency"),
    ("SMT", "off", "not a choice of hardware threads (did you mean one?)", "all or one"),
    ("SMT", "2", "not a choice of hardware threads", "all or one"),
    ("RANKS", "on", "not a way to treat ranks (did you mean auto?)", "auto or off"),
    ("RANKS", "0/4", "not a way to treat ranks", "auto or off"),
    ("RESERVE", "core_per_nod", "not CPUs to reserve (did you mean core_per_node?)", Self.reservations),
    ("RESERVE", "0-", "not CPUs to reserve", Self.reservations),
    ("RESERVE", "{0}", "not CPUs to reserve", Self.reservations),
    ("RESERVE", "65536", "CPU numbers go from 0 to 65535", Self.reservations),
    ("RESERVE", "0-99999999999999999999", "not CPUs to reserve", Self.reservations),
    ("SCHEDULING", "fifo", "a priority is missing (did you mean fifo(10)?)", Self.classes),
    ("SCHEDULING", "fifo(0)", "priorities go from 1 to 99", Self.classes),
    ("SCHEDULING", "fifo(100)", "priorities go from 1 to 99", Self.classes),
    ("SCHEDULING", "round_robin(99999999999999999999)", "priorities go from 1 to 99", Self.classes),
    ("SCHEDULING", "fifo()", "not a priority", Self.classes),
    ("SCHEDULING", "fifo(1)x", "not a priority", Self.classes),
    ("SCHEDULING", "bach", "not a scheduling class (did you mean batch?)", Self.classes),
    ("SCHEDULING", "batch(1)", "not a scheduling class (did you mean batch?)", Self.classes),
    ("SHARE", "on", "not something to share (did you mean machine?)", "none or machine"),
    ("SHARE", "machin", "not something to share (did you mean machine?)", "none or machine"),
    ("SHARE", "core", "not something to share", "none or machine"),
    ("CLAIMS", "run/lock", "not the path of a directory, from the root on", Self.directories),
    ("CLAIMS", "~/claims", "not the path of a directory, from the root on", Self.directories),
    ("NICE", "20", "nice values go from -20 to 19", Self.niceValues),
    ("NICE", "-21", "nice values go from -20 to 19", Self.niceValues),
    ("NICE", "99999999999999999999", "nice values go from -20 to 19", Self.niceValues),
    ("NICE", "low", "not a nice value", Self.niceValues),
    ("NICE", "+5", "not a nice value", Self.niceValues),
  ])
  func mistakes(key: String, text: String, problem: String, allowed: String) {
    #expect(message("PINWHEEL_" + key, text) == "PINWHEEL_\(key)=\(text): \(problem); allowed: \(allowed)")
  }

  static let reservations = "none, core_per_node (the first core of each NUMA node), or CPUs such as 0-1,8"
  static let classes = "inherited, normal, batch, idle, or fifo and round_robin with a priority as in fifo(10)"
  static let directories = "auto (the user's runtime directory), or the path of a directory, from the root on"
  static let niceValues = "inherited, or a number from -20 to 19"

  @Test func whatAProgramAssignsIsChecked() {
    let mistakes: [((inout PoolConfiguration) -> Void, String)] = [
      ({ $0.nice = 20 }, "nice=20 (set in code): nice values go from -20 to 19; "),
      ({ $0.scheduling = .fifo(priority: 0) }, "scheduling=fifo(0) (set in code): priorities go from 1 to 99; "),
      ({ $0.scheduling = .roundRobin(priority: .min) }, "scheduling=round_robin(\(Int.min)) (set in code): "),
      ({ $0.claimsDirectory = "" }, "claims= (set in code): not the path of a directory"),
      ({ $0.claimsDirectory = "/run/x " }, "claims=/run/x  (set in code): not the path of a directory"),
      ({ $0.reserve = .cpus([1 << 20]) }, "reserve=1048576 (set in code): CPU numbers go from 0 to 65535; "),
    ]
    for (mistake, message) in mistakes {
      var configuration = PoolConfiguration()
      mistake(&configuration)
      let error = #expect(throws: ConfigurationError.self) { try configuration.resolved() }
      #expect(error?.description.hasPrefix(message) == true, "\(String(describing: error))")
    }
  }

  @Test func whoSharesHeedsClaims() throws {
    let machine = try Machine(synthetic: "core:2 pu:1")
    let claim = CoreClaim(cpus: [0], holder: .init(process: 1, program: nil, pool: nil))
    let floating = try PoolConfiguration(environment: ["PINWHEEL_SHARE": "machine"])
    #expect(floating.warnings.isEmpty)
    #expect(try floating.plan(on: machine, beside: [claim]).seats.map(\.place) == [[1]])
    let bound = try PoolConfiguration(environment: ["PINWHEEL_SHARE": "machine", "PINWHEEL_BIND": "close"])
    #expect(bound.warnings.isEmpty)
    #expect(try bound.plan(on: machine, beside: [claim]).seats.map(\.place) == [[1]])
    for (sharing, places) in [(floating, [[0, 1], [0, 1]]), (bound, [[0], [1]])] as [(PoolConfiguration, [CPUSet])] {
      var alone = sharing
      alone.share = .none
      #expect(try alone.plan(on: machine, beside: [claim]).seats.map(\.place) == places)
    }
  }

  @Test func orderWithoutBindingIsWarned() throws {
    let configuration = try PoolConfiguration(environment: ["PINWHEEL_ORDER": "by_number"])
    #expect(
      configuration.warnings.map(\.description) == [
        "order=by_number has no effect: bind is none; close or spread would give workers places"
      ])
    let bound = try PoolConfiguration(environment: ["PINWHEEL_ORDER": "by_number", "PINWHEEL_BIND": "close"])
    #expect(bound.warnings.isEmpty)
  }
}

import Testing

@testable import PinwheelTopology

/// A request on a recorded machine, and the place of each worker in the kernel's list format.
struct Placement: CustomStringConvertible {
  var machine: String
  var workers: Int
  var places: Places
  var bind: Binding
  var expected: [String]

  init(_ machine: String, _ workers: Int, _ places: Places, _ bind: Binding, _ expected: [String]) {
    (self.machine, self.workers, self.places, self.bind, self.expected) = (machine, workers, places, bind, expected)
  }

  var description: String { "\(machine): \(workers) \(places) \(bind)" }
}

@Suite("Placement on recorded machines")
struct RecordedPlacementTests {
  @Test("puts each worker on its place", arguments: epyc + xeon + power + ultraviolet + opterons + oddities)
  func place(_ placement: Placement) throws {
    let plan = try recorded(placement.machine).plan(
      workers: .exactly(placement.workers), places: placement.places, bind: placement.bind)
    #expect(plan.seats.map(\.place.description) == placement.expected)
    #expect(plan.seats.map(\.worker) == Array(0..<placement.workers))
    #expect(plan.seats.allSatisfy { seat in seat.placeIndex.map { plan.places[$0] == seat.place } ?? false })
  }

  /// Core i has CPUs i and i + 48; three cores share an L3, 24 a package.
  static let epyc = { (name: String) in
    [
      Placement(name, 4, .cores, .close, ["0,48", "1,49", "2,50", "3,51"]),
      Placement(name, 4, .cores, .spread, ["0,48", "12,60", "24,72", "36,84"]),
      Placement(name, 3, .threads, .close, ["0", "48", "1"]),
      Placement(name, 2, .llCaches, .spread, ["0-2,48-50", "24-26,72-74"]),
      // 16 places in 5 parts: 4, 3, 3, 3 and 3 long.
      Placement(
        name, 5, .llCaches, .spread, ["0-2,48-50", "12-14,60-62", "21-23,69-71", "30-32,78-80", "39-41,87-89"]),
      Placement(name, 3, .sockets, .close, ["0-23,48-71", "0-23,48-71", "24-47,72-95"]),
      Placement(name, 2, .llCaches, .primary, ["0-2,48-50", "0-2,48-50"]),
      Placement(name, 1, .numaDomains, .close, ["0-95"]),
    ]
  }("AMD-17h-Zen-2xEpyc-7451")

  /// Package 0 has the even CPUs, package 1 the odd ones; core k of package p has CPUs 2k + p and 40 + 2k + p.
  static let xeon = { (name: String) in
    [
      Placement(name, 3, .cores, .close, ["0,40", "2,42", "4,44"]),
      Placement(name, 2, .cores, .spread, ["0,40", "1,41"]),
      Placement(name, 4, .threads, .spread, ["0", "20", "1", "21"]),
      Placement(
        name, 2, .sockets, .spread,
        [
          "0,2,4,6,8,10,12,14,16,18,20,22,24,26,28,30,32,34,36,38,"
            + "40,42,44,46,48,50,52,54,56,58,60,62,64,66,68,70,72,74,76,78",
          "1,3,5,7,9,11,13,15,17,19,21,23,25,27,29,31,33,35,37,39,"
            + "41,43,45,47,49,51,53,55,57,59,61,63,65,67,69,71,73,75,77,79",
        ]),
    ]
  }("Intel-CascadeLake-2xXeon6230")

  /// Core i has CPUs 4i to 4i + 3; eight cores a node. Each core is a package of its own.
  static let power = { (name: String) in
    [
      Placement(name, 5, .threads, .close, ["0", "1", "2", "3", "4"]),
      Placement(
        name, 8, .cores, .spread, ["0-3", "32-35", "64-67", "96-99", "128-131", "160-163", "192-195", "224-227"]),
      Placement(name, 2, .numaDomains, .spread, ["0-31", "128-159"]),
      // 12 workers on 8 places: 2 on each of the first four.
      Placement(
        name, 12, .numaDomains, .close,
        [
          "0-31", "0-31", "32-63", "32-63", "64-95", "64-95", "96-127", "96-127", "128-159", "160-191", "192-223",
          "224-255",
        ]),
      Placement(name, 2, .sockets, .close, ["0-3", "4-7"]),
    ]
  }("256ppc-8n8s4t")

  /// Core i has CPUs i and i + 192; eight cores a node.
  static let ultraviolet = { (name: String) in
    [
      Placement(name, 2, .cores, .close, ["0,192", "1,193"]),
      Placement(name, 3, .numaDomains, .spread, ["0-7,192-199", "64-71,256-263", "128-135,320-327"]),
      Placement(name, 4, .threads, .spread, ["0", "48", "96", "144"]),
      Placement(name, 2, .sockets, .close, ["0-7,192-199", "8-15,200-207"]),
    ]
  }("192em64t-12gr2n8c2t")

  static let opterons = [
    // Six CPUs share an L3 and a node, twelve a package.
    Placement("48amd64-4d2n6c-sparse", 3, .llCaches, .spread, ["0-5", "18-23", "36-41"]),
    Placement("48amd64-4d2n6c-sparse", 6, .sockets, .close, ["0-11", "0-11", "12-23", "12-23", "24-35", "36-47"]),
    Placement("48amd64-4d2n6c-sparse", 4, .numaDomains, .spread, ["0-5", "12-17", "24-29", "36-41"]),
    Placement("48amd64-4d2n6c-sparse", 2, .cores, .close, ["0", "1"]),
    // CPUs 0-3, 5, 6 and 12-15 are allowed; two cores a package.
    Placement("16amd64-8n2c-cpusets", 3, .cores, .spread, ["0", "5", "13"]),
    Placement("16amd64-8n2c-cpusets", 6, .sockets, .close, ["0-1", "2-3", "5", "6", "12-13", "14-15"]),
    Placement("16amd64-8n2c-cpusets", 2, .numaDomains, .spread, ["0-1", "6"]),
    // CPUs 0-5 are allowed; four cores share an L3 and a node.
    Placement("32amd64-4s2n4c-cgroup2", 4, .cores, .spread, ["0", "2", "4", "5"]),
    Placement("32amd64-4s2n4c-cgroup2", 3, .llCaches, .close, ["0-3", "0-3", "4-5"]),
    Placement("32amd64-4s2n4c-cgroup2", 2, .numaDomains, .spread, ["0-3", "4-5"]),
    Placement("32amd64-4s2n4c-cgroup2", 1, .sockets, .close, ["0-5"]),
  ]

  static let oddities = [
    // Offline CPUs leave cores {0,8} {4,12} | {1,9} | {3,11} {7,15} | {6} {10}.
    Placement("16em64t-4s2c2t-offlines", 7, .cores, .close, ["0,8", "4,12", "1,9", "3,11", "7,15", "6", "10"]),
    Placement("16em64t-4s2c2t-offlines", 3, .cores, .spread, ["0,8", "3,11", "6"]),
    Placement("16em64t-4s2c2t-offlines", 4, .llCaches, .close, ["0,4,8,12", "1,9", "3,7,11,15", "6,10"]),
    // Packages {0-2} {10-12} {3-6} {7-9} {13-14} {15} {16} {17-19}, in this order; no caches, so they count as caches.
    Placement("20s390-2g6s4c", 8, .threads, .close, ["0", "1", "2", "10", "11", "12", "3", "4"]),
    Placement("20s390-2g6s4c", 3, .sockets, .spread, ["0-2", "7-9", "16"]),
    Placement("20s390-2g6s4c", 3, .llCaches, .close, ["0-2", "10-12", "3-6"]),
    // No cores, no packages; two CPUs a node.
    Placement("8intel64-4n2t-memattrs", 4, .cores, .spread, ["0", "2", "4", "6"]),
    Placement("8intel64-4n2t-memattrs", 2, .numaDomains, .spread, ["0-1", "4-5"]),
    Placement("8intel64-4n2t-memattrs", 2, .sockets, .close, ["0-7", "0-7"]),
    // Node 0 has CPUs 0-3, node 1 8-11, node 3 20-23; 4-7 and 12-19 have none of their own.
    Placement("fakeheterocpunuma", 5, .numaDomains, .close, ["0-3", "8-11", "4-7", "12-19", "20-23"]),
    Placement("fakeheterocpunuma", 4, .cores, .spread, ["0-1", "10-11", "12-13", "18-19"]),
    Placement("fakeheterocpunuma", 2, .sockets, .spread, ["0-11", "12-23"]),
  ]
}

import Foundation
import Pinwheel
import PinwheelTopology
import Testing

/// The same strings mean the same to us and to the OpenMP runtimes of gcc and LLVM: on this machine, and on others that
/// the runtimes are made to believe in.
///
/// Where the standard (OpenMP 5.2, section 10.1.3) leaves a remainder to the implementation, only what it demands is
/// compared: each place's share, or each part's length. (With more threads than places libgomp 12 puts the remainder on
/// the first places once more, as in 0 0 1 1 0; LLVM's libomp 14 spreads it, and both of them do it so.)
@Suite(.serialized, .timeLimit(.minutes(5)))
struct OpenMPAgreementTests {
  static let runtimes = [OpenMPRuntime.Library.gnu, .llvm]

  static func isThere(_ library: OpenMPRuntime.Library) -> Bool { OpenMPRuntime.find(library).runtime != nil }

  private func plan(_ places: String, _ bind: String, _ workers: Int, on machine: Machine) throws -> PlacementPlan {
    let configuration = try PoolConfiguration(environment: [
      "PINWHEEL_PLACES": places, "PINWHEEL_BIND": bind, "PINWHEEL_WORKERS": "\(workers)", "PINWHEEL_RANKS": "off",
    ])
    return try configuration.plan(on: machine)
  }

  /// Whether the standard decides where each thread goes.
  private func isDecided(_ bind: String, threads: Int, places: Int, by library: OpenMPRuntime.Library) -> Bool {
    if bind == "primary" { return true }
    if threads > places { return threads % places == 0 }
    // libgomp and we make the first parts the longer ones.
    return bind == "close" || places % threads == 0 || library == .gnu
  }

  /// What the standard demands where it doesn't decide.
  private func isAllowed(_ indices: [Int], bind: String, places: Int) -> Bool {
    let threads = indices.count
    if threads > places {
      return (0..<places).allSatisfy { place in
        let share = indices.count { $0 == place }
        return share == threads / places || share == (threads + places - 1) / places
      }
    }
    return zip(indices, indices.dropFirst() + [places]).allSatisfy { start, end in
      end - start == places / threads || end - start == (places + threads - 1) / threads
    }
  }

  // MARK: This machine

  @Test(.enabled(if: isThere(.gnu), "\(OpenMPRuntime.find(.gnu).reason)"))
  func gnuOnThisMachine() throws { try onThisMachine(.gnu) }

  @Test(.enabled(if: isThere(.llvm), "\(OpenMPRuntime.find(.llvm).reason)"))
  func llvmOnThisMachine() throws { try onThisMachine(.llvm) }

  private func onThisMachine(_ library: OpenMPRuntime.Library) throws {
    let runtime = try #require(OpenMPRuntime.find(library).runtime)
    let machine = try Machine.current()
    guard machine.source == .real else { return }
    let usable = Array(machine.usable)
    let (first, last) = (try #require(usable.first), try #require(usable.last))
    var strings = [
      "threads", "cores", "sockets", "cores(1)", "threads(2)", "{\(first)}", "{\(first)},{\(last)}",
      "{\(first),\(last)}",
      "{\(last)},{\(first)}", "{\(first):1},{\(last):1:1}",
    ]
    if machine.usable == CPUSet(0..<usable.count) {
      strings += [
        "{0:\(usable.count)}", "{0}:\(usable.count)", "{0:1}:\(usable.count):1", "{\(last)}:\(usable.count):-1",
      ]
    }
    var compared = 0
    for places in strings {
      for bind in ["primary", "close", "spread"] {
        for threads in [2, 4] {  // A lone thread isn't displayed by libgomp.
          let plan = try plan(places, bind, threads, on: machine)
          guard isDecided(bind, threads: threads, places: plan.places.count, by: library) else { continue }
          let masks = try runtime.masks(threads: threads, places: places, bind: bind)
          #expect(plan.seats.map(\.place) == masks, "\(runtime): \(places) \(bind) \(threads)")
          compared += 1
        }
      }
    }
    #expect(compared > 40)
  }

  // MARK: Other machines

  /// Machines whose order of cores is the order of their numbers.
  static let machines = [
    "package:2 l3:2 core:3 pu:2(indexes=2*12:1*2)", "package:2 core:4 pu:2", "package:1 core:7 pu:1",
    "package:4 numa:2 core:4 pu:2(indexes=2*32:1*2)", "package:2 core:8 pu:4",
    "package:1 core:1 pu:1", "package:3 core:5 pu:2",
  ]
  /// Numbers alternate between the packages. LLVM's libomp and we go package by package; libgomp goes by number, so that
  /// its `close` puts neighbours on two packages.
  static let interleaved = ["package:2 core:6 pu:2(indexes=12*2:2*6:1*2)"]

  @Test(.enabled(if: isThere(.gnu), "\(OpenMPRuntime.find(.gnu).reason)"), arguments: machines)
  func gnuElsewhere(description: String) throws { try elsewhere(description, .gnu) }

  @Test(.enabled(if: isThere(.llvm), "\(OpenMPRuntime.find(.llvm).reason)"), arguments: machines + interleaved)
  func llvmElsewhere(description: String) throws { try elsewhere(description, .llvm) }

  private func elsewhere(_ description: String, _ library: OpenMPRuntime.Library) throws {
    let runtime = try #require(OpenMPRuntime.find(library).runtime)
    for usable in [nil, CPUSet([1, 2, 3, 5])] {
      let machine = try Machine(synthetic: description, usable: usable)
      guard !machine.usable.isEmpty else { continue }
      let pretended = try PretendedMachine(machine)
      var strings = ["threads", "cores", "sockets"]
      if usable == nil { strings.append("cores(2)") }
      let count = machine.cpus.count
      if usable == nil, count > 12 {
        strings += ["{0:4}:3:4", "{0:4:2},{1:4:2}", "{8:2}:3:-4", "{3},{1},{2}", "{0,1,2},{4:3}", "{5}:4"]
      }
      if library == .gnu {
        // LLVM's libomp 14 knows no memory nodes without hwloc, and takes `!{0}` for all CPUs but 0.
        strings += ["numa_domains"]
        if usable == nil, count > 12 { strings += ["{0:4}:3:4,!{4:4}", "{0:4,!2}"] }
      }
      for places in strings {
        // Of primary one case will do: running a program takes its time.
        for bind in places == "cores" ? ["primary", "close", "spread"] : ["close", "spread"] {
          let available = try plan(places, bind, 1, on: machine).places.count
          let counts =
            bind == "primary" ? [2] : Set([3, available + 1]).filter { $0 <= 9 }
          for threads in counts.sorted() { try compare(runtime, places, bind, threads, on: pretended) }
        }
      }
    }
  }

  private func compare(
    _ runtime: OpenMPRuntime, _ places: String, _ bind: String, _ threads: Int, on pretended: PretendedMachine
  ) throws {
    let plan = try plan(places, bind, threads, on: pretended.machine)
    let what = "\(runtime), \(pretended.machine.source): \(places) \(bind) \(threads)"
    let seats = try runtime.seats(threads: threads, places: places, bind: bind, on: pretended)
    guard seats.allSatisfy({ plan.places.indices.contains($0.index) }) else {
      Issue.record("\(what): other places: \(seats), not \(plan.places)")
      return
    }
    #expect(seats.allSatisfy { plan.places[$0.index] == $0.place }, "\(what): \(seats), not \(plan.places)")
    if isDecided(bind, threads: threads, places: plan.places.count, by: runtime.library) {
      #expect(plan.seats.map(\.placeIndex) == seats.map(\.index), "\(what)")
    } else {
      #expect(isAllowed(seats.map(\.index), bind: bind, places: plan.places.count), "\(what)")
      #expect(isAllowed(plan.seats.compactMap(\.placeIndex), bind: bind, places: plan.places.count), "\(what)")
    }
  }
}

import Foundation
import PinwheelTopology
import Testing

/// gcc's or LLVM's OpenMP runtime, asked where it puts its threads. Compiled with gcc when first needed.
struct OpenMPRuntime: CustomStringConvertible {
  enum Library: String {
    case gnu = "libgomp"
    case llvm = "libomp"
  }

  /// Where a thread is: the number of its place and the place's CPUs; none if it isn't bound.
  struct Seat: Equatable {
    var index: Int
    var place: CPUSet
  }

  let library: Library
  private let program: String
  private let pretence: String

  var description: String { library.rawValue }

  /// - Returns: nil with the reason if there is no compiler or no such library here.
  static func find(_ library: Library) -> (runtime: OpenMPRuntime?, reason: String) {
    found[library] ?? (nil, "not looked for")
  }

  private static let found: [Library: (runtime: OpenMPRuntime?, reason: String)] = {
    [.gnu: make(.gnu), .llvm: make(.llvm)]
  }()

  /// The folder with the programs, for as long as this process lives.
  private static let folder: URL = FileManager.default.temporaryDirectory.appendingPathComponent(
    "pinwheel-openmp-\(getpid())")

  private static func make(_ library: Library) -> (runtime: OpenMPRuntime?, reason: String) {
    let sources = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("OpenMP").path
    let (program, object) = (folder.path + "/" + library.rawValue, folder.path + "/" + library.rawValue + ".o")
    let pretence = folder.path + "/pretend-\(library.rawValue).so"
    try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)

    var link = ["gcc", "-fopenmp", object, "-o", program]
    if library == .llvm {
      let candidates =
        (14...30).map { "/usr/lib/llvm-\($0)/lib/libomp.so.5" } + [
          "/usr/lib/x86_64-linux-gnu/libomp.so.5", "/usr/lib/aarch64-linux-gnu/libomp.so.5",
        ]
      guard let path = candidates.first(where: { FileManager.default.fileExists(atPath: $0) }) else {
        return (nil, "libomp is not installed (Debian: libomp-dev)")
      }
      link = ["gcc", object, path, "-o", program]
    }
    for command in [
      ["gcc", "-O1", "-fopenmp", "-c", sources + "/places.c", "-o", object], link,
      ["gcc", "-O1", "-shared", "-fPIC", sources + "/pretend.c", "-o", pretence, "-ldl"],
    ] {
      do {
        _ = try run(command, environment: [:])
      } catch {
        return (nil, "no gcc with OpenMP: \(error)")
      }
    }
    return (OpenMPRuntime(library: library, program: program, pretence: pretence), "")
  }

  // MARK: Asking

  /// Where the runtime puts its threads on this machine, by what the kernel says of each (`OMP_DISPLAY_AFFINITY`).
  func masks(threads: Int, places: String, bind: String) throws -> [CPUSet] {
    var environment = settings(threads, places, bind)
    environment["OMP_DISPLAY_AFFINITY"] = "true"
    environment["OMP_AFFINITY_FORMAT"] = "mask %n %A"
    let output = try Self.run([program], environment: environment)
    var masks: [Int: CPUSet] = [:]
    for match in output.matches(of: /mask (\d+) ([0-9,-]+)/) {
      if let thread = Int(match.1) { masks[thread] = CPUSet(String(match.2)) }
    }
    return try (0..<threads).map { try #require(masks[$0], "no mask of thread \($0): \(output)") }
  }

  /// Where the runtime would put its threads on another machine, by its own tables.
  func seats(threads: Int, places: String, bind: String, on machine: PretendedMachine) throws -> [Seat] {
    var environment = settings(threads, places, bind)
    environment["LD_PRELOAD"] = pretence
    environment["PRETEND_ROOT"] = machine.root
    environment["PRETEND_CPUS"] = machine.machine.usable.description
    environment["PRETEND_COUNT"] = "\((machine.machine.allowed.last ?? 0) + 1)"
    environment["KMP_TOPOLOGY_METHOD"] = "cpuinfo"
    let output = try Self.run([program], environment: environment)
    var seats: [Int: Seat] = [:]
    for line in output.split(separator: "\n") where line.hasPrefix("thread ") {
      let numbers = line.split(separator: " ").compactMap { Int($0) }
      if numbers.count >= 2 { seats[numbers[0]] = Seat(index: numbers[1], place: CPUSet(numbers.dropFirst(2))) }
    }
    return try (0..<threads).map { try #require(seats[$0], "no place of thread \($0): \(output)") }
  }

  private func settings(_ threads: Int, _ places: String, _ bind: String) -> [String: String] {
    // Passive: a runtime that believes in more CPUs than there are would spin for long.
    [
      "OMP_NUM_THREADS": "\(threads)", "OMP_PLACES": places, "OMP_PROC_BIND": bind, "OMP_DYNAMIC": "false",
      "OMP_WAIT_POLICY": "passive",
    ]
  }

  /// A program that failed, and what it printed.
  struct Failure: Error, CustomStringConvertible {
    var command: String
    var status: Int32
    var output: String
    var description: String { "'\(command)' ended with status \(status): \(output)" }
  }

  /// What a command prints, on both of its outputs.
  private static func run(_ command: [String], environment: [String: String]) throws -> String {
    let process = Process()
    let isPath = command[0].hasPrefix("/")
    process.executableURL = URL(fileURLWithPath: isPath ? command[0] : "/usr/bin/env")
    process.arguments = isPath ? Array(command.dropFirst()) : command
    process.environment = environment.merging(["PATH": "/usr/local/bin:/usr/bin:/bin"]) { mine, _ in mine }
    let pipe = Pipe()
    (process.standardOutput, process.standardError) = (pipe, pipe)
    try process.run()
    let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationReason == .exit, process.terminationStatus == 0 else {
      throw Failure(command: command.joined(separator: " "), status: process.terminationStatus, output: output)
    }
    return output
  }
}

/// A made-up machine as the files below /sys and /proc show it to programs.
final class PretendedMachine {
  let machine: Machine
  let root: String

  init(_ machine: Machine) throws {
    self.machine = machine
    root = FileManager.default.temporaryDirectory.appendingPathComponent("pinwheel-sys-\(UUID().uuidString)").path
    func write(_ text: String, _ path: String) throws {
      let url = URL(fileURLWithPath: root + path)
      try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data((text + "\n").utf8).write(to: url)
    }
    func sharing(_ key: KeyPath<Machine.CPU, Int>, _ cpu: Machine.CPU) -> String {
      CPUSet(machine.cpus.filter { $0[keyPath: key] == cpu[keyPath: key] }.map(\.osIndex)).description
    }
    var information = ""
    for cpu in machine.cpus.sorted(by: { $0.osIndex < $1.osIndex }) {
      let folder = "/sys/devices/system/cpu/cpu\(cpu.osIndex)"
      try write(sharing(\.coreIndex, cpu), folder + "/topology/thread_siblings_list")
      try write(sharing(\.packageIndex, cpu), folder + "/topology/core_siblings_list")
      information += "processor : \(cpu.osIndex)\nphysical id : \(cpu.packageIndex)\ncore id : \(cpu.coreIndex)\n\n"
      try write(sharing(\.numaDomain, cpu), "/sys/devices/system/node/node\(cpu.numaDomain)/cpulist")
    }
    try write(CPUSet(machine.cpus.map(\.numaDomain)).description, "/sys/devices/system/node/online")
    // A blank line beyond the last processor's would count as one more.
    try write(String(information.dropLast()), "/proc/cpuinfo")
  }

  deinit { try? FileManager.default.removeItem(atPath: root) }
}

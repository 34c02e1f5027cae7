import Foundation
import Testing

/// A run of `PinwheelProbe`: a process of its own for what cannot be looked at among other tests.
struct Probe {
  var status: Int32
  var output: String

  init(_ scenario: String, under wrapper: [String] = []) throws {
    let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let program = URL(fileURLWithPath: tests).deletingLastPathComponent().appending(path: "PinwheelProbe").path
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = wrapper + [program, scenario]
    process.environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("PINWHEEL_") }
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    output = String(decoding: try pipe.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    process.waitUntilExit()
    status = process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
  }
}

/// Runs a scenario and expects it to find nothing wrong.
func expectProbe(
  _ scenario: String, under wrapper: [String] = [], location: SourceLocation = #_sourceLocation
) throws {
  let run = try Probe(scenario, under: wrapper)
  #expect(run.status == 0, "\(run.output)", sourceLocation: location)
}

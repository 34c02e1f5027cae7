#if Tools
  import Foundation
  import Testing

  /// What one run of the built `pinwheel` did.
  struct ToolRun {
    var status: Int32
    var output: String
    var errors: String

    var errorLines: [Substring] { errors.split(separator: "\n") }

    /// Runs the tool with no `PINWHEEL_*` variables but those given.
    ///
    /// - Parameter inTerminal: Whether its output is a terminal, which needs `script`.
    init(
      _ arguments: [String], environment: [String: String] = [:], under wrapper: [String] = [], inTerminal: Bool = false
    ) throws {
      var command = wrapper + [try Self.tool()] + arguments
      if inTerminal {
        let quoted = command.map { "'\($0.replacing("'", with: "'\\''"))'" }.joined(separator: " ")
        command = ["script", "--quiet", "--return", "--command", quoted, "/dev/null"]
      }
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
      process.arguments = command
      let inherited = ProcessInfo.processInfo.environment.filter {
        !$0.key.hasPrefix("PINWHEEL_") && $0.key != "NO_COLOR"
      }
      process.environment = inherited.merging(environment) { $1 }
      let (output, errors) = (Pipe(), Pipe())
      process.standardOutput = output
      process.standardError = errors
      try process.run()
      // Standard error is a few lines at most, so that its pipe can't fill up while the other is read.
      let outputBytes = try output.fileHandleForReading.readToEnd() ?? Data()
      let errorBytes = try errors.fileHandleForReading.readToEnd() ?? Data()
      process.waitUntilExit()
      status = process.terminationStatus
      self.output = String(decoding: outputBytes, as: UTF8.self)
      self.errors = String(decoding: errorBytes, as: UTF8.self)
    }

    /// The tool lies beside the program that runs the tests.
    static func tool() throws -> String {
      let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
      return URL(fileURLWithPath: tests).deletingLastPathComponent().appending(path: "pinwheel").path
    }

    /// Standard output as JSON.
    func object() throws -> [String: Any] {
      try #require(try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any])
    }
  }

  /// Runs `body` with the path of a file of this content.
  func withFile(_ content: String, _ body: (_ path: String) throws -> Void) throws {
    let file = FileManager.default.temporaryDirectory.appending(path: "pinwheel-\(UUID().uuidString).yaml")
    try Data(content.utf8).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    try body(file.path)
  }
#endif

#if Tools
  import Foundation
  import Testing

  /// `pinwheel topology --watch`, alive.
  @Suite(.timeLimit(.minutes(2)))
  struct WatchTests {
    private func settings(_ workers: String) -> String { "pinwheel:\n  workers: \(workers)\n  bind: close\n" }

    @Test func aHangUpShowsTheSettingsAnew() throws {
      try withFile(settings("2")) { path in
        func write(_ workers: String) throws { try Data(settings(workers).utf8).write(to: URL(fileURLWithPath: path)) }
        let tool = try LiveTool(["topology", "--synthetic", "core:4 pu:1", "--config", path, "--watch"])
        defer { tool.kill(SIGKILL) }
        #expect(tool.says("Placement: 2 workers"))
        try write("3")
        tool.kill(SIGHUP)
        #expect(tool.says("Placement: 3 workers"))
        // A mistake is told, and ends nothing.
        try write("three")
        tool.kill(SIGHUP)
        #expect(tool.says("warning: \(path):2:12: workers=three"))
        try write("4")
        tool.kill(SIGHUP)
        #expect(tool.says("Placement: 4 workers"))
      }
    }

    @Test func aMistakeAtTheStartIsAnError() throws {
      let run = try ToolRun(["topology", "--workers", "none", "--watch"])
      #expect(run.status == 2 && run.errors.hasPrefix("error: --workers"), "\(run.errors)")
    }

    /// A terminal that is closed sends SIGHUP, too.
    @Test func nobodyLeftToShowItToEndsIt() throws {
      let tool = try LiveTool(["topology", "--synthetic", "core:4 pu:1", "--watch"])
      defer { tool.kill(SIGKILL) }
      #expect(tool.says("Placement: "))
      tool.stopReading()
      tool.kill(SIGHUP)
      #expect(tool.ends())
    }
  }

  /// The built tool while it goes on. Both of its outputs are read as one.
  private final class LiveTool {
    private let process = Process()
    private let pipe = Pipe()
    private var unread = ""

    init(_ arguments: [String]) throws {
      process.executableURL = URL(fileURLWithPath: try ToolRun.tool())
      process.arguments = arguments
      process.environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("PINWHEEL_") }
      process.standardOutput = pipe
      process.standardError = pipe
      try process.run()
      try pipe.fileHandleForWriting.close()
    }

    /// Whether it says so within half a minute, after what it has said before.
    func says(_ text: String) -> Bool {
      let deadline = Date(timeIntervalSinceNow: 30)
      var bytes = [UInt8](repeating: 0, count: 4096)
      while true {
        if let range = unread.range(of: text) {
          unread.removeSubrange(..<range.upperBound)
          return true
        }
        var wait = pollfd(fd: pipe.fileHandleForReading.fileDescriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&wait, 1, CInt(max(deadline.timeIntervalSinceNow, 0) * 1000)) == 1 else { return false }
        // SAFETY: `bytes` is exclusively borrowed across the call, and read writes at most its size.
        let count = bytes.withUnsafeMutableBytes { read(wait.fd, $0.baseAddress, $0.count) }
        if count <= 0 { return false }
        unread += String(decoding: bytes[..<count], as: UTF8.self)
      }
    }

    func stopReading() { try? pipe.fileHandleForReading.close() }

    func kill(_ signal: CInt) {
      if process.isRunning { Glibc.kill(process.processIdentifier, signal) }
    }

    /// Whether it ends within half a minute.
    func ends() -> Bool {
      let deadline = Date(timeIntervalSinceNow: 30)
      while process.isRunning, Date() < deadline { usleep(10_000) }
      return !process.isRunning
    }
  }
#endif

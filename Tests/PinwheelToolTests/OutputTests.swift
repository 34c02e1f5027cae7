#if Tools
  import Foundation
  import Testing

  /// What the tool does where nobody can read what it says.
  @Suite(.timeLimit(.minutes(1)))
  struct OutputTests {
    private static let machine = ["topology", "--synthetic", "pu:1"]

    /// Runs it with its streams redirected by a shell.
    private func run(
      _ arguments: [String], _ redirection: String, environment: [String: String] = [:]
    ) throws -> ToolRun {
      try ToolRun(arguments, environment: environment, under: ["sh", "-c", "exec \"$0\" \"$@\" \(redirection)"])
    }

    /// It died of an illegal instruction.
    @Test(arguments: ["2>/dev/full", "2>&-"])
    func errorsThatNobodyReadsKeepTheirStatus(redirection: String) throws {
      let mistaken = try run(Self.machine, redirection, environment: ["PINWHEEL_WORKERS": "x"])
      #expect(mistaken.status == 2)
      #expect(mistaken.output.isEmpty)
      let warned = try run(Self.machine, redirection, environment: ["PINWHEEL_WORKER": "4"])
      #expect(warned.status == 0)
      #expect(warned.output.contains("Placement: 1 worker"))
    }

    /// So did the benchmark when its first part was done.
    @Test(arguments: ["2>/dev/full", "2>&-"])
    func progressThatNobodyReads(redirection: String) throws {
      try withFolder { folder in
        let measured = try run(Self.shortBench(of: folder), redirection)
        #expect(measured.status == 0)
        #expect(measured.output.contains("wordcount"))
      }
    }

    /// With standard error closed the next file to be opened had its number, and was written into.
    @Test func noFileTakesTheNumberOfAClosedStream() throws {
      try withFolder { folder in
        let file = folder + "/machine.svg"
        let drawn = try run(Self.machine + ["--svg", file], "2>&- >&-", environment: ["PINWHEEL_WORKER": "4"])
        #expect(drawn.status == 2)
        #expect(try String(contentsOfFile: file, encoding: .utf8).hasSuffix("</svg>\n"))
      }
    }

    /// `config` and `bench` reported success, and `topology` Foundation's words for its own use.
    @Test(arguments: [(">/dev/full", "No space left on device"), (">&-", "Bad file descriptor")])
    func resultsThatCannotBeWrittenAreAnError(redirection: String, reason: String) throws {
      try withFile("pinwheel: {workers: 2}") { path in
        try withFolder { folder in
          let commands = [
            Self.machine, Self.machine + ["--json"], Self.machine + ["--svg", "-"], Self.machine + ["--watch"],
            ["config", "show"], ["config", "show", "--json"], ["config", "check", path], Self.shortBench(of: folder),
          ]
          for command in commands {
            let unread = try run(command, redirection)
            #expect(unread.status == 2, "\(command)")
            #expect(unread.errors == "error: cannot write to standard output: \(reason)\n", "\(command)")
          }
        }
      }
    }

    /// It was emptied before anything was measured, so that a benchmark that was given up took the last one's results along.
    @Test func benchKeepsTheOldFileUntilItHasResults() throws {
      try withFolder { folder in
        let file = folder + "/results.json"
        try Data("old".utf8).write(to: URL(filePath: file))
        let givenUp = try run(Self.shortBench(of: folder) + ["--json", file], ">/dev/full")
        #expect(givenUp.status == 2)
        #expect(try String(contentsOfFile: file, encoding: .utf8) == "old")
        // Longer than what replaces it.
        try Data(repeating: 0x20, count: 1 << 20).write(to: URL(filePath: file))
        #expect(try run(Self.shortBench(of: folder) + ["--json", file], "").status == 0)
        let results = try Data(contentsOf: URL(filePath: file))
        #expect(results.count < 1 << 20)
        #expect(try JSONSerialization.jsonObject(with: results) is [String: Any])
      }
    }

    @Test func benchSaysAtOnceThatItsFileCannotBeWritten() throws {
      try withFolder { folder in
        let unwritable = try ToolRun(Self.shortBench(of: folder) + ["--json", folder])
        #expect(unwritable.status == 2)
        #expect(unwritable.output.isEmpty)
        #expect(unwritable.errors == "error: cannot write \(folder): Is a directory\n")
      }
    }

    /// As little as it measures.
    private static func shortBench(of folder: String) -> [String] {
      ["bench", "--quick", "--repeat", "1", "--workloads", "wordcount", "--input", folder]
    }

    /// Runs `body` with the path of a folder that has a file in it.
    private func withFolder(_ body: (_ path: String) throws -> Void) throws {
      let folder = FileManager.default.temporaryDirectory.appending(path: "pinwheel-\(UUID().uuidString)")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(at: folder) }
      try Data("some words to count, some twice\n".utf8).write(to: folder.appending(path: "words.txt"))
      try body(folder.path)
    }
  }
#endif

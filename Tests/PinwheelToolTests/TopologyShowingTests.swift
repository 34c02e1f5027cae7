#if Tools
  import Foundation
  import FoundationXML
  import Testing

  /// What `pinwheel topology` draws and explains.
  @Suite(.timeLimit(.minutes(1)))
  struct TopologyShowingTests {
    private let laptop = ["topology", "--synthetic", "package:1 core:4 pu:2"]

    @Test func explainTellsOfEveryWorkerAndEveryOtherCPU() throws {
      let run = try ToolRun(
        laptop + ["--workers", "2", "--bind", "close", "--smt", "one", "--reserve", "0-1", "--explain"])
      #expect(run.status == 0)
      let lines = run.output.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
      #expect(lines.contains("worker 0  CPU 2  close: place 1 of 3 (cores)"))
      #expect(lines.contains("worker 1  CPU 4  close: place 2 of 3 (cores)"))
      #expect(lines.contains("CPUs without a worker: 6"))
      #expect(lines.contains { $0.hasPrefix("CPU 0-1") && $0.hasSuffix("  reserved for others") })
      let siblings = lines.filter { $0.contains("a hardware thread of the core of CPU") }
      #expect(siblings.count == 3)
      #expect(lines.contains { $0.hasPrefix("CPU 6 ") && $0.hasSuffix("place 3 has no worker: there are 2") })
    }

    @Test func explainWithoutARestSaysSo() throws {
      let run = try ToolRun(laptop + ["--bind", "close", "--explain"])
      #expect(run.output.contains("\nEvery CPU has a worker.\n"))
      #expect(!(try ToolRun(laptop + ["--bind", "close"])).output.contains("Every CPU"))
    }

    @Test func explainTellsOfSlowerWorkers() throws {
      let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "PinwheelTopologyTests/Fixtures/Machines")
      let hybrid = fixtures.appending(path: "hybrid-8p8e.xml").path
      let run = try ToolRun(["topology", "--xml", hybrid, "--bind", "close", "--explain"])
      let lines = run.output.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
      #expect(lines.count { $0.hasPrefix("worker") && $0.contains("  speed 100%  close: place ") } == 8)
      #expect(lines.count { $0.hasPrefix("worker") && $0.contains("  speed 75%   close: place ") } == 8)
    }

    @Test func jsonTellsWhatBoundTheWorkers() throws {
      func placement(_ options: [String], _ environment: [String: String] = [:]) throws -> [String: Any] {
        let run = try ToolRun(options + ["--bind", "close", "--json"], environment: environment)
        return try #require(try run.object()["placement"] as? [String: Any])
      }
      #expect(try placement(laptop)["workerBound"] as? String == "cores")
      #expect(try placement(laptop + ["--workers", "2"])["workerBound"] as? String == "asked")
      #expect(try placement(laptop)["rank"] == nil)
    }

    @Test func jsonHasTheUnusedCPUs() throws {
      let run = try ToolRun(laptop + ["--bind", "close", "--reserve", "7", "--json"])
      let placement = try #require(try run.object()["placement"] as? [String: Any])
      let unused = try #require(placement["unused"] as? [[String: Any]])
      #expect(unused.count == 1)
      #expect(unused.first?["cpu"] as? Int == 7)
      #expect(unused.first?["reason"] as? String == "reserved for others")
    }

    @Test(arguments: [
      (["--color", "always"], [:], true), (["--color", "never"], [:], false), ([], [:], false),
      // Who asks for colours in so many words gets them.
      (["--color", "always"], ["NO_COLOR": "1"], true),
    ])
    func colours(options: [String], environment: [String: String], expected: Bool) throws {
      let run = try ToolRun(laptop + ["--bind", "close"] + options, environment: environment)
      #expect(run.status == 0)
      #expect(run.output.contains("\u{1B}[31m■ worker 0\u{1B}[0m") == expected)
      #expect(run.output.contains("\u{1B}") == expected)
    }

    /// On a terminal of its own, which `script` makes.
    @Test(.enabled(if: access("/usr/bin/script", X_OK) == 0, "no /usr/bin/script to make a terminal with"))
    func aTerminalHasColoursUnlessSomebodyObjects() throws {
      func output(_ environment: [String: String]) throws -> String {
        let run = try ToolRun(
          laptop + ["--bind", "close"], environment: environment.merging(["TERM": "xterm"]) { mine, _ in mine },
          inTerminal: true)
        #expect(run.output.contains("worker 0"))
        return run.output
      }
      #expect(try output([:]).contains("\u{1B}[31m"))
      #expect(!(try output(["NO_COLOR": "1"])).contains("\u{1B}"))
      #expect(!(try output(["TERM": "dumb"])).contains("\u{1B}"))
    }

    @Test func aWordThatIsNoColourChoice() throws {
      let run = try ToolRun(laptop + ["--color", "sometimes"])
      #expect(run.status == 64)
      #expect(run.errors.contains("'sometimes' is invalid for '--color <when>'"))
    }

    @Test func svgIntoAFileBesideTheText() throws {
      let file = FileManager.default.temporaryDirectory.appending(path: "pinwheel-\(UUID().uuidString).svg")
      defer { try? FileManager.default.removeItem(at: file) }
      let run = try ToolRun(laptop + ["--bind", "close", "--svg", file.path])
      #expect(run.status == 0)
      #expect(run.output.contains("■ worker 0"))
      let picture = try Data(contentsOf: file)
      #expect(isWellFormed(picture))
      let text = String(decoding: picture, as: UTF8.self)
      #expect(text.components(separatedBy: "data-cpu=").count == 9)
      #expect(text.contains("4 workers, auto: one for each of 4 usable cores"))
      #expect(text.contains(">places cores, bind close<"))
    }

    @Test func svgToStandardOutputAlone() throws {
      let run = try ToolRun(laptop + ["--svg", "-"])
      #expect(run.output.hasPrefix("<?xml "))
      #expect(isWellFormed(Data(run.output.utf8)))
      #expect(try ToolRun(laptop + ["--svg", "-", "--json"]).status == 64)
    }

    /// `.ci/pictures --article` draws it anew.
    @Test func thePictureInTheDocumentationIsWhatIsDrawn() throws {
      let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
      let picture = try String(
        contentsOf: root.appending(path: "Sources/Pinwheel/Pinwheel.docc/Resources/placement.svg"), encoding: .utf8)
      let machine = "package:2 [numa(memory=64GiB)] l3:2(size=32MiB) l2:4(size=1MiB) core:1 pu:2"
      let run = try ToolRun([
        "topology", "--synthetic", machine, "--workers", "10", "--bind", "close", "--smt", "one", "--reserve", "0-1",
        "--svg", "-",
      ])
      #expect(run.output == picture)
    }

    private func isWellFormed(_ xml: Data) -> Bool {
      let parser = XMLParser(data: xml)
      return parser.parse() && parser.parserError == nil
    }

    @Test func svgThatCannotBeWritten() throws {
      let run = try ToolRun(laptop + ["--svg", "/nonexistent/picture.svg"])
      #expect(run.status == 2)
      #expect(run.errors == "error: cannot write /nonexistent/picture.svg: No such file or directory\n")
      // It said: NSCocoaErrorDomain error 512.
      let folder = try ToolRun(laptop + ["--svg", "/tmp"])
      #expect(folder.status == 2)
      #expect(folder.errors == "error: cannot write /tmp: Is a directory\n")
    }

    /// Machines whose pictures a renderer other than a browser must understand, too.
    @Test(
      .enabled(if: access("/usr/bin/rsvg-convert", X_OK) == 0, "no rsvg-convert: it is in Debian's librsvg2-bin"),
      arguments: [
        "AMD-17h-Zen-2xEpyc-7451", "Intel-CascadeLake-2xXeon6230", "256ppc-8n8s4t", "192em64t-12gr2n8c2t",
        "16amd64-8n2c-cpusets", "fakeheterocpunuma", "20s390-2g6s4c",
      ])
    func rendersAsPixels(machine: String) throws {
      let recording = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "PinwheelTopologyTests/Fixtures/Machines/\(machine).xml")
      let folder = FileManager.default.temporaryDirectory.appending(path: "pinwheel-\(UUID().uuidString)")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(at: folder) }
      let (svg, png) = (folder.appending(path: "machine.svg"), folder.appending(path: "machine.png"))
      let run = try ToolRun(["topology", "--xml", recording.path, "--bind", "close", "--svg", svg.path])
      #expect(run.status == 0, "\(run.errors)")
      let renderer = Process()
      renderer.executableURL = URL(fileURLWithPath: "/usr/bin/rsvg-convert")
      renderer.arguments = ["-o", png.path, svg.path]
      try renderer.run()
      renderer.waitUntilExit()
      #expect(renderer.terminationStatus == 0)
      let pixels = [UInt8](try Data(contentsOf: png))
      #expect(pixels.starts(with: [0x89, 0x50, 0x4E, 0x47]))
      try #require(pixels.count > 24)
      // A PNG's size stands in bytes 16 to 23: that of the picture, and too much in it to be blank.
      let size = stride(from: 16, to: 24, by: 4).map { start in
        pixels[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
      }
      let text = try String(contentsOf: svg, encoding: .utf8)
      #expect(text.contains("width=\"\(size[0])\" height=\"\(size[1])\""))
      #expect(pixels.count > 10_000)
    }
  }
#endif

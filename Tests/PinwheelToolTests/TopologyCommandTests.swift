#if Tools
  import Foundation
  import Testing

  @Suite(.timeLimit(.minutes(1)))
  struct TopologyCommandTests {
    private let twoSockets = ["topology", "--synthetic", "package:2 core:2 pu:2"]

    @Test func aMistakenVariableIsOneLineAndStatusTwo() throws {
      let run = try ToolRun(["topology"], environment: ["PINWHEEL_WORKERS": "banana"])
      #expect(run.status == 2)
      #expect(run.output.isEmpty)
      #expect(
        run.errors == "error: PINWHEEL_WORKERS=banana: not a worker count; "
          + "allowed: auto, cores, threads or a number from 1 to 4096\n")
    }

    @Test func aMistakenOptionIsOneLineAndStatusTwo() throws {
      let run = try ToolRun(["topology", "--bind", "closed"])
      #expect(run.status == 2)
      #expect(
        run.errors == "error: --bind=closed: not a way to bind (did you mean close?); "
          + "allowed: none, primary, close or spread\n")
    }

    @Test func placesThatAreNotThereAreWarned() throws {
      let run = try ToolRun(
        ["topology"], environment: ["PINWHEEL_PLACES": "{0},{999}", "PINWHEEL_BIND": "close"])
      // CPU 0 may itself be out of reach where the tests run; then nothing is left.
      if run.status == 0 {
        #expect(run.errorLines.contains { $0.hasPrefix("warning: CPUs 999 are in the places") })
      } else {
        #expect(run.status == 2)
        #expect(run.errorLines.count == 1)
      }
    }

    @Test func noUsableCPUIsStatusTwo() throws {
      let run = try ToolRun(twoSockets + ["--places", "{99}", "--bind", "close"])
      #expect(run.status == 2)
      #expect(run.errorLines.count == 1)
      #expect(run.errors.hasPrefix("error: --places={99}: no CPU to place workers on: CPUs 99 were asked for"))
    }

    /// Which setting it was, and where that stands, was left for the user to find out.
    @Test func whatLeavesNoCPUIsNamed() throws {
      try withFile("pinwheel:\n  places: \"{2}\"\n") { path in
        let run = try ToolRun(
          twoSockets + ["--config", path, "--bind", "close"], environment: ["PINWHEEL_RESERVE": "0-3"])
        #expect(run.status == 2)
        #expect(run.errors.hasPrefix("error: PINWHEEL_RESERVE=0-3: no CPU to place workers on: of CPUs 2 none is left"))
        let absent = try ToolRun(twoSockets + ["--config", path, "--places", "{99}", "--bind", "close"])
        #expect(absent.errors.hasPrefix("error: --places={99}: no CPU"))
        let bench = try ToolRun(["bench", "--quick", "--bind", "close"], environment: ["PINWHEEL_PLACES": "{65535}"])
        #expect(bench.status == 2)
        #expect(bench.errors.hasPrefix("error: PINWHEEL_PLACES={65535}: no CPU"))
      }
    }

    /// hwloc looked at the first for half a minute and longer.
    @Test(arguments: ["core:20000 pu:1", "core:4097 pu:1", "package:300 core:14 pu:1", "99999999999999999999 9"])
    func machinesThatTakeMinutesAreRefused(description: String) throws {
      let run = try ToolRun(["topology", "--synthetic", description])
      #expect(run.status == 2)
      #expect(
        run.errors.hasPrefix("error: synthetic machine '\(description)' could not be loaded: it has too many CPUs ("))
      #expect(run.errors.hasSuffix("); allowed: up to 4096 CPUs, or 16384 if no count is above 256\n"))
    }

    @Test func noEscapeSequencesFromNamesReachTheTerminal() throws {
      for option in ["--synthetic", "--xml", "--config"] {
        let run = try ToolRun(["topology", option, "/no\u{1B}[31m/x"])
        #expect(run.status == 2)
        #expect(run.errors.contains(#"/no\u{1B}[31m/x"#), "\(run.errors)")
        #expect(!run.errors.contains("\u{1B}"))
      }
      let picture = try ToolRun(twoSockets + ["--svg", "/no\u{1B}[31m/x"])
      #expect(picture.errors == #"error: cannot write /no\u{1B}[31m/x: No such file or directory"# + "\n")
    }

    /// The error named no option.
    @Test(arguments: [
      ["topology", "--config"], ["topology", "--svg"], ["topology", "--xml"], ["config", "show", "--config"],
      ["bench", "--json"], ["bench", "--input"],
    ])
    func emptyPathsAreRefusedByName(words: [String]) throws {
      let run = try ToolRun(words + [""])
      #expect(run.status == 64)
      #expect(run.errors.hasPrefix("Error: \(words.last ?? "") takes a path, and the one given is empty.\n"))
    }

    /// The affinity mask of whoever starts the tool is the limit.
    @Test func affinityMaskIsRespected() throws {
      let all = try usable(in: try ToolRun(["topology", "--json"]))
      let last = try #require(all.split(whereSeparator: { "-,".contains($0) }).last.map(String.init))
      let run = try ToolRun(["topology", "--json", "--bind", "close"], under: ["taskset", "-c", last])
      #expect(try usable(in: run) == last)
      let placement = try #require(try run.object()["placement"] as? [String: Any])
      #expect(placement["places"] as? [String] == [last])
      #expect(placement["workers"] as? Int == 1)
    }

    private func usable(in run: ToolRun) throws -> String {
      let machine = try #require(try run.object()["machine"] as? [String: Any])
      return try #require(machine["usable"] as? String)
    }

    @Test func jsonTellsPlacesAndSources() throws {
      let run = try ToolRun(
        twoSockets + ["--workers", "4", "--places", "cores", "--json"], environment: ["PINWHEEL_BIND": "spread"])
      #expect(run.status == 0)
      #expect(run.errors.isEmpty)
      let report = try run.object()
      let placement = try #require(report["placement"] as? [String: Any])
      let seats = try #require(placement["seats"] as? [[String: Any]])
      #expect(seats.compactMap { $0["place"] as? String } == ["0-1", "2-3", "4-5", "6-7"])
      #expect(seats.allSatisfy { ($0["reason"] as? String)?.isEmpty == false })
      let settings = try #require(report["settings"] as? [[String: String]])
      #expect(settings.contains(["name": "workers", "value": "4", "source": "--workers"]))
      #expect(settings.contains(["name": "bind", "value": "spread", "source": "PINWHEEL_BIND"]))
      #expect(settings.contains(["name": "spin", "value": "50us", "source": "default"]))
      let machine = try #require(report["machine"] as? [String: Any])
      #expect((machine["cpus"] as? [Any])?.count == 8)
      #expect((machine["tree"] as? [String: Any])?["kind"] as? String == "Machine")
    }

    @Test func theTreeHasTheWorkersOnTheirPlaces() throws {
      let run = try ToolRun(twoSockets + ["--workers", "2", "--bind", "spread"])
      #expect(run.status == 0)
      let lines = run.output.split(separator: "\n").map(String.init)
      #expect(lines.first == "synthetic machine 'package:2 core:2 pu:2'")
      #expect(lines.contains { $0.hasSuffix("├─ Core 0  CPU 0-1 ■ worker 0") })
      #expect(lines.contains { $0.hasSuffix("└─ Core 1  CPU 2-3 □ no worker") })
      #expect(lines.contains { $0.hasSuffix("├─ Core 2  CPU 4-5 ■ worker 1") })
      #expect(lines.contains("Placement: 2 workers, 2 asked for"))
    }

    @Test func fileIsUnderEnvironmentIsUnderOptions() throws {
      try withFile("pinwheel: {workers: 1, bind: close, spin: 1us}") { path in
        let run = try ToolRun(
          twoSockets + ["--config", path, "--workers", "3", "--json"], environment: ["PINWHEEL_BIND": "spread"])
        let settings = try #require(try run.object()["settings"] as? [[String: String]])
        func setting(_ name: String) -> [String: String]? { settings.first { $0["name"] == name } }
        let names = ["workers", "places", "bind", "spin"]
        #expect(names.map { setting($0)?["value"] } == ["3", "cores", "spread", "1us"])
        #expect(setting("spin")?["source"] == "\(path):1:43")
        let named = try ToolRun(twoSockets + ["--json"], environment: ["PINWHEEL_CONFIG": path])
        #expect(try (named.object()["settings"] as? [[String: String]])?[0]["value"] == "1")
      }
    }

    @Test func aWaitThatWillBeRefusedIsWarned() throws {
      let run = try ToolRun(
        twoSockets + ["--workers", "9", "--json"], environment: ["PINWHEEL_WAIT": "active"])
      #expect(run.status == 0)
      #expect(run.errorLines.contains { $0.hasPrefix("warning: idle workers park at once: 9 workers share 8 CPUs") })
      let waiting = try #require(try run.object()["waiting"] as? [String: String])
      #expect(waiting["policy"] == "passive")
      #expect(waiting["warning"]?.hasPrefix("idle workers park at once") == true)
      let granted = try ToolRun(twoSockets + ["--workers", "8", "--json"], environment: ["PINWHEEL_WAIT": "active"])
      #expect(granted.errors.isEmpty)
      #expect(try granted.object()["waiting"] as? [String: String] == ["policy": "active"])
    }

    /// It looked as though nobody had claimed anything.
    @Test func claimsThatCannotBeReadAreWarned() throws {
      let shared = ["PINWHEEL_SHARE": "machine", "PINWHEEL_BIND": "close"]
      let unusable = try ToolRun(
        ["topology", "--json"], environment: shared.merging(["PINWHEEL_CLAIMS": "/dev/null/claims"]) { $1 })
      #expect(unusable.status == 0)
      let warning =
        "cores cannot be claimed in /dev/null/claims, so others may bind their workers to the same: Not a directory"
      #expect(unusable.errors == "warning: \(warning)\n")
      let placement = try #require(try unusable.object()["placement"] as? [String: Any])
      #expect(placement["warnings"] as? [String] == [warning])
      // Nobody has claimed anything there.
      let nobodys = FileManager.default.temporaryDirectory.appending(path: "pinwheel-\(UUID().uuidString)").path
      for path in [nobodys, nobodys + "/"] {
        let absent = try ToolRun(["topology"], environment: shared.merging(["PINWHEEL_CLAIMS": path]) { $1 })
        #expect(absent.status == 0 && absent.errors.isEmpty)
      }
      // A pool could not make it, and so could not claim anything: that was not said.
      let unmakable = try ToolRun(
        ["topology"], environment: shared.merging(["PINWHEEL_CLAIMS": "/nobody/is/here"]) { $1 })
      #expect(unmakable.status == 0)
      #expect(
        unmakable.errors
          == "warning: cores cannot be claimed in /nobody/is/here, so others may bind their workers to the "
          + "same: No such file or directory\n")
    }

    @Test func unknownVariablesAreWarned() throws {
      let run = try ToolRun(twoSockets, environment: ["PINWHEEL_WORKER": "4"])
      #expect(run.status == 0)
      #expect(
        run.errors
          == "warning: PINWHEEL_WORKER is ignored: no setting has this name (did you mean PINWHEEL_WORKERS?)\n")
    }

    @Test func machinesThatCannotBeLoaded() throws {
      let synthetic = try ToolRun(["topology", "--synthetic", "banana:2"])
      #expect(synthetic.status == 2)
      #expect(synthetic.errorLines.count == 1)
      let recorded = try ToolRun(["topology", "--xml", "/nonexistent.xml"])
      #expect(recorded.status == 2)
      #expect(recorded.errors.contains("/nonexistent.xml"))
    }

    @Test func usageIsArgumentParsersAffair() throws {
      #expect(try ToolRun(["topology", "--wrokers", "4"]).status == 64)
      #expect(try ToolRun(["nonsense"]).status == 64)
      #expect(try ToolRun(twoSockets + ["--xml", "x"]).status == 64)
    }
  }
#endif

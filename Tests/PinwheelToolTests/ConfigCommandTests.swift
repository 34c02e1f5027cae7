#if Tools
  import Foundation
  import Testing

  @Suite(.timeLimit(.minutes(1)))
  struct ConfigCommandTests {
    @Test func goodFile() throws {
      try withFile("pinwheel:\n  workers: 4\n  bind: close\n") { path in
        let run = try ToolRun(["config", "check", path], environment: ["PINWHEEL_SPIN": "1ms"])
        #expect(run.status == 0)
        #expect(run.errors.isEmpty)
        #expect(
          run.output == """
              workers     4          \(path):2:12
              places      cores      default
              bind        close      \(path):3:9
              order       float      default
              kinds       all        default
              smt         all        default
              reserve     none       default
              ranks       auto       default
              share       none       default
              claims      auto       default
              wait        passive    default
              spin        1ms        PINWHEEL_SPIN
              stack       8MiB       default
              scheduling  inherited  default
              nice        inherited  default
              seed        1          default
              follow      0          default

            """)
      }
    }

    @Test func goodFileAsJSON() throws {
      try withFile("pinwheel:\n  places: sockets\n") { path in
        let run = try ToolRun(["config", "check", path, "--json"])
        #expect(run.status == 0)
        let report = try run.object()
        let settings = try #require(report["settings"] as? [[String: String]])
        #expect(settings[1] == ["name": "places", "value": "sockets", "source": "\(path):2:11"])
        let warning = "places=sockets has no effect: bind is none; close or spread would bind workers to them"
        #expect(report["warnings"] as? [String] == [warning])
        #expect(run.errors == "warning: \(warning)\n")
      }
    }

    @Test func mistakes() throws {
      try withFile("pinwheel:\n  wrkers: 4\n") { path in
        let run = try ToolRun(["config", "check", path])
        #expect(run.status == 2)
        #expect(run.output.isEmpty)
        #expect(
          run.errors == "error: \(path):2:3: wrkers: no setting has this name (did you mean workers?); "
            + "allowed: workers, places, bind, order, kinds, smt, reserve, ranks, share, claims, wait, spin, stack, "
            + "scheduling, nice, seed, follow\n"
        )
      }
      let missing = try ToolRun(["config", "check", "/nonexistent.yaml"])
      #expect(missing.status == 2)
      #expect(missing.errors == "error: /nonexistent.yaml: the file can't be read: No such file or directory\n")
      #expect(try ToolRun(["config", "check"]).status == 64)
    }

    /// The file that the package ships says what it means to.
    @Test func shippedFile() throws {
      let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
      let run = try ToolRun(["config", "check", root.appending(path: "pinwheel.yaml").path, "--json"])
      #expect(run.status == 0)
      #expect(run.errors.isEmpty)
      let settings = try #require(try run.object()["settings"] as? [[String: String]])
      #expect(
        settings.prefix(12).map { $0["value"] } == [
          "auto", "cores", "close", "float", "all", "all", "none", "auto", "none", "auto", "passive",
          "50us",
        ])
      #expect(settings.prefix(12).allSatisfy { $0["source"]?.contains("pinwheel.yaml:") == true })
    }
  }

  /// Every setting, its value and its source.
  @Suite(.timeLimit(.minutes(1)))
  struct ConfigShowTests {
    @Test func everySourceIsNamed() throws {
      try withFile("pinwheel:\n  places: sockets\n  spin: 1us\n") { path in
        let run = try ToolRun(
          ["config", "show", "--config", path, "--workers", "3"],
          environment: ["PINWHEEL_BIND": "spread", "PINWHEEL_SPIN": "2us"])
        #expect(run.status == 0)
        #expect(run.errors.isEmpty)
        let rows = run.output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        #expect(rows.contains(["workers", "3", "--workers"]))
        #expect(rows.contains(["places", "sockets", "\(path):2:11"]))
        #expect(rows.contains(["bind", "spread", "PINWHEEL_BIND"]))
        #expect(rows.contains(["spin", "2us", "PINWHEEL_SPIN"]))
        #expect(rows.contains(["stack", "8MiB", "default"]))
        // One row for each setting that a command line may have.
        let help = try ToolRun(["config", "show", "--help"]).output
        for row in rows { #expect(help.contains("--\(row[0]) <\(row[0])>"), "\(row)") }
      }
    }

    @Test func asJSON() throws {
      let run = try ToolRun(
        ["config", "show", "--json"], environment: ["PINWHEEL_SEED": "0x10", "PINWHEEL_BNID": "x"])
      #expect(run.status == 0)
      let report = try run.object()
      let settings = try #require(report["settings"] as? [[String: String]])
      #expect(settings.contains(["name": "seed", "value": "16", "source": "PINWHEEL_SEED"]))
      let warning = "PINWHEEL_BNID is ignored: no setting has this name (did you mean PINWHEEL_BIND?)"
      #expect(report["warnings"] as? [String] == [warning])
      #expect(run.errors == "warning: \(warning)\n")
    }

    @Test func mistakesEndIt() throws {
      let run = try ToolRun(["config", "show", "--places", "core"])
      #expect(run.status == 2)
      #expect(run.output.isEmpty)
      #expect(run.errors.hasPrefix("error: --places=core: not a kind of place (did you mean cores?); allowed: "))
      let option = try ToolRun(["config", "show", "--wrokers", "3"])
      #expect(option.status == 64)
      #expect(option.errors.contains("Did you mean '--workers'?"))
    }
  }

  @Suite(.timeLimit(.minutes(1)))
  struct PinwheelCommandTests {
    @Test func version() throws {
      let run = try ToolRun(["--version"])
      #expect(run.status == 0)
      #expect(run.output.wholeMatch(of: /\d+\.\d+\.\d+\n/) != nil)
    }

    /// The parser alone says: Unexpected argument 'topolgy'.
    @Test(arguments: [
      (["topolgy"], "'topolgy' is no command (did you mean topology?); allowed: topology, config, bench"),
      (["config", "chek", "x"], "'chek' is no command (did you mean check?); allowed: show, check"),
      (["frobnicate"], "'frobnicate' is no command; allowed: topology, config, bench"),
    ])
    func unknownCommands(words: [String], problem: String) throws {
      let run = try ToolRun(words)
      #expect(run.status == 64)
      #expect(run.errors.hasPrefix("Error: \(problem)\n"), "\(run.errors)")
    }

    @Test(arguments: [["help"], ["help", "config"], ["help", "config", "show"], ["config"], ["--help"], []])
    func helpIsNoUnknownCommand(words: [String]) throws {
      let run = try ToolRun(words)
      #expect(run.status == 0)
      #expect(run.output.contains("USAGE: pinwheel"))
    }

    /// It took the next option for its value.
    @Test func niceWithoutAValue() throws {
      let run = try ToolRun(["config", "show", "--nice", "--wait", "active"])
      #expect(run.status == 64)
      #expect(run.errors.hasPrefix("Error: Missing value for '--nice <nice>'\n"))
      #expect(try ToolRun(["config", "show", "--nice", "-5"]).output.contains("  nice        -5 "))
    }

    /// Settings are declared once, but options must be spelled out: none may be missing.
    @Test func everySettingIsAnOption() throws {
      let settings = try settingNames()
      let help = try ToolRun(["topology", "--help"]).output
      #expect(settings.count >= 6)
      for name in settings { #expect(help.contains("--\(name) <\(name)>"), "\(name)") }
    }

    private func settingNames() throws -> [String] {
      let run = try ToolRun(["topology", "--synthetic", "pu:1", "--json"])
      return try #require(try run.object()["settings"] as? [[String: String]]).compactMap { $0["name"] }
    }
  }
#endif

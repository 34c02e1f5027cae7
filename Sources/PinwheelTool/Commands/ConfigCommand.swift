#if Tools
  import ArgumentParser
  import Pinwheel
  import PinwheelConfiguration

  struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "config", abstract: "Look after settings.", subcommands: [ConfigCheckCommand.self])
  }

  struct ConfigCheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "check",
      abstract: "Check a configuration file and show each setting and where it is from.",
      discussion: "The environment counts, too, as it would for a program that loads this file here.")

    @Argument(help: "A YAML or JSON file.")
    var file: String

    @Flag(help: "Print JSON for other programs.")
    var json = false

    private struct Report: Encodable {
      var settings: [SettingReport]
      var warnings: [String]
    }

    func run() throws {
      let configuration = try PoolConfiguration(file: file).resolved()
      for warning in configuration.warnings { Console.report(.configuration(warning)) }
      let settings = configuration.settings.map { SettingReport($0) }
      let report = Report(settings: settings, warnings: configuration.warnings.map(\.description))
      print(json ? try PinwheelTool.json(report) : settings.text)
    }
  }
#endif

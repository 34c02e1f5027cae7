#if Tools
  import ArgumentParser
  import Pinwheel
  import PinwheelConfiguration

  struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "config", abstract: "Look after settings.",
      subcommands: [ConfigShowCommand.self, ConfigCheckCommand.self])
  }

  struct ConfigShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "show",
      abstract: "Show every setting, its value and where it is from.",
      discussion: """
        A source is `default`, a file with line and column, an environment variable or an option of the command line. \
        Of several that set the same the last of these wins.
        """)

    @OptionGroup var settings: SettingsOptions

    @Flag(help: "Print JSON for other programs.")
    var json = false

    @OptionGroup var colours: PaintOptions

    func run() throws {
      Console.show(try SettingsReport(try settings.resolve()).rendered(asJSON: json, colours.paint) + "\n")
    }
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

    @OptionGroup var colours: PaintOptions

    func validate() throws { try requirePath(file, of: "<file>") }

    func run() throws {
      let configuration = try PoolConfiguration(file: file).resolved()
      for warning in configuration.warnings { Console.report(.configuration(warning)) }
      Console.show(try SettingsReport(configuration).rendered(asJSON: json, colours.paint) + "\n")
    }
  }

  /// What both commands show.
  private struct SettingsReport: Encodable {
    var settings: [SettingReport]
    var warnings: [String]

    init(_ configuration: PoolConfiguration) {
      settings = configuration.settings.map { SettingReport($0) }
      warnings = configuration.warnings.map(\.description)
    }

    func rendered(asJSON json: Bool, _ paint: Paint) throws -> String {
      json ? try PinwheelTool.json(self) : settings.text(paint)
    }
  }
#endif

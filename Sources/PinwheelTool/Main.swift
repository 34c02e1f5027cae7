#if Tools
  import ArgumentParser
  import Pinwheel
  import PinwheelTopology

  /// Runs the command and turns failures into exit codes: 2 for settings, machines and pools, argument-parser's own
  /// (64) for usage.
  @main
  enum Main {
    static func main() async {
      reserveStandardStreams()
      do {
        try PinwheelCommand.checkSubcommand(CommandLine.arguments.dropFirst())
        var command = try PinwheelCommand.parseAsRoot()
        if var asynchronous = command as? any AsyncParsableCommand {
          try await asynchronous.run()
        } else {
          try command.run()
        }
      } catch let mistake as ConfigurationError {
        Console.fail(mistake.description)
      } catch let mistake as TopologyError {
        Console.fail(mistake.description)
      } catch let failure as PoolError {
        Console.fail(failure.description)
      } catch {
        PinwheelCommand.exit(withError: error)
      }
    }
  }

  struct PinwheelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "pinwheel",
      abstract: "A work-stealing thread pool: see this machine, check settings, measure.",
      discussion: """
        Settings come from the command line, the environment (PINWHEEL_WORKERS and so on), a file (--config, else \
        PINWHEEL_CONFIG) and the defaults, in this order. A mistake in one of them ends with status 2.
        """,
      version: pinwheelVersion,
      subcommands: [TopologyCommand.self, ConfigCommand.self, BenchCommand.self])
  }
#else
  import Glibc

  @main
  enum Main {
    static func main() {
      let message = "pinwheel: built without its tool; build the package with the trait Tools\n"
      // SAFETY: the string lends its bytes for the call, and the count is theirs.
      _ = write(STDERR_FILENO, message, message.utf8.count)
      exit(1)
    }
  }
#endif

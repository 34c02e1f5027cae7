#if Tools
  import Foundation
  import Pinwheel
  import PinwheelTopology

  /// Where the tool talks to people.
  enum Console {
    /// Whether standard output may have colours: it is a terminal that knows them, and nobody objects
    /// (https://no-color.org).
    static let hasColour: Bool = {
      let environment = ProcessInfo.processInfo.environment
      return isatty(STDOUT_FILENO) == 1 && environment["TERM"] != "dumb" && (environment["NO_COLOR"] ?? "").isEmpty
    }()

    static func heading(_ text: String) -> String { styled(text, "1") }
    static func aside(_ text: String) -> String { styled(text, "2") }

    private static func styled(_ text: String, _ code: String) -> String {
      hasColour && !text.isEmpty ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }

    /// Prints a warning to standard error.
    static func warn(_ text: String) {
      printError("warning: \(text)")
    }

    /// Prints an error to standard error and ends the process with status 2.
    static func fail(_ text: String) -> Never {
      printError("error: \(text)")
      exit(2)
    }

    /// Prints what a pool, or the reading of its settings, has to say.
    static func report(_ event: PoolEvent) {
      warn(event.description)
    }

    private static func printError(_ line: String) {
      // Standard output first, so that the two keep their order where they end in the same place.
      fflush(nil)
      FileHandle.standardError.write(Data((line + "\n").utf8))
    }
  }
#endif

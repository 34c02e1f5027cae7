#if Tools
  import Foundation
  import Pinwheel

  /// Where the tool talks to people.
  enum Console {
    /// Writes to standard output, at once.
    ///
    /// - Throws: If nobody can read it any more.
    static func show(_ text: String) throws {
      try FileHandle.standardOutput.write(contentsOf: Data(text.utf8))
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

#if Tools
  import Glibc
  import Pinwheel

  /// Where the tool talks to people.
  enum Console {
    /// Writes to standard output, at once. If that can't be written, or nobody reads it any more, it ends the process.
    static func show(_ text: String) {
      if let reason = write(text, to: STDOUT_FILENO) { fail("cannot write to standard output: \(reason)") }
    }

    /// Prints a warning to standard error.
    static func warn(_ text: String) {
      tell("warning: \(text)\n")
    }

    /// Prints an error to standard error and ends the process with status 2.
    static func fail(_ text: String) -> Never {
      tell("error: \(text)\n")
      exit(2)
    }

    /// Prints what a pool, or the reading of its settings, has to say.
    static func report(_ event: PoolEvent) {
      warn(event.description)
    }

    /// Writes to standard error. Where nobody can read that nobody can be told so, and the status has to do.
    static func tell(_ text: String) {
      _ = write(text, to: STDERR_FILENO)
    }
  }
#endif

#if Tools
  import Glibc

  /// Says on standard error what is being measured: in one line that changes if that is a terminal, else in one line
  /// for each part that is done.
  struct Progress {
    private let isTerminal = isatty(STDERR_FILENO) == 1

    /// Shows what is about to happen.
    func show(_ step: String) {
      if isTerminal { Console.tell("\r\u{1B}[K\(step)") }
    }

    /// Clears the line, or says which part is done.
    func finish(_ part: String) {
      Console.tell(isTerminal ? "\r\u{1B}[K" : "measured \(part)\n")
    }
  }
#endif

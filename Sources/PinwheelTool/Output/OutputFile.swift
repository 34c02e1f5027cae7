#if Tools
  import Glibc
  import PinwheelTopology

  /// A file that the tool writes. One that can't be written ends the process.
  struct OutputFile {
    private let path: String
    private let descriptor: CInt

    /// Opens it and leaves what is in it.
    init(_ path: String) {
      self.path = path
      descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o666)
      if descriptor < 0 { Self.fail(path, describe(errno: errno)) }
    }

    /// Replaces what is in it, and closes it.
    func replace(with text: String) {
      // Pipes and devices have no length, and refuse.
      _ = ftruncate(descriptor, 0)
      // Some file systems find out only here that there is no room.
      if let reason = write(text, to: descriptor) ?? (close(descriptor) == 0 ? nil : describe(errno: errno)) {
        Self.fail(path, reason)
      }
    }

    private static func fail(_ path: String, _ reason: String) -> Never {
      Console.fail("cannot write \(printable(path)): \(reason)")
    }
  }
#endif

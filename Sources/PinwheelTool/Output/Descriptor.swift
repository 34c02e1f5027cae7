#if Tools
  import Glibc
  import PinwheelTopology

  /// Writes all of a text to a file that is open.
  ///
  /// - Returns: The system's words for what was wrong; nil: it is written.
  func write(_ text: String, to descriptor: CInt) -> String? {
    var text = text
    return text.withUTF8 { bytes in
      var rest = UnsafeRawBufferPointer(bytes)
      while !rest.isEmpty {
        // SAFETY: `rest` is a part of `bytes`, which are there for as long as this closure runs, and write(2) reads no more
        // than its count.
        let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
        if count >= 0 {
          rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        } else if errno != EINTR {
          return describe(errno: errno)
        }
      }
      return nil
    }
  }

  /// Takes the numbers of standard streams that are closed, which the next files to be opened would have, so that what is
  /// meant for people would go into them. What is written there fails as before. To be called before files are opened.
  func reserveStandardStreams() {
    for stream in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(stream, F_GETFD) < 0 {
      // The lowest number that is free, which is this one.
      _ = open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY)
    }
  }
#endif

#if Tools
  import Glibc
  import Pinwheel
  import PinwheelTopology

  /// The bytes of a file.
  ///
  /// - Parameter isWatched: Whether nobody waits for them who could end a wait that lasts: then it must be a plain file,
  ///   and no FIFO, say, to which nobody writes.
  /// - Throws: ``ConfigurationError`` of the kind `unreadableFile`, with the system's reason.
  func contents(ofFile path: String, isWatched: Bool = false) throws(ConfigurationError) -> [UInt8] {
    // Nobody writes this much configuration; a path to a device or a log must not fill the memory.
    let most = 1 << 20
    func unreadable(_ reason: String) -> ConfigurationError {
      ConfigurationError(
        .unreadableFile, origin: .file(path: path, line: 0, column: 0), problem: "the file can't be read: \(reason)")
    }
    func systemReason() -> String { describe(errno: errno) }

    let descriptor = open(path, O_RDONLY | O_CLOEXEC | (isWatched ? O_NONBLOCK : 0))
    guard descriptor >= 0 else { throw unreadable(systemReason()) }
    defer { close(descriptor) }
    if isWatched {
      var status = stat()
      guard fstat(descriptor, &status) == 0 else { throw unreadable(systemReason()) }
      if status.st_mode & S_IFMT != S_IFREG { throw unreadable("it is no plain file") }
    }
    var contents: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while contents.count <= most {
      // SAFETY: the pointer and the length are those of the array, which is alive and not accessed otherwise meanwhile.
      let count = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
      if count == 0 { return contents }
      if count > 0 {
        contents += buffer[..<count]
      } else if errno != EINTR {
        throw unreadable(systemReason())
      }
    }
    throw unreadable("it is larger than 1 MiB")
  }
#endif

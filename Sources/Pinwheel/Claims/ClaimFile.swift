import Glibc
import PinwheelTopology

/// The lock file of one core, open. Whoever has the lock has the core; the text says who that is.
///
/// The lock is a record lock (`fcntl(2)`, `F_SETLK`). The kernel frees it when its process ends in whatever way; a forked
/// child does not have it, however it was made, while locks on open files (`flock(2)`, `F_OFD_SETLK`) live on in children;
/// and it tells whose it is. Its price: the process loses it when it closes *any* descriptor of the file. So nothing is
/// opened here that this process has locked: ``ClaimTable`` knows those by their identity.
struct ClaimFile: ~Copyable {
  /// A file, by whatever path.
  struct Identity: Hashable {
    var device: dev_t
    var inode: ino_t

    init(_ status: stat) { (device, inode) = (status.st_dev, status.st_ino) }
  }

  /// Why it can't be used.
  struct Refusal: Error {
    var reason: String

    init(_ reason: String) { self.reason = reason }

    /// The system's words for the last failure.
    static var system: Refusal { Refusal(describe(errno: errno)) }
  }

  let descriptor: Int32

  deinit { close(descriptor) }

  /// The file's identity; nil if there is none by this name. Does not open it.
  static func identity(of name: String, in directory: borrowing ClaimDirectory) -> Identity? {
    var status = stat()
    return fstatat(directory.descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0 ? Identity(status) : nil
  }

  /// - Parameter creating: Whether to make it if it isn't there.
  static func open(
    _ name: String, in directory: borrowing ClaimDirectory, creating: Bool
  ) throws(Refusal) -> ClaimFile {
    // O_NONBLOCK: somebody's FIFO must not stop us. Not O_CREAT on what is there: in a sticky directory the kernel may
    // refuse that for files of others (fs.protected_regular).
    let flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK
    var descriptor = openat(directory.descriptor, name, flags)
    if descriptor < 0, errno == ENOENT, creating {
      descriptor = openat(directory.descriptor, name, flags | O_CREAT | O_EXCL, directory.fileMode)
      if descriptor >= 0 {
        // Past the umask. The sticky bit keeps those away who clean up runtime directories (XDG base directories).
        fchmod(descriptor, directory.fileMode | S_ISVTX)
      } else if errno == EEXIST {
        descriptor = openat(directory.descriptor, name, flags)  // another process was faster
      }
    }
    guard descriptor >= 0 else { throw .system }
    let file = ClaimFile(descriptor: descriptor)
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .system }
    // Another name of somebody's file would have us write into it.
    if status.st_mode & S_IFMT != S_IFREG || status.st_nlink > 1 { throw Refusal("\(name) is no plain file") }
    return file
  }

  /// Whether this is still the file by that name: somebody may have removed it meanwhile.
  func isStill(_ name: String, in directory: borrowing ClaimDirectory) -> Bool {
    var status = stat()
    return fstat(descriptor, &status) == 0 && Self.identity(of: name, in: directory) == Identity(status)
  }

  var identity: Identity? {
    var status = stat()
    return fstat(descriptor, &status) == 0 ? Identity(status) : nil
  }

  // MARK: The lock

  /// Takes the lock if nobody has it. False: another process has.
  func lock() throws(Refusal) -> Bool {
    var whole = Self.wholeFile
    if fcntl(descriptor, F_SETLK, &whole) == 0 { return true }
    if errno == EAGAIN || errno == EACCES { return false }
    throw .system
  }

  /// The process that has the lock, 0 if it is not visible from here; nil if no other process has it.
  func lockingProcess() throws(Refusal) -> Int32? {
    var whole = Self.wholeFile
    guard fcntl(descriptor, F_GETLK, &whole) == 0 else { throw .system }
    return whole.l_type == Int16(F_UNLCK) ? nil : max(whole.l_pid, 0)
  }

  private static var wholeFile: flock {
    var lock = flock()
    lock.l_type = Int16(F_WRLCK)
    lock.l_whence = Int16(SEEK_SET)
    return lock
  }

  // MARK: The text

  /// Writes who has the lock. If that fails, others know only the process.
  func write(_ holder: CoreClaim.Holder) {
    let lines = [
      holder.process.map { "pid \($0)" }, holder.program.map { "program \($0)" }, holder.pool.map { "pool \($0)" },
    ]
    let text = lines.compactMap { $0 }.map { $0 + "\n" }.joined()
    ftruncate(descriptor, 0)
    // SAFETY: the string's bytes live across the call.
    _ = text.withCString { pwrite(descriptor, $0, text.utf8.count, 0) }
  }

  func clear() { ftruncate(descriptor, 0) }

  /// Whom the text names: whoever has the lock, or had it last.
  func read() -> CoreClaim.Holder {
    var bytes = [UInt8](repeating: 0, count: 512)
    // SAFETY: `bytes` is exclusively borrowed across the call, and pread writes at most its size.
    let count = bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, 0) }
    return CoreClaim.Holder(claimText: String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self))
  }
}

extension CoreClaim.Holder {
  /// Reads what `ClaimFile.write` writes. It may be somebody else's file: what is not as expected counts as unknown.
  init(claimText: String) {
    self.init(process: nil, program: nil, pool: nil)
    // By bytes: to Swift, "\r\n" is one character, and another one than "\n".
    for line in claimText.utf8.split(separator: UInt8(ascii: "\n")) {
      let words = Substring(line).split(separator: " ", maxSplits: 1)
      guard words.count == 2 else { continue }
      switch words[0] {
      case "pid": process = Int(words[1]).flatMap { (1...Int(Int32.max)).contains($0) ? $0 : nil }
      case "program": program = Self.printable(words[1])
      case "pool": pool = Self.printable(words[1])
      default: continue
      }
    }
  }

  /// This process, as others shall see it.
  init(pool: String) {
    self.init(process: Int(getpid()), program: Self.programName, pool: Self.printable(pool))
  }

  /// On one line, without what would confuse a terminal, and not too long.
  private static func printable(_ text: some StringProtocol) -> String {
    let plain = text.unicodeScalars.prefix(64).map { scalar in
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned: "?" as Character
      default: Character(scalar)
      }
    }
    return String(plain)
  }

  private static var programName: String? { nameOfExecutable("/proc/self/exe") }

  private static func nameOfExecutable(_ link: String) -> String? {
    var bytes = [CChar](repeating: 0, count: Int(PATH_MAX))
    // SAFETY: `bytes` is exclusively borrowed across the call, and readlink writes at most its size.
    let count = readlink(link, &bytes, bytes.count)
    guard count > 0 else { return nil }
    let path = String(decoding: bytes.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return path.split(separator: "/").last.map { printable($0) }
  }

  /// A process of which only the number is known.
  init(process: Int32) {
    self.init(
      process: process > 0 ? Int(process) : nil, program: Self.nameOfExecutable("/proc/\(process)/exe"), pool: nil)
  }
}

import Glibc

/// Another run of this program beside this one, or of another program, which goes on until its input ends.
final class Companion {
  let process: pid_t
  private let input: Int32
  private let output: Int32
  private var unread: [UInt8] = []
  private var isOver = false

  init(_ arguments: [String], of program: String = "/proc/self/exe") {
    let (itsInput, input) = openPipe()
    let (output, itsOutput) = openPipe()
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawn_file_actions_adddup2(&actions, itsInput, 0)
    posix_spawn_file_actions_adddup2(&actions, itsOutput, 1)
    posix_spawn_file_actions_adddup2(&actions, itsOutput, 2)
    defer { posix_spawn_file_actions_destroy(&actions) }
    // SAFETY: the copies outlive the call, and are freed after it.
    var words = ([program] + arguments).map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var child = pid_t()
    check(posix_spawn(&child, program, &actions, nil, &words, environ) == 0, "posix_spawn")
    close(itsInput)
    close(itsOutput)
    (process, self.input, self.output) = (child, input, output)
  }

  deinit {
    if !isOver { _ = end(by: SIGKILL) }
    close(output)
  }

  /// The next line of what it says; nil when it has ended.
  func line() -> String? {
    while true {
      if let end = unread.firstIndex(of: UInt8(ascii: "\n")) {
        defer { unread.removeFirst(end + 1) }
        return String(decoding: unread[..<end], as: UTF8.self)
      }
      var bytes = [UInt8](repeating: 0, count: 1024)
      let count = read(output, &bytes, bytes.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return nil }
      unread += bytes.prefix(count)
    }
  }

  /// What it says up to a line that says only this.
  func lines(until last: String) -> [String] {
    var lines: [String] = []
    while let line = line(), line != last { lines.append(line) }
    return lines
  }

  /// Ends it, by a signal or by ending its input, and returns its exit status; -signal if one ended it.
  func end(by signal: Int32? = nil) -> Int32 {
    isOver = true
    if let signal { kill(process, signal) }
    close(input)
    return exitStatus(of: process)
  }
}

import CPinwheelProbe
import Glibc
import Synchronization

/// What became of a child process: its exit status, or minus the signal that ended it, and what it wrote.
struct Run {
  var status: Int32
  var output: String
  var lines: [Substring] { output.split(separator: "\n") }
}

extension Run {
  /// Another run of this program, by posix_spawn, with these arguments; or of another program.
  init(arguments: [String], of program: String = "/proc/self/exe") {
    let (reading, writing) = openPipe()
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawn_file_actions_adddup2(&actions, writing, 1)
    posix_spawn_file_actions_adddup2(&actions, writing, 2)
    defer { posix_spawn_file_actions_destroy(&actions) }
    // SAFETY: the copies outlive the call, and are freed after it.
    var words = ([program] + arguments).map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var child = pid_t()
    let refused = posix_spawn(&child, program, &actions, nil, &words, environ)
    close(writing)
    self.init(status: -1, output: readAll(reading))
    if refused == 0 { status = exitStatus(of: child) } else { output += "posix_spawn: \(refused)" }
  }

  /// A child made by fork that does this and, if it comes to the end, exits with 0 (true) or 1. Ten seconds are a hang,
  /// which ends by SIGALRM.
  init(forked body: () -> Bool) {
    let (reading, writing) = openPipe()
    fflush(nil)
    let child = probe_fork()
    if child == 0 {
      alarm(10)
      dup2(writing, 1)
      dup2(writing, 2)
      let isFine = body()
      fflush(nil)
      _exit(isFine ? 0 : 1)
    }
    close(writing)
    self.init(status: -1, output: readAll(reading))
    status = exitStatus(of: child)
  }
}

/// A fork in the middle of something: in the child everything goes on from there, until it ends or comes to `finish`,
/// where it exits with 0 if it is fine.
final class ForkInTheMiddle: Sendable {
  private let child = Mutex<(id: pid_t, output: Int32)?>(nil)
  private let isChild = Atomic<Bool>(false)

  func now() {
    let (reading, writing) = openPipe()
    fflush(nil)
    let id = probe_fork()
    if id == 0 {
      alarm(10)
      dup2(writing, 1)
      dup2(writing, 2)
      isChild.store(true, ordering: .relaxed)
    }
    close(writing)
    child.withLock { $0 = (id, reading) }
  }

  func finish(_ childIsFine: @autoclosure () -> Bool = true) -> Run {
    if isChild.load(ordering: .relaxed) { _exit(childIsFine() ? 0 : 1) }
    guard let child = child.withLock({ $0 }) else { return Run(status: -1, output: "never forked") }
    let output = readAll(child.output)
    return Run(status: exitStatus(of: child.id), output: output)
  }
}

/// Runs `body` in a child made by fork, and returns its exit status; -signal if one ended it.
func inChild(_ body: () -> Bool) -> Int32 {
  let run = Run(forked: body)
  if !run.output.isEmpty { print(run.output, terminator: "") }
  return run.status
}

/// Executes this program again in this process, which does not return.
func execute(_ arguments: [String]) -> Never {
  var words = (["PinwheelProbe"] + arguments).map { strdup($0) } + [nil]
  execv("/proc/self/exe", &words)
  _exit(127)
}

func openPipe() -> (reading: Int32, writing: Int32) {
  var ends: [Int32] = [-1, -1]
  check(pipe(&ends) == 0, "pipe")
  for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
  return (ends[0], ends[1])
}

private func readAll(_ file: Int32) -> String {
  defer { close(file) }
  var text: [UInt8] = []
  var bytes = [UInt8](repeating: 0, count: 4096)
  while true {
    let count = read(file, &bytes, bytes.count)
    if count < 0, errno == EINTR { continue }
    guard count > 0 else { return String(decoding: text, as: UTF8.self) }
    text += bytes.prefix(count)
  }
}

func exitStatus(of child: pid_t) -> Int32 {
  var status: Int32 = 0
  while waitpid(child, &status, 0) < 0, errno == EINTR {}
  return status & 0x7f == 0 ? (status >> 8) & 0xff : -(status & 0x7f)
}

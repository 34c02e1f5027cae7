import Glibc

/// A control group (version 1) of this process's own, below the one that it is in; nil where none can be made.
struct ControlGroup {
  private let above: String
  private let folder: String

  init?(_ controller: String) {
    let line = contents(of: "/proc/self/cgroup").split(separator: "\n").first {
      $0.split(separator: ":").dropFirst().first?.split(separator: ",").contains(controller[...]) == true
    }
    guard let path = line?.split(separator: ":", maxSplits: 2).last else { return nil }
    above = "/sys/fs/cgroup/\(controller)\(path == "/" ? "" : path)"
    folder = "\(above)/pinwheel-probe-\(getpid())"
    guard mkdir(folder, 0o755) == 0 else { return nil }
    guard access("\(folder)/cgroup.procs", W_OK) == 0 else {
      rmdir(folder)
      return nil
    }
  }

  func write(_ file: String, _ text: String) -> Bool { Self.put(text, into: "\(folder)/\(file)") }

  func parent(_ file: String) -> String { contents(of: "\(above)/\(file)") }

  func enter() -> Bool { write("cgroup.procs", "\(getpid())") }

  /// Back to where the process was, and away with the group.
  func remove() {
    _ = Self.put("\(getpid())", into: "\(above)/cgroup.procs")
    rmdir(folder)
  }

  private static func put(_ text: String, into path: String) -> Bool {
    let file = open(path, O_WRONLY)
    guard file >= 0 else { return false }
    defer { close(file) }
    return Glibc.write(file, text, text.utf8.count) == text.utf8.count
  }
}

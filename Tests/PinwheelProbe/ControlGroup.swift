import Glibc

/// A control group of this process's own, below the one that it is in, of either version; nil where none can be made.
struct ControlGroup {
  private let above: String
  private let folder: String
  private let isUnified: Bool

  init?(_ controller: String) {
    let groups = contents(of: "/proc/self/cgroup").split(separator: "\n").map {
      $0.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
    }
    // "number:controllers:path"; version 2 has number 0 and no controllers, and all of them below one mount.
    let own = groups.first { $0.count == 3 && $0[1].split(separator: ",").contains(controller[...]) }
    isUnified = own == nil
    guard let path = (own ?? groups.first { $0.count == 3 && $0[0] == "0" })?[2] else { return nil }
    above = "/sys/fs/cgroup\(isUnified ? "" : "/\(controller)")\(path == "/" ? "" : path)"
    folder = "\(above)/pinwheel-probe-\(getpid())"
    if isUnified {
      let available = contents(of: "\(above)/cgroup.controllers").split { $0 == " " || $0 == "\n" }
      guard available.contains(controller[...]), overwrite("\(above)/cgroup.subtree_control", with: "+\(controller)")
      else {
        return nil
      }
    }
    guard mkdir(folder, 0o755) == 0 else { return nil }
    guard access("\(folder)/cgroup.procs", W_OK) == 0 else {
      rmdir(folder)
      return nil
    }
  }

  func write(_ file: String, _ text: String) -> Bool { overwrite("\(folder)/\(file)", with: text) }

  func parent(_ file: String) -> String { contents(of: "\(above)/\(file)") }

  func enter() -> Bool { write("cgroup.procs", "\(getpid())") }

  /// The time of so many CPUs.
  func grant(cpus: Double) -> Bool {
    let quota = Int(cpus * 100_000)
    if isUnified { return write("cpu.max", "\(quota) 100000") }
    return write("cpu.cfs_period_us", "100000") && write("cpu.cfs_quota_us", "\(quota)")
  }

  /// These CPUs, and the memory that there is.
  func allow(cpus: String) -> Bool {
    (isUnified || write("cpuset.mems", parent("cpuset.mems"))) && write("cpuset.cpus", cpus)
  }

  /// Back to where the process was, and away with the group.
  func remove() {
    _ = overwrite("\(above)/cgroup.procs", with: "\(getpid())")
    rmdir(folder)
  }
}

/// Writes to a file of the kernel's, at once.
func overwrite(_ path: String, with text: String) -> Bool {
  let file = open(path, O_WRONLY | O_CLOEXEC)
  guard file >= 0 else { return false }
  defer { close(file) }
  return write(file, text, text.utf8.count) == text.utf8.count
}

// The control groups' files: whatever they say, a quota is nil or a positive number of CPUs from a file that was there.
import Glibc

@testable import PinwheelTopology

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzQuota(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  // Texts with a NUL between them: the groups and the mounts, and what the limit's files say.
  let parts = text(bytes, count).split(separator: "\0", maxSplits: 4, omittingEmptySubsequences: false).map(String.init)
  func part(_ index: Int) -> String { index < parts.count ? parts[index] : "" }

  let folders = ControlGroups(groups: part(0), mounts: part(1)).cpuFolders
  // Each hierarchy from the process's own group upwards; so at most one folder isn't above the one before it.
  let turns = zip(folders, folders.dropFirst()).filter { !$0.utf8.starts(with: $1.utf8) }
  must(turns.count <= 1, "not upwards: \(folders)")

  write(part(2), to: "/unified/cpu.max")
  write(part(3), to: "/legacy/cpu.cfs_quota_us")
  write(part(4), to: "/legacy/cpu.cfs_period_us")
  if let quota = CPUQuota.current(root: root) {
    must(quota.cpus > 0 && quota.cpus.isFinite && quota.wholeCPUs >= 1, "\(quota)")
    must(quota.source == "/unified/cpu.max" || quota.source == "/legacy/cpu.cfs_quota_us", "\(quota)")
  }
  readBack(count)
  return 0
}

/// A quota as the kernel writes it is read as what it is.
private func readBack(_ number: Int) {
  write("max 100000\n", to: "/unified/cpu.max")
  write("\(number + 1)\n", to: "/legacy/cpu.cfs_quota_us")
  write("100000\n", to: "/legacy/cpu.cfs_period_us")
  let quota = CPUQuota.current(root: root)
  must(quota?.cpus == Double(number + 1) / 100_000, "\(number + 1) of 100000 is read as \(String(describing: quota))")
}

/// A folder that stands for `/`, with one group of each version. The fuzzer's caller removes it.
private let root: String = {
  let root = String(cString: getenv("PINWHEEL_FUZZ_FOLDER"))
  for folder in ["/proc", "/proc/self", "/unified", "/legacy"] { mkdir(root + folder, 0o700) }
  write("1:cpu,cpuacct:/\n0::/\n", to: "/proc/self/cgroup", in: root)
  write(
    """
    30 23 0:26 / /unified rw,nosuid - cgroup2 cgroup2 rw
    31 23 0:27 / /legacy rw - cgroup cgroup rw,cpu,cpuacct

    """, to: "/proc/self/mountinfo", in: root)
  return root
}()

private func write(_ text: String, to path: String, in folder: String? = nil) {
  guard let file = fopen((folder ?? root) + path, "w") else { fatalError("can't write \(path)") }
  fputs(text, file)
  fclose(file)
}

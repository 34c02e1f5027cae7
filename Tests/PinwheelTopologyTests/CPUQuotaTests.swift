import Testing

@testable import PinwheelTopology

@Suite("CPU quota of control groups")
struct CPUQuotaTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  /// Pretends to be a process in `groups` that sees `mounts`, with the given files below its root.
  func quota(groups: String, mounts: [String], files: [String: String]) throws -> CPUQuota? {
    try folder.write(groups, to: "proc/self/cgroup")
    try folder.write(mounts.joined(separator: "\n") + "\n", to: "proc/self/mountinfo")
    for (path, text) in files { try folder.write(text, to: path) }
    return CPUQuota.current(root: folder.path)
  }

  static let disk = "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw"
  static let unified = "31 22 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate"
  static let legacy = "33 32 0:29 / /sys/fs/cgroup/cpu,cpuacct rw shared:11 - cgroup cgroup rw,cpu,cpuacct"
  static let hybrid = "34 32 0:30 / /sys/fs/cgroup/unified rw shared:12 - cgroup2 cgroup2 rw"
  static let cpuset = "35 32 0:31 / /sys/fs/cgroup/cpuset rw shared:13 - cgroup cgroup rw,cpuset"

  @Test(
    "version 2: one file has quota and period",
    arguments: [
      ("max 100000\n", nil), ("50000 100000\n", 0.5), ("250000 100000\n", 2.5), ("400000 100000\n", 4),
      ("10000 5000", 2),
      ("", nil), ("junk 100000", nil), ("100000", nil), ("100000 0", nil), ("-5 100", nil), ("0 100000", nil),
    ] as [(String, Double?)])
  func version2(text: String, cpus: Double?) throws {
    let quota = try quota(
      groups: "0::/app\n", mounts: [Self.disk, Self.unified], files: ["sys/fs/cgroup/app/cpu.max": text])
    #expect(quota == cpus.map { CPUQuota(cpus: $0, source: "/sys/fs/cgroup/app/cpu.max") })
  }

  @Test("version 2: the least of all ancestors counts")
  func version2Nested() throws {
    let quota = try quota(
      groups: "0::/a/b/c\n", mounts: [Self.unified],
      files: [
        "sys/fs/cgroup/a/b/c/cpu.max": "800000 100000", "sys/fs/cgroup/a/b/cpu.max": "150000 100000",
        "sys/fs/cgroup/a/cpu.max": "max 100000", "sys/fs/cgroup/a/other/cpu.max": "10000 100000",
      ])
    #expect(quota == CPUQuota(cpus: 1.5, source: "/sys/fs/cgroup/a/b/cpu.max"))
  }

  @Test("version 2: a container's own group is unlimited, its pod's is not, and slices above say max")
  func version2Pod() throws {
    let slice = "sys/fs/cgroup/kubepods.slice/kubepods-burstable.slice"
    let quota = try quota(
      groups: "0::/kubepods.slice/kubepods-burstable.slice/pod1.slice/container.scope\n", mounts: [Self.unified],
      files: [
        "\(slice)/pod1.slice/container.scope/cpu.max": "max 100000\n", "\(slice)/pod1.slice/cpu.max": "125000 100000\n",
        "\(slice)/cpu.max": "max 100000\n", "sys/fs/cgroup/kubepods.slice/cpu.max": "800000 100000\n",
      ])
    #expect(quota == CPUQuota(cpus: 1.25, source: "/\(slice)/pod1.slice/cpu.max"))
    #expect(quota?.wholeCPUs == 2)
  }

  @Test("version 2: periods differ from group to group, and shares are compared, not numbers")
  func version2Periods() throws {
    let quota = try quota(
      groups: "0::/a/b\n", mounts: [Self.unified],
      files: ["sys/fs/cgroup/a/b/cpu.max": "20000 10000", "sys/fs/cgroup/a/cpu.max": "150000 100000"])
    #expect(quota == CPUQuota(cpus: 1.5, source: "/sys/fs/cgroup/a/cpu.max"))
  }

  @Test("a hierarchy that is mounted twice: the mount that shows the most ancestors counts", arguments: [false, true])
  func mountedTwice(reversed: Bool) throws {
    let part = "40 22 0:26 /a/b /run/part rw - cgroup2 cgroup2 rw"
    let mounts = [part, Self.unified]
    let quota = try quota(
      groups: "0::/a/b\n", mounts: reversed ? mounts.reversed() : mounts,
      files: [
        "run/part/cpu.max": "400000 100000", "sys/fs/cgroup/a/b/cpu.max": "400000 100000",
        "sys/fs/cgroup/a/cpu.max": "200000 100000",
      ])
    #expect(quota == CPUQuota(cpus: 2, source: "/sys/fs/cgroup/a/cpu.max"))
  }

  @Test(
    "hybrid: the lesser of both versions' quotas counts", arguments: [(300_000, 150_000, 1.5), (100_000, 150_000, 1)])
  func hybridLeast(legacy: Int, unified: Int, cpus: Double) throws {
    let quota = try quota(
      groups: "4:cpu,cpuacct:/app\n0::/app\n", mounts: [Self.legacy, Self.hybrid],
      files: [
        "sys/fs/cgroup/cpu,cpuacct/app/cpu.cfs_quota_us": "\(legacy)",
        "sys/fs/cgroup/cpu,cpuacct/app/cpu.cfs_period_us": "100000",
        "sys/fs/cgroup/unified/app/cpu.max": "\(unified) 100000",
      ])
    #expect(quota?.cpus == cpus)
  }

  @Test("version 2 in a container: the group's own files are at the mount")
  func version2Container() throws {
    let quota = try quota(
      groups: "0::/\n", mounts: [Self.unified], files: ["sys/fs/cgroup/cpu.max": "200000 100000"])
    #expect(quota == CPUQuota(cpus: 2, source: "/sys/fs/cgroup/cpu.max"))
  }

  @Test(
    "version 1: two files, -1 is unlimited",
    arguments: [("-1\n", "100000\n", nil), ("150000\n", "100000\n", 1.5), ("50000", "", nil), ("50000", "25000", 2)]
      as [(String, String, Double?)])
  func version1(quotaText: String, period: String, cpus: Double?) throws {
    let group = "sys/fs/cgroup/cpu,cpuacct/app"
    let quota = try quota(
      groups: "5:cpuset:/\n4:cpu,cpuacct:/app\n", mounts: [Self.disk, Self.cpuset, Self.legacy],
      files: ["\(group)/cpu.cfs_quota_us": quotaText, "\(group)/cpu.cfs_period_us": period])
    #expect(quota == cpus.map { CPUQuota(cpus: $0, source: "/\(group)/cpu.cfs_quota_us") })
  }

  @Test("version 1: ancestors count, and a mount of the group itself is recognised")
  func version1Nested() throws {
    let inside = "33 32 0:29 /docker/abc /sys/fs/cgroup/cpu rw shared:11 - cgroup cgroup rw,cpu"
    let base = "sys/fs/cgroup/cpu"
    let quota = try quota(
      groups: "4:cpu:/docker/abc/inner\n0::/ignored\n", mounts: [inside],
      files: [
        "\(base)/cpu.cfs_quota_us": "300000", "\(base)/cpu.cfs_period_us": "100000",
        "\(base)/inner/cpu.cfs_quota_us": "-1", "\(base)/inner/cpu.cfs_period_us": "100000",
      ])
    #expect(quota == CPUQuota(cpus: 3, source: "/\(base)/cpu.cfs_quota_us"))
  }

  @Test("hybrid: version 1 sets the quota, version 2 has no CPU files")
  func hybridHierarchies() throws {
    let quota = try quota(
      groups: "4:cpu,cpuacct:/app\n1:name=systemd:/x\n0::/app\n", mounts: [Self.legacy, Self.hybrid],
      files: [
        "sys/fs/cgroup/cpu,cpuacct/app/cpu.cfs_quota_us": "50000",
        "sys/fs/cgroup/cpu,cpuacct/app/cpu.cfs_period_us": "100000",
        "sys/fs/cgroup/unified/app/cgroup.procs": "1",
      ])
    #expect(quota?.cpus == 0.5)
  }

  @Test("a group outside of what is mounted: the mounted one counts", arguments: ["/../../other", "/elsewhere", "/"])
  func outsideOfMount(group: String) throws {
    let quota = try quota(
      groups: "0::\(group)\n",
      mounts: ["31 22 0:26 /../pod /sys/fs/cgroup rw - cgroup2 cgroup2 rw"],
      files: ["sys/fs/cgroup/cpu.max": "100000 100000"])
    #expect(quota == CPUQuota(cpus: 1, source: "/sys/fs/cgroup/cpu.max"))
  }

  @Test("names with colons and escaped blanks")
  func oddNames() throws {
    let quota = try quota(
      groups: "0::/a:b c\n", mounts: [#"31 22 0:26 / /my\040groups rw - cgroup2 none rw"#],
      files: ["my groups/a:b c/cpu.max": "70000 100000"])
    #expect(quota == CPUQuota(cpus: 0.7, source: "/my groups/a:b c/cpu.max"))
  }

  @Test("what is missing or broken limits nothing")
  func broken() throws {
    #expect(CPUQuota.current(root: folder.path) == nil)
    #expect(try quota(groups: "", mounts: [], files: [:]) == nil)
    #expect(try quota(groups: "junk\n::\n0:\n4:cpu", mounts: ["junk - -", "- - - - - - cgroup2"], files: [:]) == nil)
    #expect(try quota(groups: "0::/gone\n", mounts: [Self.disk], files: [:]) == nil)
  }

  @Test("a quota rounds up to whole CPUs, at least 1", arguments: [(0.001, 1), (1, 1), (1.2, 2), (3, 3)])
  func wholeCPUs(cpus: Double, whole: Int) {
    #expect(CPUQuota(cpus: cpus, source: "").wholeCPUs == whole)
  }

  @Test("an absurd quota does not trap")
  func absurdQuota() {
    #expect(CPUQuota(cpus: .infinity, source: "").wholeCPUs == CPUSet.largestCPU)
    #expect(CPUQuota(cpus: -3, source: "").wholeCPUs == 1)
  }
}

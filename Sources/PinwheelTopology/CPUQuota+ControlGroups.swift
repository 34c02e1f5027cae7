extension CPUQuota {
  /// The least quota of all control groups that this process is in, up to the root of what it can see; nil: unlimited.
  ///
  /// Understands version 2 (`cpu.max`), version 1 (`cpu.cfs_quota_us`, `cpu.cfs_period_us`) and both at once, as
  /// described in `cgroups(7)` and the kernel's `admin-guide/cgroup-v2.rst`. A child group may name a larger quota than
  /// its parent, and the parent's counts: so all ancestors are looked at. A file that is missing or makes no sense
  /// limits nothing.
  ///
  /// - Parameter root: A folder to take for `/`, such as one with recorded files.
  public static func current(root: String = "") -> CPUQuota? {
    guard let groups = contentsOfSystemFile(root + "/proc/self/cgroup"),
      let mounts = contentsOfSystemFile(root + "/proc/self/mountinfo")
    else { return nil }
    let folders = ControlGroups(groups: groups, mounts: mounts).cpuFolders
    return folders.compactMap { read(folder: $0, root: root) }.min { $0.cpus < $1.cpus }
  }

  /// The quota that one group sets by itself.
  private static func read(folder: String, root: String) -> CPUQuota? {
    let unified = folder + "/cpu.max"
    if let text = contentsOfSystemFile(root + unified) {
      let fields = text.split(whereSeparator: \.isWhitespace)
      return CPUQuota(quota: fields.first, period: fields.dropFirst().first, source: unified)
    }
    let legacy = folder + "/cpu.cfs_quota_us"
    return CPUQuota(
      quota: contentsOfSystemFile(root + legacy)?.trimmingBlanks,
      period: contentsOfSystemFile(root + folder + "/cpu.cfs_period_us")?.trimmingBlanks,
      source: legacy)
  }

  /// Both in microseconds; `max` and -1 stand for no limit.
  private init?(quota: Substring?, period: Substring?, source: String) {
    guard let quota = quota.flatMap({ Int($0) }), quota > 0, let period = period.flatMap({ Int($0) }), period > 0 else {
      return nil
    }
    self.init(cpus: Double(quota) / Double(period), source: source)
  }
}

/// Where the control groups of a process are mounted, from its `/proc/self/cgroup` and `/proc/self/mountinfo`.
struct ControlGroups {
  /// A mounted hierarchy: the group at its top, and the folder where that is.
  private struct Mount {
    var isUnified: Bool
    var top: String
    var folder: String
  }

  private var unifiedGroup: String?
  private var cpuGroup: String?
  private var mounts: [Mount]

  init(groups: String, mounts: String) {
    // A line is "number:controllers:group"; version 2 has number 0 and no controllers.
    for line in groups.split(separator: "\n") {
      let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count == 3 else { continue }
      if fields[0] == "0", fields[1].isEmpty {
        unifiedGroup = String(fields[2])
      } else if fields[1].split(separator: ",").contains("cpu") {
        cpuGroup = String(fields[2])
      }
    }
    self.mounts = mounts.split(separator: "\n").compactMap(Self.mount)
  }

  /// A line is "id parent device top folder options tags... - type source options" (proc_pid_mountinfo(5)).
  private static func mount(_ line: Substring) -> Mount? {
    let fields = line.split(separator: " ")
    guard let dash = fields.firstIndex(of: "-"), dash >= 6, fields.count > dash + 3 else { return nil }
    switch fields[dash + 1] {
    case "cgroup2": break
    case "cgroup": guard fields[dash + 3].split(separator: ",").contains("cpu") else { return nil }
    default: return nil
    }
    return Mount(isUnified: fields[dash + 1] == "cgroup2", top: unescape(fields[3]), folder: unescape(fields[4]))
  }

  /// The kernel writes blanks, tabs, newlines and backslashes as a backslash and three octal digits.
  private static func unescape(_ field: Substring) -> String {
    var bytes: [UInt8] = []
    var rest = field.utf8[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "\\"), rest.count >= 3, let code = UInt8(String(rest.prefix(3)) ?? "", radix: 8) {
        bytes.append(code)
        rest.removeFirst(3)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The folders of all groups that may limit this process' CPU time: in each hierarchy its own first, then upwards.
  var cpuFolders: [String] {
    folders(of: unifiedGroup, unified: true) + folders(of: cpuGroup, unified: false)
  }

  private func folders(of group: String?, unified: Bool) -> [String] {
    guard let group else { return [] }
    let candidates = mounts.filter { $0.isUnified == unified }
    // A hierarchy may be mounted several times, in parts: the part that begins furthest up shows most ancestors.
    let views = candidates.compactMap { mount in Self.path(of: group, below: mount.top).map { (path: $0, mount) } }
    if let (path, mount) = views.max(by: { $0.path.count < $1.path.count }) {
      return Self.ancestors(of: path, in: mount.folder)
    }
    // A container may see its groups mounted without seeing where they hang; the mounted one then is the closest known.
    return candidates.first.map { [$0.folder] } ?? []
  }

  /// `group` seen from `top`: "/a/b" below "/a" is ["b"]; nil if it is not below.
  private static func path(of group: String, below top: String) -> [Substring]? {
    let (group, top) = (group.split(separator: "/"), top.split(separator: "/"))
    // A name space shows what lies outside of it as "..": there is no folder for that.
    guard group.starts(with: top), !group.contains("..") else { return nil }
    return Array(group.dropFirst(top.count))
  }

  /// The folder of a group and of all groups above it, up to the mounted one.
  private static func ancestors(of path: [Substring], in folder: String) -> [String] {
    (0...path.count).reversed().map { depth in
      ([folder[...]] + path.prefix(depth)).joined(separator: "/")
    }
  }
}

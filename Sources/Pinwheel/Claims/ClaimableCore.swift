import PinwheelTopology

/// A core that has a lock file.
struct ClaimableCore {
  /// Its CPUs, as far as the machine's description has them.
  var cpus: CPUSet
  /// The file's name. Processes that may use different CPUs of a core agree on it, and it stays the same when some of
  /// them go offline.
  var fileName: String

  /// The cores with usable CPUs, in topological order.
  ///
  /// - Parameter folder: Where the kernel describes CPUs.
  static func all(of machine: Machine, in folder: String = "/sys/devices/system/cpu") -> [ClaimableCore] {
    var cores: [ClaimableCore] = []
    var positions: [String: Int] = [:]
    for group in Dictionary(grouping: machine.cpus, by: \.coreIndex).sorted(by: { $0.key < $1.key }) {
      let cpus = CPUSet(group.value.map(\.osIndex))
      // The kernel describes those that are online, as what is usable is.
      guard let any = cpus.intersection(machine.usable).first else { continue }
      let name = "core-" + (identity(of: any, in: folder) ?? "of-cpu-\(any)")
      // One core a file, also if hwloc takes each hardware thread for a core.
      if let position = positions[name] {
        cores[position].cpus = cores[position].cpus.union(cpus)
      } else {
        positions[name] = cores.count
        cores.append(ClaimableCore(cpus: cpus, fileName: name))
      }
    }
    return cores
  }

  /// The numbers that the kernel gives to a CPU's core and to what that is in, from the package on: `0.0.4.1`. They are
  /// the hardware's own. (The list of its hardware threads is not: it has those alone that are online.) A number that the
  /// kernel does not have is missing everywhere on the machine. Nil if there is none for the core.
  private static func identity(of cpu: Int, in folder: String) -> String? {
    let numbers = ["physical_package_id", "die_id", "cluster_id", "core_id"].map { file in
      contentsOfSystemFile("\(folder)/cpu\(cpu)/topology/\(file)").flatMap { Int($0.filter { !$0.isWhitespace }) }
    }
    guard numbers.last != .some(nil) else { return nil }
    return numbers.compactMap { $0.map(String.init) }.joined(separator: ".")
  }
}

/// Why a machine could not be described, or workers not be placed on it.
public enum TopologyError: Error, Sendable, Hashable {
  /// hwloc itself failed: which of its calls, and the system's words for the error number that it left.
  case hwlocFailed(call: String, reason: String)
  /// The description (a synthetic string, or the path of an XML file) is none that hwloc can load.
  case notLoaded(source: Machine.Source, reason: String)
  /// No CPU of what the places ask for may be used by this process.
  case noUsableCPU(asked: CPUSet, usable: CPUSet)
  /// Some CPUs of what the places ask for may be used, but the request's own rules (`reserve`, `kinds`, `smt`, `ranks`,
  /// a limit of places) leave none of them; and why each of them is not left.
  case nothingLeft(asked: CPUSet, unused: [UnusedCPU])
  /// A count of workers that is not at least 1.
  case invalidWorkerCount(Int)
}

extension TopologyError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .hwlocFailed(let call, let reason):
      "hwloc could not describe this machine: \(call) failed: \(reason)"
    case .notLoaded(let source, let reason):
      "\(source) could not be loaded: \(reason)"
    case .noUsableCPU(let asked, let usable) where asked.isEmpty:
      "no CPU to place workers on: the places name none (usable: \(usable.orNone))"
    case .noUsableCPU(let asked, let usable):
      "no CPU to place workers on: CPUs \(asked) were asked for, and this process may use \(usable.orNone)"
    case .nothingLeft(let asked, let unused):
      "no CPU to place workers on: of CPUs \(asked) none is left ("
        + Self.grouped(unused).map { "\($0.cpus): \($0.reason)" }.joined(separator: "; ") + ")"
    case .invalidWorkerCount(let count):
      "\(count) workers were asked for: a pool has at least 1"
    }
  }
}

extension TopologyError {
  /// CPUs by reason, in the order in which the reasons come first.
  private static func grouped(_ unused: [UnusedCPU]) -> [(reason: UnusedCPU.Reason, cpus: CPUSet)] {
    var groups: [(reason: UnusedCPU.Reason, cpus: CPUSet)] = []
    for cpu in unused {
      if let index = groups.firstIndex(where: { $0.reason == cpu.reason }) {
        groups[index].cpus = groups[index].cpus.union([cpu.osIndex])
      } else {
        groups.append((cpu.reason, [cpu.osIndex]))
      }
    }
    return groups
  }
}

extension CPUSet {
  /// The list for the middle of a sentence.
  var orNone: String { isEmpty ? "none" : description }
}

/// Why a machine could not be described, or workers not be placed on it.
public enum TopologyError: Error, Sendable, Hashable {
  /// hwloc itself failed: which of its calls, and the system's words for the error number that it left.
  case hwlocFailed(call: String, reason: String)
  /// The description (a synthetic string, or the path of an XML file) is none that hwloc can load.
  case notLoaded(source: Machine.Source, reason: String)
  /// No CPU of what the places ask for may be used by this process.
  case noUsableCPU(asked: CPUSet, usable: CPUSet)
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
    case .invalidWorkerCount(let count):
      "\(count) workers were asked for: a pool has at least 1"
    }
  }
}

extension CPUSet {
  /// The list for the middle of a sentence.
  var orNone: String { isEmpty ? "none" : description }
}

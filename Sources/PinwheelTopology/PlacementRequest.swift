/// How many workers a pool shall have.
public enum WorkerCount: Sendable, Hashable {
  /// One for each usable core, but no more than the CPU quota can keep busy.
  case auto
  /// One for each usable core.
  case cores
  /// One for each usable CPU (hardware thread).
  case threads
  /// This many; at least 1.
  case exactly(Int)
}

/// What a worker may be bound to. The words are those of OpenMP's `OMP_PLACES`.
public enum Places: Sendable, Hashable {
  /// Each usable CPU is a place.
  case threads
  /// Each core is a place, with all its usable CPUs.
  case cores
  /// Each group of CPUs that share an outermost cache is a place.
  case llCaches
  /// Each group of CPUs with the same closest memory is a place.
  case numaDomains
  /// Each package is a place.
  case sockets
  /// These sets of CPUs, in this order; what is not usable is dropped from them.
  case explicit([CPUSet])
}

/// How workers are spread over places. The words are those of OpenMP's `OMP_PROC_BIND` (OpenMP 5.2, section 10.1.3).
public enum Binding: String, Sendable, Hashable, CaseIterable, Codable {
  /// Nobody is bound: the operating system moves workers over the usable CPUs as it likes.
  case none
  /// All workers on the first place.
  case primary
  /// Neighbouring workers on neighbouring places, from the first place on.
  case close
  /// Workers as far apart as the places allow.
  case spread
}

extension Places: CustomStringConvertible {
  /// The word of `OMP_PLACES`, or the sets in braces.
  public var description: String {
    switch self {
    case .threads: "threads"
    case .cores: "cores"
    case .llCaches: "ll_caches"
    case .numaDomains: "numa_domains"
    case .sockets: "sockets"
    case .explicit(let sets): sets.map { "{\($0)}" }.joined(separator: ",")
    }
  }
}

extension WorkerCount: CustomStringConvertible {
  public var description: String {
    switch self {
    case .auto: "auto"
    case .cores: "cores"
    case .threads: "threads"
    case .exactly(let count): "\(count)"
    }
  }
}

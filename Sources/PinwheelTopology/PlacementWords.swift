/// How many workers a pool shall have.
///
/// Those that are counted are 4096 at most, as many as a pool can have.
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

/// Which CPU of its place a worker takes, if the place has several.
public enum OrderInPlace: String, Sendable, Hashable, CaseIterable, Codable {
  /// None of them: it floats, and the operating system moves it within its place. OpenMP's way.
  case float
  /// One CPU each: first a hardware thread of every core, in topological order, then the second ones.
  case coresFirst = "cores_first"
  /// One CPU each, in topological order: all hardware threads of a core before the next core.
  case siblingsFirst = "siblings_first"
  /// One CPU each, by ascending number.
  case byNumber = "by_number"
}

/// Which kinds of CPU to use, on machines that mix fast ones and frugal ones.
///
/// The *performance* CPUs are those of the kind that ranks highest, the *efficiency* CPUs all others, so that every CPU
/// is one or the other. Where all CPUs are alike each choice means all of them, and
/// `efficiency` is answered with a warning.
public enum CPUKindChoice: String, Sendable, Hashable, CaseIterable, Codable {
  /// CPUs of every kind.
  case all
  /// CPUs of the fastest kind.
  case performance
  /// CPUs of all kinds but the fastest.
  case efficiency
}

/// How many hardware threads of a core to use.
public enum SMTChoice: String, Sendable, Hashable, CaseIterable, Codable {
  /// All of them.
  case all
  /// The first of each core that is left; its siblings stay idle.
  case one
}

/// CPUs that no worker may use, though the process may: they are left to others, such as interrupts or an I/O thread.
public enum Reservation: Sendable, Hashable {
  /// None.
  case nothing
  /// These; those that the process may not use anyway do no harm, and those that the machine does not have are a warning.
  case cpus(CPUSet)
  /// The first core of each NUMA node, with all its hardware threads. Counted over the CPUs that the machine allows,
  /// not over the process' mask, so that all processes on a machine leave the same cores to others.
  case corePerNode
}

/// Whether a process that is one of several ranks on a machine (MPI, Slurm) keeps to its share of it.
public enum RankPolicy: String, Sendable, Hashable, CaseIterable, Codable {
  /// It takes an equal slice, if its launcher has not given it a mask of its own.
  case auto
  /// It takes all that its mask allows.
  case off
}

extension Reservation: CustomStringConvertible {
  /// `none`, `core_per_node`, or the CPUs in the kernel's list format.
  public var description: String {
    switch self {
    case .nothing: "none"
    case .cpus(let cpus): cpus.isEmpty ? "none" : cpus.description
    case .corePerNode: "core_per_node"
    }
  }
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

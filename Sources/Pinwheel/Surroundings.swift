import CPinwheel
import Glibc
import PinwheelTopology
import Synchronization

/// The machine as it is for this process by now: control groups and CPUs may change while it runs.
///
/// A process is kept to some CPUs in two ways: by itself, or whoever started it (`taskset`), and by its cpuset and what
/// is online. The first is its own wish and stays; the second is followed. Both show in one affinity mask, so they are
/// told apart at the first look that the kernel answers: if the mask has all that a thread can get, it was nobody's wish.
enum Surroundings {
  struct Sight {
    private(set) var machine: Machine
    /// All CPUs that the kernel gives to a thread that asks for all; nil: it has not told yet.
    private var permitted: CPUSet?
    /// What the process, or its starter, keeps it to; nil: all that there is, or not known as long as `permitted` is not.
    private var restriction: CPUSet?

    init(_ machine: Machine, permitted: CPUSet?) {
      self.machine = machine
      learn(permitted, from: machine)
    }

    /// Looks again: at what has been asked just now and, only if that has changed, at the whole machine.
    mutating func update(
      permitted answer: CPUSet?, quota: CPUQuota?, _ read: () throws(TopologyError) -> Machine
    ) throws(TopologyError) {
      // What the kernel does not tell this time has not changed.
      guard answer ?? permitted != permitted || quota != machine.quota else { return }
      var seen = try read()
      seen.quota = quota
      learn(answer, from: seen)
      if let permitted { seen.usable = usable(of: permitted.intersection(seen.allowed), within: restriction) }
      machine = seen
    }

    /// - Parameter seen: the machine at the time of the answer.
    private mutating func learn(_ answer: CPUSet?, from seen: Machine) {
      guard let answer else { return }
      // By the first look and this one: in between a cpuset may have grown, or the main thread may have been bound.
      let isFree = [machine, seen].contains { $0.usable == answer.intersection($0.allowed) }
      if permitted == nil { restriction = isFree ? nil : machine.usable }
      permitted = answer
    }
  }

  // With forks held off: a child would find it locked for ever.
  private static let sight = Mutex<Sight?>(nil)

  /// The machine as last seen. The caller holds off forks.
  static func machine() throws(TopologyError) -> Machine {
    try sight.withLock { sight throws(TopologyError) in
      if let sight { return sight.machine }
      let machine = try Machine.current()
      sight = Sight(machine, permitted: Affinity.permitted())
      return machine
    }
  }

  /// Looks again: at the CPUs and the quota, and only if they have changed at the whole machine. The caller holds off
  /// forks.
  static func lookAgain() throws(TopologyError) -> Machine {
    let known = try machine()
    // What hwloc's environment describes instead does not change.
    guard known.source == .real else { return known }
    return try sight.withLock { sight throws(TopologyError) in
      try sight?.update(permitted: Affinity.permitted(), quota: CPUQuota.current()) { () throws(TopologyError) in
        try Machine.read()
      }
      return sight?.machine ?? known
    }
  }

  /// What of `permitted` a process may use that keeps itself to `restriction`. If nothing is left of that the kernel lets
  /// its threads run wherever they may (sched_setaffinity(2)).
  static func usable(of permitted: CPUSet, within restriction: CPUSet?) -> CPUSet {
    guard let restriction else { return permitted }
    let left = permitted.intersection(restriction)
    return left.isEmpty ? permitted : left
  }
}

extension Affinity {
  /// The CPUs that the kernel gives to a thread of this process that asks for all. Asked on a thread made for it: a
  /// thread that has asked is bound to the answer. Nil if that is refused.
  fileprivate static func permitted() -> CPUSet? {
    let answer = Answer()
    let asked = Thread.start(stackSize: Thread.helperStackSize) {
      let all = [UInt64](repeating: .max, count: Int(PW_MOST_CPUS) / 64)
      guard pw_affinity_set(all, UInt32(all.count)) == 0 else { return }
      answer.cpus.withLock { $0 = current(of: pthread_self()) }
    }
    guard case .success(let thread) = asked else { return nil }
    pthread_join(thread, nil)
    return answer.cpus.withLock { $0 }
  }

  private final class Answer: Sendable {
    let cpus = Mutex<CPUSet?>(nil)
  }
}

// What can only be looked at in a process of its own: threads, CPU time, memory, limits, fork, allocations, ends. One
// scenario a run; prints what is wrong and exits with 1 if anything is. Some take further arguments: those that other
// scenarios run, to see how they end.
import Glibc

let scenarios: [String: @Sendable () throws -> Void] = [
  "idle": idle,
  "leaks": leaks,
  "threads": threads,
  "refused": refusedThreads,
  "refused-each": refusedEachThread,
  "refused-follower": refusedFollower,
  "refused-give-back": refusedGiveBack,
  "refused-pool-memory": refusedPoolMemory,
  "refused-queue-memory": refusedQueueMemory,
  "refused-affinity": refusedAffinity,
  "refused-scheduling": refusedScheduling,
  "taken-cpu": takenCPU,
  "few-cpus": fewCPUs,
  "quota": quota,
  "follow-quota": followQuota,
  "follow-cpus": followCPUs,
  "changes": changes,
  "dropped-inside": droppedInside,
  "fork": forked,
  "fork-deterministic": forkedDeterministic,
  "fork-waits": forkedWaits,
  "fork-memory": forkedMemory,
  "fork-states": forkStates,
  "fork-while-starting": forkWhileStarting,
  "fork-while-others-look": forkWhileOthersLook,
  "fork-inside": forkInside,
  "fork-lost": forkLost,
  "fork-attributes": forkAttributes,
  "report": report,
  "placement": placement,
  "process-ends": processEnds,
  "end": end,
  "thread-local-destructors": threadLocalDestructors,
  "signal-storm": signalStorm,
  "signal-masks": signalMasks,
  "constant-halves": constantHalves,
  "recursion": recursion,
  "overflow": overflow,
  "fault": fault,
  "allocations": allocations,
  "share": share,
  "share-hold": shareHold,
  "guest-pins": guestPins,
  "guest-seats": guestSeats,
  "guest-offline": guestOffline,
  "guest-cpuset": guestCPUSet,
  "guest-quota": guestQuota,
  "guest-steals": guestSteals,
  "guest-memory": guestMemory,
  "guest-arenas": guestArenas,
]

@main
enum Main {
  static func main() {
    guard CommandLine.arguments.count >= 2, let scenario = scenarios[CommandLine.arguments[1]] else {
      print("usage: PinwheelProbe \(scenarios.keys.sorted().joined(separator: "|"))")
      exit(2)
    }
    // The others' own mask: whoever started this may have blocked signals, and a mask is inherited.
    if CommandLine.arguments[1] == "report" { return report() }
    var none = sigset_t()
    sigemptyset(&none)
    sigprocmask(SIG_SETMASK, &none, nil)
    // What ends by a signal on purpose needs no backtrace; this decides for the children.
    setenv("SWIFT_BACKTRACE", "enable=no", 0)
    // A hang ends the process by SIGALRM.
    alarm(45)
    do { try scenario() } catch { check(false, "threw \(error)") }
    exit(failures.value == 0 ? 0 : 1)
  }
}

// What can only be looked at in a process of its own: threads, CPU time, memory, limits, fork, allocations. One scenario a
// run; prints what is wrong and exits with 1 if anything is.
import Glibc

let scenarios: [String: @Sendable () throws -> Void] = [
  "idle": idle,
  "leaks": leaks,
  "threads": threads,
  "refused": refusedThreads,
  "dropped-inside": droppedInside,
  "fork": forked,
  "fork-deterministic": forkedDeterministic,
  "fork-waits": forkedWaits,
  "fork-memory": forkedMemory,
  "placement": placement,
  "allocations": allocations,
]

@main
enum Main {
  static func main() {
    guard CommandLine.arguments.count == 2, let scenario = scenarios[CommandLine.arguments[1]] else {
      print("usage: PinwheelProbe \(scenarios.keys.sorted().joined(separator: "|"))")
      exit(2)
    }
    // Whoever started this may have blocked signals, and a mask is inherited.
    var none = sigset_t()
    sigemptyset(&none)
    sigprocmask(SIG_SETMASK, &none, nil)
    // A hang ends the process by SIGALRM.
    alarm(45)
    do { try scenario() } catch { check(false, "threw \(error)") }
    exit(failures.value == 0 ? 0 : 1)
  }
}

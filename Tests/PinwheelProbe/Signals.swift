import CPinwheelProbe
import Glibc
import Pinwheel
import Synchronization

/// Signals rain on workers and on callers that wait; system calls that they interrupt are not restarted.
func signalStorm() throws {
  probe_count_signal(SIGUSR1)
  probe_count_signal(SIGALRM)
  probe_count_signal(SIGPROF)
  for workers in [1, 2, 8] {
    let pool = try makePool(workers) {
      $0.spin = .zero
      $0.onWorkerStart = { _ in probe_mark_worker() }
    }
    let stop = Count()
    let main = getpid()
    let rain = OwnThread {
      while stop.value == 0 {
        kill(main, SIGUSR1)  // to the process: whoever does not block it
        probe_signal_thread(main, SIGALRM)
        // Profilers' signal is the one of these that workers let in.
        for task in tasks() { probe_signal_thread(Int32(task), SIGPROF) }
      }
    }
    let begin = time(nil)
    var rounds = 0
    while time(nil) < begin + 2 || probe_signals_on_workers() < 100 || probe_signals_elsewhere() < 100 {
      rounds += 1
      check(fib(pool, 14) == 377, "fib")
      let ran = Count()
      pool.parallelFor(0..<16, schedule: .static) { _ in
        usleep(50)
        ran.add()
      }
      pool.scope { s in
        for _ in 0..<16 {
          s.spawn {
            usleep(50)
            ran.add()
          }
        }
      }
      check(ran.value == 32, "\(ran.value) of 32")
      let handles = try (0..<8).map { i in
        try pool.submit {
          usleep(100)
          return i
        }
      }
      for (i, handle) in handles.enumerated() { check(handle.wait() == i, "wait") }
      if time(nil) > begin + 20 {
        check(false, "\(probe_signals_on_workers()) signals on workers, \(probe_signals_elsewhere()) elsewhere")
        break
      }
    }
    stop.add()
    rain.join()
    try pool.shutdown()
  }
}

/// An application's handlers run on its own threads, but faults of a job reach whoever handles faults.
func signalMasks() throws {
  probe_count_signal(SIGUSR1)
  let pool = try makePool(2) { $0.onWorkerStart = { _ in probe_mark_worker() } }
  let open: Set<Int32> = [SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS, SIGPROF, SIGKILL, SIGSTOP]
  let blocked = try pool.submit {
    var mask = sigset_t()
    pthread_sigmask(SIG_BLOCK, nil, &mask)
    return (1...64).filter { sigismember(&mask, $0) == 1 }.map { Int32($0) }
  }.wait()
  // 32 and 33 are glibc's own, which it never blocks.
  let expected = (1...64).map { Int32($0) }.filter { !open.contains($0) && $0 != 32 && $0 != 33 }
  check(blocked == expected, "a worker blocks \(blocked)")
  // Though this thread blocks it as well: then it waits, and does not go to a worker.
  var only = sigset_t()
  var before = sigset_t()
  sigemptyset(&only)
  sigaddset(&only, SIGUSR1)
  pthread_sigmask(SIG_BLOCK, &only, &before)
  kill(getpid(), SIGUSR1)
  _ = fib(pool, 20)
  check(probe_signals_on_workers() + probe_signals_elsewhere() == 0, "a signal went to a worker")
  pthread_sigmask(SIG_SETMASK, &before, nil)
  check(probe_signals_elsewhere() == 1, "the signal did not come when it was let in")
  check(fib(pool, 10) == 55, "fib")
}

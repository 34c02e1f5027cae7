import Glibc
import Synchronization

/// Ends the process, with all that is known, when a program takes too long.
final class Watchdog: Sendable {
  private struct Watched {
    var run: Run
    var fleet: Fleet
    /// Looks that are left. Not a time, since the process may be stopped for a while.
    var looks: Int
  }

  private let watched = Mutex<Watched?>(nil)
  private let seconds: Int
  private static let looksASecond = 4

  init(seconds: Int) {
    self.seconds = seconds
    if let thread = Threads.start({ [self] in watch() }) { pthread_detach(thread) }
  }

  func begin(_ run: Run, on fleet: Fleet) {
    watched.withLock { $0 = Watched(run: run, fleet: fleet, looks: seconds * Self.looksASecond) }
  }

  func end() { watched.withLock { $0 = nil } }

  private func watch() -> Never {
    while true {
      usleep(UInt32(1_000_000 / Self.looksASecond))
      let hung = watched.withLock { watched in
        watched?.looks -= 1
        return watched
      }
      guard let hung, hung.looks <= 0 else { continue }
      report(hung)
      abort()
    }
  }

  private func report(_ hung: Watched) {
    let run = hung.run
    for complaint in run.complaints { complainToUser("  " + complaint) }
    var text = describe(run, workers: hung.fleet.workers, failed: "did not end in \(seconds) s")
    let open = (0..<run.program.jobs).filter { run.begun[$0] > run.ended[$0] && run.isNode($0) }
    text += "begun and not ended: " + open.prefix(100).map { "#\($0)" }.joined(separator: " ") + "\n"
    text += "submitted and not ended: \(run.outstanding.load(ordering: .relaxed)), never begun: "
    text += Verdict.lostSubmissions(of: run).map { "#\($0)" }.joined(separator: " ") + "\n"
    for (index, site) in hung.fleet.sites.enumerated() {
      text += "pool \(index), \(site.pool.state):\n"
      for (slot, counters) in site.pool.counters.enumerated() { text += "  slot \(slot): \(counters)\n" }
    }
    write(text, to: 2)
  }
}

/// The program of a run that went wrong, and how to run it again.
func describe(_ run: Run, workers: Int, failed: String) -> String {
  """
  pinwheel-stress: the program \(hexadecimal(run.program.seed)) on \(workers) workers \(failed)
  \(Listing.text(run.program))
  again: pinwheel-stress --seed \(hexadecimal(run.program.seed)) --workers \(workers) --programs 1 --rounds 1000

  """
}

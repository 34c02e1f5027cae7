// Random programs on pools, compared with a serial model of the same programs: see --help.
//
// In the order of reading: Node (what a program is made of), Generator (from a seed), Model (what it should do), Scene
// and Execution (what it does), Verdict, CounterRules and GrowthRules (what is checked afterwards), Fault (that the
// checks see).
import Glibc
import Pinwheel

/// Programs that one set of pools runs.
private let programsAFleet = 32

@main
enum Main {
  static func main() {
    do throws(Options.Mistake) {
      guard let options = try Options.parse(Array(CommandLine.arguments.dropFirst())) else {
        write(Options.help + "\n", to: 1)
        return
      }
      if let name = getenv("PINWHEEL_STRESS_FAULT"), Fault.planted == nil {
        throw Options.Mistake(
          message:
            "PINWHEEL_STRESS_FAULT=\(String(cString: name)): allowed is \(Fault.allCases.map(\.rawValue).joined(separator: ", "))"
        )
      }
      if options.list { return list(options) }
      exit(soak(options))
    } catch {
      complainToUser("pinwheel-stress: \(error.message)")
      exit(2)
    }
  }

  private static func list(_ options: Options) {
    for index in 0..<(options.programs ?? 1) {
      let program = Generator.program(seed: (options.seed ?? 0) &+ UInt64(index))
      write("\(hexadecimal(program.seed)), \(program.jobs) jobs\n\(Listing.text(program))\n", to: 1)
    }
  }

  private static func soak(_ options: Options) -> Int32 {
    let seed = options.seed ?? UInt64.random(in: 0..<(1 << 48))
    var summary = Summary(firstSeed: seed)
    var growth = GrowthRules()
    var progress = Progress()
    let watchdog = Watchdog(seconds: options.deadline)
    let begin = now()
    var next = 0

    func isOver() -> Bool {
      if let programs = options.programs, next >= programs { return true }
      if let minutes = options.minutes, now() - begin >= minutes * 60 { return true }
      return summary.failures > 0
    }

    while !isOver() {
      let workers = options.workers[summary.pools % options.workers.count]
      let fleet: Fleet
      do throws(PoolError) { fleet = try Fleet(workers: workers) } catch {
        complainToUser("pinwheel-stress: no pool of \(workers) workers: \(error)")
        return 1
      }
      summary.pools += 1
      for _ in 0..<programsAFleet where !isOver() {
        let program = Generator.program(seed: seed &+ UInt64(next))
        next += 1
        for _ in 0..<options.rounds where summary.failures == 0 {
          let run = Run(program)
          watchdog.begin(run, on: fleet)
          fleet.run(run)
          watchdog.end()
          summary.add(run, workers: workers)
          if !run.complaints.isEmpty {
            summary.failures += 1
            write(describe(run, workers: workers, failed: "failed:"), to: 2)
            for complaint in run.complaints { complainToUser("  " + complaint) }
          }
          progress.show(summary, seconds: now() - begin)
        }
      }
      func complain(_ what: String) {
        summary.failures += 1
        complainToUser(
          "pinwheel-stress: after a fleet of \(workers) workers, programs up to \(hexadecimal(summary.lastSeed)): \(what)"
        )
      }
      fleet.end(complain)
      growth.look(complain)
    }
    progress.clear()
    let seconds = now() - begin
    write(options.json ? summary.json(seconds: seconds) : summary.text(seconds: seconds), to: 1)
    return summary.failures == 0 ? 0 : 1
  }
}

/// A line on standard error now and then: over itself on a terminal, rarely elsewhere.
private struct Progress {
  private let isTerminal = isatty(2) == 1
  private var last = now()

  mutating func show(_ summary: Summary, seconds: Double) {
    guard now() - last >= (isTerminal ? 2 : 30) else { return }
    last = now()
    let line =
      "\(Int(seconds)) s: \(summary.programs) programs, \(summary.jobs) jobs, at \(hexadecimal(summary.lastSeed))"
    write(isTerminal ? "\r\(line)  " : line + "\n", to: 2)
  }

  func clear() { if isTerminal { write("\r\u{1b}[K", to: 2) } }
}

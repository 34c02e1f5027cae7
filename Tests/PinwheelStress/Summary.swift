/// What has been run.
struct Summary {
  struct Count {
    var programs = 0
    var jobs = 0
  }

  var firstSeed: UInt64
  var lastSeed: UInt64
  var pools = 0
  var counts: [Int: Count] = [:]
  var failures = 0

  init(firstSeed: UInt64) {
    self.firstSeed = firstSeed
    lastSeed = firstSeed
  }

  mutating func add(_ run: Run, workers: Int) {
    lastSeed = run.program.seed
    counts[workers, default: Count()].programs += 1
    counts[workers, default: Count()].jobs += run.jobs
  }

  var programs: Int { counts.values.reduce(0) { $0 + $1.programs } }
  var jobs: Int { counts.values.reduce(0) { $0 + $1.jobs } }

  func text(seconds: Double) -> String {
    var lines = [
      "\(programs) programs, \(jobs) jobs, \(failures) failures in \(Int(seconds.rounded())) s; seeds \(hexadecimal(firstSeed)) to \(hexadecimal(lastSeed))"
    ]
    for (workers, count) in counts.sorted(by: { $0.key < $1.key }) {
      lines.append("  \(workers) workers: \(count.programs) programs, \(count.jobs) jobs")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  func json(seconds: Double) -> String {
    let workers = counts.sorted { $0.key < $1.key }.map {
      #"{"workers":\#($0.key),"programs":\#($0.value.programs),"jobs":\#($0.value.jobs)}"#
    }
    return
      #"{"programs":\#(programs),"jobs":\#(jobs),"failures":\#(failures),"seconds":\#(seconds),"seeds":["\#(hexadecimal(firstSeed))","\#(hexadecimal(lastSeed))"],"runs":[\#(workers.joined(separator: ","))]}"#
      + "\n"
  }
}

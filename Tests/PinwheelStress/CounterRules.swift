import Pinwheel
import Synchronization

/// What must hold of a pool's counters when its workers have ended, whatever it ran.
enum CounterRules {
  static func check(_ site: Site, _ complain: (String) -> Void) {
    let counters = site.pool.counters
    var (tried, won, exposures, looseRun, injectorTakes, loopShares) = (0, 0, 0, 0, 0, 0)
    for (slot, one) in counters.enumerated() {
      // A look at a victim ends in one way at most; the rest found nothing.
      if one.stealsWon + one.stealsLost > one.stealsTried {
        complain("slot \(slot): won \(one.stealsWon) and lost \(one.stealsLost) of \(one.stealsTried) steals")
      }
      // What comes from the injector is run at once, on the same slot.
      if one.injectorTakes > one.looseRun {
        complain("slot \(slot): took \(one.injectorTakes) jobs from the injector, ran \(one.looseRun)")
      }
      tried += one.stealsTried
      won += one.stealsWon
      exposures += one.exposures
      looseRun += one.looseRun
      injectorTakes += one.injectorTakes
      loopShares += one.loopShares
    }
    if Fault.strikes(.counter) { looseRun = -1 }

    // Each loose job that an idle worker ran was counted by it.
    let seen = site.looseOnIdle.load(ordering: .relaxed)
    if looseRun < seen { complain("\(looseRun) loose jobs run, but idle workers alone ran \(seen)") }
    // A spawned job is run once, and has one ticket at most; a submitted one has one, and each wait for it draws one
    // more.
    let (spawned, submitted, waits) = (
      site.spawned.load(ordering: .relaxed), site.submitted.load(ordering: .relaxed),
      site.waits.load(ordering: .relaxed)
    )
    let most = 2 * spawned + submitted + waits
    if looseRun > most {
      complain("\(looseRun) loose jobs run, of \(spawned) spawned, \(submitted) submitted and \(waits) waited for")
    }
    // What is submitted on a thread that holds no slot goes through the injector, and whatever is in there is drawn.
    let outside = site.submittedFromOutside.load(ordering: .relaxed)
    if injectorTakes < outside { complain("\(injectorTakes) jobs from the injector, but \(outside) went in") }
    // A forked job changes threads by a steal, and only if it has been exposed.
    let migrated = site.migrated.load(ordering: .relaxed)
    if won < migrated { complain("\(won) steals, but \(migrated) jobs ran on other threads") }
    if migrated > 0 && exposures == 0 { complain("\(migrated) jobs ran on other threads, and none was exposed") }
    // A slot that is alone has nobody to take from.
    if counters.count == 1 && tried + loopShares > 0 {
      complain("the only slot tried \(tried) steals and took \(loopShares) shares")
    }
  }

  /// A pool that is used in one way only counts exactly.
  static func checkPlainUse(workers: Int, jobs: Int, _ complain: (String) -> Void) {
    do throws(PoolError) {
      let pool = try ThreadPool(.stress(workers: workers))
      let ran = Tallies(1)
      for _ in 0..<jobs { try pool.submit { ran.add(0) } }
      // Every other job is spawned, if this thread finds a slot: else spawned jobs come with tickets.
      let spawned = pool.scope { s in
        let count = pool.currentWorker == nil ? 0 : jobs
        for _ in 0..<count { s.spawn { ran.add(0) } }
        return count
      }
      try pool.shutdown()
      let counters = pool.counters
      let looseRun = counters.reduce(0) { $0 + $1.looseRun }
      let taken = counters.reduce(0) { $0 + $1.injectorTakes }
      if ran[0] != jobs + spawned || looseRun != jobs + spawned || taken != jobs {
        complain(
          "of \(jobs) submitted and \(spawned) spawned jobs \(ran[0]) ran, counted as \(looseRun), \(taken) of them from the injector"
        )
      }
    } catch { complain("a pool of \(workers) failed: \(error)") }
  }
}

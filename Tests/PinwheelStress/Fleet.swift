import Glibc
import Pinwheel
import Synchronization

/// The pools that some programs run on, one after the other.
final class Fleet: Sendable {
  let workers: Int
  let sites: [Site]

  init(workers: Int) throws(PoolError) {
    self.workers = workers
    var sites: [Site] = []
    // Small ones beside it, where calls are refused often.
    for count in [workers, 2, 1] { sites.append(try Site(.stress(workers: count))) }
    self.sites = sites
  }

  /// Runs a program to its end, and checks it.
  func run(_ run: Run) {
    let roots = run.program.roots
    let values = Tallies(1)
    let unrest = run.program.isUnrestful ? Unrest(sites, seed: run.program.seed) : nil
    Threads.run(roots.count + (unrest == nil ? 0 : 1)) { caller in
      if caller == roots.count {
        unrest?.run(run)
        return
      }
      let scene = Scene(run: run, sites: self.sites)
      // What it returns or throws is checked where it does.
      do throws(Oops) { _ = try scene.perform(roots[caller]) } catch {}
      values.add(0)
      if values[0] == roots.count { unrest?.end() }
    }
    if values[0] != roots.count { run.complain("\(values[0]) of \(roots.count) callers came back") }
    // Jobs that nobody waits for.
    while run.outstanding.load(ordering: .acquiring) != 0 { sched_yield() }
    // What these jobs made goes with their handles, in a moment.
    for _ in 0..<20_000 where run.census.living != 0 { usleep(100) }
    if run.census.living != 0 { run.complain("\(run.census.living) results or errors were never destroyed") }
    Verdict.pass(on: run)
  }

  /// Ends the pools, and looks at what they have counted.
  func end(_ complain: (String) -> Void) {
    for site in sites {
      do throws(PoolError) { try site.pool.shutdown() } catch { complain("the shutdown failed: \(error)") }
      CounterRules.check(site, complain)
    }
    CounterRules.checkPlainUse(workers: workers, jobs: 100, complain)
  }
}

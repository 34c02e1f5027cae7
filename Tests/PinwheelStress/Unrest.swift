import Glibc
import Pinwheel
import Synchronization

/// Changes pools while programs run on them: how many workers they have, where those sit and how they wait. A program has
/// to come to the same result.
final class Unrest: Sendable {
  private let sites: [Site]
  private let seed: UInt64
  private let isOver = Atomic<Bool>(false)

  init(_ sites: [Site], seed: UInt64) {
    self.sites = sites
    self.seed = seed
  }

  func end() { isOver.store(true, ordering: .relaxed) }

  /// Until the end, on the calling thread.
  func run(_ run: Run) {
    var random = Random(seed: seed)
    while !isOver.load(ordering: .relaxed) {
      let site = sites[random.below(sites.count)]
      var configuration = PoolConfiguration.stress(workers: 1 + random.below(min(2 * site.founders, Site.most)))
      configuration.bind = random.pick([.none, .none, .close, .spread, .primary])
      configuration.spin = random.pick([.zero, .microseconds(50), .milliseconds(1)])
      let wanted = configuration
      do throws(PoolError) {
        // From outside, or inside of a call.
        if random.percent(25) {
          _ = try site.pool.join({ () throws(PoolError) in try site.pool.apply(wanted) }, { () throws(PoolError) in })
        } else {
          try site.pool.apply(wanted)
        }
      } catch { run.complain("the pool did not change: \(error)") }
      usleep(UInt32(random.below(1000)))
    }
  }
}

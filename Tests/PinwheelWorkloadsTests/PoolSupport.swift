import Pinwheel

extension ThreadPool {
  /// A pool with this many workers and nothing taken from the environment.
  convenience init(workers: Int) throws(PoolError) {
    var configuration = PoolConfiguration()
    configuration.workers = .exactly(workers)
    try self.init(configuration)
  }
}

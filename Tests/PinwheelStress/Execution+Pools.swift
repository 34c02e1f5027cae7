import Glibc
import Pinwheel
import Synchronization

extension PoolConfiguration {
  /// Of stress pools: named, so that their threads can be counted.
  static func stress(workers: Int) -> PoolConfiguration {
    var configuration = PoolConfiguration(workers: .exactly(workers))
    configuration.name = "stress"
    return configuration
  }
}

extension Scene {
  func execute(_ own: OwnPool, _ node: Node) throws(Oops) -> UInt64 {
    let (started, stopped) = (Tallies(own.workers), Tallies(own.workers))
    var configuration = PoolConfiguration.stress(workers: own.workers)
    configuration.spin = own.spin
    configuration.seed = own.seed
    configuration.bind = own.binds ? .close : .none
    configuration.onWorkerStart = { started.add($0) }
    configuration.onWorkerStop = { stopped.add($0) }
    let site: Site
    do throws(PoolError) { site = try Site(configuration) } catch {
      run.complain("#\(node.id): a pool of \(own.workers) did not start: \(error)")
      return 0
    }
    var scene = self
    scene.sites.append(site)
    var values = [try scene.perform(own.child)]
    switch own.ending {
    case .drop: break
    case .dropInside:
      let run = run
      run.outstanding.add(1, ordering: .relaxed)
      do throws(PoolError) {
        try site.pool.submit { [site] in
          sched_yield()
          run.outstanding.subtract(1, ordering: .releasing)
          withExtendedLifetime(site) {}
        }
      } catch { run.complain("#\(node.id): \(error)") }
    case .shutdown: shutDown(site, node)
    case .shutdownTwice:
      let run = run
      site.submitted.add(1, ordering: .relaxed)
      site.waits.add(1, ordering: .relaxed)
      do throws(PoolError) {
        try site.pool.submit { [site] in
          do throws(PoolError) {
            try site.pool.shutdown()
            run.complain("#\(node.id): a job could shut its own pool down")
          } catch {
            if error != .shutdownFromInside { run.complain("#\(node.id): \(error)") }
          }
        }
        .wait()
      } catch { run.complain("#\(node.id): \(error)") }
      Threads.run(2) { _ in shutDown(site, node) }
    }
    if own.ending == .shutdown || own.ending == .shutdownTwice {
      for worker in 0..<own.workers where started[worker] != 1 || stopped[worker] != 1 {
        run.complain("#\(node.id): worker \(worker) began \(started[worker]) times and ended \(stopped[worker]) times")
      }
      CounterRules.check(site, run.complain)
    }
    if let after = own.after { values.append(try scene.perform(after)) }
    return Model.combine(node.id, values)
  }

  private func shutDown(_ site: Site, _ node: Node) {
    do throws(PoolError) { try site.pool.shutdown() } catch { run.complain("#\(node.id): \(error)") }
    if site.pool.state != .shutDown { run.complain("#\(node.id): the pool is \(site.pool.state) after its shutdown") }
  }

  /// Whatever was accepted has run when the shutdown returns, and nothing else.
  func execute(_ storm: Storm, _ node: Node) -> UInt64 {
    let counts = StormCounts()
    do throws(PoolError) {
      let pool = try ThreadPool(.stress(workers: storm.workers))
      Threads.run(storm.submitters + 1) { thread in
        if thread == storm.submitters {
          usleep(UInt32(storm.delay))
          do throws(PoolError) { try pool.shutdown() } catch { run.complain("#\(node.id): \(error)") }
          counts.atShutdown.store(counts.ran.load(ordering: .acquiring), ordering: .relaxed)
          return
        }
        for job in 0..<storm.each {
          do throws(PoolError) {
            // With a handle, which nobody keeps, and without.
            if job % 2 == 0 {
              try pool.submit { counts.ran.add(1, ordering: .releasing) }
            } else {
              try pool.execute { counts.ran.add(1, ordering: .releasing) }
            }
            counts.accepted.add(1, ordering: .relaxed)
          } catch {
            if error != .shutDown { run.complain("#\(node.id): \(error)") }
          }
        }
      }
    } catch { run.complain("#\(node.id): a pool of \(storm.workers) did not start: \(error)") }
    let (given, done) = (counts.accepted.load(ordering: .relaxed), counts.ran.load(ordering: .acquiring))
    let atShutdown = counts.atShutdown.load(ordering: .relaxed)
    if given != done { run.complain("#\(node.id): of \(given) jobs that the pool accepted, \(done) ran") }
    if atShutdown != done { run.complain("#\(node.id): \(done - atShutdown) jobs ran after the shutdown") }
    run.unnumbered.add(done, ordering: .relaxed)
    return Model.value(node.id)
  }
}

private final class StormCounts: Sendable {
  let accepted = Atomic<Int>(0)
  let ran = Atomic<Int>(0)
  let atShutdown = Atomic<Int>(0)
}

/// Threads of this program's own.
enum Threads {
  private final class Start {
    let run: () -> Void
    init(_ run: @escaping () -> Void) { self.run = run }
  }

  /// Runs `body` on so many threads, and waits for them.
  static func run(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
    let threads = (0..<count).compactMap { index in start { body(index) } }
    for thread in threads { pthread_join(thread, nil) }
  }

  /// A thread that runs `body`; nil, and a message, if it is refused.
  static func start(_ body: @escaping @Sendable () -> Void) -> pthread_t? {
    var thread = pthread_t()
    // SAFETY: the thread takes the reference over, or, if there is none, it is dropped below.
    let start = Unmanaged.passRetained(Start(body))
    let refused = pthread_create(
      &thread, nil,
      { argument in
        if let argument { Unmanaged<Start>.fromOpaque(argument).takeRetainedValue().run() }
        return nil
      }, start.toOpaque())
    if refused == 0 { return thread }
    start.release()
    complainToUser("a thread was refused (errno \(refused))")
    return nil
  }
}

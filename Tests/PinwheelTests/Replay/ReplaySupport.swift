import Glibc
import Pinwheel
import Synchronization

/// Worker counts that replays are tested with.
let replayedCounts = [1, 2, 4, 8]

/// What happened, in the order in which it did.
final class Story: Sendable {
  private let lines = Mutex<[String]>([])
  func add(_ line: String) { lines.withLock { $0.append(line) } }
  var text: String { lines.withLock { $0.joined(separator: " ") } }
}

/// A run of a program: what it did, and what the pool decided.
struct Run: Hashable {
  var story: String
  var replay: ThreadPool.Replay

  init(story: String, replay: ThreadPool.Replay) { (self.story, self.replay) = (story, replay) }

  /// Runs the program on a pool of its own, to the end of that.
  init(seed: UInt64, workers: Int, _ program: (ThreadPool, Story) throws -> Void) throws {
    let pool = try ThreadPool.deterministic(seed: seed, workers: workers, patience: .seconds(10))
    let story = Story()
    try program(pool, story)
    try pool.shutdown()
    self.story = story.text
    guard let replay = pool.replay else { throw Oops("the pool is not deterministic") }
    self.replay = replay
  }
}

/// Keeps all CPUs busy, in fits and starts, until it is dropped: so that the system's schedule differs from run to run.
final class Load {
  private let stop = Gate()
  private var threads: [pthread_t] = []

  init() {
    for pace in 0..<3 {
      var thread = pthread_t()
      let start = Unmanaged.passRetained(Burner(stop, pace))
      let refused = pthread_create(
        &thread, nil,
        { argument in
          if let argument { Unmanaged<Burner>.fromOpaque(argument).takeRetainedValue().run() }
          return nil
        }, start.toOpaque())
      if refused == 0 { threads.append(thread) } else { start.release() }
    }
  }

  deinit {
    stop.arrive()
    for thread in threads { pthread_join(thread, nil) }
  }

  private final class Burner {
    let stop: Gate
    let pace: Int
    init(_ stop: Gate, _ pace: Int) { (self.stop, self.pace) = (stop, pace) }

    func run() {
      var x = pace
      while !stop.isOpen {
        for _ in 0..<(20_000 << pace) { x = x &* 31 &+ 7 }
        usleep(UInt32(truncatingIfNeeded: x) & 255)
      }
    }
  }
}

/// All kinds of calls, nested, with errors and submitted jobs.
func mixedProgram(_ pool: ThreadPool, _ story: Story) throws {
  @Sendable func tree(_ depth: Int, _ name: String) -> Int {
    story.add("\(name)@\(pool.currentWorker ?? -1)")
    if depth == 0 { return 1 }
    let (a, b) = pool.join({ tree(depth - 1, name + "l") }, { tree(depth - 1, name + "r") })
    return a + b
  }
  let handles = try (0..<3).map { i in
    try pool.submit { [unowned pool] in
      story.add("submitted\(i)")
      let inner = try pool.submit { story.add("inner\(i)") }
      pool.scope { s in for j in 0..<3 { s.spawn { story.add("spawned\(i).\(j)") } } }
      inner.wait()
      return tree(1, "s\(i)")
    }
  }
  story.add("tree \(tree(3, "t"))")
  pool.parallelFor(0..<12, schedule: .dynamic(grain: 1)) { i in
    story.add("loop\(i)")
    if i % 4 == 0 { pool.parallelFor(0..<4) { j in story.add("nested\(i).\(j)") } }
  }
  do {
    try pool.join({ throw Oops("left") }, { throw Oops("right") })
  } catch let oops as Oops { story.add("threw \(oops.name)") }
  do {
    try pool.parallelFor(0..<20) { i in
      story.add("try\(i)")
      if i % 7 == 3 { throw Oops("\(i)") }
    }
  } catch let oops as Oops { story.add("threw \(oops.name)") }
  pool.scope { s in
    let s = copy s
    for i in 0..<4 {
      s.spawn {
        story.add("outer\(i)")
        s.spawn { story.add("grown\(i)") }
        ThreadPool.schedulingPoint()
        story.add("outer\(i) again")
      }
    }
  }
  story.add("sum \(pool.reduce(0..<50, identity: 0, leaf: 5, combine: +) { $0 })")
  for handle in handles { story.add("value \(try handle.wait())") }
}

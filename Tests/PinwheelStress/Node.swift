import Pinwheel

/// A call in a random program, with the calls inside it. Each job has an id, which is where it counts itself; a node's
/// own is `id`, those of its numbered jobs (the indices of a loop, say) follow: `id + 1 + index`.
final class Node: Sendable {
  let id: Int
  let kind: Kind
  /// What the serial model says that this call returns or throws.
  let outcome: Outcome

  init(id: Int, kind: Kind) {
    self.id = id
    self.kind = kind
    outcome = Model.outcome(id: id, kind)
  }

  var fails: Bool { outcome.fails }
}

/// What a call returns, or the ids of the jobs one of whose errors it throws.
enum Outcome: Sendable {
  case value(UInt64)
  case errors([Int])

  var fails: Bool { if case .errors = self { true } else { false } }
}

/// Which of the pool's forms a call takes: closures that cannot throw, that throw one type, or that throw anything.
enum ErrorForm: Sendable, CaseIterable { case never, typed, untyped }

/// What the closures of a call return: a word, a class instance (destroyed exactly once?), or more than 1 KiB.
enum Payload: Sendable, CaseIterable { case word, box, large }

enum Kind: Sendable {
  /// A job that returns a value.
  case value(Pause)
  /// A job that throws.
  case failure(Pause)
  /// One after the other, until one throws.
  case sequence([Node])
  /// Catches what the call throws.
  case rescue(Node)
  case join(Join)
  case spine(Spine)
  case fibonacci(pool: Int, Int)
  case loop(Loop)
  case scope(Scope)
  case team(Team)
  /// Spawns into a scope that is open further out: 0 is the innermost.
  case spawnOut(level: Int, Node)
  case submit(Submit)
  /// Jobs that are submitted together: the job of a `submit`, and nowhere else.
  case batch(Batch)
  /// Waits for a job submitted further out: 0 is the innermost.
  case waitFor(level: Int, job: Node)
  case ownPool(OwnPool)
  case storm(Storm)
}

struct Join: Sendable {
  var pool: Int
  var errors: ErrorForm
  var payload: Payload
  var first: Node
  var second: Node
}

/// Joins as deep as the spine is long: at each vertebra the first closure is the rest of the spine, the second a job.
struct Spine: Sendable {
  var pool: Int
  var errors: ErrorForm
  var length: Int
  /// The vertebrae that throw, from the far end.
  var failing: [Int]
}

struct Loop: Sendable {
  enum Form: Sendable, CaseIterable {
    case indices, chunks, array, span, map, reduce, fold, regroup, pairs, rectangles, triples, boxes

    /// Forks a tree: what is on the left decides, and no loop reports.
    var isReduction: Bool { self == .reduce || self == .fold || self == .regroup }
    /// Goes through a `Block`.
    var isTiled: Bool { isFlat || self == .triples || self == .boxes }
    /// Has one plane.
    var isFlat: Bool { self == .pairs || self == .rectangles }
  }
  var pool: Int
  var form: Form
  var errors: ErrorForm
  var schedule: Schedule
  /// The chunk size of `array` and `span`, the leaf of `reduce` and `fold`.
  var grain: Int?
  /// What a tiled loop goes through: `count` elements.
  var block: Block
  /// Whether it is called inside of `reporting`.
  var reports: Bool
  var lower: Int
  var count: Int
  var pause: Pause
  var failing: Set<Int>
  /// Indices that have a call to make.
  var children: [Int: Node]
}

struct Scope: Sendable {
  struct Job: Sendable {
    var node: Node
    /// Spawned by this job into the same scope.
    var more: [Job]
  }
  var pool: Int
  var errors: ErrorForm
  var body: Node?
  var jobs: [Job]
  /// Small jobs spawned first: enough of them make the queue grow.
  var bulk: Int
}

struct Submit: Sendable {
  enum Ending: Sendable, CaseIterable {
    case wait, async
    /// Drops the handle.
    case forget
    /// Asks for none: `execute`.
    case execute

    /// Whether the call ends without what the job returns or throws.
    var isBlind: Bool { self == .forget || self == .execute }
  }
  var pool: Int
  var errors: ErrorForm
  var job: Node
  var meanwhile: Node?
  var ending: Ending
}

/// Jobs that are queued together. All run, whichever of them throw.
struct Batch: Sendable {
  enum Form: Sendable, CaseIterable { case counted, listed }
  var form: Form
  var count: Int
  var pause: Pause
  var failing: Set<Int>
  /// Jobs that have a call to make.
  var children: [Int: Node]
}

/// A pool started for one call. `after` is made when it has been shut down.
struct OwnPool: Sendable {
  enum Ending: Sendable, CaseIterable { case shutdown, drop, dropInside, shutdownTwice }
  var workers: Int
  var spin: Duration
  var seed: UInt64
  var binds: Bool
  var child: Node
  var after: Node?
  var ending: Ending
}

/// Threads that submit to a pool while another shuts it down.
struct Storm: Sendable {
  var workers: Int
  var submitters: Int
  var each: Int
  var delay: Int
}

/// What a job does with its time.
enum Pause: Sendable {
  case none
  case spin(Int)
  case yield
  case sleep(Int)
}

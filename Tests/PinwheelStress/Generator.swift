import Pinwheel

/// Makes a program from a seed: the same one each time, whatever it will run on.
struct Generator {
  /// Every fleet has so many pools; own pools come on top.
  static let pools = 3

  var random: Random
  var nextID = 0
  var waiters: [Int: [Int]] = [:]
  var submissions: [(call: Int, job: Int)] = []
  /// Calls that may still be made.
  var budget: Int
  /// Of a hundred jobs, how many throw.
  private let throwing: Int
  /// How likely each kind of call is in this program.
  private let weights: [(Shape, Int)]
  private let pools: Int

  enum Shape: CaseIterable {
    case sequence, rescue, join, spine, fibonacci, loop, scope, team, spawnOut, submit, batch, waitFor, ownPool, storm
  }

  /// Where in the program a call stands.
  struct Place {
    var parent: Int?
    var depth: Int
    var pools: Int
    /// Jobs that may be waited for here, the innermost first.
    var handles: [Node] = []
    /// Scopes that are open here, the innermost first.
    var scopes: [Int] = []
    var mayFail: Bool
    /// On a thread that is in no call of any pool: one that may block.
    var isOutside = false

    func inside(_ id: Int) -> Place {
      var place = self
      place.parent = id
      place.depth += 1
      place.isOutside = false
      return place
    }
  }

  private init(seed: UInt64) {
    random = Random(seed: seed)
    budget = random.pick([4, 15, 40, 100, 200])
    throwing = random.pick([0, 0, 3, 10, 30])
    pools = random.pick([1, 1, 2, Self.pools])
    let usual: [Shape: Int] = [
      .sequence: 6, .rescue: 8, .join: 20, .spine: 3, .fibonacci: 3, .loop: 14, .scope: 14, .team: 5, .spawnOut: 8,
      .submit: 12, .batch: 4, .waitFor: 10, .ownPool: 1, .storm: 1,
    ]
    var weights: [(Shape, Int)] = []
    for shape in Shape.allCases { weights.append((shape, (usual[shape] ?? 0) * random.pick([0, 1, 1, 2, 6]))) }
    self.weights = weights
  }

  static func program(seed: UInt64) -> Program {
    var generator = Generator(seed: seed)
    let callers = generator.random.pick([1, 1, 2, 4])
    let budget = generator.budget
    let roots = (0..<callers).map { _ in
      generator.budget = max(budget / callers, 2)
      return generator.node(
        Place(parent: nil, depth: 0, pools: generator.pools, mayFail: generator.throwing > 0, isOutside: true))
    }
    return Program(
      seed: seed, roots: roots, jobs: generator.nextID, waiters: generator.waiters,
      submissions: generator.submissions)
  }

  /// An id, and so many more for numbered jobs. `place` says who waits for it.
  mutating func reserve(_ place: Place, numbered: Int = 0) -> Int {
    let id = nextID
    nextID += 1 + numbered
    waiters[id] = place.parent.map { [$0] } ?? []
    return id
  }

  mutating func node(_ place: Place) -> Node {
    budget -= 1
    if budget <= 0 || place.depth > 12 || (place.depth > 1 && random.percent(25)) { return leaf(place) }
    for _ in 0..<4 {
      if let node = call(draw(), place) { return node }
    }
    return leaf(place)
  }

  private mutating func draw() -> Shape {
    let total = weights.reduce(0) { $0 + $1.1 }
    var left = random.below(max(total, 1))
    for (shape, weight) in weights {
      if left < weight { return shape }
      left -= weight
    }
    return .join
  }

  private mutating func leaf(_ place: Place) -> Node {
    let pause = pause()
    let fails = failsHere(place)
    return Node(id: reserve(place), kind: fails ? .failure(pause) : .value(pause))
  }

  mutating func failsHere(_ place: Place) -> Bool { place.mayFail && random.percent(throwing) }

  mutating func pool(_ place: Place) -> Int {
    // Mostly the innermost or the main one.
    random.percent(50) ? (place.pools > pools ? place.pools - 1 : 0) : random.below(place.pools)
  }

  mutating func pause() -> Pause {
    switch random.below(200) {
    case 0..<140: .none
    case 140..<180: .spin(random.below(200))
    case 180..<195: .spin(random.below(4000))
    case 195..<199: .yield
    default: .sleep(random.below(200))
    }
  }

  /// A form that fits: closures that cannot throw where nothing does.
  mutating func errors(_ nodes: [Node], alsoFails: Bool = false) -> ErrorForm {
    if alsoFails || nodes.contains(where: \.fails) { return random.pick([.typed, .untyped]) }
    return random.percent(60) ? .never : random.pick([.typed, .untyped])
  }

  /// A call of that shape, if it can be made here.
  private mutating func call(_ shape: Shape, _ place: Place) -> Node? {
    switch shape {
    case .sequence:
      let id = reserve(place)
      var inner = place.inside(id)
      inner.isOutside = place.isOutside
      return Node(id: id, kind: .sequence((0..<random.among(2...4)).map { _ in node(inner) }))
    case .rescue:
      let id = reserve(place)
      var inner = place.inside(id)
      inner.isOutside = place.isOutside
      inner.mayFail = throwing > 0
      return Node(id: id, kind: .rescue(node(inner)))
    case .join: return join(place)
    case .spine: return spine(place)
    case .fibonacci:
      let id = reserve(place, numbered: 1)
      return Node(id: id, kind: .fibonacci(pool: pool(place), random.among(2...16)))
    case .loop: return loop(place)
    case .scope: return scope(place)
    case .spawnOut: return spawnOut(place)
    case .team: return team(place)
    case .submit: return submit(place) { (generator, place) in generator.node(place) }
    case .batch: return submit(place) { (generator, place) in generator.batch(place) }
    case .waitFor: return waitFor(place)
    case .ownPool: return ownPool(place)
    case .storm:
      let storm = Storm(
        workers: random.pick([1, 2, 4]), submitters: random.among(1...3), each: random.among(1...60),
        delay: random.below(300))
      return Node(id: reserve(place), kind: .storm(storm))
    }
  }
}

import Pinwheel

extension Generator {
  mutating func join(_ place: Place) -> Node {
    let id = reserve(place)
    let (first, second) = (node(place.inside(id)), node(place.inside(id)))
    let payload = random.pick([Payload.word, .word, .word, .box, .large])
    return Node(
      id: id,
      kind: .join(
        Join(pool: pool(place), errors: errors([first, second]), payload: payload, first: first, second: second)))
  }

  mutating func spine(_ place: Place) -> Node {
    let length = random.pick([2, 10, 100, 400])
    let failing = failsHere(place) ? (0..<random.among(1...3)).map { _ in random.below(length) } : []
    let id = reserve(place, numbered: length)
    return Node(
      id: id,
      kind: .spine(
        Spine(pool: pool(place), errors: errors([], alsoFails: !failing.isEmpty), length: length, failing: failing)))
  }

  mutating func loop(_ place: Place) -> Node {
    let form = random.pick(Loop.Form.allCases)
    let block = form.isTiled ? block(isFlat: form.isFlat) : .empty
    let count = form.isTiled ? block.count : random.pick([0, 1, 2, 3, 7, 16, 33, 100, 100, 500, 2000])
    let id = reserve(place, numbered: count)
    let children = numbered(count, place.inside(id))
    let failing = failing(of: count, but: children, place)
    let grain = random.pick([nil, 1, 3, 10, 1000, Int.max])
    let schedule = random.pick([
      Schedule.auto, .static, .dynamic(grain: 1), .dynamic(grain: 7), .dynamic(grain: .max), .guided(grain: 3),
    ])
    return Node(
      id: id,
      kind: .loop(
        Loop(
          pool: pool(place), form: form,
          errors: errors(Array(children.values), alsoFails: !failing.isEmpty),
          schedule: schedule, grain: form.isReduction && grain == .max ? nil : grain, block: block,
          reports: !form.isReduction && random.percent(20), lower: lower(count), count: count, pause: shortPause(),
          failing: failing, children: children)))
  }

  private mutating func block(isFlat: Bool) -> Block {
    let lengths = isFlat ? [0, 1, 2, 7, 16, 33] : [0, 1, 2, 3, 5, 13]
    let planes = isFlat ? Block.Side(lower: 0, count: 1, tile: 1) : side(random.pick(lengths))
    let (rows, columns) = (side(random.pick(lengths)), side(random.pick(lengths)))
    return Block(planes: planes, rows: rows, columns: columns, isCut: random.percent(60))
  }

  private mutating func side(_ count: Int) -> Block.Side {
    Block.Side(lower: lower(count), count: count, tile: random.pick([1, 2, 3, 8, Int.max]))
  }

  /// Where a range of so many indices begins.
  private mutating func lower(_ count: Int) -> Int {
    random.pick([0, 0, 1, -count / 2, Int.min, Int.max - count])
  }

  /// For jobs of which there are many.
  private mutating func shortPause() -> Pause { random.percent(70) ? .none : .spin(random.below(100)) }

  /// Calls that some of so many numbered jobs make.
  private mutating func numbered(_ count: Int, _ place: Place) -> [Int: Node] {
    var children: [Int: Node] = [:]
    if count > 0 {
      for _ in 0..<random.pick([0, 0, 1, 2, 4, 8]) {
        let index = random.below(count)
        if children[index] == nil && budget > 0 { children[index] = node(place) }
      }
    }
    return children
  }

  /// The numbered jobs that throw: some of those that make no call.
  private mutating func failing(of count: Int, but children: [Int: Node], _ place: Place) -> Set<Int> {
    var failing: Set<Int> = []
    if count > 0 && failsHere(place) {
      for _ in 0..<random.among(1...3) { failing.insert(random.below(count)) }
      failing.subtract(children.keys)
    }
    return failing
  }

  mutating func team(_ place: Place) -> Node {
    let width = random.pick([0, 1, 2, 3, 7, 16, 33, 100])
    let (phases, solo) = (random.pick([1, 2, 2, 3, 5, 10]), random.pick([0, 0, 0, 1, 2, 5]))
    let cells = (phases + solo) * width
    let id = reserve(place, numbered: cells)
    let children = numbered(cells, place.inside(id))
    let failing = failing(of: cells, but: children, place)
    return Node(
      id: id,
      kind: .team(
        Team(
          pool: pool(place), errors: errors(Array(children.values), alsoFails: !failing.isEmpty),
          most: random.pick([nil, nil, 1, 2, 3, 8, Int.max]),
          lower: lower(width), width: width, phases: phases, solo: solo, lastStays: random.percent(50),
          pause: shortPause(), failing: failing, children: children)))
  }

  mutating func scope(_ place: Place) -> Node {
    let bulk = random.pick([0, 0, 0, 1, 5, 70, 300])
    let id = reserve(place, numbered: bulk)
    var inner = place.inside(id)
    inner.scopes.insert(id, at: 0)
    let body = random.percent(50) ? node(inner) : nil
    let jobs = (0..<random.pick([0, 1, 2, 4, 8])).map { _ in scopeJob(inner, depth: 0) }
    func all(_ jobs: [Scope.Job]) -> [Node] { jobs.flatMap { [$0.node] + all($0.more) } }
    let nodes = (body.map { [$0] } ?? []) + all(jobs)
    return Node(
      id: id,
      kind: .scope(Scope(pool: pool(place), errors: errors(nodes), body: body, jobs: jobs, bulk: bulk)))
  }

  private mutating func scopeJob(_ place: Place, depth: Int) -> Scope.Job {
    let node = node(place)
    let more = depth < 2 && budget > 0 ? random.pick([0, 0, 1, 2]) : 0
    return Scope.Job(node: node, more: (0..<more).map { _ in scopeJob(place, depth: depth + 1) })
  }

  mutating func spawnOut(_ place: Place) -> Node? {
    guard !place.scopes.isEmpty else { return nil }
    let level = random.below(place.scopes.count)
    let id = reserve(place)
    // What is spawned outlives the scopes inside of that one, and is waited for by that one.
    var inner = place.inside(place.scopes[level])
    inner.scopes.removeFirst(level)
    inner.mayFail = false
    return Node(id: id, kind: .spawnOut(level: level, node(inner)))
  }

  /// Submits what `makeJob` makes.
  mutating func submit(_ place: Place, _ makeJob: (inout Generator, Place) -> Node) -> Node {
    let id = reserve(place)
    var ending: Submit.Ending =
      random.percent(25) ? random.pick([.forget, .execute]) : (place.isOutside && random.percent(15) ? .async : .wait)
    var inside = place.inside(id)
    if ending.isBlind { inside.parent = nil }
    inside.scopes = []  // it may outlive them
    inside.mayFail = inside.mayFail || ending.isBlind
    let job = makeJob(&self, inside)
    // A batch has a handle.
    if case .batch = job.kind, ending == .execute { ending = .forget }
    submissions.append((call: id, job: job.id))
    var meanwhile: Node?
    if random.percent(60) {
      var beside = place.inside(id)
      beside.isOutside = place.isOutside
      if ending != .execute { beside.handles.insert(job, at: 0) }
      meanwhile = node(beside)
    }
    return Node(
      id: id,
      kind: .submit(Submit(pool: pool(place), errors: errors([job]), job: job, meanwhile: meanwhile, ending: ending)))
  }

  mutating func batch(_ place: Place) -> Node {
    let count = random.pick([0, 1, 2, 3, 16, 63, 64, 200])
    let id = reserve(place, numbered: count)
    let children = numbered(count, place.inside(id))
    return Node(
      id: id,
      kind: .batch(
        Batch(
          form: random.pick(Batch.Form.allCases), count: count, pause: shortPause(),
          failing: failing(of: count, but: children, place), children: children)))
  }

  mutating func waitFor(_ place: Place) -> Node? {
    let levels = place.handles.indices.filter { place.mayFail || !place.handles[$0].fails }
    guard !levels.isEmpty else { return nil }
    let level = random.pick(levels)
    let id = reserve(place)
    let job = place.handles[level]
    waiters[job.id, default: []].append(id)
    return Node(id: id, kind: .waitFor(level: level, job: job))
  }

  mutating func ownPool(_ place: Place) -> Node {
    let id = reserve(place)
    var inner = place.inside(id)
    inner.isOutside = place.isOutside
    inner.pools += 1
    let child = node(inner)
    let ending = random.pick(OwnPool.Ending.allCases)
    let isShut = ending == .shutdown || ending == .shutdownTwice
    return Node(
      id: id,
      kind: .ownPool(
        OwnPool(
          workers: random.pick([1, 2, 3, 8]), spin: random.pick([.zero, .microseconds(50), .milliseconds(1)]),
          seed: random.next(), binds: random.percent(20), child: child,
          after: isShut && !child.fails && random.percent(50) ? node(inner) : nil, ending: ending)))
  }
}

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
    let count = random.pick([0, 1, 2, 3, 7, 16, 33, 100, 100, 500, 2000])
    let id = reserve(place, numbered: count)
    var children: [Int: Node] = [:]
    if count > 0 {
      for _ in 0..<random.pick([0, 0, 1, 2, 4, 8]) {
        let index = random.below(count)
        if children[index] == nil && budget > 0 { children[index] = node(place.inside(id)) }
      }
    }
    var failing: Set<Int> = []
    if count > 0 && failsHere(place) {
      for _ in 0..<random.among(1...3) { failing.insert(random.below(count)) }
      failing.subtract(children.keys)
    }
    let grain = random.pick([nil, 1, 3, 10, 1000, Int.max])
    let form = random.pick(Loop.Form.allCases)
    return Node(
      id: id,
      kind: .loop(
        Loop(
          pool: pool(place), form: form,
          errors: errors(Array(children.values), alsoFails: !failing.isEmpty),
          schedule: random.pick([
            .auto, .static, .dynamic(grain: 1), .dynamic(grain: 7), .dynamic(grain: .max), .guided(grain: 3),
          ]),
          grain: (form == .reduce || form == .regroup) && grain == .max ? nil : grain,
          lower: random.pick([0, 0, 1, -count / 2, Int.min, Int.max - count]), count: count,
          pause: random.percent(70) ? .none : .spin(random.below(100)), failing: failing, children: children)))
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

  mutating func submit(_ place: Place) -> Node {
    let id = reserve(place)
    let ending: Submit.Ending =
      random.percent(25) ? .forget : (place.isOutside && random.percent(15) ? .async : .wait)
    var inside = place.inside(id)
    if ending == .forget { inside.parent = nil }
    inside.scopes = []  // it may outlive them
    inside.mayFail = inside.mayFail || ending == .forget
    let job = node(inside)
    submissions.append((call: id, job: job.id))
    var meanwhile: Node?
    if random.percent(60) {
      var beside = place.inside(id)
      beside.isOutside = place.isOutside
      beside.handles.insert(job, at: 0)
      meanwhile = node(beside)
    }
    return Node(
      id: id,
      kind: .submit(Submit(pool: pool(place), errors: errors([job]), job: job, meanwhile: meanwhile, ending: ending)))
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

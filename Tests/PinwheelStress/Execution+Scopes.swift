import Pinwheel
import Synchronization

/// A scope that is open: how to spawn into it, whatever its jobs may throw.
struct OpenScope: Sendable {
  let site: Site
  let add: @Sendable (@escaping @Sendable () throws(Oops) -> Void) -> Void

  func spawn(_ job: @escaping @Sendable () throws(Oops) -> Void) {
    site.spawned.add(1, ordering: .relaxed)
    add(job)
  }
}

extension Scene {
  func execute(_ scope: Scope, _ node: Node) throws(Oops) -> UInt64 {
    let site = sites[scope.pool]
    let inner = inside(site)
    let run = run
    let filling = Filling(scene: inner, scope: scope, node: node)
    switch scope.errors {
    case .never:
      site.pool.scope { s in
        let open = OpenScope(site: site) { job in
          s.spawn {
            do throws(Oops) { try job() } catch { run.complain("#\(node.id): a job threw where nothing throws") }
          }
        }
        do throws(Oops) { try filling.fill(open) } catch {
          run.complain("#\(node.id) threw the error of #\(error.id) where nothing throws")
        }
      }
    case .typed:
      try site.pool.scope(throwing: Oops.self) { (s) throws(Oops) in
        try filling.fill(OpenScope(site: site) { job in s.spawn { () throws(Oops) in try job() } })
      }
    case .untyped:
      do {
        try site.pool.scope { s in
          try filling.fill(OpenScope(site: site) { job in s.spawn { try job() } })
        }
      } catch { throw run.oops(error) }
    }
    return Model.combine(node.id, filling.cells.values)
  }

  func spawnOut(_ level: Int, _ job: Node, _ node: Node) -> UInt64 {
    guard let scopes, let open = scopes[level] else { return 0 }
    var scene = inside(open.site)
    scene.scopes = scopes.dropping(level)
    let there = scene
    open.spawn {
      there.noteLoose()
      _ = there.sure(job)
    }
    return Model.value(node.id)
  }

  /// A spawned or submitted job has begun: on a worker that had nothing else to do?
  func noteLoose() {
    if isIdle { site?.looseOnIdle.add(1, ordering: .relaxed) }
  }
}

/// What goes into one scope.
private struct Filling: Sendable {
  let scene: Scene
  let scope: Scope
  let node: Node
  /// What the body, the small jobs and the jobs return, in this order.
  let cells: Cells

  init(scene: Scene, scope: Scope, node: Node) {
    func count(_ jobs: [Scope.Job]) -> Int { jobs.reduce(0) { $0 + 1 + count($1.more) } }
    self.scene = scene
    self.scope = scope
    self.node = node
    cells = Cells((scope.body == nil ? 0 : 1) + scope.bulk + count(scope.jobs))
  }

  func fill(_ open: OpenScope) throws(Oops) {
    var scene = scene
    scene.scopes = Chain(open, scene.scopes)
    var cell = scope.body == nil ? 0 : 1
    for index in 0..<scope.bulk {
      let (here, at) = (scene, cell)
      open.spawn {
        here.noteLoose()
        _ = here.working(on: node, waiters: [node.id]) {
          here.run.count(node.id + 1 + index)
          return 0
        }
        cells[at] = Model.value(node.id + 1 + index)
      }
      cell += 1
    }
    for job in scope.jobs { spawn(job, open, scene, &cell) }
    if let body = scope.body { cells[0] = try scene.perform(body) }
  }

  private func spawn(_ job: Scope.Job, _ open: OpenScope, _ scene: Scene, _ cell: inout Int) {
    let at = cell
    cell += 1
    var inner: [(Scope.Job, Int)] = []
    func place(_ jobs: [Scope.Job]) {
      for job in jobs {
        inner.append((job, cell))
        skip(job)
      }
    }
    func skip(_ job: Scope.Job) {
      cell += 1
      for job in job.more { skip(job) }
    }
    place(job.more)
    let more = inner
    open.spawn { () throws(Oops) in
      scene.noteLoose()
      for (job, at) in more {
        var cell = at
        spawn(job, open, scene, &cell)
      }
      cells[at] = try scene.perform(job.node)
    }
  }
}

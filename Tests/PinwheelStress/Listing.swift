import Pinwheel

/// A program as text, one call a line, those inside it indented.
struct Listing {
  private var lines: [String] = []

  static func text(_ program: Program) -> String {
    var listing = Listing()
    for (caller, root) in program.roots.enumerated() {
      listing.lines.append("caller \(caller):")
      listing.add(root, 1)
    }
    return listing.lines.joined(separator: "\n")
  }

  private mutating func line(_ depth: Int, _ text: String) {
    lines.append(String(repeating: "  ", count: depth) + text)
  }

  private mutating func add(_ node: Node, _ depth: Int, _ role: String = "") {
    let outcome =
      switch node.outcome {
      case .value: ""
      case .errors(let ids): "  -> throws " + ids.prefix(6).map { "#\($0)" }.joined(separator: " | ")
      }
    line(depth, "\(role)#\(node.id) \(Self.title(node))\(outcome)")
    let inner = depth + 1
    switch node.kind {
    case .value, .failure, .spine, .fibonacci, .storm, .waitFor: break
    case .sequence(let nodes): for node in nodes { add(node, inner) }
    case .rescue(let node): add(node, inner)
    case .join(let join):
      add(join.first, inner)
      add(join.second, inner)
    case .loop(let loop):
      for (index, child) in loop.children.sorted(by: { $0.key < $1.key }) { add(child, inner, "at \(index): ") }
    case .scope(let scope):
      for job in scope.jobs { add(job, inner) }
      if let body = scope.body { add(body, inner, "body: ") }
    case .team(let team):
      for (job, child) in team.children.sorted(by: { $0.key < $1.key }) {
        add(child, inner, "phase \(job / team.width) at \(job % team.width): ")
      }
    case .spawnOut(_, let node): add(node, inner)
    case .submit(let submit):
      add(submit.job, inner, "job: ")
      if let meanwhile = submit.meanwhile { add(meanwhile, inner, "meanwhile: ") }
    case .batch(let batch):
      for (index, child) in batch.children.sorted(by: { $0.key < $1.key }) { add(child, inner, "at \(index): ") }
    case .ownPool(let own):
      add(own.child, inner)
      if let after = own.after { add(after, inner, "shut down: ") }
    }
  }

  private mutating func add(_ job: Scope.Job, _ depth: Int) {
    add(job.node, depth, "spawn: ")
    for inner in job.more { add(inner, depth + 1) }
  }

  private static func title(_ node: Node) -> String {
    switch node.kind {
    case .value(let pause): "value\(text(pause))"
    case .failure(let pause): "throw\(text(pause))"
    case .sequence: "sequence"
    case .rescue: "rescue"
    case .join(let join): "join, pool \(join.pool), \(join.errors), \(join.payload)"
    case .spine(let spine):
      "spine of \(spine.length), pool \(spine.pool), \(spine.errors)\(spine.failing.isEmpty ? "" : ", throwing at \(spine.failing)")"
    case .fibonacci(let pool, let n): "fibonacci(\(n)), pool \(pool)"
    case .loop(let loop):
      "loop (\(loop.form)) over \(loop.count) from \(loop.lower), pool \(loop.pool), \(loop.schedule), grain \(loop.grain.map { "\($0)" } ?? "-")\(loop.form.isTiled ? ", \(loop.block)" : ""), \(loop.errors)\(loop.reports ? ", reported" : "")\(text(loop.pause))\(text(throwingAt: loop.failing))"
    case .scope(let scope):
      "scope, pool \(scope.pool), \(scope.errors)\(scope.bulk > 0 ? ", \(scope.bulk) small jobs" : "")"
    case .team(let team):
      "team of up to \(team.most.map { "\($0)" } ?? "-"), pool \(team.pool), \(team.phases) phases and \(team.solo) of the \(team.lastStays ? "last" : "first") alone, over \(team.width) from \(team.lower), \(team.errors)\(text(team.pause))\(text(throwingAt: team.failing))"
    case .spawnOut(let level, _): "spawn into the scope \(level) further out"
    case .submit(let submit): "submit, pool \(submit.pool), \(submit.errors), then \(submit.ending)"
    case .batch(let batch):
      "batch (\(batch.form)) of \(batch.count)\(text(batch.pause))\(text(throwingAt: batch.failing))"
    case .waitFor(_, let job): "wait for #\(job.id)"
    case .ownPool(let own):
      "pool of \(own.workers) of its own, spin \(own.spin), \(own.binds ? "bound" : "not bound"), then \(own.ending)"
    case .storm(let storm):
      "\(storm.submitters) threads submit \(storm.each) jobs each to a pool of \(storm.workers), shut down after \(storm.delay) µs"
    }
  }

  private static func text(throwingAt jobs: Set<Int>) -> String {
    jobs.isEmpty ? "" : ", throwing at \(jobs.sorted())"
  }

  private static func text(_ pause: Pause) -> String {
    switch pause {
    case .none: ""
    case .spin(let rounds): ", \(rounds) rounds"
    case .yield: ", yields"
    case .sleep(let microseconds): ", sleeps \(microseconds) µs"
    }
  }
}

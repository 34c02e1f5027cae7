import Pinwheel

/// Whether every job of a run that has ended has run as often as it should.
struct Verdict {
  /// What the calls around a job say of it.
  private enum Expected {
    /// It runs once.
    case once
    /// Something beside it failed: it runs once, or was cancelled before it began.
    case perhaps
    /// What it is part of did not run.
    case never
  }

  private let run: Run
  /// Scopes that throw.
  private var failing: Set<Int> = []

  /// Tells the run what is wrong with it.
  static func pass(on run: Run) {
    var verdict = Verdict(run: run)
    for root in run.program.roots { verdict.check(root, .once) }
  }

  /// Submitted jobs that have not begun, though the call that submits them has.
  static func lostSubmissions(of run: Run) -> [Int] {
    run.program.submissions.filter { run.begun[$0.call] > 0 && run.begun[$0.job] == 0 }.map(\.job)
  }

  private init(run: Run) { self.run = run }

  /// Checks one count; returns whether the job has run.
  private func check(_ id: Int, _ expected: Expected, times: Int = 1) -> Bool {
    let count = run.begun[id]
    switch expected {
    case .once: if count != times { run.complain("#\(id) ran \(count) times instead of \(times)") }
    case .perhaps: if count > times { run.complain("#\(id) ran \(count) times, more than \(times)") }
    case .never: if count != 0 { run.complain("#\(id) ran, though what it is part of did not") }
    }
    return count > 0
  }

  private mutating func check(_ node: Node, _ expected: Expected) {
    let ran = check(node.id, expected)
    let (begun, ended) = (run.begun[node.id], run.ended[node.id])
    if ended != begun { run.complain("#\(node.id) began \(begun) times and ended \(ended) times") }
    /// Of a job in it that runs if it does, unless it is cancelled.
    func unless(_ cancelled: Bool) -> Expected { ran ? (cancelled ? .perhaps : .once) : .never }

    switch node.kind {
    case .value, .failure, .waitFor, .storm: break
    case .sequence(let nodes): checkInOrder(nodes, ran)
    case .rescue(let inner): check(inner, unless(false))
    case .join(let join):
      check(join.first, unless(false))
      check(join.second, unless(join.first.fails))
    case .spine(let spine):
      let first = spine.failing.min() ?? spine.length
      for index in 0..<spine.length { _ = check(node.id + 1 + index, unless(index > first)) }
    case .fibonacci(_, let n): _ = check(node.id + 1, unless(false), times: Model.fibonacciLeaves(n))
    case .loop(let loop): check(loop, node, ran)
    case .scope(let scope):
      if node.fails { failing.insert(node.id) }
      if let body = scope.body { check(body, unless(false)) }
      for index in 0..<scope.bulk { _ = check(node.id + 1 + index, unless(node.fails)) }
      for job in scope.jobs { check(job, unless(node.fails), cancellable: node.fails) }
    case .team(let team): check(team, node, ran)
    case .spawnOut(_, let job):
      check(job, unless(run.program.waiters[job.id]?.contains(where: failing.contains) ?? false))
    case .submit(let submit):
      check(submit.job, unless(false))
      if let meanwhile = submit.meanwhile { check(meanwhile, unless(false)) }
    case .batch(let batch):
      for index in 0..<batch.count {
        let jobRan = check(node.id + 1 + index, unless(false))
        if let child = batch.children[index] { check(child, jobRan ? .once : .never) }
      }
    case .ownPool(let own): checkInOrder([own.child] + (own.after.map { [$0] } ?? []), ran)
    }
  }

  private mutating func checkInOrder(_ nodes: [Node], _ ran: Bool) {
    var goesOn = ran
    for node in nodes {
      check(node, goesOn ? .once : .never)
      goesOn = goesOn && !node.fails
    }
  }

  private mutating func check(_ job: Scope.Job, _ expected: Expected, cancellable: Bool) {
    check(job.node, expected)
    let ran = run.begun[job.node.id] > 0
    for inner in job.more { check(inner, ran ? (cancellable ? .perhaps : .once) : .never, cancellable: cancellable) }
  }

  private mutating func check(_ loop: Loop, _ node: Node, _ ran: Bool) {
    // What fails in a reduction cancels only what is to its right.
    let firstFailing = (0..<loop.count).first { loop.failing.contains($0) || loop.children[$0]?.fails == true }
    for index in 0..<loop.count {
      let mayBeCancelled = node.fails && (!loop.form.isReduction || index > firstFailing ?? loop.count)
      let indexRan = check(node.id + 1 + index, ran ? (mayBeCancelled ? .perhaps : .once) : .never)
      if let child = loop.children[index] { check(child, indexRan ? .once : .never) }
    }
  }

  private mutating func check(_ team: Team, _ node: Node, _ ran: Bool) {
    var goesOn = ran
    for phase in 0..<team.phaseCount {
      var failed = false
      for offset in 0..<team.width {
        let job = team.job(phase, offset)
        // Each member goes through its slice until something there throws.
        let afterFailure: Expected = team.isShared(phase) ? .perhaps : .never
        let jobRan = check(node.id + 1 + job, goesOn ? (failed ? afterFailure : .once) : .never)
        if let child = team.children[job] { check(child, jobRan ? .once : .never) }
        if team.failing.contains(job) || team.children[job]?.fails == true { failed = true }
      }
      goesOn = goesOn && !failed
    }
  }
}

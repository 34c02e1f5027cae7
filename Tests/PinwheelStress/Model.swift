/// What a call means, one thing after the other, without a pool.
enum Model {
  static func outcome(id: Int, _ kind: Kind) -> Outcome {
    switch kind {
    case .value: .value(value(id))
    case .failure: .errors([id])
    case .sequence(let nodes): inOrder(id, nodes.map(\.outcome))
    case .rescue(let node): rescued(id, node.outcome)
    case .join(let join): inOrder(id, [join.first.outcome, join.second.outcome])
    case .spine(let spine): outcome(id: id, spine)
    case .fibonacci(_, let n): .value(combine(id, [UInt64(fibonacci(n))]))
    case .loop(let loop): outcome(id: id, loop)
    case .scope(let scope): outcome(id: id, scope)
    case .spawnOut: .value(value(id))
    case .team(let team): outcome(id: id, team)
    case .submit(let submit): outcome(id: id, submit)
    case .batch(let batch): outcome(id: id, batch)
    case .waitFor(_, let job): inOrder(id, [job.outcome])
    case .ownPool(let own): inOrder(id, [own.child.outcome] + (own.after.map { [$0.outcome] } ?? []))
    case .storm: .value(value(id))
    }
  }

  /// What the job `id` returns by itself.
  static func value(_ id: Int) -> UInt64 { mix(UInt64(id) &+ 1) }

  /// What the call `id` makes of what the calls in it returned.
  static func combine(_ id: Int, _ values: [UInt64]) -> UInt64 { Affine.fold([value(id)] + values) }

  static func fibonacci(_ n: Int) -> Int { n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2) }

  /// How many calls of fibonacci end the recursion.
  static func fibonacciLeaves(_ n: Int) -> Int { n < 2 ? 1 : fibonacciLeaves(n - 1) + fibonacciLeaves(n - 2) }

  /// The first that throws decides.
  private static func inOrder(_ id: Int, _ outcomes: [Outcome]) -> Outcome {
    var values: [UInt64] = []
    for outcome in outcomes {
      switch outcome {
      case .value(let value): values.append(value)
      case .errors: return outcome
      }
    }
    return .value(combine(id, values))
  }

  /// Any that throws may be the first to: all of their errors are allowed.
  private static func inAnyOrder(_ id: Int, _ outcomes: [Outcome]) -> Outcome {
    let errors = outcomes.flatMap { if case .errors(let ids) = $0 { ids } else { [Int]() } }
    return errors.isEmpty ? inOrder(id, outcomes) : .errors(errors)
  }

  private static func rescued(_ id: Int, _ outcome: Outcome) -> Outcome {
    if case .value(let value) = outcome { .value(combine(id, [value])) } else { .value(Model.value(id)) }
  }

  private static func outcome(id: Int, _ spine: Spine) -> Outcome {
    if let first = spine.failing.min() { return .errors([id + 1 + first]) }
    return .value(combine(id, (0..<spine.length).map { value(id + 1 + $0) }))
  }

  private static func outcome(id: Int, _ loop: Loop) -> Outcome {
    let outcomes = (0..<loop.count).map { numbered(id, $0, fails: loop.failing.contains($0), loop.children[$0]) }
    // A reduction is a tree of joins, in which the left side decides.
    return loop.form.isReduction ? inOrder(id, outcomes) : inAnyOrder(id, outcomes)
  }

  private static func outcome(id: Int, _ scope: Scope) -> Outcome {
    func all(_ jobs: [Scope.Job]) -> [Outcome] { jobs.flatMap { [$0.node.outcome] + all($0.more) } }
    let bulk = (0..<scope.bulk).map { Outcome.value(value(id + 1 + $0)) }
    return inAnyOrder(id, (scope.body.map { [$0.outcome] } ?? []) + bulk + all(scope.jobs))
  }

  private static func outcome(id: Int, _ submit: Submit) -> Outcome {
    let meanwhile = submit.meanwhile.map { [$0.outcome] } ?? []
    return inOrder(id, submit.ending.isBlind ? meanwhile : meanwhile + [submit.job.outcome])
  }

  /// All run, and the error of the first in their order is thrown.
  private static func outcome(id: Int, _ batch: Batch) -> Outcome {
    inOrder(id, (0..<batch.count).map { numbered(id, $0, fails: batch.failing.contains($0), batch.children[$0]) })
  }

  /// One row after the other. Nobody begins the phase after one in which somebody has failed.
  private static func outcome(id: Int, _ team: Team) -> Outcome {
    var row: [UInt64] = []
    for phase in 0..<team.phaseCount {
      var values: [UInt64] = []
      var errors: [Int] = []
      for offset in 0..<team.width {
        let job = team.job(phase, offset)
        switch numbered(id, job, fails: team.failing.contains(job), team.children[job]) {
        case .value(let value): values.append(value)
        case .errors(let ids):
          if team.isShared(phase) || errors.isEmpty { errors += ids }
        }
      }
      if !errors.isEmpty { return .errors(errors) }
      let before = row
      row = values.enumerated().map { team.cell($0.element, phase, $0.offset) { before[$0] } }
    }
    return .value(combine(id, row))
  }

  /// A numbered job: it throws, or makes a call, or returns its value.
  private static func numbered(_ id: Int, _ index: Int, fails: Bool, _ child: Node?) -> Outcome {
    fails ? .errors([id + 1 + index]) : child?.outcome ?? .value(value(id + 1 + index))
  }
}

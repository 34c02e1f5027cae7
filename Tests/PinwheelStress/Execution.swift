import Pinwheel
import Synchronization

// What a program does, with pools. Each call compares what it gets with what the model says.
extension Scene {
  /// Runs a call, and checks its outcome.
  func perform(_ node: Node, anywhere: Bool = false) throws(Oops) -> UInt64 {
    let waiters = run.program.waiters[node.id] ?? []
    return try working(on: node, waiters: waiters, anywhere: anywhere) { () throws(Oops) in
      run.count(node.id)
      defer { run.ended.add(node.id) }
      do throws(Oops) {
        var value = try execute(node)
        if Fault.strikes(.changedResult) { value ^= 1 }
        switch node.outcome {
        case .value(let expected):
          if value != expected { run.complain("#\(node.id) returned \(value) instead of \(expected)") }
        case .errors(let ids): run.complain("#\(node.id) returned \(value), but should throw one of \(ids.prefix(10))")
        }
        return value
      } catch {
        checkThrown(error, by: node)
        throw error
      }
    }
  }

  /// Runs a call that does not throw, says the model.
  func sure(_ node: Node) -> UInt64 {
    do throws(Oops) { return try perform(node) } catch {
      run.complain("#\(node.id) threw the error of #\(error.id) where nothing throws")
      return 0
    }
  }

  private func checkThrown(_ error: Oops, by node: Node) {
    guard case .errors(let ids) = node.outcome else {
      return run.complain("#\(node.id) threw the error of #\(error.id), but should return a value")
    }
    if !ids.contains(error.id) {
      run.complain("#\(node.id) threw the error of #\(error.id), not one of \(ids.prefix(10))")
    } else if run.begun[error.id] == 0 {
      run.complain("#\(node.id) threw the error of #\(error.id), which has not run")
    }
  }

  /// A numbered job of a call, as `Model.numbered` has it: it throws, or makes a call, or returns its value.
  func numbered(_ id: Int, _ pause: Pause, fails: Bool, _ child: Node?) throws(Oops) -> UInt64 {
    run.count(id)
    run.pause(pause)
    if fails { throw run.error(id) }
    if let child { return try perform(child) }
    return Model.value(id)
  }

  private func execute(_ node: Node) throws(Oops) -> UInt64 {
    let id = node.id
    switch node.kind {
    case .value(let pause):
      run.pause(pause)
      return Model.value(id)
    case .failure(let pause):
      run.pause(pause)
      throw run.error(id)
    case .sequence(let nodes):
      var values: [UInt64] = []
      for node in nodes { values.append(try perform(node)) }
      return Model.combine(id, values)
    case .rescue(let node):
      do throws(Oops) { return Model.combine(id, [try perform(node)]) } catch { return Model.value(id) }
    case .join(let join): return try execute(join, node)
    case .spine(let spine): return try execute(spine, node)
    case .fibonacci(let pool, let n): return fibonacci(n, sites[pool], node)
    case .loop(let loop): return try execute(loop, node)
    case .scope(let scope): return try execute(scope, node)
    case .team(let team): return try execute(team, node)
    case .spawnOut(let level, let job): return spawnOut(level, job, node)
    case .submit(let submit): return try execute(submit, node)
    case .batch(let batch): return try execute(batch, node)
    case .waitFor(let level, _):
      guard let handle = handles?[level] else { return 0 }
      return Model.combine(id, [try handle.wait(run)])
    case .ownPool(let own): return try execute(own, node)
    case .storm(let storm): return execute(storm, node)
    }
  }
}

import Pinwheel

extension Scene {
  func execute(_ team: Team, _ node: Node) throws(Oops) -> UInt64 {
    let site = sites[team.pool]
    let log = TeamLog(team, most: max(Site.most, site.founders))
    let phases = Phases(scene: inside(site), team: team, node: node, log: log)
    do throws(Oops) {
      switch team.errors {
      case .never:
        site.pool.team(upTo: team.most) { member in phases.workSurely(member) }
      case .typed:
        try site.pool.team(throwing: Oops.self, upTo: team.most) { (member) throws(Oops) in
          try phases.work(member)
        }
      case .untyped:
        do {
          try site.pool.team(upTo: team.most) { member in try phases.work(member) }
        } catch { throw run.oops(error) }
      }
    } catch {
      log.check(node, thrown: error.id, run)
      throw error
    }
    log.check(node, thrown: nil, run)
    return Model.combine(node.id, log.rows[(team.phaseCount - 1) % 2].values)
  }
}

/// What the members of a team do, each in a phase after the other.
private struct Phases: Sendable {
  let scene: Scene
  let team: Team
  let node: Node
  let log: TeamLog

  func work<E: Error>(_ member: ThreadPool.TeamMember<E>) throws(Oops) {
    _ = try scene.working(on: node, waiters: [node.id]) { () throws(Oops) in
      guard log.came(member.index, of: member.count) else {
        scene.run.complain("#\(node.id) has a member \(member.index) of \(member.count)")
        return 0
      }
      for phase in 0..<team.phaseCount where team.takesPart(member.index, of: member.count, in: phase) {
        if phase > 0 { try meet(member, before: phase) }
        if team.isShared(phase) {
          try fill(member.slice(of: team.range), phase)
        } else if team.stays(member.index, of: member.count) {
          try fill(team.range, phase)
        }
        log.done.add(phase)
      }
      return 0
    }
  }

  func workSurely(_ member: ThreadPool.TeamMember<Never>) {
    do throws(Oops) { try work(member) } catch {
      scene.run.complain("#\(node.id) threw the error of #\(error.id) where nothing throws")
    }
  }

  /// Comes to the barrier between two phases, and looks that all have gone through the first one.
  private func meet<E: Error>(_ member: ThreadPool.TeamMember<E>, before phase: Int) throws(Oops) {
    if member.count == 1 || !Fault.strikes(.skippedBarrier) {
      do throws(E) { try member.barrier() } catch {
        let told = scene.run.oops(error)
        log.told[member.index] = UInt64(bitPattern: Int64(told.id)) &+ 1
        if member.index % 2 == 1 { insist(member, told) }
        throw told
      }
    }
    let (done, members) = (log.done[phase - 1], team.members(of: member.count, in: phase - 1))
    if done != members {
      scene.run.complain("#\(node.id): phase \(phase) began when \(done) of \(members) members had done the one before")
    }
  }

  /// A member that goes on regardless is told again.
  private func insist<E: Error>(_ member: ThreadPool.TeamMember<E>, _ told: Oops) {
    do throws(E) {
      try member.barrier()
      scene.run.complain("#\(node.id): a barrier threw the error of #\(told.id), and the next one did not")
    } catch {
      let again = scene.run.oops(error)
      if again.id != told.id {
        scene.run.complain("#\(node.id): a barrier threw the error of #\(told.id), and the next that of #\(again.id)")
      }
    }
  }

  /// Makes a part of a row out of the row before.
  private func fill(_ part: Range<Int>, _ phase: Int) throws(Oops) {
    let (row, before) = (log.rows[phase % 2], log.rows[(phase + 1) % 2])
    for index in part {
      guard team.range.contains(index) else {
        return scene.run.complain("#\(node.id) has a member whose slice contains \(index)")
      }
      let offset = index - team.lower
      row[offset] = team.cell(try job(phase, offset), phase, offset) { before[$0] }
    }
  }

  private func job(_ phase: Int, _ offset: Int) throws(Oops) -> UInt64 {
    let job = team.job(phase, offset)
    return try scene.numbered(node.id + 1 + job, team.pause, fails: team.failing.contains(job), team.children[job])
  }
}

/// What the members of a team leave: rows, and who they were.
private final class TeamLog: Sendable {
  /// What the phases make: the even ones write the first row and read the second, the odd ones the other way round. So a
  /// barrier orders both what is read after it has been written, and what is written over after it has been read.
  let rows: [Cells]
  /// How many members have gone through each phase. Like all counts relaxed: only barriers order them.
  let done: Tallies
  /// The error that each member was told of, its id plus 1; 0: of none.
  let told: Cells
  /// How many members had each number, and how many members each of them was told there were.
  private let members: Tallies
  private let counts: Tallies

  /// - Parameter most: slots that a pool may have.
  init(_ team: Team, most: Int) {
    rows = [Cells(team.width), Cells(team.width)]
    done = Tallies(team.phaseCount)
    let most = min(max(team.most ?? most, 1), most)
    members = Tallies(most)
    counts = Tallies(most)
    told = Cells(most)
  }

  /// False: that cannot be.
  func came(_ index: Int, of count: Int) -> Bool {
    guard index >= 0 && index < count && count <= members.count else { return false }
    members.add(index)
    counts.add(index, UInt32(count))
    return true
  }

  /// After the call.
  func check(_ node: Node, thrown: Int?, _ run: Run) {
    let count = members.sum
    if count == 0 { run.complain("#\(node.id) had no members") }
    for index in 0..<count where index >= members.count || members[index] != 1 || counts[index] != count {
      run.complain("#\(node.id) had \(count) members, but not one of each number, or not all were told so")
      break
    }
    let expected = thrown.map { UInt64(bitPattern: Int64($0)) &+ 1 } ?? 0
    for (index, id) in told.values.enumerated() where id != 0 && (thrown == nil || id != expected) {
      run.complain(
        "#\(node.id): member \(index) was told of the error of #\(Int64(bitPattern: id) - 1), the caller of \(thrown.map { "that of #\($0)" } ?? "none")"
      )
    }
  }
}

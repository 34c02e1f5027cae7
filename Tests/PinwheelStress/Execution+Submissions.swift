import Glibc
import Pinwheel
import Synchronization

/// A submitted job, whatever it may throw; or one that the pool has refused, and that has run in its place.
struct Handle: Sendable {
  let site: Site
  /// How many jobs a wait may have to run itself: it draws a ticket for each.
  var jobs = 1
  let result: @Sendable () throws(Oops) -> UInt64
  let resultInTask: @Sendable () async -> Result<UInt64, Oops>

  func wait(_ run: Run) throws(Oops) -> UInt64 {
    site.waits.add(jobs, ordering: .relaxed)
    return try result()
  }

  /// Waits in a task, and for the task by polling: so on a thread that no job needs.
  func waitInTask() throws(Oops) -> UInt64 {
    let answer = Answer()
    Task.detached { [resultInTask] in
      let result = await resultInTask()
      answer.result.withLock { $0 = result }
    }
    while true {
      if let result = answer.result.withLock({ $0 }) { return try result.get() }
      usleep(20)
    }
  }

  private final class Answer: Sendable {
    let result = Mutex<Result<UInt64, Oops>?>(nil)
  }
}

extension Scene {
  func execute(_ submit: Submit, _ node: Node) throws(Oops) -> UInt64 {
    let handle = submitted(submit)
    var values: [UInt64] = []
    if let meanwhile = submit.meanwhile {
      var beside = self
      // A job that was refused has a handle of this program's own.
      if let handle, submit.ending != .execute { beside.handles = Chain(handle, handles) }
      values.append(try beside.perform(meanwhile))
    }
    switch submit.ending {
    case .wait: if let handle { values.append(try handle.wait(run)) }
    case .async: if let handle { values.append(try handle.waitInTask()) }
    case .forget, .execute: break
    }
    return Model.combine(node.id, values)
  }

  /// What can be waited for; nil: nothing.
  private func submitted(_ submit: Submit) -> Handle? {
    let site = sites[submit.pool]
    let run = run
    var scene = inside(site)
    scene.scopes = nil
    let there = scene
    let isOutside = isIdleCaller
    let jobs = if case .batch(let batch) = submit.job.kind { batch.count } else { 1 }
    run.outstanding.add(jobs, ordering: .relaxed)
    site.submitted.add(jobs, ordering: .relaxed)
    do throws(PoolError) {
      let handle = try there.queue(submit, on: site)
      if isOutside { site.submittedFromOutside.add(jobs, ordering: .relaxed) }
      return handle
    } catch {
      run.outstanding.subtract(jobs, ordering: .relaxed)
      return refused(error, submit, there)
    }
  }

  /// Gives the job to the pool. This is where it runs.
  private func queue(_ submit: Submit, on site: Site) throws(PoolError) -> Handle? {
    let (there, run, job) = (self, run, submit.job)
    if case .batch(let batch) = job.kind { return try queue(batch, job, submit.errors, on: site) }
    if submit.ending == .execute {
      try site.pool.execute {
        there.noteLoose()
        // Its outcome is checked where it runs.
        do throws(Oops) { _ = try there.perform(job) } catch {}
        run.outstanding.subtract(1, ordering: .releasing)
      }
      return nil
    }
    switch submit.errors {
    case .never:
      let submitted = try site.pool.submit { () throws(Never) -> UInt64 in
        there.noteLoose()
        defer { run.outstanding.subtract(1, ordering: .releasing) }
        return there.sure(job)
      }
      return Handle(
        site: site, result: { () throws(Oops) in submitted.wait() }, resultInTask: { .success(await submitted.value) }
      )
    case .typed:
      let submitted = try site.pool.submit { () throws(Oops) -> UInt64 in
        there.noteLoose()
        defer { run.outstanding.subtract(1, ordering: .releasing) }
        return try there.perform(job)
      }
      return Handle(
        site: site, result: { () throws(Oops) in try submitted.wait() },
        resultInTask: {
          do throws(Oops) { return .success(try await submitted.value) } catch { return .failure(error) }
        })
    case .untyped:
      let submitted = try site.pool.submit { () throws -> UInt64 in
        there.noteLoose()
        defer { run.outstanding.subtract(1, ordering: .releasing) }
        return try there.perform(job)
      }
      return Handle(
        site: site,
        result: { () throws(Oops) in do { return try submitted.wait() } catch { throw run.oops(error) } },
        resultInTask: {
          do { return .success(try await submitted.value) } catch { return .failure(run.oops(error)) }
        })
    }
  }

  /// A pool that is shut down takes no jobs: this one runs here.
  private func refused(_ error: PoolError, _ submit: Submit, _ scene: Scene) -> Handle {
    let site = sites[submit.pool]
    if error != .shutDown || site.pool.state != .shutDown {
      run.complain("a pool that is \(site.pool.state) refused a job: \(error)")
    }
    let result: Result<UInt64, Oops>
    do throws(Oops) { result = .success(try scene.perform(submit.job, anywhere: true)) } catch {
      result = .failure(error)
    }
    return Handle(site: site, result: { () throws(Oops) in try result.get() }, resultInTask: { result })
  }

  /// Whether this thread is in no call of any pool.
  private var isIdleCaller: Bool { site == nil }
}

import Pinwheel
import Synchronization

extension Scene {
  /// Gives all jobs of a batch to the pool. This is where they run.
  func queue(_ batch: Batch, _ node: Node, _ errors: ErrorForm, on site: Site) throws(PoolError) -> Handle {
    let jobs = BatchJobs(scene: self, batch: batch, node: node)
    let run = run
    let pool = site.pool
    switch errors {
    case .never:
      let handle: BatchHandle<Never>
      switch batch.form {
      case .counted: handle = try pool.submit(count: batch.count) { jobs.queuedSurely($0) }
      case .listed:
        handle = try pool.submit(
          contentsOf: (0..<batch.count).map { index in { @Sendable in jobs.queuedSurely(index) } })
      }
      return jobs.handle(
        on: site, wait: { () throws(Oops) in handle.wait() },
        waitInTask: {
          await handle.value
          return nil
        })
    case .typed:
      let handle: BatchHandle<Oops>
      switch batch.form {
      case .counted: handle = try pool.submit(count: batch.count) { (index) throws(Oops) in try jobs.queued(index) }
      case .listed: handle = try pool.submit(contentsOf: (0..<batch.count).map { jobs.closure($0) })
      }
      return jobs.handle(
        on: site, wait: { () throws(Oops) in try handle.wait() },
        waitInTask: {
          do throws(Oops) {
            try await handle.value
            return nil
          } catch { return error }
        })
    case .untyped:
      let handle: BatchHandle<any Error>
      switch batch.form {
      case .counted: handle = try pool.submit(count: batch.count) { try jobs.queued($0) }
      case .listed:
        handle = try pool.submit(
          contentsOf: (0..<batch.count).map { index in { @Sendable () throws in try jobs.queued(index) } })
      }
      return jobs.handle(
        on: site,
        wait: { () throws(Oops) in do { try handle.wait() } catch { throw run.oops(error) } },
        waitInTask: {
          do {
            try await handle.value
            return nil
          } catch { return run.oops(error) }
        })
    }
  }

  /// In place of a pool that has refused them: one job after the other, and all of them.
  func execute(_ batch: Batch, _ node: Node) throws(Oops) -> UInt64 {
    let jobs = BatchJobs(scene: self, batch: batch, node: node)
    var first: Oops?
    for index in 0..<batch.count {
      do throws(Oops) { try jobs.run(index) } catch { first = first ?? error }
    }
    if let first { throw first }
    return jobs.value
  }
}

/// The jobs of a batch.
private final class BatchJobs: Sendable {
  private let scene: Scene
  private let batch: Batch
  private let node: Node
  private let cells: Cells
  /// Jobs that have not ended. Relaxed: who reads it has waited for them.
  private let left: Atomic<Int>

  init(scene: Scene, batch: Batch, node: Node) {
    self.scene = scene
    self.batch = batch
    self.node = node
    cells = Cells(batch.count)
    left = Atomic(batch.count)
  }

  var value: UInt64 { Model.combine(node.id, cells.values) }

  /// On whatever thread the pool runs it.
  func queued(_ index: Int) throws(Oops) {
    let run = scene.run
    scene.noteLoose()
    defer {
      if left.subtract(1, ordering: .relaxed).newValue == 0 { run.ended.add(node.id) }
      run.outstanding.subtract(1, ordering: .releasing)
    }
    guard index >= 0 && index < batch.count else {
      return run.complain("#\(node.id) was called with index \(index) of \(batch.count)")
    }
    let waiters = run.program.waiters[node.id] ?? []
    _ = try scene.working(on: node, waiters: waiters) { () throws(Oops) in
      try self.run(index)
      return 0
    }
  }

  /// Apart because Swift 6.3's compiler crashes on the closure where it is put into an array of them.
  func closure(_ index: Int) -> @Sendable () throws(Oops) -> Void {
    { () throws(Oops) in try self.queued(index) }
  }

  func queuedSurely(_ index: Int) {
    do throws(Oops) { try queued(index) } catch {
      scene.run.complain("#\(node.id) threw the error of #\(error.id) where nothing throws")
    }
  }

  func run(_ index: Int) throws(Oops) {
    cells[index] = try scene.numbered(
      node.id + 1 + index, batch.pause, fails: batch.failing.contains(index), batch.children[index])
  }

  /// They have been queued. What waits for all of them, by these two ways.
  func handle(
    on site: Site, wait: @escaping @Sendable () throws(Oops) -> Void, waitInTask: @escaping @Sendable () async -> Oops?
  ) -> Handle {
    scene.run.count(node.id)
    // Nobody ends a batch without jobs.
    if batch.count == 0 { scene.run.ended.add(node.id) }
    return Handle(
      site: site, jobs: batch.count,
      result: { () throws(Oops) in
        defer { self.checkEnded() }
        if self.left.load(ordering: .relaxed) == 0 || !Fault.strikes(.hastyBatch) { try wait() }
        return self.value
      },
      resultInTask: {
        let error = await waitInTask()
        self.checkEnded()
        return error.map { .failure($0) } ?? .success(self.value)
      })
  }

  private func checkEnded() {
    let left = left.load(ordering: .relaxed)
    if left != 0 {
      scene.run.complain("#\(node.id): a wait returned, and \(left) of \(batch.count) jobs had not ended")
    }
  }
}

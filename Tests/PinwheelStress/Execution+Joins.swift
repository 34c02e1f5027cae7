import CPinwheelStress
import Pinwheel
import Synchronization

/// What a joined closure returns.
protocol Returned: Sendable {
  init(_ word: UInt64, _ run: Run)
  var word: UInt64 { get }
}

extension UInt64: Returned {
  init(_ word: UInt64, _ run: Run) { self = word }
  var word: UInt64 { self }
}

/// A result that must be destroyed exactly once.
struct Box: Returned {
  private let token: Token
  let word: UInt64

  init(_ word: UInt64, _ run: Run) {
    token = Token(run.census)
    if Fault.strikes(.keptBox) { _ = Unmanaged.passRetained(token) }
    self.word = word
  }
}

/// A result of more than a KiB, which the pool does not keep on the stack.
struct Large: Returned {
  private var words: InlineArray<160, UInt64>

  init(_ word: UInt64, _ run: Run) { words = InlineArray(repeating: word) }
  var word: UInt64 { words[0] == words[159] ? words[80] : 0 }
}

extension Scene {
  func execute(_ join: Join, _ node: Node) throws(Oops) -> UInt64 {
    switch join.payload {
    case .word: try execute(join, node, as: UInt64.self)
    case .box: try execute(join, node, as: Box.self)
    case .large: try execute(join, node, as: Large.self)
    }
  }

  private func execute<P: Returned>(_ join: Join, _ node: Node, as _: P.Type) throws(Oops) -> UInt64 {
    let site = sites[join.pool]
    let inner = inside(site)
    let run = run
    let (x, y) = (join.first, join.second)
    let home = stress_thread()
    let a: P
    let b: P
    switch join.errors {
    case .never:
      (a, b) = site.pool.join(
        { P(inner.sure(x), run) },
        {
          inner.noteThief(home)
          return P(inner.sure(y), run)
        })
    case .typed:
      (a, b) = try site.pool.join(
        { () throws(Oops) in P(try inner.perform(x), run) },
        { () throws(Oops) in
          inner.noteThief(home)
          return P(try inner.perform(y), run)
        })
    case .untyped:
      do {
        (a, b) = try site.pool.join(
          { try P(inner.perform(x), run) },
          {
            inner.noteThief(home)
            return try P(inner.perform(y), run)
          })
      } catch { throw run.oops(error) }
    }
    return Model.combine(node.id, [a.word, b.word])
  }

  /// A forked job has begun: on another thread than the one that forked it?
  private func noteThief(_ home: Int) {
    if stress_thread() != home { site?.migrated.add(1, ordering: .relaxed) }
  }

  func execute(_ spine: Spine, _ node: Node) throws(Oops) -> UInt64 {
    let site = sites[spine.pool]
    let cells = Cells(spine.length)
    let vertebrae = Vertebrae(
      scene: inside(site), pool: site.pool, node: node, failing: Set(spine.failing), cells: cells)
    switch spine.errors {
    case .never: vertebrae.walkSurely(spine.length - 1)
    case .typed: try vertebrae.walk(spine.length - 1)
    case .untyped:
      do { try vertebrae.walkAnyhow(spine.length - 1) } catch { throw run.oops(error) }
    }
    return Model.combine(node.id, cells.values)
  }

  /// The usual recursion, with a join at every call: the finest jobs there are.
  func fibonacci(_ n: Int, _ site: Site, _ node: Node) -> UInt64 {
    let scene = inside(site)
    @Sendable func recurse(_ n: Int, _ home: Int) -> Int {
      if n < 2 {
        scene.run.count(node.id + 1)
        return n
      }
      let (a, b) = site.pool.join(
        { recurse(n - 1, home) },
        {
          if stress_thread() == home { return recurse(n - 2, home) }
          scene.noteThief(home)
          return Int(scene.working(on: node, waiters: [node.id]) { UInt64(recurse(n - 2, stress_thread())) })
        })
      return a + b
    }
    return Model.combine(node.id, [UInt64(recurse(n, stress_thread()))])
  }
}

/// The jobs of a spine.
private struct Vertebrae: Sendable {
  let scene: Scene
  let pool: ThreadPool
  let node: Node
  let failing: Set<Int>
  let cells: Cells

  private func job(_ index: Int) throws(Oops) {
    _ = try scene.working(on: node, waiters: [node.id]) { () throws(Oops) in
      scene.run.count(node.id + 1 + index)
      if failing.contains(index) { throw scene.run.error(node.id + 1 + index) }
      cells[index] = Model.value(node.id + 1 + index)
      return 0
    }
  }

  private func jobSurely(_ index: Int) {
    do throws(Oops) { try job(index) } catch { scene.run.complain("#\(node.id) threw where nothing throws") }
  }

  func walk(_ index: Int) throws(Oops) {
    if index == 0 { return try job(0) }
    try pool.join({ () throws(Oops) in try walk(index - 1) }, { () throws(Oops) in try job(index) })
  }

  func walkAnyhow(_ index: Int) throws {
    if index == 0 { return try job(0) }
    try pool.join({ try walkAnyhow(index - 1) }, { try job(index) })
  }

  func walkSurely(_ index: Int) {
    if index == 0 { return jobSurely(0) }
    pool.join({ walkSurely(index - 1) }, { jobSurely(index) })
  }
}

import Pinwheel
import Synchronization
import Testing

/// A small program of nested calls, whose nodes are numbered from the root on.
private indirect enum Program: Sendable {
  case leaf
  case join(Program, Program)
  case scope([Program])
  case loop([Program])
  case map([Program])
  case reduce([Program])
  case submit(Program)

  var children: [Program] {
    switch self {
    case .leaf: []
    case .join(let a, let b): [a, b]
    case .scope(let all), .loop(let all), .map(let all), .reduce(let all): all
    case .submit(let one): [one]
    }
  }

  var count: Int { 1 + children.reduce(0) { $0 + $1.count } }

  /// The numbers of the children of the node that has `number`.
  func numbers(below number: Int) -> [Int] {
    children.indices.map { index in number + 1 + children[..<index].reduce(0) { $0 + $1.count } }
  }

  static let everything = Program.join(
    .scope([.leaf, .join(.leaf, .map([.leaf, .leaf])), .submit(.scope([.leaf, .leaf])), .loop([.leaf, .leaf])]),
    .loop([
      .join(.reduce([.leaf, .leaf, .leaf]), .leaf), .scope([.submit(.leaf), .join(.leaf, .leaf)]),
      .submit(.join(.leaf, .loop([.leaf, .scope([.leaf])]))), .map([.leaf, .loop([.leaf, .leaf])]),
    ]))
}

private struct Fault: Error {
  var node: Int
  /// So that an error that is lost, or kept for ever, is noticed.
  var instance: Instance
}

/// One run of a program, in which some nodes throw.
private final class Trial: Sendable {
  let pool: ThreadPool
  /// Nodes that throw, before their children or after them.
  let throwers: Set<Int>
  let early: Bool
  let ledger = Ledger()
  private let entered = Mutex<[Int]>([])
  private let left = Counter()

  init(_ pool: ThreadPool, throwers: Set<Int>, early: Bool) {
    self.pool = pool
    self.throwers = throwers
    self.early = early
  }

  func run(_ program: Program, _ number: Int = 0) throws(Fault) {
    entered.withLock { $0.append(number) }
    defer { left.add(1) }
    let held = ledger.make()
    if early { try fail(number) }
    let (children, numbers) = (program.children, program.numbers(below: number))
    switch program {
    case .leaf: break
    case .join:
      try pool.join(
        { () throws(Fault) in try run(children[0], numbers[0]) },
        { () throws(Fault) in try run(children[1], numbers[1]) })
    case .scope:
      try pool.scope(throwing: Fault.self) { (s) throws(Fault) in
        for index in children.indices { s.spawn { () throws(Fault) in try self.run(children[index], numbers[index]) } }
      }
    case .loop:
      try pool.parallelFor(0..<children.count, schedule: .dynamic(grain: 1)) { (index) throws(Fault) in
        try run(children[index], numbers[index])
      }
    case .map:
      let made = try pool.map(0..<children.count) { (index) throws(Fault) in
        try run(children[index], numbers[index])
        return ledger.make()
      }
      #expect(made.count == children.count)
    case .reduce:
      let sum = try pool.reduce(0..<children.count, identity: 0, leaf: 1, combine: +) { (index) throws(Fault) in
        try run(children[index], numbers[index])
        return index
      }
      #expect(sum == children.count * (children.count - 1) / 2)
    case .submit:
      let handle: JobHandle<Void, Fault>
      do {
        handle = try pool.submit { () throws(Fault) in try self.run(children[0], numbers[0]) }
      } catch {
        Issue.record("submit threw \(error)")
        return
      }
      try handle.wait()
    }
    withExtendedLifetime(held) {}
    if !early { try fail(number) }
  }

  private func fail(_ number: Int) throws(Fault) {
    if throwers.contains(number) { throw Fault(node: number, instance: ledger.make()) }
  }

  /// Runs it, and looks at what is left of it. Returns the node whose error came out.
  func outcome(_ program: Program) -> Int? {
    var thrown: Int?
    do throws(Fault) { try run(program) } catch { thrown = error.node }
    let nodes = entered.withLock { $0 }
    // Whoever began has ended before the call returned, and nobody began twice.
    #expect(left.value == nodes.count, "nodes are still running")
    #expect(Set(nodes).count == nodes.count, "a node ran twice")
    if throwers.isEmpty { #expect(nodes.count == program.count) }
    if let thrown { #expect(nodes.contains(thrown) && throwers.contains(thrown)) }
    return thrown
  }
}

extension PoolTests {
  /// Every node of a program of nested calls throws in turn.
  @Suite
  struct ThrowTests {
    /// Returns what must have nothing alive when the workers are idle: until then a ticket that is queued, to a scope
    /// or a handle that is done, may hold an error.
    private func attempt(_ pool: ThreadPool, _ throwers: Set<Int>, early: Bool) -> Ledger {
      let trial = Trial(pool, throwers: throwers, early: early)
      let thrown = trial.outcome(.everything)
      #expect(throwers.isEmpty ? thrown == nil : thrown.map { throwers.contains($0) } == true)
      return trial.ledger
    }

    private func expectNothingLeft(_ ledger: Ledger, _ what: String) {
      eventually("nothing is left of \(what)") { ledger.live == 0 }
    }

    @Test(arguments: workerCounts)
    func theErrorOfAnyNodeArrives(workers: Int) throws {
      let pool = try makePool(workers)
      for early in [true, false] {
        expectNothingLeft(attempt(pool, [], early: early), "a run without errors")
        for node in 0..<Program.everything.count {
          expectNothingLeft(attempt(pool, [node], early: early), "the error of \(node)")
        }
      }
      #expect(pool.currentWorker == nil)
      #expect(fib(pool, 10) == 55)
    }

    @Test(arguments: workerCounts)
    func inAJobToo(workers: Int) throws {
      let pool = try makePool(workers)
      for node in 0..<Program.everything.count {
        let job = try pool.submit { [unowned pool] in attempt(pool, [node], early: node % 2 == 0) }
        expectNothingLeft(job.wait(), "the error of \(node)")
      }
      #expect(fib(pool, 10) == 55)
    }

    /// The first error wins; of the other nothing is left.
    @Test(arguments: [1, 2, 8])
    func oneOfTwoErrorsArrives(workers: Int) throws {
      let pool = try makePool(workers)
      let count = Program.everything.count
      for first in 0..<count {
        for second in stride(from: first + 1, to: count, by: 3) {
          expectNothingLeft(
            attempt(pool, [first, second], early: first % 2 == 0), "the errors of \(first) and \(second)")
        }
      }
      #expect(fib(pool, 10) == 55)
    }

    /// A pool that has ended runs all of it on the caller, but for what is submitted.
    @Test func onTheCallerToo() throws {
      let pool = try makePool(2)
      try pool.shutdown()
      let program = Program.join(
        .scope([.leaf, .map([.leaf])]), .loop([.join(.leaf, .leaf), .reduce([.leaf, .leaf])]))
      for node in 0..<program.count {
        let trial = Trial(pool, throwers: [node], early: true)
        #expect(trial.outcome(program) == node)
      }
    }
  }
}

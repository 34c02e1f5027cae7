import CBenchmarkSystem
import Glibc
import Pinwheel
import Synchronization

/// Runs one kind of operation so many times, for tools that count what a process does: `operations NAME COUNT`. Says
/// both again at the end if what was computed is right, else ends with status 1.
///
/// Counted under valgrind, where nothing else on the machine shows, and as the difference of two counts, so that the
/// start and the end of the process fall out. The pool has one worker, which sleeps while this thread has its slot:
/// nobody steals, and every count is the same in each run.
@main
enum Operations {
  static func main() throws {
    let arguments = CommandLine.arguments.dropFirst()
    guard let name = arguments.first else {
      for operation in all { print(operation.name, operation.count, operation.unit) }
      return
    }
    guard let operation = all.first(where: { $0.name == name }) else {
      fail("\(name): no such operation; allowed: \(all.map(\.name).joined(separator: ", "))", status: 2)
    }
    guard let count = arguments.dropFirst().first.flatMap({ Int($0) }), count > 0, arguments.count == 2 else {
      fail("usage: operations [NAME COUNT]; COUNT is a number from 1 on", status: 2)
    }
    var configuration = PoolConfiguration(workers: .exactly(1))
    configuration.spin = .zero
    let pool = try ThreadPool(configuration)
    operation.run(pool, 1000)  // metadata is made, queues grow
    // The worker sleeps from the first call on that it stood down for.
    pool.join({ usleep(20_000) }, {})
    total.store(0, ordering: .relaxed)
    operation.run(pool, count)
    try pool.shutdown()
    let found = total.load(ordering: .relaxed)
    guard found == operation.expected(count) else {
      fail(
        "\(name): \(found) came of \(count) operations, where \(operation.expected(count)) is right", status: 1)
    }
    print(name, count)
  }

  private static func fail(_ message: String, status: Int32) -> Never {
    let line = "error: \(message)\n"
    _ = line.withCString { write(STDERR_FILENO, $0, strlen($0)) }
    exit(status)
  }
}

/// What has come of the operations: each adds to it, so that none can be left out. A global, so that the closures that
/// are counted capture nothing unless they are to.
private let total = Atomic<Int>(0)

private func tally(_ value: Int) { total.wrappingAdd(value, ordering: .relaxed) }

/// One kind, and how often it has to run to be counted well.
struct Operation: Sendable {
  var name: String
  /// What its counts are divided by.
  var unit: String
  var count: Int
  /// What has to come of so many.
  var expected: @Sendable (Int) -> Int = { $0 }
  var run: @Sendable (ThreadPool, Int) -> Void
}

let all = [
  Operation(name: "serial", unit: "inner call of a serial fib", count: 400_000, expected: treeSum) { _, count in
    repeatTrees(count) { tally(serialFib(treeDepth)) }
  },
  Operation(name: "join", unit: "the same with join", count: 400_000, expected: treeSum) { pool, count in
    pool.join({ repeatTrees(count) { tally(fib(pool, treeDepth)) } }, {})
  },
  Operation(name: "join-pushed", unit: "join, its job pushed and taken back", count: 400_000, expected: sumBelow) {
    pool, count in
    pool.join({ for i in 0..<count { tally(pool.join({ i }, { i }).1) } }, {})
  },
  Operation(name: "join-throwing", unit: "join of closures that may throw", count: 400_000, expected: sumBelow) {
    pool, count in
    pool.join(
      { for i in 0..<count { if let b = try? pool.join({ try maybe(i) }, { try maybe(i) }).1 { tally(b) } } }, {})
  },
  Operation(name: "join-outside", unit: "join by an outside thread", count: 20_000, expected: sumBelow) {
    pool, count in
    for i in 0..<count { tally(pool.join({ i }, { i }).1) }
  },
  Operation(name: "element", unit: "element of a static loop", count: 4_000_000, expected: sumBelow) {
    pool, count in
    pool.parallelFor(0..<count, schedule: .static) { tally($0) }
  },
  Operation(name: "element-auto", unit: "element of a loop", count: 4_000_000, expected: sumBelow) {
    pool, count in
    pool.parallelFor(0..<count) { tally($0) }
  },
  Operation(
    name: "element-capturing", unit: "the same, the body captures a value", count: 4_000_000, expected: sumBelow
  ) { pool, count in
    let bias = opaque(0)
    pool.parallelFor(0..<count, schedule: .static) { tally($0 &+ bias) }
  },
  Operation(name: "element-chunks", unit: "the same over chunks", count: 4_000_000, expected: sumBelow) { pool, count in
    let bias = opaque(0)
    pool.parallelFor(chunks: 0..<count, schedule: .static) { for i in $0 { tally(i &+ bias) } }
  },
  Operation(name: "chunk", unit: "chunk of a dynamic loop", count: 400_000, expected: sumBelow) { pool, count in
    pool.parallelFor(0..<count, schedule: .dynamic(grain: 1)) { tally($0) }
  },
  Operation(name: "loop", unit: "loop by an outside thread", count: 20_000, expected: sixTimes) {
    pool, count in
    for _ in 0..<count { pool.parallelFor(0..<4, schedule: .static) { tally($0) } }
  },
  Operation(name: "loop-tiny", unit: "loop of one chunk, that nobody else is called to", count: 100_000) {
    pool, count in
    for _ in 0..<count { pool.parallelFor(0..<1) { tally($0 &+ 1) } }
  },
  Operation(name: "loop-nested", unit: "loop of four inside a job", count: 50_000, expected: sixTimes) {
    pool, count in
    pool.parallelFor(0..<2, schedule: .static) { half in
      if half == 0 { for _ in 0..<count { pool.parallelFor(0..<4, schedule: .dynamic(grain: 1)) { tally($0) } } }
    }
  },
  Operation(name: "reduce", unit: "element of a sum", count: 4_000_000, expected: sumBelow) { pool, count in
    tally(pool.reduce(0..<count, identity: 0, combine: { $0 &+ $1 }) { opaque($0) })
  },
  Operation(name: "reduce-c", unit: "the same, an inline function in C", count: 4_000_000, expected: sumBelow) {
    pool, count in
    tally(
      pool.reduce(0..<count, identity: 0, combine: { $0 &+ $1 }) { Int(bitPattern: UInt(bench_opaque(UInt64($0)))) })
  },
  Operation(
    name: "reduce-capturing", unit: "the same, the closure captures a value", count: 4_000_000, expected: sumBelow
  ) { pool, count in
    let bias = opaque(0)
    tally(pool.reduce(0..<count, identity: 0, combine: { $0 &+ $1 }) { opaque($0 &+ bias) })
  },
  Operation(name: "reduce-chunks", unit: "the same over chunks", count: 4_000_000, expected: sumBelow) { pool, count in
    let bias = opaque(0)
    tally(
      pool.reduce(chunks: 0..<count, identity: 0, combine: { $0 &+ $1 }) { part in
        var sum = 0
        for i in part { sum &+= opaque(i &+ bias) }
        return sum
      })
  },
  Operation(
    name: "reduce-short", unit: "element of a sum of 1000", count: 400_000, expected: sumOfThousands
  ) { pool, count in
    for _ in 0..<(count / 1000) { tally(pool.reduce(0..<1000, identity: 0, combine: { $0 &+ $1 }) { opaque($0) }) }
  },
  Operation(name: "regrouped", unit: "child of a tree with eight a node", count: 4_000_000, expected: octetSum) {
    pool, count in
    pool.join({ for _ in 0..<(count / octetNodes) { tally(octets(pool, octetDepth)) } }, {})
  },
  Operation(
    name: "regrouped-linked", unit: "child of a node with eight whose rest lies ready", count: 4_000_000,
    expected: sumsOfEight
  ) { pool, count in
    pool.join(
      {
        for _ in 0..<(count / 8) {
          tally(pool.reduce(regrouping: 0..<8, identity: 0, combine: { $0 &+ $1 }) { opaque($0) })
        }
      }, {})
  },
  Operation(name: "map", unit: "element of a map", count: 4_000_000) { pool, count in
    tally(pool.map(0..<count) { opaque($0) }[count - 1] &+ 1)
  },
  Operation(name: "map-c", unit: "the same, an inline function in C", count: 4_000_000) { pool, count in
    tally(Int(pool.map(0..<count) { bench_opaque(UInt64($0)) }[count - 1]) &+ 1)
  },
  Operation(name: "spawn", unit: "job of a scope", count: 100_000, expected: sumBelow) { pool, count in
    pool.scope { scope in for i in 0..<count { scope.spawn { tally(i) } } }
  },
  Operation(name: "execute", unit: "job that nobody waits for", count: 50_000, expected: sumBelow) { pool, count in
    pool.join({ for i in 0..<count { try? pool.execute { tally(i) } } }, {})
  },
  Operation(name: "execute-outside", unit: "the same from an outside thread", count: 50_000, expected: sumBelow) {
    pool, count in
    for i in 0..<count { try? pool.execute { tally(i) } }
  },
  // A job that is refused adds nothing: then the sum is wrong.
  Operation(name: "submit", unit: "job submitted and waited for, on a worker", count: 50_000, expected: sumBelow) {
    pool, count in
    pool.join({ for i in 0..<count { if let i = try? pool.submit({ i }).wait() { tally(i) } } }, {})
  },
]

private let treeDepth = 15
/// Calls of one tree with an argument of at least 2: those that fork.
private let treeForks = 986

private func repeatTrees(_ count: Int, _ tree: () -> Void) {
  for _ in 0..<(count / treeForks) { tree() }
}

/// Each tree computes the 15th Fibonacci number.
private func treeSum(_ count: Int) -> Int { count / treeForks * 610 }

/// Four iterations add 0 to 3.
private func sixTimes(_ count: Int) -> Int { 6 * count }

private func sumBelow(_ count: Int) -> Int { count * (count - 1) / 2 }

private func sumsOfEight(_ count: Int) -> Int { count / 8 * sumBelow(8) }

private func sumOfThousands(_ count: Int) -> Int { count / 1000 * sumBelow(1000) }

@inline(never)
private func serialFib(_ n: Int) -> Int {
  if n < 2 { return n }
  return serialFib(n - 1) + serialFib(n - 2)
}

private func fib(_ pool: ThreadPool, _ n: Int) -> Int {
  if n < 2 { return n }
  let (a, b) = pool.join({ fib(pool, n - 1) }, { fib(pool, n - 2) })
  return a + b
}

private let octetDepth = 6
/// Nodes of one such tree but its root.
private let octetNodes = (1...octetDepth).reduce(0) { sum, _ in 8 * (sum + 1) }

private func octetSum(_ count: Int) -> Int { count / octetNodes * (octetNodes + 1) }

private func octets(_ pool: ThreadPool, _ depth: Int) -> Int {
  if depth == 0 { return 1 }
  return pool.reduce(regrouping: 0..<8, identity: 0, combine: +) { _ in octets(pool, depth - 1) } &+ 1
}

@inline(never)
private func maybe(_ value: Int) throws -> Int {
  if value < 0 { throw Negative() }
  return value
}

private struct Negative: Error {}

/// The same value, which the compiler cannot know: a loop over it is no formula.
@inline(never) @_optimize(none)
private func opaque(_ value: Int) -> Int { value }

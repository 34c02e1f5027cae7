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
    operation.run(pool, 1000, Tally())  // metadata is made, queues grow
    // The worker sleeps from the first call on that it stood down for.
    pool.join({ usleep(20_000) }, {})
    let tally = Tally()
    operation.run(pool, count, tally)
    try pool.shutdown()
    guard tally.total == operation.expected(count) else {
      fail(
        "\(name): \(tally.total) came of \(count) operations, where \(operation.expected(count)) is right", status: 1)
    }
    print(name, count)
  }

  private static func fail(_ message: String, status: Int32) -> Never {
    let line = "error: \(message)\n"
    _ = line.withCString { write(STDERR_FILENO, $0, strlen($0)) }
    exit(status)
  }
}

/// What has come of the operations: each adds to it, in one instruction, so that none can be left out.
final class Tally: Sendable {
  private let sum = Atomic<Int>(0)
  var total: Int { sum.load(ordering: .relaxed) }
  func add(_ value: Int) { sum.wrappingAdd(value, ordering: .relaxed) }
}

/// One kind, and how often it has to run to be counted well.
struct Operation: Sendable {
  var name: String
  /// What its counts are divided by.
  var unit: String
  var count: Int
  /// What has to come of so many.
  var expected: @Sendable (Int) -> Int = { $0 }
  var run: @Sendable (ThreadPool, Int, Tally) -> Void
}

let all = [
  Operation(name: "serial", unit: "inner call of a serial fib", count: 400_000, expected: treeSum) { _, count, tally in
    repeatTrees(count) { tally.add(serialFib(treeDepth)) }
  },
  Operation(name: "join", unit: "the same with join", count: 400_000, expected: treeSum) { pool, count, tally in
    pool.join({ repeatTrees(count) { tally.add(fib(pool, treeDepth)) } }, {})
  },
  Operation(name: "join-pushed", unit: "join, its job pushed and taken back", count: 400_000, expected: sumBelow) {
    pool, count, tally in
    pool.join({ for i in 0..<count { tally.add(pool.join({ i }, { i }).1) } }, {})
  },
  Operation(name: "join-throwing", unit: "join of closures that may throw", count: 400_000, expected: sumBelow) {
    pool, count, tally in
    pool.join(
      { for i in 0..<count { if let b = try? pool.join({ try maybe(i) }, { try maybe(i) }).1 { tally.add(b) } } }, {})
  },
  Operation(name: "join-outside", unit: "join by an outside thread", count: 20_000, expected: sumBelow) {
    pool, count, tally in
    for i in 0..<count { tally.add(pool.join({ i }, { i }).1) }
  },
  Operation(name: "element", unit: "element of a static loop", count: 4_000_000, expected: sumBelow) {
    pool, count, tally in
    pool.parallelFor(0..<count, schedule: .static) { tally.add($0) }
  },
  Operation(name: "element-auto", unit: "element of a loop", count: 4_000_000, expected: sumBelow) {
    pool, count, tally in
    pool.parallelFor(0..<count) { tally.add($0) }
  },
  Operation(name: "chunk", unit: "chunk of a dynamic loop", count: 400_000, expected: sumBelow) { pool, count, tally in
    pool.parallelFor(0..<count, schedule: .dynamic(grain: 1)) { tally.add($0) }
  },
  Operation(name: "loop", unit: "loop by an outside thread", count: 20_000, expected: sixTimes) {
    pool, count, tally in
    for _ in 0..<count { pool.parallelFor(0..<4, schedule: .static) { tally.add($0) } }
  },
  Operation(name: "loop-nested", unit: "loop of four inside a job", count: 50_000, expected: sixTimes) {
    pool, count, tally in
    pool.parallelFor(0..<2, schedule: .static) { half in
      if half == 0 { for _ in 0..<count { pool.parallelFor(0..<4, schedule: .dynamic(grain: 1)) { tally.add($0) } } }
    }
  },
  Operation(name: "reduce", unit: "element of a sum", count: 4_000_000, expected: sumBelow) { pool, count, tally in
    tally.add(pool.reduce(0..<count, identity: 0, combine: { $0 &+ $1 }) { $0 })
  },
  Operation(name: "map", unit: "element of a map", count: 4_000_000) {
    pool, count, tally in
    tally.add(pool.map(0..<count) { $0 }.last.map { $0 + 1 } ?? 0)
  },
  Operation(name: "spawn", unit: "job of a scope", count: 100_000, expected: sumBelow) { pool, count, tally in
    pool.scope { scope in for i in 0..<count { scope.spawn { tally.add(i) } } }
  },
  // A job that is refused adds nothing: then the sum is wrong.
  Operation(name: "submit", unit: "job submitted and waited for, on a worker", count: 50_000, expected: sumBelow) {
    pool, count, tally in
    pool.join({ for i in 0..<count { if let i = try? pool.submit({ i }).wait() { tally.add(i) } } }, {})
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

@inline(never)
private func maybe(_ value: Int) throws -> Int {
  if value < 0 { throw Negative() }
  return value
}

private struct Negative: Error {}

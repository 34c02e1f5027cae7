import Foundation
import PeerKit
import PeerProtocol
import Testing

/// A runtime that does everything at once on its caller.
final class Inline: ForkJoinRuntime, TiledRuntime, SubmissionRuntime {
  var workers: Int { 3 }
  func join<A: Sendable, B: Sendable, E: Error>(
    _ a: @Sendable () throws(E) -> A, _ b: @Sendable () throws(E) -> B
  ) throws(E) -> (A, B) {
    (try a(), try b())
  }
  func staticLoop(_ count: Int, _ body: @Sendable (Range<Int>) -> Void) {
    for part in 0..<min(workers, count) { body(Strides.part(part, of: min(workers, count), count)) }
  }
  func dynamicLoop(_ count: Int, _ body: @Sendable (Int) -> Void) { for index in 0..<count { body(index) } }
  func defaultLoop(_ count: Int, _ body: @Sendable (Range<Int>) -> Void) { staticLoop(count, body) }
  func unevenLoop(_ count: Int, _ body: @Sendable (Range<Int>) -> Void) { staticLoop(count, body) }
  func sum(_ count: Int, _ map: @Sendable (Int) -> UInt64) -> UInt64 { (0..<count).reduce(0) { $0 &+ map($1) } }
  func guidedLoop(_ count: Int, _ body: @Sendable (Range<Int>) -> Void) { staticLoop(count, body) }
  func tiles(_ side: Int, tile: Int, _ body: @Sendable (Range<Int>, Range<Int>) -> Void) {
    body(0..<side, 0..<(side / 3))
    body(0..<side, (side / 3)..<side)
  }
  func submit(_ job: @escaping @Sendable () -> Void) { job() }
  func submitAndWait(_ job: @escaping @Sendable () -> Void) { job() }
}

/// A thread a job.
struct Threads: SubmissionRuntime {
  func submit(_ job: @escaping @Sendable () -> Void) { Thread.detachNewThread(job) }
  func submitAndWait(_ job: @escaping @Sendable () -> Void) { job() }
}

/// Runtimes that go wrong: whose loops leave out a block of indices, and whose jobs are lost.
struct Forgetful: LoopRuntime, SubmissionRuntime {
  var workers: Int { 3 }
  func staticLoop(_ count: Int, _ body: @Sendable (Range<Int>) -> Void) {
    body(0..<64)
    body(128..<count)
  }
  func dynamicLoop(_ count: Int, _ body: @Sendable (Int) -> Void) {}
  func defaultLoop(_ count: Int, _ body: @Sendable (Range<Int>) -> Void) { staticLoop(count, body) }
  func unevenLoop(_ count: Int, _ body: @Sendable (Range<Int>) -> Void) { staticLoop(count, body) }
  func sum(_ count: Int, _ map: @Sendable (Int) -> UInt64) -> UInt64 { 0 }
  func submit(_ job: @escaping @Sendable () -> Void) {}
  func submitAndWait(_ job: @escaping @Sendable () -> Void) {}
}

/// What `body` returns on a thread with a large stack.
func onDeepStack(_ body: @escaping () -> UInt64) -> UInt64 {
  // SAFETY: the other thread is through with both when this one goes on.
  nonisolated(unsafe) let body = body
  nonisolated(unsafe) var result: UInt64 = 0
  let done = DispatchSemaphore(value: 0)
  let thread = Thread {
    result = body()
    done.signal()
  }
  thread.stackSize = 256 << 20
  thread.start()
  done.wait()
  return result
}

/// What the families compute, against what is known of them: results are what languages are compared by.
struct FamilyTests {
  private var table: FamilyTable {
    var table = FamilyTable(everythingOf: Inline())
    table.addTiles(Inline())
    table.addStart({ _ in Threads() }, end: { _ in })
    return table
  }

  private func result(_ family: String, _ size: Int, _ repeats: Int = 0) throws -> UInt64 {
    // In two steps: the compiler crashes on the call of what a macro unwraps.
    let run = try #require(table[family])
    return run(size, repeats).result
  }

  @Test(arguments: [
    ("fib", 20, 6765), ("skynet", 3, 499_500), ("nqueens", 8, 92), ("nqueens", 2, 0), ("nqueens", 1, 1),
    ("loop.static", 10, 30), ("loop.dynamic", 10, 60), ("loop.crowd", 16, 48),
    ("submit.1", 100, 100), ("submit.8", 100, 100), ("submit.batch", 2345, 2345), ("submit.latency", 10, 10),
    ("submit.latency.8", 21, 21), ("wake", 2, 2), ("start", 3, 3), ("start", 1, 1),
  ])
  func resultsThatAreKnown(_ family: String, _ size: Int, _ expected: UInt64) throws {
    #expect(try result(family, size) == expected)
  }

  /// On a stack for trees that are hundreds of nodes deep.
  @Test(arguments: [("uts", 7, 132_593), ("uts.fine", 5, 118_841)])
  func treesHaveTheirNodes(_ family: String, _ seed: Int, _ expected: UInt64) throws {
    let run = try #require(table[family])
    #expect(onDeepStack { run(seed, 0).result } == expected)
  }

  /// T3 of the benchmark's authors.
  @Test func thePublishedTreeHasAsManyNodesAsPublished() {
    #expect(onDeepStack { TreeSearch.serial(PublishedTree(seed: 42)) } == 4_112_897)
  }

  /// A plain product, element by element.
  @Test(arguments: [1, 64, 100, 128])
  func matrixProductsAreRight(_ n: Int) throws {
    var sum: UInt64 = 0
    for i in 0..<n {
      for j in 0..<n {
        let element = (0..<n).reduce(0) { $0 + ((i * 3 + $1 * 5) % 7 - 3) * (($1 * 5 + j * 3) % 5 - 2) }
        sum &+= UInt64(truncatingIfNeeded: element) &* UInt64((i * 31 + j) % 64)
      }
    }
    #expect(try result("matmul", n) == sum)
    if n != 100 { #expect(try result("strassen", n) == sum) }
  }

  @Test(arguments: [0, 1, 17, 1023, 1024, 5000, 20_000])
  func sortedKeysAreTheSortedOnes(_ count: Int) throws {
    let keys = (0..<UInt64(count)).map { Arithmetic.random($0) }.sorted()
    let expected = keys.enumerated().reduce(UInt64(0)) { $0 &+ $1.element &* UInt64($1.offset + 1) }
    #expect(try result("mergesort", count) == expected)
    let serial = MergeSort.with(count) { keys, room in
      MergeSort.serial(0..<count, in: keys, with: room)
      return MergeSort.checksum(keys)
    }
    #expect(serial == expected)
  }

  /// All subsets.
  @Test(arguments: [1, 8, 14])
  func theBestKnapsackIsFound(_ count: Int) throws {
    let weights = (0..<UInt64(count)).map { 1 + Arithmetic.random(2 * $0) % 9999 }
    let values = weights.map { $0 + 1000 }
    let capacity = weights.reduce(0, +) / 2
    var best: UInt64 = 0
    for subset in 0..<(1 << count) {
      let chosen = (0..<count).filter { subset >> $0 & 1 == 1 }
      if chosen.reduce(0, { $0 + weights[$1] }) <= capacity { best = max(best, chosen.reduce(0) { $0 + values[$1] }) }
    }
    #expect(try result("knapsack", count) == best)
    #expect(Knapsack.with(count) { $0.serial() } == best)
  }

  @Test func loopsComputeWhatTheirIterationsSay() throws {
    func work(_ start: UInt64, _ rounds: Int) -> UInt64 {
      (0..<rounds).reduce(start) { x, _ in x &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407 }
    }
    let plain = (0..<UInt64(100)).reduce(UInt64(0)) { $0 &+ work($1, 7) }
    #expect(try result("loop.grain.100", 100, 7) == plain)
    #expect(try result("loop.nested", 10, 7) == plain)
    let tailed = (0..<UInt64(100)).reduce(UInt64(0)) { result, index in
      let draw = Int(Arithmetic.random(index) & ((1 << 20) - 1))
      return result &+ work(index, min(3 * ((1 << 20) / (1 + draw)), 3 * 4096))
    }
    #expect(try result("loop.tailed", 100, 3) == tailed)
    #expect(try result("loop.guided", 100, 3) == tailed)
    let twice = (0..<UInt64(16)).reduce(UInt64(0)) { $0 &+ work(work(Arithmetic.random($1), 7), 7) }
    #expect(try result("loop.tiny.16", 2, 7) == twice)
    #expect(try result("loop.tiles", 3) == TiledSheet.runSerial(passes: 3).result)
    let beat = (0..<UInt64(16)).reduce(UInt64(0)) { $0 &+ work($1, 7) }
    #expect(try result("duty", 20, 7) == 2 &* beat)
    #expect(try result("loop.reduce", 100) == (0..<UInt64(100)).reduce(0) { $0 &+ Arithmetic.random($1) })
    #expect(try result("loop.stencil", 3) == Stencil.runSerial(phases: 3).result)
  }

  /// An aligned block's exclusive or is nothing, as is that of two equal beats: sums are compared instead.
  @Test func missingIterationsAndLostJobsAreSeen() throws {
    var forgetful = FamilyTable()
    forgetful.addLoops(Forgetful())
    forgetful.addSubmission(Forgetful())
    let complete = table
    for (family, size, repeats) in [
      ("loop.grain.0", 256, 0), ("loop.tailed", 256, 2), ("submit.latency", 5, 0), ("submit.latency.8", 8, 0),
    ] {
      let wrong = try #require(forgetful[family])
      let right = try #require(complete[family])
      #expect(wrong(size, repeats).result != right(size, repeats).result, "\(family)")
    }
  }

  @Test func aLoopByOneThreadIsNotCompleteForThree() throws {
    let run = try #require(table["loop.static"])
    #expect(run(10, 0).both == 0)
  }
}

import CPinwheel
import Pinwheel
import Synchronization
import Testing

/// The calling convention that forks rely on: a closure that is passed as an argument arrives in C as two words, code
/// and context, and C may call the code with the context in Swift's context register.
@_silgen_name("pw_call_job")
private func callFromC(_ job: () -> Void)

@_silgen_name("pw_call_part")
private func callChunksFromC(_ body: (UInt64, UInt64) -> Bool, _ first: UInt64, _ last: UInt64)

extension PoolTests {
  @Suite
  struct ClosureTests {
    nonisolated(unsafe) private static var global = 0

    @Test func aClosureWithoutCaptures() {
      Self.global = 0
      callFromC { Self.global += 1 }
      #expect(Self.global == 1)
    }

    /// As an optimised build passes one that captures nothing: forked and taken back, and found private in between.
    @Test func aForkWithoutAContextIsPrivate() throws {
      let pool = try #require(pw_pool_create(1, 1, 16, 0, 1) { _, _, _, _ in })
      defer { pw_pool_destroy(pool) }
      let slot = pw_pool_slot(pool, 0)
      pw_set_current(slot)
      defer { pw_set_current(nil) }
      let code = UnsafeMutableRawPointer(bitPattern: 0x1000)
      let frames = UnsafeMutableBufferPointer<pw_frame>.allocate(capacity: 3)
      defer { frames.deallocate() }
      for index in frames.indices { pw_push(slot, pool, frames.baseAddress! + index, code, nil) }
      for index in frames.indices.reversed() { #expect(pw_pop_private(frames.baseAddress! + index)) }
    }

    @Test func aClosureWithOneCapture() {
      var count = 0
      for _ in 0..<10 { callFromC { count += 1 } }
      #expect(count == 10)
    }

    @Test func aClosureWithManyCaptures() {
      let (a, b, c) = (1, 2.5, "three")
      let (d, e) = ([4, 4], Ledger().make())
      var text = ""
      callFromC { text = "\(a) \(b) \(c) \(d) \(e === e)" }
      #expect(text == "1 2.5 three [4, 4] true")
    }

    @Test func argumentsComeBeforeTheContext() {
      var seen: (UInt64, UInt64) = (0, 0)
      let offset: UInt64 = 100
      callChunksFromC(
        {
          seen = ($0 + offset, $1 + offset)
          return true
        }, 7, .max - 200)
      #expect(seen == (107, .max - 100))
    }

    @Test func aFunctionAndAMethodPassedAsClosures() {
      final class Box {
        var count = 0
        func add() { count += 1 }
      }
      let box = Box()
      callFromC(box.add)
      func local() { box.count += 10 }
      callFromC(local)
      #expect(box.count == 11)
    }

    @Test func aGenericContext() {
      func call<T>(_ value: T, _ sink: inout [T]) { callFromC { sink.append(value) } }
      var (numbers, texts) = ([Int](), [String]())
      call(7, &numbers)
      call("seven, long enough to be on the heap", &texts)
      #expect(numbers == [7])
      #expect(texts == ["seven, long enough to be on the heap"])
    }

    // MARK: The same through `join`, run by another worker and not

    /// Joins with `b` certainly run by another worker, or, with `stolen` false, certainly not.
    private func join<A, B: Sendable>(_ pool: ThreadPool, stolen: Bool, _ a: () -> A, _ b: @Sendable () -> B) -> (A, B)
    {
      let begun = Gate()
      let me = Mutex<Int?>(nil)
      return pool.join(
        {
          me.withLock { $0 = pool.currentWorker }
          // An outside call that finds no slot runs all of it itself.
          if stolen && pool.currentWorker != nil { begun.wait("the fork to be stolen") }
          return a()
        },
        {
          begun.arrive()
          if stolen, let me = me.withLock({ $0 }) { #expect(pool.currentWorker != me) }
          return b()
        })
    }

    /// Results of several sizes and kinds.
    private func checkKinds(_ pool: ThreadPool, stolen: Bool) {
      #expect(join(pool, stolen: stolen, { 1 }, { 2 }) == (1, 2))
      let text = "a string that does not fit into a word"
      #expect(join(pool, stolen: stolen, { text + "a" }, { text + "b" }) == (text + "a", text + "b"))
      let big = (0..<200).map { Int64($0) }
      let (a, b) = join(pool, stolen: stolen, { Big(big) }, { Big(big) })
      #expect(a == b)
      let optional: (Int?, String?) = join(pool, stolen: stolen, { nil }, { text })
      #expect(optional.0 == nil && optional.1 == text)
      _ = join(pool, stolen: stolen, {}, {})
      let existential: (any Sendable, any Sendable) = join(pool, stolen: stolen, { 1 }, { text })
      #expect(existential.1 as? String == text)
    }

    /// 512 bytes of value, and a reference.
    private struct Big: Equatable, Sendable {
      var words: InlineArray<64, Int64>
      var rest: [Int64]
      init(_ values: [Int64]) {
        words = InlineArray { values[$0] }
        rest = values
      }
      static func == (a: Big, b: Big) -> Bool {
        a.rest == b.rest && a.words.indices.allSatisfy { a.words[$0] == b.words[$0] && a.words[$0] == Int64($0) }
      }
    }

    @Test(arguments: workerCounts.filter { $0 > 1 })
    func joinsThatAreStolen(workers: Int) throws {
      let pool = try makePool(workers)
      for _ in 0..<10 { checkKinds(pool, stolen: true) }  // as an outside caller, and on a worker
      try pool.submit { [unowned pool] in for _ in 0..<10 { checkKinds(pool, stolen: true) } }.wait()
    }

    @Test func joinsThatAreNotStolen() throws {
      let pool = try makePool(1)
      for _ in 0..<10 { checkKinds(pool, stolen: false) }
      try pool.submit { [unowned pool] in for _ in 0..<10 { checkKinds(pool, stolen: false) } }.wait()
    }

    /// The pool's last use is the call itself: it must stay alive until the call returns.
    @Test(arguments: [1, 2])
    func aTemporaryPoolLivesUntilItsCallReturns(workers: Int) throws {
      for _ in 0..<20 {
        let (a, b) = try makePool(workers).join({ 1 }, { 2 })
        #expect(a + b == 3)
        #expect(try makePool(workers).reduce(0..<100, identity: 0, leaf: 1, combine: +) { $0 } == 4950)
        #expect(try makePool(workers).map(0..<10) { $0 } == Array(0..<10))
      }
    }
  }
}

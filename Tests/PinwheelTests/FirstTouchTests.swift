import Pinwheel
import Synchronization
import Testing

@Suite("First touch", .timeLimit(.minutes(2)))
struct FirstTouchTests {
  @Test("slices are the chunks of a static loop", arguments: [0, 1, 2, 3, 4, 5, 97, 100_000])
  func slices(count: Int) throws {
    let pool = try ThreadPool(PoolConfiguration(workers: .exactly(4)))
    let slices = pool.slices(of: 7..<(7 + count))
    #expect(slices.count == min(count, 4))
    #expect(slices.reduce(7) { $0 == $1.lowerBound ? $1.upperBound : -1 } == 7 + count)
    #expect((slices.map(\.count).max() ?? 0) - (slices.map(\.count).min() ?? 0) <= 1)
    // A participant that takes over others' slices is called once for neighbours: each call begins where a slice does.
    let starts = Mutex<[Range<Int>]>([])
    pool.parallelFor(chunks: 7..<(7 + count), schedule: .static) { part in starts.withLock { $0.append(part) } }
    for part in starts.withLock({ $0 }) {
      #expect(slices.contains { $0.lowerBound == part.lowerBound })
      #expect(slices.contains { $0.upperBound == part.upperBound })
    }
  }

  @Test("makes each element once, in order within a slice", arguments: [0, 1, 3, 1000, 300_000])
  func elements(count: Int) throws {
    let pool = try ThreadPool(PoolConfiguration(workers: .exactly(3)))
    let made = Atomic<Int>(0)
    let array = pool.makeArray(firstTouching: count) { index in
      made.add(1, ordering: .relaxed)
      return index * 3
    }
    #expect(array == (0..<count).map { $0 * 3 })
    #expect(made.load(ordering: .acquiring) == count)
    #expect(pool.makeArray(firstTouching: -1) { $0 } == [])
  }

  @Test("objects are made and kept")
  func objects() throws {
    let ledger = Ledger()
    let pool = try ThreadPool(PoolConfiguration(workers: .exactly(3)))
    do {
      let array = pool.makeArray(firstTouching: 500) { _ in ledger.make() }
      #expect(array.count == 500 && ledger.made == 500 && ledger.live == 500)
    }
    #expect(ledger.live == 0)
  }

  @Test("each slice is made by its own worker when the pool is idle")
  func owners() throws {
    let pool = try ThreadPool(PoolConfiguration(workers: .exactly(2)))
    // A busy machine may keep a worker from coming in time; it must not do so always.
    let isEachItsOwn = (0..<50).contains { _ in
      let owners = pool.makeArray(firstTouching: 1000) { _ in pool.currentWorker ?? -1 }
      return owners == Array(repeating: 0, count: 500) + Array(repeating: 1, count: 500)
    }
    #expect(isEachItsOwn)
  }

  @Test("a busy worker's slice is made all the same")
  func busy() throws {
    let pool = try ThreadPool(PoolConfiguration(workers: .exactly(2)))
    let (begun, over) = (Gate(), Gate())
    let handle = try pool.submit {
      begun.arrive()
      over.wait("the array to be made")
    }
    begun.wait("the job to begin")
    #expect(pool.makeArray(firstTouching: 100) { $0 } == Array(0..<100))
    over.arrive()
    handle.wait()
  }

  @Test("on a pool that is shut down the caller makes all")
  func shutDown() throws {
    let pool = try ThreadPool(PoolConfiguration(workers: .exactly(2)))
    try pool.shutdown()
    #expect(pool.makeArray(firstTouching: 100) { $0 } == Array(0..<100))
  }
}

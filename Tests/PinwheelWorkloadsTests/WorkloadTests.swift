import Foundation
import Pinwheel
import PinwheelWorkloads
import Testing

/// Small sizes, and some where a tree is a single leaf or a range is odd.
private let cases: [(any Workload, [Int])] = [
  (Fibonacci(), [0, 1, 2, 20]),
  (Skynet(), [0, 1, 4]),
  (NQueens(), [0, 1, 3, 6, 8, 10]),
  (MatrixMultiply(), [1, 31, 32, 33, 100]),
  (MergeSort(), [0, 1, 2, 25, 4096, 4097, 50_000]),
]

@Suite(.timeLimit(.minutes(1)))
struct WorkloadTests {
  @Test func serialFormsGiveTheKnownAnswers() throws {
    for (workload, sizes) in cases {
      for size in sizes { try runSerially(workload, size: size) }
    }
  }

  @Test(arguments: [1, 2, 8])
  func poolFormsEqualTheSerialOnes(workers: Int) throws {
    let pool = try ThreadPool(workers: workers)
    for (workload, sizes) in cases {
      for size in sizes { try comparePool(workload, size: size, pool) }
    }
    try pool.shutdown()
  }

  @Test func dispatchFormsEqualTheSerialOnes() throws {
    for (workload, sizes) in cases {
      for size in sizes { try compareDispatch(workload, size: size) }
    }
  }

  @Test func taskGroupFormsEqualTheSerialOnes() async throws {
    for (workload, sizes) in cases {
      for size in sizes { try await compareTasks(workload, size: size) }
    }
  }

  @Test func sizesOutOfRangeAreRefused() {
    for (workload, _) in cases {
      #expect(throws: WorkloadError.self) { try operations(workload, size: -1) }
      #expect(throws: WorkloadError.self) { try operations(workload, size: Int.max) }
    }
  }

  @Test func sizesAscendAndEveryRunHasOperations() throws {
    for workload in WorkloadCatalog.all(wordCountFolder: "/") {
      #expect(workload.sizes == workload.sizes.sorted())
      #expect(workload.sizes.last == workload.defaultSize)
      #expect(workload.sizes(upTo: workload.quickSize).last == workload.quickSize)
    }
    for (workload, sizes) in cases {
      for size in sizes {
        let count = try operations(workload, size: size)
        #expect(count >= 1)
      }
    }
  }

  @Test func workloadsAreSelectedByName() throws {
    let selected = try WorkloadCatalog.select(["mergesort", "fib"], wordCountFolder: "/")
    #expect(selected.map(\.name) == ["fib", "mergesort"])
    #expect(try WorkloadCatalog.select([], wordCountFolder: "/").count == 6)
    #expect(throws: WorkloadError.unknown(name: "fob", known: WorkloadCatalog.all(wordCountFolder: "/").map(\.name))) {
      try WorkloadCatalog.select(["fib", "fob"], wordCountFolder: "/")
    }
  }

  @Test func aWrongAnswerIsFound() throws {
    #expect(throws: WorkloadError.self) { try Fibonacci().check(56, for: 10) }
    #expect(throws: WorkloadError.self) { try Skynet().check(44, for: 1) }
    #expect(throws: WorkloadError.self) { try NQueens().check(91, for: 8) }

    let matrices = try MatrixMultiply().prepare(size: 40)
    var product = MatrixMultiply().runSerial(matrices)
    product[39, 7] += 1
    #expect(throws: WorkloadError.self) { try MatrixMultiply().check(product, for: matrices) }

    let records = try MergeSort().prepare(size: 100)
    var sorted = MergeSort().runSerial(records)
    try MergeSort().check(sorted, for: records)
    sorted.swapAt(3, 4)
    #expect(throws: WorkloadError.self) { try MergeSort().check(sorted, for: records) }
  }

  @Test func productsEqualTheTextbookLoop() throws {
    let input = try MatrixMultiply().prepare(size: 45)
    let product = MatrixMultiply().runSerial(input)
    for row in 0..<45 {
      for column in 0..<45 {
        let expected = (0..<45).reduce(0) { $0 + input.left[row, $1] * input.right[$1, column] }
        #expect(product[row, column] == expected)
      }
    }
  }

  @Test(arguments: [7, 300, 20_000])
  func sortingEqualsTheStandardLibrarys(count: Int) throws {
    let input = try MergeSort().prepare(size: count)
    let pool = try ThreadPool(workers: 4)
    // The standard library's sort is stable too.
    #expect(MergeSort().runPool(pool, input) == input.sorted { $0.key < $1.key })
    try pool.shutdown()
  }

  // MARK: Opened existentials

  private func runSerially<W: Workload>(_ workload: W, size: Int) throws {
    let input = try workload.prepare(size: size)
    try workload.check(workload.runSerial(input), for: input)
  }

  private func comparePool<W: Workload>(_ workload: W, size: Int, _ pool: ThreadPool) throws {
    let input = try workload.prepare(size: size)
    let output = workload.runPool(pool, input)
    #expect(output == workload.runSerial(input), "\(workload.name) of size \(size)")
  }

  private func compareDispatch<W: Workload>(_ workload: W, size: Int) throws {
    let input = try workload.prepare(size: size)
    let output = workload.runDispatch(input)
    #expect(output == workload.runSerial(input), "\(workload.name) of size \(size)")
  }

  private func compareTasks<W: Workload>(_ workload: W, size: Int) async throws {
    let input = try workload.prepare(size: size)
    let output = await workload.runTaskGroup(input)
    #expect(output == workload.runSerial(input), "\(workload.name) of size \(size)")
  }

  private func operations<W: Workload>(_ workload: W, size: Int) throws -> Int {
    workload.operationCount(try workload.prepare(size: size))
  }
}

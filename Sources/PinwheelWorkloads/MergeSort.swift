public import Pinwheel

/// Sorts records by key: a stable merge sort whose halves, and whose merges, run in parallel.
///
/// Sorting and merging go back and forth between the array and a copy of it, so nothing is copied back. A merge is
/// split at the middle of its longer run and where that record belongs in the other (Cormen, Leiserson, Rivest and
/// Stein, "Introduction to Algorithms", multithreaded merge), which keeps even the last merge parallel.
public struct MergeSort: Workload {
  public let name = "mergesort"
  public let summary = "a stable sort with parallel merges: memory-bound divide and conquer"
  public let operation = "element"
  public let sizeUnit = "elements"
  public let sizes = (12...22).map { 1 << $0 }
  public let quickSize = 1 << 18

  /// What is sorted: a key with many duplicates, and where the record stood, by which a test sees stability.
  public struct Record: Sendable, Equatable, BitwiseCopyable {
    public var key: UInt32
    public var origin: UInt32
  }

  /// Ranges up to this length are sorted or merged without forking, in every engine: tens of microseconds.
  static let grain = 4096
  /// Ranges up to this length are sorted by insertion.
  private static let insertionLimit = 24

  public init() {}

  public func prepare(size: Int) throws(WorkloadError) -> [Record] {
    try WorkloadError.requireSize(size, in: 0...(1 << 28), of: name)
    var random = SplitMix(seed: 3)
    let keys = UInt64(max(1, size / 4))
    return (0..<size).map { Record(key: UInt32(random.next() % keys), origin: UInt32($0)) }
  }

  public func operationCount(_ input: [Record]) -> Int { max(1, input.count) }

  public func runSerial(_ input: [Record]) -> [Record] {
    Self.sorted(input) { Self.sort(0..<$0.count, in: $0, with: $1) }
  }

  public func runPool(_ pool: ThreadPool, _ input: [Record]) -> [Record] {
    Self.sorted(input) { Self.forkedSort(0..<$0.count, in: $0, with: $1, pool) }
  }

  /// Keys ascend, records with equal keys stand as they stood, and none is lost: together these leave one answer.
  public func check(_ output: [Record], for input: [Record]) throws(WorkloadError) {
    try WorkloadError.requireEqual(output.count, input.count, of: name)
    var previous: Record?
    for record in output {
      if let previous, (previous.key, previous.origin) >= (record.key, record.origin) {
        throw .wrongResult(workload: name, expected: "a record after \(previous)", got: "\(record)")
      }
      try WorkloadError.requireEqual(record, input[Int(record.origin)], of: name)
      previous = record
    }
  }

  /// Calls `sort` with a copy of the input and a copy of that copy.
  @inline(__always)
  static func sorted(
    _ input: [Record], by sort: (DisjointBuffer<Record>, DisjointBuffer<Record>) -> Void
  ) -> [Record] {
    var (records, scratch) = (input, input)
    DisjointBuffer.with(&records) { records in
      DisjointBuffer.with(&scratch) { scratch in sort(records, scratch) }
    }
    return records
  }

  // MARK: Serial

  /// Sorts a range of `records`; `scratch` holds the same records in that range, and afterwards anything.
  @inline(never)
  static func sort(_ range: Range<Int>, in records: DisjointBuffer<Record>, with scratch: DisjointBuffer<Record>) {
    if range.count <= insertionLimit { return insertionSort(range, in: records) }
    let middle = range.lowerBound + range.count / 2
    sort(range.lowerBound..<middle, in: scratch, with: records)
    sort(middle..<range.upperBound, in: scratch, with: records)
    merge(range.lowerBound..<middle, middle..<range.upperBound, of: scratch, to: range.lowerBound, of: records)
  }

  private static func insertionSort(_ range: Range<Int>, in records: DisjointBuffer<Record>) {
    for index in range.dropFirst() {
      let record = records[index]
      var hole = index
      while hole > range.lowerBound && record.key < records[hole &- 1].key {
        records[hole] = records[hole &- 1]
        hole &-= 1
      }
      records[hole] = record
    }
  }

  /// Merges two sorted runs of `source`; of equal keys, those of `left` come first.
  @inline(never)
  static func merge(
    _ left: Range<Int>, _ right: Range<Int>, of source: DisjointBuffer<Record>, to start: Int,
    of target: DisjointBuffer<Record>
  ) {
    var (l, r, next) = (left.lowerBound, right.lowerBound, start)
    while l < left.upperBound && r < right.upperBound {
      // Selects rather than branches: which run is next cannot be predicted.
      let (leftRecord, rightRecord) = (source[l], source[r])
      let takesRight = rightRecord.key < leftRecord.key
      target[next] = takesRight ? rightRecord : leftRecord
      r &+= takesRight ? 1 : 0
      l &+= takesRight ? 0 : 1
      next &+= 1
    }
    while l < left.upperBound {
      target[next] = source[l]
      l &+= 1
      next &+= 1
    }
    while r < right.upperBound {
      target[next] = source[r]
      r &+= 1
      next &+= 1
    }
  }

  // MARK: Pool

  @inline(never)
  static func forkedSort(
    _ range: Range<Int>, in records: DisjointBuffer<Record>, with scratch: DisjointBuffer<Record>, _ pool: ThreadPool
  ) {
    if range.count <= grain { return sort(range, in: records, with: scratch) }
    let middle = range.lowerBound + range.count / 2
    _ = pool.join(
      { forkedSort(range.lowerBound..<middle, in: scratch, with: records, pool) },
      { forkedSort(middle..<range.upperBound, in: scratch, with: records, pool) })
    forkedMerge(
      range.lowerBound..<middle, middle..<range.upperBound, of: scratch, to: range.lowerBound, of: records, pool)
  }

  @inline(never)
  static func forkedMerge(
    _ left: Range<Int>, _ right: Range<Int>, of source: DisjointBuffer<Record>, to start: Int,
    of target: DisjointBuffer<Record>, _ pool: ThreadPool
  ) {
    if left.count + right.count <= grain { return merge(left, right, of: source, to: start, of: target) }
    let (leftCut, rightCut) = cut(left, right, of: source)
    let second = start + (leftCut - left.lowerBound) + (rightCut - right.lowerBound)
    _ = pool.join(
      {
        forkedMerge(
          left.lowerBound..<leftCut, right.lowerBound..<rightCut, of: source, to: start, of: target, pool)
      },
      {
        forkedMerge(
          leftCut..<left.upperBound, rightCut..<right.upperBound, of: source, to: second, of: target, pool)
      })
  }

  /// Where to cut two runs so that the merge of the first parts, followed by the merge of the second parts, is the
  /// stable merge of the runs. The longer run is cut in its middle.
  static func cut(_ left: Range<Int>, _ right: Range<Int>, of source: DisjointBuffer<Record>) -> (Int, Int) {
    if left.count >= right.count {
      let middle = left.lowerBound + left.count / 2
      let key = source[middle].key
      // Equal keys on the right belong after the left ones, so they go with the second part.
      return (middle, partition(right) { source[$0].key >= key })
    }
    let middle = right.lowerBound + right.count / 2
    let key = source[middle].key
    // Equal keys on the left belong before this one, so they go with the first part.
    return (partition(left) { source[$0].key > key }, middle)
  }

  /// The first index that `isSecond` holds for, given that it holds for all after that one too.
  private static func partition(_ range: Range<Int>, _ isSecond: (Int) -> Bool) -> Int {
    var (low, high) = (range.lowerBound, range.upperBound)
    while low < high {
      let middle = low + (high - low) / 2
      if isSecond(middle) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}

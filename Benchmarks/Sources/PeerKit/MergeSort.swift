/// `mergesort`: both halves in parallel, then a merge that is split in parallel too (Cormen, Leiserson, Rivest and
/// Stein, "Introduction to Algorithms", multithreaded merge).
public enum MergeSort {
  public typealias Keys = SharedView<UInt64>

  /// Shorter ranges are sorted, and merged, without forking.
  @inlinable public static var sortGrain: Int { 1024 }
  @inlinable public static var mergeGrain: Int { 4096 }
  private static let insertionLength = 16

  /// Calls `body` with that many pseudo-random keys and as much room.
  public static func with<R>(_ count: Int, _ body: (_ keys: Keys, _ room: Keys) throws -> R) rethrows -> R {
    try SharedBuffer<UInt64>.with(count, of: 0) { keys in
      for index in 0..<count { keys[index] = Arithmetic.random(UInt64(index)) }
      return try SharedBuffer<UInt64>.with(count, of: 0) { room in try body(keys, room) }
    }
  }

  /// What a sorted array is compared by.
  public static func checksum(_ keys: Keys) -> UInt64 {
    var sum: UInt64 = 0
    for place in 0..<keys.count { sum &+= keys[place] &* UInt64(place + 1) }
    return sum
  }

  /// Sorts `range` of `keys`, whose place in `room` may be written to, and leaves it in `room` if `moves` says so.
  @inline(never)
  public static func serial(_ range: Range<Int>, in keys: Keys, with room: Keys, moves: Bool = false) {
    if range.count < sortGrain { return sortShort(range, in: keys, with: room, moves: moves) }
    let middle = range.lowerBound + range.count / 2
    serial(range.lowerBound..<middle, in: keys, with: room, moves: !moves)
    serial(middle..<range.upperBound, in: keys, with: room, moves: !moves)
    let (source, target) = moves ? (keys, room) : (room, keys)
    merge(source, range.lowerBound..<middle, middle..<range.upperBound, to: target, range.lowerBound)
  }

  @inlinable @inline(never)
  public static func forked<R: ForkJoinRuntime>(
    _ runtime: R, _ range: Range<Int>, in keys: Keys, with room: Keys, moves: Bool = false
  ) {
    if range.count < sortGrain { return sortShort(range, in: keys, with: room, moves: moves) }
    let middle = range.lowerBound + range.count / 2
    _ = runtime.join(
      { forked(runtime, range.lowerBound..<middle, in: keys, with: room, moves: !moves) },
      { forked(runtime, middle..<range.upperBound, in: keys, with: room, moves: !moves) })
    let (source, target) = moves ? (keys, room) : (room, keys)
    forkedMerge(runtime, source, range.lowerBound..<middle, middle..<range.upperBound, to: target, range.lowerBound)
  }

  @inlinable @inline(never)
  static func forkedMerge<R: ForkJoinRuntime>(
    _ runtime: R, _ source: Keys, _ left: Range<Int>, _ right: Range<Int>, to target: Keys, _ start: Int
  ) {
    if left.count + right.count < mergeGrain { return merge(source, left, right, to: target, start) }
    let (leftCut, rightCut) = cut(source, left, right)
    let second = start + (leftCut - left.lowerBound) + (rightCut - right.lowerBound)
    _ = runtime.join(
      {
        forkedMerge(
          runtime, source, left.lowerBound..<leftCut, right.lowerBound..<rightCut, to: target, start)
      },
      {
        forkedMerge(
          runtime, source, leftCut..<left.upperBound, rightCut..<right.upperBound, to: target, second)
      })
  }

  /// Where to cut two sorted runs into two merges: the longer in its middle, the other where that key belongs.
  @inlinable
  public static func cut(_ source: Keys, _ left: Range<Int>, _ right: Range<Int>) -> (left: Int, right: Int) {
    if left.count >= right.count {
      let middle = left.lowerBound + left.count / 2
      return (middle, firstNotBelow(source[middle], source, right))
    }
    let middle = right.lowerBound + right.count / 2
    return (firstNotBelow(source[middle], source, left), middle)
  }

  @inlinable
  static func firstNotBelow(_ key: UInt64, _ source: Keys, _ range: Range<Int>) -> Int {
    var (low, high) = (range.lowerBound, range.upperBound)
    while low < high {
      let middle = low + (high - low) / 2
      if source[middle] < key { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Merges two sorted runs. Selects rather than branches: which run is next cannot be predicted.
  @inline(never)
  public static func merge(_ source: Keys, _ left: Range<Int>, _ right: Range<Int>, to target: Keys, _ start: Int) {
    let (from, to) = (source.base, target.base)
    var (l, r, next) = (left.lowerBound, right.lowerBound, start)
    while l < left.upperBound && r < right.upperBound {
      let (leftKey, rightKey) = (from[l], from[r])
      let takesRight = rightKey < leftKey
      to[next] = takesRight ? rightKey : leftKey
      r &+= takesRight ? 1 : 0
      l &+= takesRight ? 0 : 1
      next &+= 1
    }
    while l < left.upperBound {
      to[next] = from[l]
      l &+= 1
      next &+= 1
    }
    while r < right.upperBound {
      to[next] = from[r]
      r &+= 1
      next &+= 1
    }
  }

  /// Short runs by insertion, then merges to and fro.
  @inline(never)
  public static func sortShort(_ range: Range<Int>, in keys: Keys, with room: Keys, moves: Bool) {
    var start = range.lowerBound
    while start < range.upperBound {
      let end = min(start + insertionLength, range.upperBound)
      sortByInsertion(start..<end, in: keys)
      start = end
    }
    var (source, target, length) = (keys, room, insertionLength)
    var isInRoom = false
    while length < range.count {
      start = range.lowerBound
      while start < range.upperBound {
        let middle = min(start + length, range.upperBound)
        let end = min(middle + length, range.upperBound)
        merge(source, start..<middle, middle..<end, to: target, start)
        start = end
      }
      swap(&source, &target)
      isInRoom.toggle()
      length *= 2
    }
    if isInRoom != moves { for index in range { target[index] = source[index] } }
  }

  private static func sortByInsertion(_ range: Range<Int>, in keys: Keys) {
    let base = keys.base
    for index in range.dropFirst() {
      let key = base[index]
      var hole = index
      while hole > range.lowerBound && key < base[hole &- 1] {
        base[hole] = base[hole &- 1]
        hole &-= 1
      }
      base[hole] = key
    }
  }
}

import CPinwheel
import Glibc
import Synchronization

extension ThreadPool {
  /// The part of `range` that each worker is given by a loop with ``Schedule/static``, in the workers' order: all parts
  /// together are all of it, and differ by at most one index in length. Fewer parts than workers if there are fewer
  /// indices.
  public func slices(of range: Range<Int>) -> [Range<Int>] {
    let chunking = chunking(range, .static, .runs)
    return (0..<UInt64(chunking.chunks)).map { chunking[$0, $0 + 1] }
  }

  /// An array that lies in the memory of those who will work on it: the elements of each of its ``slices(of:)`` are made
  /// by the worker that static loops give that slice to, so that the kernel puts their pages on that worker's NUMA node
  /// (*first touch*: `set_mempolicy(2)`, `MPOL_LOCAL`).
  ///
  /// ```swift
  /// var heat = pool.makeArray(firstTouching: cells) { _ in 0.0 }
  /// pool.parallelFor(chunks: heat.indices, schedule: .static) { part in relax(part) }  // each worker on its own node
  /// ```
  ///
  /// Worth it on machines with several nodes, for arrays of many pages that static loops go over more than once, and with
  /// workers that are bound. An array that is copied is touched anew by whoever copies it.
  ///
  /// - Parameters:
  ///   - count: How many elements, at least 0.
  ///   - element: Makes the element at an index. Called once for each, in order within a slice.
  /// - Cost: the array, and up to three teams (`team(upTo:_:)`). Memory that the
  ///   allocator had in stock is given back to the kernel first, so that it has no node yet.
  /// - Blocks: until all of it is made. The slice of a worker that is busy, or does not come within some milliseconds, is
  ///   made by the caller. The caller also makes the slice of the worker whose slot it takes, as it does in loops.
  public func makeArray<Element: Sendable>(
    firstTouching count: Int, _ element: @Sendable (Int) -> Element
  ) -> [Element] {
    let slices = slices(of: 0..<max(count, 0))
    return [Element](unsafeUninitializedCapacity: max(count, 0)) { buffer, made in
      forgetPages(of: UnsafeMutableRawBufferPointer(buffer))
      // SAFETY: slices are disjoint, and each is made by whoever raises its flag; the array is ours alone until all are.
      let all = UnsafeTransfer(buffer)
      let makeSlice: @Sendable (Int) -> Void = { worker in
        for index in slices[worker] { all.value.initializeElement(at: index, to: element(index)) }
      }
      withoutActuallyEscaping(makeSlice) { makeSlice in makeEach(of: slices.count, makeSlice) }
      made = slices.last?.upperBound ?? 0
    }
  }

  /// Calls `make` once for each of the first `count` workers, on that worker if it can be had.
  func makeEach(of count: Int, _ make: @escaping @Sendable (Int) -> Void) {
    let taken = TakenFlags(count)
    for _ in 0..<Self.callsForWorkers where taken.missing > 0 {
      team(upTo: count) { _ in
        if let worker = currentWorker, worker < count, taken.take(worker) { make(worker) }
      }
    }
    for worker in 0..<count where taken.take(worker) { make(worker) }
  }

  /// A worker that has not come when it was called thrice is busy with something long.
  private static var callsForWorkers: Int { 3 }
}

/// Who has taken on a part of something.
private final class TakenFlags: Sendable {
  private let flags: Mutex<(taken: [Bool], missing: Int)>

  init(_ count: Int) { flags = Mutex((Array(repeating: false, count: count), count)) }

  /// How many parts nobody has taken.
  var missing: Int { flags.withLock { $0.missing } }

  /// True for the first who asks.
  func take(_ index: Int) -> Bool {
    flags.withLock { flags in
      guard !flags.taken[index] else { return false }
      flags.taken[index] = true
      flags.missing -= 1
      return true
    }
  }
}

/// Gives the whole pages of a buffer that holds nothing yet back to the kernel, so that they are on no node until
/// somebody writes to them.
private func forgetPages(of buffer: UnsafeMutableRawBufferPointer) {
  guard let base = buffer.baseAddress else { return }
  let page = Int(getpagesize())
  let skipped = (page - Int(bitPattern: base) % page) % page
  let length = (buffer.count - skipped) / page * page
  guard length > 0 else { return }
  // SAFETY: the pages lie inside of the buffer, which is not initialised: that they read as zero afterwards, or as
  // before if the kernel refuses, is all the same.
  madvise(base + skipped, length, MADV_DONTNEED)
}

/// A view of an array's storage for jobs that each write a part of their own.
///
/// Swift has no safe way yet to hand the two halves of a `MutableSpan` to two closures that run at the same time, and
/// divide and conquer is just that. This file holds the one way through which the workloads write to memory that they
/// share; elements have to be trivial, so that nothing is retained or destroyed behind the array's back.
struct DisjointBuffer<Element: BitwiseCopyable & Sendable> {
  fileprivate let base: UnsafeMutablePointer<Element>
  let count: Int

  /// Calls `body` with a view of the array's elements, which is valid until `body` returns. An empty array has nothing
  /// to work on: `body` is not called.
  @inline(__always)
  static func with(_ array: inout [Element], _ body: (DisjointBuffer) -> Void) {
    array.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress, !buffer.isEmpty else { return }
      body(DisjointBuffer(base: base, count: buffer.count))
    }
  }

  /// The element at `index`, which must be in `0..<count`: checked in debug builds only.
  @inline(__always)
  subscript(index: Int) -> Element {
    get {
      assert(index >= 0 && index < count)
      // SAFETY: the caller keeps to 0..<count, which are initialized elements of an array that outlives the view, and
      // no other job writes this element.
      return base[index]
    }
    nonmutating set {
      assert(index >= 0 && index < count)
      // SAFETY: as above; the element is trivial, so overwriting it needs no destruction.
      base[index] = newValue
    }
  }
}

// SAFETY: a view may cross threads because its users write disjoint elements and read only what nobody writes at the
// time; the engine orders the end of a job before the return of the call that waits for it.
extension DisjointBuffer: @unchecked Sendable {}

/// Storage with a lifetime of its own, for work that suspends: a view of an array ends with the call that lent it.
final class DisjointStorage<Element: BitwiseCopyable & Sendable>: Sendable {
  /// The elements. They live as long as this object.
  let elements: DisjointBuffer<Element>

  /// A copy of the array.
  init(_ array: [Element]) {
    let base = UnsafeMutablePointer<Element>.allocate(capacity: max(1, array.count))
    // SAFETY: the memory is new and has room for every element.
    array.withUnsafeBufferPointer { source in
      if let first = source.baseAddress { base.initialize(from: first, count: source.count) }
    }
    elements = DisjointBuffer(base: base, count: array.count)
  }

  deinit {
    // SAFETY: allocated by init; trivial elements need no destruction; nobody holds a view longer than this object.
    elements.base.deallocate()
  }

  /// A copy of the elements.
  func array() -> [Element] {
    // SAFETY: init initialized `count` elements.
    Array(UnsafeBufferPointer(start: elements.base, count: elements.count))
  }
}

public import CBenchmarkSystem

/// Memory that jobs share, each of which writes elements of its own: an owner, and views that go into closures.
public final class SharedBuffer<Element: BitwiseCopyable & Sendable>: Sendable {
  public let view: SharedView<Element>

  /// Memory for `count` elements, all of which have been written, so that no page is missing when time counts.
  public init(_ count: Int, of value: Element) {
    let base = UnsafeMutablePointer<Element>.allocate(capacity: max(count, 1))
    base.initialize(repeating: value, count: count)
    view = SharedView(base: base, count: count)
  }

  /// Memory for `count` elements, each of which is written before it is read.
  public init(uninitialized count: Int) {
    view = SharedView(base: .allocate(capacity: max(count, 1)), count: count)
  }

  deinit { view.base.deallocate() }

  /// Calls `body` with a view of memory that lasts as long as the call.
  @inlinable @inline(__always)
  public static func with<R>(_ count: Int, of value: Element, _ body: (SharedView<Element>) throws -> R) rethrows -> R {
    let buffer = SharedBuffer(count, of: value)
    return try withExtendedLifetime(buffer) { try body(buffer.view) }
  }
}

/// A part of a ``SharedBuffer``. Unchecked, as the other languages' arrays are.
public struct SharedView<Element: BitwiseCopyable & Sendable>: @unchecked Sendable {
  // SAFETY: whoever makes a view keeps its memory alive for the view's use, and no two threads touch one element at the
  // same time unless both read: each family says which job writes what. Elements are trivial.
  @usableFromInline let base: UnsafeMutablePointer<Element>
  public let count: Int

  @inlinable
  init(base: UnsafeMutablePointer<Element>, count: Int) { (self.base, self.count) = (base, count) }

  @inlinable @inline(__always)
  public subscript(index: Int) -> Element {
    get { base[index] }
    nonmutating set { base[index] = newValue }
  }

  /// The elements from `start` on.
  @inlinable @inline(__always)
  public func from(_ start: Int) -> SharedView { SharedView(base: base + start, count: count &- start) }
}

extension SharedView where Element == UInt64 {
  // SAFETY: all of these go through atomic operations of C on words that live as long as the view.

  /// Adds to a word that other threads change too, and returns the sum.
  @inlinable @inline(__always) @discardableResult
  public func add(_ index: Int, _ value: UInt64) -> UInt64 { bench_add(base + index, value) }

  /// Raises a flag and wakes the thread that sleeps until then.
  @inlinable
  public func post(_ index: Int) {
    (base + index).withMemoryRebound(to: Int32.self, capacity: 1) { bench_post($0) }
  }

  /// Sleeps until the flag is raised, and takes it down.
  @inlinable
  public func await(_ index: Int) {
    (base + index).withMemoryRebound(to: Int32.self, capacity: 1) { bench_await($0) }
  }
}

/// Counters a cache line (two, since lines are fetched in pairs) apart; each is one iteration's, or one thread's.
public struct PaddedCounters: Sendable {
  @usableFromInline let words: SharedView<UInt64>
  @usableFromInline static var spacing: Int { 16 }

  @inlinable
  public static func with<R>(_ count: Int, _ body: (PaddedCounters) throws -> R) rethrows -> R {
    try SharedBuffer<UInt64>.with(count * spacing, of: 0) { try body(PaddedCounters(words: $0)) }
  }

  @inlinable init(words: SharedView<UInt64>) { self.words = words }

  /// Adds one; nobody else does so with this counter at the same time.
  @inlinable @inline(__always)
  public func increment(_ index: Int) { words[index &* Self.spacing] &+= 1 }

  public var total: UInt64 {
    stride(from: 0, to: words.count, by: Self.spacing).reduce(0) { $0 &+ words[$1] }
  }
}

/// Words that all threads change by relaxed atomic operations.
public struct SharedWords: Sendable {
  @usableFromInline let words: SharedView<UInt64>

  @inlinable init(words: SharedView<UInt64>) { self.words = words }

  @inlinable @inline(__always)
  func address(_ index: Int) -> UnsafeMutablePointer<UInt64> { words.base + index &* PaddedCounters.spacing }
}

/// A sum that many threads feed, each through a word of its own nearly always.
public struct SharedSum: Sendable {
  @usableFromInline let words: SharedWords
  @usableFromInline static var mask: UInt32 { 63 }

  @inlinable init(words: SharedWords) { self.words = words }

  /// Calls `body` with a new one and returns the sum.
  @inlinable @inline(__always)
  public static func with(_ body: (SharedSum) -> Void) -> UInt64 {
    SharedBuffer<UInt64>.with((Int(mask) + 1) * PaddedCounters.spacing, of: 0) { words in
      body(SharedSum(words: SharedWords(words: words)))
      return (0..<words.count).reduce(0) { $0 &+ words[$1] }
    }
  }

  /// Any thread.
  @inlinable @inline(__always)
  public func add(_ value: UInt64) { _ = bench_add(words.address(Int(bench_thread_number() & Self.mask)), value) }
}

/// The largest number that any thread has seen.
public struct SharedMaximum: Sendable {
  @usableFromInline let words: SharedWords

  @inlinable init(words: SharedWords) { self.words = words }

  @inlinable @inline(__always)
  public static func with<R>(_ body: (SharedMaximum) throws -> R) rethrows -> R {
    try SharedBuffer<UInt64>.with(PaddedCounters.spacing, of: 0) {
      try body(SharedMaximum(words: SharedWords(words: $0)))
    }
  }

  @inlinable @inline(__always)
  public var value: UInt64 { bench_load(words.address(0)) }

  @inlinable @inline(__always)
  public func raise(to value: UInt64) { bench_raise(words.address(0), value) }
}

/// A place for a result of any type that another thread computes.
public final class Place<Value: Sendable>: @unchecked Sendable {
  // SAFETY: one job sets it, before the call that waits for that job returns; only then it is taken.
  @usableFromInline var value: Value?

  @inlinable @inline(__always)
  public init() {}

  @inlinable @inline(__always)
  public func set(_ value: Value) { self.value = value }

  /// The value; it must have been set.
  @inlinable @inline(__always)
  public func take() -> Value { value.unsafelyUnwrapped }
}

/// Even parts of a loop, for runtimes that leave the division to their users.
public enum Strides {
  /// Part `index` of `parts` of 0..<count.
  @inlinable @inline(__always)
  public static func part(_ index: Int, of parts: Int, _ count: Int) -> Range<Int> {
    let (size, extra) = count.quotientAndRemainder(dividingBy: parts)
    let first = index &* size &+ min(index, extra)
    return first..<(first &+ size &+ (index < extra ? 1 : 0))
  }
}

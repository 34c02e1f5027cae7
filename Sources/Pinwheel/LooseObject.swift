import CPinwheel

/// What a queued loose job belongs to: a scope, or the handle of a submitted job.
///
/// An implementation detail that shows because ``ThreadPool/Scope`` and ``JobHandle`` build on it.
public class LooseObject {
  init() {}

  /// A ticket to this object has been drawn: runs what it stands for, if there is anything left to run.
  func runTicket() {}

  /// A ticket has been run. Whether the reference that it held is to be given back: each has one of its own, but for a
  /// batch's. Where it isn't, the object may be gone when this returns.
  func endTicket() -> Bool { true }

  /// Runs the closure that these words hold, and takes over their reference.
  func run(_ words: LooseWords) {}
}

/// An escaping closure as the two words that the core's queues carry.
///
/// SAFETY, for all of it: a stored function value is two words, code and a counted context, whatever it captures; the
/// words hold one reference, which exactly one `take` gives back. The closure has one fixed type, so no conversion ever
/// wraps it.
@usableFromInline
struct LooseWords {
  @usableFromInline typealias Body = @Sendable () throws -> Void

  /// A closure as it is stored in a field. (As a generic argument it would be wrapped in another closure, and
  /// allocate.)
  @usableFromInline
  struct Stored {
    @usableFromInline let body: Body
    @inlinable init(_ body: @escaping Body) { self.body = body }
  }

  @usableFromInline var first: UnsafeMutableRawPointer?
  @usableFromInline var second: UnsafeMutableRawPointer?

  @inlinable init(first: UnsafeMutableRawPointer?, second: UnsafeMutableRawPointer?) {
    self.first = first
    self.second = second
  }

  @inlinable @inline(__always)
  init(_ body: consuming @escaping Body) { self = pwWords(of: body) }

  /// The closure, and the reference with it. Once.
  func take() -> Body {
    // Through raw memory, whose reads and writes may be of what was written as another type: the optimizer takes typed ones
    // of different types for memory apart.
    Self.withRawMemory { memory in
      memory.storeBytes(of: first, as: UnsafeMutableRawPointer?.self)
      memory.storeBytes(of: second, toByteOffset: MemoryLayout<Int>.size, as: UnsafeMutableRawPointer?.self)
      return memory.bindMemory(to: Stored.self, capacity: 1).move().body
    }
  }

  @inline(__always)
  private static func withRawMemory<R>(_ body: (UnsafeMutableRawPointer) -> R) -> R {
    _withUnprotectedUnsafeTemporaryAllocation(
      byteCount: MemoryLayout<Stored>.size, alignment: MemoryLayout<Stored>.alignment
    ) {
      body($0.baseAddress.unsafelyUnwrapped)
    }
  }
}

/// The core calls this for every loose entry that a thread has taken.
let runEntry: pw_run_entry_fn = { first, second, object, ticket in
  guard let object else {
    // Nobody's: from `execute`, which takes closures that cannot throw.
    return (try? LooseWords(first: first, second: second).take()()) ?? ()
  }
  // SAFETY: tickets hold a reference until the last of them has ended; else the object is a scope that waits for this very
  // job.
  let reference = Unmanaged<LooseObject>.fromOpaque(object)
  if ticket {
    let isLast = reference._withUnsafeGuaranteedRef {
      $0.runTicket()
      return $0.endTicket()
    }
    if isLast { reference.release() }
  } else {
    reference.takeUnretainedValue().run(LooseWords(first: first, second: second))
  }
}

/// Runs an entry that was left in the injector when the last worker had gone.
func runLeftover(_ entry: pw_entry) {
  let bits = UInt(bitPattern: entry.tag)
  runEntry(entry.first, entry.second, UnsafeMutableRawPointer(bitPattern: bits & ~1), bits & 1 != 0)
}

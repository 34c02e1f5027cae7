public import CBenchmarkSystem
public import PeerProtocol

/// Times the part of a family that counts: wall clock and CPU time of the process.
@inlinable @inline(__always)
public func timed<R>(_ body: () throws -> R) rethrows -> (result: R, span: Span) {
  let span = RunningSpan()
  let result = try body()
  return (result, span.end())
}

/// What a timed part took.
public struct Span: Sendable {
  /// Nanoseconds.
  public var wall, cpu: UInt64

  @inlinable
  public init(wall: UInt64, cpu: UInt64) { (self.wall, self.cpu) = (wall, cpu) }

  /// The answer for it.
  @inlinable
  public func measured(_ result: UInt64, _ keys: [String: UInt64] = [:]) -> Measured {
    var keys = keys
    keys["cpu"] = cpu
    return Measured(nanoseconds: wall, result: result, keys: keys)
  }
}

/// A timed part that has begun.
public struct RunningSpan: Sendable {
  @usableFromInline let start, cpuAtStart: UInt64

  @inlinable public init() {
    cpuAtStart = bench_cpu_time()
    start = bench_now()
  }

  /// - Parameter end: When it ended; nil: now.
  @inlinable public func end(at end: UInt64? = nil) -> Span {
    let end = end ?? bench_now()
    return Span(wall: end &- start, cpu: bench_cpu_time() &- cpuAtStart)
  }
}

/// Single times, for families whose median matters more than their sum.
public struct Samples: Sendable {
  @usableFromInline var times: [UInt64] = []

  @inlinable public init(capacity: Int) { times.reserveCapacity(capacity) }

  @inlinable public mutating func add(_ nanoseconds: UInt64) { times.append(nanoseconds) }

  public mutating func add(_ others: Samples) { times += others.times }

  public var sum: UInt64 { times.reduce(0, &+) }

  /// The middle one; of an even number the higher of the two in the middle.
  public var median: UInt64 { times.isEmpty ? 0 : times.sorted()[times.count / 2] }
}

public import CBenchmarkSystem
public import PeerProtocol

/// `loop.tiny.*`: loops too short to be shared. What is asked of a runtime is to stay out of the way.
public struct TinyLoops: Sendable {
  /// How many iterations there are.
  @inlinable public static var lengths: [Int] { [1, 4, 16, 64] }

  @usableFromInline let cells: SharedView<UInt64>
  @usableFromInline let rounds: Int

  @inlinable
  init(cells: SharedView<UInt64>, rounds: Int) { (self.cells, self.rounds) = (cells, rounds) }

  /// One part of a loop: each iteration works on a cell of its own.
  @inlinable @inline(__always)
  public func step(_ range: Range<Int>) {
    for index in range { cells[index] = Arithmetic.work(cells[index], rounds: rounds) }
  }

  /// Times `body`, which is to run the loop over 0..<length, `length` being what it is handed.
  @inlinable @inline(__always)
  public static func run(_ length: Int, rounds: Int, _ body: (TinyLoops, _ length: Int) -> Span) -> Measured {
    SharedBuffer<UInt64>.with(length, of: 0) { cells in
      for index in 0..<length { cells[index] = Arithmetic.random(UInt64(index)) }
      // Opaque, or a serial loop would be unrolled as no user's is.
      let span = body(TinyLoops(cells: cells, rounds: rounds), Int(bench_opaque(UInt64(length))))
      return span.measured((0..<length).reduce(0) { $0 &+ cells[$1] })
    }
  }

  @inlinable
  public static func run<R: LoopRuntime>(_ runtime: R, _ length: Int, loops: Int, rounds: Int) -> Measured {
    run(length, rounds: rounds) { tiny, length in
      timed { for _ in 0..<loops { runtime.defaultLoop(length) { tiny.step($0) } } }.span
    }
  }

  public static func runSerial(_ length: Int, loops: Int, rounds: Int) -> Measured {
    run(length, rounds: rounds) { tiny, length in
      timed { for _ in 0..<loops { tiny.step(0..<length) } }.span
    }
  }
}

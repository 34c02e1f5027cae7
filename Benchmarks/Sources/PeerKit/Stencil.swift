public import PeerProtocol

/// `loop.stencil`: many short phases, each of which needs the one before as a whole.
public struct Stencil: Sendable {
  @usableFromInline static var side: Int { 512 }
  /// The grid of even phases, and that of odd ones.
  @usableFromInline let even, odd: SharedView<UInt64>

  @inlinable init(even: SharedView<UInt64>, odd: SharedView<UInt64>) { (self.even, self.odd) = (even, odd) }

  public static func with<R>(_ body: (Stencil) throws -> R) rethrows -> R {
    try SharedBuffer<UInt64>.with(side * side, of: 0) { even in
      try SharedBuffer<UInt64>.with(side * side, of: 0) { odd in
        for index in 0..<(side * side) {
          even[index] = Arithmetic.random(UInt64(index)) >> 8
          odd[index] = even[index]
        }
        return try body(Stencil(even: even, odd: odd))
      }
    }
  }

  /// Rows inside of the fixed border.
  @inlinable public static var innerRows: Int { side - 2 }

  /// Computes inner rows of a phase: each cell from itself four times and its neighbours once, over eight.
  @inline(never)
  public func step(_ phase: Int, rows: Range<Int>) {
    let side = Self.side
    let (source, target) = phase % 2 == 0 ? (even.base, odd.base) : (odd.base, even.base)
    for row in rows {
      let middle = source + (row &+ 1) &* side
      let (above, below) = (middle - side, middle + side)
      let cells = target + (row &+ 1) &* side
      for column in 1..<(side &- 1) {
        let around = above[column] &+ below[column] &+ middle[column &- 1] &+ middle[column &+ 1]
        cells[column] = (4 &* middle[column] &+ around) >> 3
      }
    }
  }

  /// The sum of all cells after that many phases.
  public func sum(after phases: Int) -> UInt64 {
    let cells = phases % 2 == 0 ? even : odd
    return (0..<cells.count).reduce(0) { $0 &+ cells[$1] }
  }

  @inlinable
  public static func run<R: LoopRuntime>(_ runtime: R, phases: Int) -> Measured {
    with { stencil in
      let (_, span) = timed { runtime.phases(phases, innerRows) { stencil.step($0, rows: $1) } }
      return span.measured(stencil.sum(after: phases))
    }
  }

  public static func runSerial(phases: Int) -> Measured {
    with { stencil in
      let (_, span) = timed {
        for phase in 0..<phases { stencil.step(phase, rows: 0..<innerRows) }
      }
      return span.measured(stencil.sum(after: phases))
    }
  }
}

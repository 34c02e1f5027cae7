public import PeerProtocol

/// `loop.tiles`: a square of 1024 by 1024 elements, transposed to and fro in tiles; without them each element that is
/// written is a cache line of its own.
public struct TiledSheet: Sendable {
  @inlinable public static var side: Int { 1024 }
  /// Rows and columns of a tile.
  @inlinable public static var tile: Int { 64 }

  /// What even passes read and odd ones write, and the other way round.
  @usableFromInline let even, odd: SharedView<UInt64>

  init(even: SharedView<UInt64>, odd: SharedView<UInt64>) { (self.even, self.odd) = (even, odd) }

  /// Transposes one part of the square.
  @inline(never)
  public func transpose(_ pass: Int, rows: Range<Int>, columns: Range<Int>) {
    let (from, to) = pass % 2 == 0 ? (even.base, odd.base) : (odd.base, even.base)
    let side = Self.side
    for row in rows {
      for column in columns { to[column &* side &+ row] = 3 &* from[row &* side &+ column] &+ 1 }
    }
  }

  /// Times `body`, which is to make so many passes.
  public static func run(passes: Int, _ body: (TiledSheet) -> Span) -> Measured {
    SharedBuffer<UInt64>.with(side * side, of: 0) { even in
      for index in 0..<even.count { even[index] = Arithmetic.random(UInt64(index)) }
      return SharedBuffer<UInt64>.with(side * side, of: 1) { odd in
        let span = body(TiledSheet(even: even, odd: odd))
        let last = passes % 2 == 0 ? even : odd
        return span.measured((0..<last.count).reduce(0) { $0 &+ last[$1] &* UInt64($1 + 1) })
      }
    }
  }

  @inlinable
  public static func run<R: TiledRuntime>(_ runtime: R, passes: Int) -> Measured {
    run(passes: passes) { sheet in
      timed {
        for pass in 0..<passes {
          runtime.tiles(side, tile: tile) { sheet.transpose(pass, rows: $0, columns: $1) }
        }
      }.span
    }
  }

  public static func runSerial(passes: Int) -> Measured {
    run(passes: passes) { sheet in
      timed {
        for pass in 0..<passes {
          for row in stride(from: 0, to: side, by: tile) {
            for column in stride(from: 0, to: side, by: tile) {
              sheet.transpose(pass, rows: row..<(row + tile), columns: column..<(column + tile))
            }
          }
        }
      }.span
    }
  }
}

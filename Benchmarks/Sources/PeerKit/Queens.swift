/// `nqueens`: counts boards of n queens; the first four rows fork, the others are searched by bit masks.
public struct Queens: Sendable {
  @usableFromInline static var forkedRows: Int { 4 }

  /// The rows filled so far, as seen from the next one.
  @usableFromInline let columns, left, right, all: UInt32
  @usableFromInline let row: Int

  @inlinable
  public init(_ n: Int) {
    self.init(columns: 0, left: 0, right: 0, all: UInt32(truncatingIfNeeded: (UInt64(1) << UInt64(n)) &- 1), row: 0)
  }

  @inlinable
  init(columns: UInt32, left: UInt32, right: UInt32, all: UInt32, row: Int) {
    (self.columns, self.left, self.right, self.all, self.row) = (columns, left, right, all, row)
  }

  /// The squares of the next row that no queen attacks.
  @inlinable var free: UInt32 { all & ~(columns | left | right) }

  @inlinable var isFull: Bool { columns == all }

  /// Whether what is left is searched without forking.
  @inlinable public var isSerial: Bool { row == Self.forkedRows || isFull }

  /// How many branches the next row has.
  @inlinable public var freeSquares: Int { free.nonzeroBitCount }

  /// The board with a queen on `square` of the next row.
  @inlinable @inline(__always)
  func placing(_ square: UInt32) -> Queens {
    Queens(
      columns: columns | square, left: (left | square) << 1, right: (right | square) >> 1, all: all, row: row &+ 1)
  }

  /// The same with the `index`-th free square.
  @inlinable
  public func placing(free index: Int) -> Queens {
    var squares = free
    for _ in 0..<index { squares &= squares &- 1 }
    return placing(squares & (0 &- squares))
  }

  public func serial() -> UInt64 { Self.count(columns, left, right, all) }

  /// The leaf: four words that stay in registers.
  @inline(never)
  private static func count(_ columns: UInt32, _ left: UInt32, _ right: UInt32, _ all: UInt32) -> UInt64 {
    if columns == all { return 1 }
    var count: UInt64 = 0
    var squares = all & ~(columns | left | right)
    while squares != 0 {
      let square = squares & (0 &- squares)
      squares ^= square
      count &+= Self.count(columns | square, (left | square) << 1, (right | square) >> 1, all)
    }
    return count
  }

  @inlinable @inline(never)
  public func forked<R: ForkJoinRuntime>(_ runtime: R) -> UInt64 {
    if isSerial { return serial() }
    return runtime.forkSum(freeSquares) { placing(free: $0).forked(runtime) }
  }
}

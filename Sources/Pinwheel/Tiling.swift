/// How a box of indices is cut into tiles: in order of planes, then rows, then columns. Two dimensions are one plane.
@usableFromInline
struct Tiling: Sendable {
  /// One of the three ranges: parts of one size, the last may be smaller.
  @usableFromInline
  struct Side: Sendable {
    @usableFromInline let lowerBound: Int
    /// Unsigned: a range may hold more than `Int.max` indices.
    @usableFromInline let length: UInt
    /// Indices a tile.
    @usableFromInline let tile: UInt
    @usableFromInline let count: UInt

    init(_ range: Range<Int>, tile: UInt) {
      lowerBound = range.lowerBound
      length = range.length
      self.tile = tile
      count = length == 0 ? 0 : (length - 1) / tile + 1
    }

    /// Part `index`, which there is.
    @inlinable
    subscript(index: UInt) -> Range<Int> {
      let low = index &* tile
      let high = low &+ min(tile, length &- low)
      // Neither is more than the length, so that no bound leaves the range, whatever wraps in between.
      return Range(
        uncheckedBounds: (lowerBound &+ Int(bitPattern: low), lowerBound &+ Int(bitPattern: high)))
    }
  }

  @usableFromInline let planes: Side
  @usableFromInline let rows: Side
  @usableFromInline let columns: Side
  /// Tiles in all; no more than `Int.max`, which nobody will live to see.
  @usableFromInline let count: UInt

  /// - Parameter tile: planes, rows and columns a tile, each at least 1; nil: as many as suit a cache and the workers.
  init(planes: Range<Int>, rows: Range<Int>, columns: Range<Int>, tile: (Int, Int, Int)?, workers: Int) {
    let tile =
      tile.map { (UInt(max($0.0, 1)), UInt(max($0.1, 1)), UInt(max($0.2, 1))) }
      ?? Self.suitable(planes.length, rows.length, columns.length, workers: UInt(workers))
    self.planes = Side(planes, tile: tile.0)
    self.rows = Side(rows, tile: tile.1)
    self.columns = Side(columns, tile: tile.2)
    count = Self.product(self.planes.count, self.rows.count, self.columns.count)
  }

  /// Tile `index`, from 0.
  @inlinable
  subscript(index: Int) -> (planes: Range<Int>, rows: Range<Int>, columns: Range<Int>) {
    let (line, column) = UInt(bitPattern: index).quotientAndRemainder(dividingBy: columns.count)
    let (plane, row) = line.quotientAndRemainder(dividingBy: rows.count)
    return (planes[plane], rows[row], columns[column])
  }

  /// Elements of a tile: with eight bytes each, what a first-level cache holds.
  static let elements: UInt = 4096
  /// Columns at most: a few lines in a row for the prefetcher, and several rows beside each other all the same.
  static let mostColumns: UInt = 128
  /// Tiles a worker at least, if there are elements enough: they may differ in cost.
  static let tilesPerWorker: UInt = 16

  static func suitable(_ planes: UInt, _ rows: UInt, _ columns: UInt, workers: UInt) -> (UInt, UInt, UInt) {
    let isFlat = planes <= 1
    var column = min(max(columns, 1), isFlat ? mostColumns : mostColumns / 2)
    // As many rows as planes, if there are both; what one side leaves the other has.
    let side: UInt = isFlat ? elements / column : 8
    var row = min(max(rows, 1), side)
    var plane = min(max(planes, 1), max(elements / (column * row), 1))
    row = min(max(rows, 1), max(elements / (column * plane), 1))
    func tiles() -> UInt {
      product(parts(planes, plane), parts(rows, row), parts(columns, column))
    }
    while tiles() < workers * tilesPerWorker {
      if plane > 1 {
        plane = (plane + 1) / 2
      } else if row > 1 {
        row = (row + 1) / 2
      } else if column > 1 {
        column = (column + 1) / 2
      } else {
        break
      }
    }
    return (plane, row, column)
  }

  private static func parts(_ length: UInt, _ tile: UInt) -> UInt { length == 0 ? 0 : (length - 1) / tile + 1 }

  private static func product(_ a: UInt, _ b: UInt, _ c: UInt) -> UInt {
    let (ab, overflow) = a.multipliedReportingOverflow(by: b)
    let (abc, again) = ab.multipliedReportingOverflow(by: c)
    if a == 0 || b == 0 || c == 0 { return 0 }
    return overflow || again ? UInt(Int.max) : min(abc, UInt(Int.max))
  }
}

extension Range<Int> {
  /// How many indices: unlike `count`, also of a range that holds more than `Int.max`.
  @inlinable var length: UInt { UInt(bitPattern: upperBound &- lowerBound) }
}

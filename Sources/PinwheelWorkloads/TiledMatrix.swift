/// A square matrix of doubles in one contiguous array, stored tile by tile so that a tile is 8 KiB in a row: three of
/// them fit in a first-level cache, and no two tiles share a cache line but at their ends.
///
/// The last tiles are padded with zeros where the side is no multiple of a tile's.
public struct TiledMatrix: Sendable, Equatable {
  /// Rows and columns of a tile.
  static let tileSide = 32
  static let tileArea = tileSide * tileSide

  /// Rows and columns.
  public let side: Int
  /// Tiles in a row of tiles.
  let tilesPerRow: Int
  var storage: [Double]

  /// A matrix of zeros.
  public init(side: Int) {
    self.side = side
    tilesPerRow = (side + Self.tileSide - 1) / Self.tileSide
    storage = [Double](repeating: 0, count: tilesPerRow * tilesPerRow * Self.tileArea)
  }

  public subscript(row: Int, column: Int) -> Double {
    get { storage[offset(row, column)] }
    set { storage[offset(row, column)] = newValue }
  }

  /// Where a tile begins in the storage.
  @inline(__always)
  func tileOffset(_ tileRow: Int, _ tileColumn: Int) -> Int {
    (tileRow &* tilesPerRow &+ tileColumn) &* Self.tileArea
  }

  private func offset(_ row: Int, _ column: Int) -> Int {
    let side = Self.tileSide
    return tileOffset(row / side, column / side) + (row % side) * side + column % side
  }

  /// The product with a column vector, for checks.
  func times(_ vector: [Double]) -> [Double] {
    (0..<side).map { row in
      (0..<side).reduce(0) { sum, column in sum + self[row, column] * vector[column] }
    }
  }
}
